"""How dates and times are written for people, in the reader's language and on the active time zone's wall clock."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import get_language, gettext, pgettext


def long_day(moment: date | datetime) -> str:
    """Thursday, 28 May 2026."""
    # Translators: a date, in Django's date format: Thursday, 28 May 2026
    return _written(moment, pgettext("date on a page", "l, j E Y"))


def plain_day(moment: date | datetime) -> str:
    """28 May 2026."""
    # Translators: a date without its weekday, in Django's date format: 28 May 2026
    return _written(moment, pgettext("date on a page", "j E Y"))


def short_day(moment: date | datetime) -> str:
    """Thursday, 28 May."""
    # Translators: a date without its year, in Django's date format: Thursday, 28 May
    return _written(moment, pgettext("date on a page", "l, j E"))


def days_of(first: date, last: date) -> str:
    """28 November – 4 December 2026; each with its year where they differ, and one day as itself."""
    if first == last:
        return plain_day(first)
    if first.year != last.year:
        return f"{plain_day(first)} – {plain_day(last)}"
    # Translators: days of one year: 28 November – 4 December 2026
    return pgettext("date on a page", "%(first)s – %(last)s %(year)s") % {
        "first": _written(first, "j E"),
        "last": _written(last, "j E"),
        "year": first.year,
    }


def public_day(day: date) -> str:
    """24 May 2025, with the year in full words where a language shortens it on pages: as a notice to the public has it."""
    words = {"day": day.day, "month": _written(day, "E"), "year": day.year}
    return pgettext("dates", "%(day)d %(month)s %(year)d") % words


def public_days(first: date, last: date) -> str:
    """From the first day to the last as a notice to the public has it, as short as it is clear: 24–27 May 2025."""
    if first == last:
        return public_day(first)
    if first.year != last.year:
        return f"{public_day(first)} – {public_day(last)}"
    words = {
        "first": first.day,
        "last": last.day,
        "first_month": _written(first, "E"),
        "month": _written(last, "E"),
        "year": last.year,
    }
    if first.month == last.month:
        return pgettext("dates", "%(first)d–%(last)d %(month)s %(year)d") % words
    return pgettext("dates", "%(first)d %(first_month)s – %(last)d %(month)s %(year)d") % words


def month(moment: date) -> str:
    """May 2026."""
    # Translators: a month, in Django's date format: May 2026
    return _written(moment, pgettext("date on a page", "F Y"))


def weekday(moment: date | datetime) -> str:
    """Thu. Not by Django's "D", by which a Kazakh Tuesday reads like a Saturday."""
    day = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    return short_weekdays()[day.weekday()]


def short_weekdays() -> list[str]:
    """The seven, from Monday."""
    # Translators: weekdays from Monday, two or three letters each, parted by blanks
    return gettext("Mon Tue Wed Thu Fri Sat Sun").split()


def whole_weekday(moment: date | datetime) -> str:
    """Thursday."""
    return _written(moment, "l")


def clock(moment: datetime) -> str:
    """11:00."""
    return f"{timezone.localtime(moment):%H:%M}"


def moment(instant: datetime) -> str:
    """Thursday, 28 May 2026, 11:00."""
    return f"{long_day(instant)}, {clock(instant)}"


def _written(moment: date | datetime, pattern: str) -> str:
    day = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    return _in_words(day, pattern, get_language() or "")


@lru_cache(maxsize=4096)
def _in_words(day: date, pattern: str, language: str) -> str:
    """A page says the same few days hundreds of times. `language`: the active one."""
    words = format_date(day, pattern)
    return words if language == "en" else words.lower()
