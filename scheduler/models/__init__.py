"""Visits and what takes their time away. The constraints that must never break live here, in the database."""

from scheduler.models.ceremonies import CeremonyPlan
from scheduler.models.changes import ChangeRequest, DayVersion
from scheduler.models.closures import Absence, Closure, KeptDraft
from scheduler.models.demand import Unserved
from scheduler.models.jobs import RosterJob
from scheduler.models.legs import Leg, Party
from scheduler.models.offers import Freed, Offer, Wish
from scheduler.models.visits import Contact, Visit

__all__ = [
    "Absence",
    "CeremonyPlan",
    "ChangeRequest",
    "Closure",
    "Contact",
    "DayVersion",
    "Freed",
    "KeptDraft",
    "Leg",
    "Offer",
    "Party",
    "RosterJob",
    "Unserved",
    "Visit",
    "Wish",
]
