"""Plugs tours, scheduler and notifications into one service."""
