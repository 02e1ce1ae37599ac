"""Kazakh: 7,6 and not 7.6."""

DECIMAL_SEPARATOR = ","
