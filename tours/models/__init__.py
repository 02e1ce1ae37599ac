"""The catalogue: the museum and its places, what it offers and to whom, and the people who guide."""

from tours.models.edits import CatalogueEdit
from tours.models.museum import Holiday, Lane, Museum, Opening, Space
from tours.models.offer import Audience, Price, Stop, Tour
from tours.models.people import ApiToken, Guide, GuideHours, Qualification, User
from tours.models.words import Language, Weekday

__all__ = [
    "ApiToken",
    "Audience",
    "CatalogueEdit",
    "Guide",
    "GuideHours",
    "Holiday",
    "Lane",
    "Language",
    "Museum",
    "Opening",
    "Price",
    "Qualification",
    "Space",
    "Stop",
    "Tour",
    "User",
    "Weekday",
]
