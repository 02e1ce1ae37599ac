"""The office's pages for the catalogue (django-unfold): a door to `tours.services`, like any other."""

from tours.admin import house, offer, people

__all__ = ["house", "offer", "people"]
