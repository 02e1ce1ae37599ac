"""Which days are business days, and when the museum is open: the opening hours, the public holidays, and the museum's edits of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache

import holidays

from tours.models import Holiday, Museum

SATURDAY = 5


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Local times: a start lies in [opens, last_start], an end is at most `closes`."""

    opens: time
    closes: time
    last_start: time


def own_hours(edit: Holiday) -> Window | None:
    """The hours that a date has for itself."""
    opens, closes, last_start = edit.hours_from, edit.hours_until, edit.hours_last_start
    return Window(opens, closes, last_start) if opens and closes and last_start else None


@dataclass(frozen=True, slots=True)
class OpeningOfDay:
    """The windows of one day; where there are none, `reason` is "closed_weekday", "public_holiday" or "closed_by_museum".

    `name`: of the holiday, where the museum itself has named it, in the reader's language.
    """

    windows: tuple[Window, ...]
    reason: str = ""
    name: str = ""


def lies_in(day: date, first: date | None, last: date | None) -> bool:
    """Whether a day is one of those from `first` to `last`, both included; None is no bound."""
    return (first is None or first <= day) and (last is None or day <= last)


@lru_cache(maxsize=64)
def _year(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Public holidays of a year (moved days off among them), and the weekend days that the state has made working days."""
    public = holidays.country_holidays(country, years=year)
    return frozenset(public), frozenset(public.weekend_workdays)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is needed to say of any day whether it is a business day and when the museum is open."""

    museum: Museum
    hours: Mapping[int, tuple[Window, ...]]
    edits: Mapping[date, Holiday]

    def is_public_holiday(self, day: date) -> bool:
        """As the library knows it, unless the museum has edited the date."""
        edit = self.edits.get(day)
        return edit.is_holiday if edit else day in _year(self.museum.country, day.year)[0]

    def is_business_day(self, day: date) -> bool:
        """Monday to Friday and no public holiday; a weekend day that has been made a working day too."""
        edit = self.edits.get(day)
        if edit:
            return not edit.is_holiday
        public, workdays = _year(self.museum.country, day.year)
        return day not in public and (day.weekday() < SATURDAY or day in workdays)

    def business_days_after(self, day: date, n: int) -> date:
        """The n-th business day after `day`; `day` itself for 0."""
        if n < 0:
            raise ValueError("Business days are counted in one direction: n is at least 0.")
        while n:
            day += timedelta(days=1)
            n -= self.is_business_day(day)
        return day

    def opening_on(self, day: date) -> OpeningOfDay:
        """The hours of its weekday, or its own, unless the museum stays closed on that date or on public holidays."""
        windows = self.hours.get(day.weekday(), ())
        edit = self.edits.get(day)
        name = edit.name if edit else ""
        if edit and (own := own_hours(edit)):
            return OpeningOfDay((own,), name=name)
        if not windows:
            return OpeningOfDay((), "closed_weekday", name)
        public = self.is_public_holiday(day)
        opens = edit.opens if edit and edit.opens is not None else self.museum.opens_on_holidays or not public
        return (
            OpeningOfDay(windows, name=name)
            if opens
            else OpeningOfDay((), "public_holiday" if public else "closed_by_museum", name)
        )

    def windows(self, day: date) -> tuple[Window, ...]:
        """When visits may take place; empty where the museum is closed."""
        return self.opening_on(day).windows
