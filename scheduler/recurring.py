"""When a closure recurs: RFC 5545 rules (3.3.10), expanded by the museum's wall clock and within the asked range only.

A rule is kept as its text. python-dateutil expands it; what would make that endless, or says times of its own, is refused beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST")
DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MOST_TIMES = 1000
MOST_YEARS = timedelta(days=3653)
MOST_INTERVAL = 99
MOST_COMPARED = timedelta(days=731)
LOOKED_AT = 60
"""So many times in a row are compared: a rule that runs into itself does so early."""


class BadRule(ValueError):
    """A rule that cannot be kept; its text says why, in the active language."""


def plain(text: str, start: datetime, zone: ZoneInfo) -> str:
    """The rule as it is kept: in capitals, UNTIL by the wall clock (a date: to its end). Raises BadRule."""
    parts: dict[str, str] = {}
    for part in text.strip().removeprefix("RRULE:").upper().rstrip(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name not in PARTS or name in parts:
            raise BadRule(_("This part of the rule is not understood: %(part)s") % {"part": part[:60]})
        parts[name] = value
    _refuse_endless_search(parts)
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], zone)
    rule = ";".join(f"{name}={parts[name]}" for name in PARTS if name in parts)
    try:
        found = _expanded(rule, _naive(start, zone))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRule(_("This is not a rule: %(rule)s") % {"rule": rule}) from error
    first = next(iter(found), None)
    if first is None or first - _naive(start, zone) > MOST_YEARS:
        raise BadRule(_("This rule never occurs."))
    return rule


def ends(rule: str) -> bool:
    """Whether the rule says when it is over."""
    return "COUNT=" in rule or "UNTIL=" in rule


def first_of(period: DateTimeTZRange, rule: str, zone: ZoneInfo) -> DateTimeTZRange:
    """The first time of the rule that does not begin before `period`, as long as that by the wall clock."""
    return next(_times(period, rule, zone))


def span(period: DateTimeTZRange, rule: str, zone: ZoneInfo) -> DateTimeTZRange:
    """From the first start to the last end; without an upper bound where the rule has no end. Raises BadRule where it is too long."""
    if not rule:
        return period
    if not ends(rule):
        return DateTimeTZRange(period.lower, None, "[)")
    every = list(islice(_times(period, rule, zone), MOST_TIMES + 1))
    if len(every) > MOST_TIMES or every[-1].upper - period.lower > MOST_YEARS:
        raise BadRule(_("A rule ends within ten years and %(most)d times, or not at all.") % {"most": MOST_TIMES})
    return DateTimeTZRange(period.lower, every[-1].upper, "[)")


def runs_into_itself(period: DateTimeTZRange, rule: str, zone: ZoneInfo) -> bool:
    """Whether one time of the rule begins before the one before it is over, or just then."""
    early = islice(_times(period, rule, zone), LOOKED_AT)
    return any(after.lower <= before.upper for before, after in pairwise(early))


def within(period: DateTimeTZRange, rule: str, window: DateTimeTZRange, zone: ZoneInfo) -> list[DateTimeTZRange]:
    """The times that overlap `window` (which is bounded), soonest first; once, where there is no rule."""
    if not rule:
        meets = period.lower < window.upper and (period.upper is None or window.lower < period.upper)
        return [period] if meets else []
    begin, length = _naive(period.lower, zone), _naive(period.upper, zone) - _naive(period.lower, zone)
    first = max(begin, _naive(window.lower, zone) - length)
    last = _naive(window.upper, zone)
    if last < first:
        return []
    found = (_range(start, length, zone) for start in _expanded(rule, begin).between(first, last, inc=True))
    return [each for each in found if each.lower < window.upper and window.lower < each.upper]


def following(
    period: DateTimeTZRange, rule: str, moment: datetime, zone: ZoneInfo, count: int
) -> list[DateTimeTZRange]:
    """The next `count` times that are not over at a moment."""
    if not rule:
        return [period] if period.upper is None or moment < period.upper else []
    begin, length = _naive(period.lower, zone), _naive(period.upper, zone) - _naive(period.lower, zone)
    after = _naive(moment, zone) - length
    return [_range(start, length, zone) for start in _expanded(rule, begin).xafter(after, count=count)]


def compared(period: DateTimeTZRange, rule: str, zone: ZoneInfo) -> DateTimeTZRange:
    """The bounded window in which two closures are compared: the whole of one that ends, else its first two years."""
    until = span(period, rule, zone).upper
    return DateTimeTZRange(
        period.lower, min(until or datetime.max.replace(tzinfo=UTC), period.lower + MOST_COMPARED), "[)"
    )


def covered(inner: Sequence[DateTimeTZRange], outer: Sequence[DateTimeTZRange]) -> bool:
    """Whether each of these times lies wholly in one of those."""

    def holds(large: DateTimeTZRange, small: DateTimeTZRange) -> bool:
        ends_within = large.upper is None or (small.upper is not None and small.upper <= large.upper)
        return bool(large.lower <= small.lower and ends_within)

    return all(any(holds(large, small) for large in outer) for small in inner)


def _times(period: DateTimeTZRange, rule: str, zone: ZoneInfo) -> Iterator[DateTimeTZRange]:
    begin = _naive(period.lower, zone)
    length = _naive(period.upper, zone) - begin
    return (_range(start, length, zone) for start in _expanded(rule, begin))


def _range(start: datetime, length: timedelta, zone: ZoneInfo) -> DateTimeTZRange:
    """A time by the wall clock as instants, also where the clock changes meanwhile."""
    return DateTimeTZRange(
        start.replace(tzinfo=zone).astimezone(UTC), (start + length).replace(tzinfo=zone).astimezone(UTC), "[)"
    )


def _naive(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=256)
def _expanded(rule: str, begin: datetime) -> rrule:
    """The rule from its first possible start on; what was worked out once is kept with it."""
    found = rrulestr(rule, dtstart=begin, cache=True)
    assert isinstance(found, rrule)  # one RRULE and nothing else: `plain` takes no other text
    return found


def _until(value: str, zone: ZoneInfo) -> str:
    """UNTIL by the wall clock. RFC 5545 has it in UTC where there is a time; a date is meant to its end."""
    if not re.fullmatch(r"\d{8}(T\d{6}Z?)?", value):
        raise BadRule(_("This is not a day: %(day)s") % {"day": value[:20]})
    try:
        if len(value) == 8:
            moment = datetime.combine(datetime.strptime(value, "%Y%m%d"), time(23, 59, 59))  # noqa: DTZ007  # wall clock
        elif value.endswith("Z"):
            moment = _naive(datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), zone)
        else:
            moment = datetime.strptime(value, "%Y%m%dT%H%M%S")  # noqa: DTZ007  # wall clock
    except (ValueError, OverflowError) as error:
        raise BadRule(_("This is not a day: %(day)s") % {"day": value[:20]}) from error
    return f"{moment:%Y%m%dT%H%M%S}"


def _refuse_endless_search(parts: dict[str, str]) -> None:
    """What dateutil would look for in vain until the year 9999, or too long: whatever gets past this occurs or is soon found not to."""
    frequency = parts.get("FREQ")
    if frequency not in FREQUENCIES:
        raise BadRule(_("A closure recurs by days, weeks, months or years."))
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRule(_("Please say how many times or until when, not both."))
    interval, count = (_number(parts.get(name, "1"), name) for name in ("INTERVAL", "COUNT"))
    if not 1 <= interval <= MOST_INTERVAL or not 1 <= count <= MOST_TIMES:
        raise BadRule(_("This rule never occurs, or too seldom or too often to be meant."))
    days, months = _numbers(parts, "BYMONTHDAY", 31), _numbers(parts, "BYMONTH", 12)
    positions = _numbers(parts, "BYSETPOS", 31)
    if any(month < 0 for month in months):
        raise BadRule(_("There is no such month."))
    if days and all(abs(day) > DAYS_IN_MONTH[month - 1] for day in days for month in months or range(1, 13)):
        raise BadRule(_("This rule never occurs."))
    weekdays = parts.get("BYDAY", "MO").split(",")
    if not all(re.fullmatch(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)", each) for each in weekdays):
        raise BadRule(_("There is no such day of the week."))
    numbered = any(each[0] in "+-12345" for each in weekdays)
    by_month = frequency in ("MONTHLY", "YEARLY")
    if ((numbered or positions) and not by_month) or (frequency == "WEEKLY" and days) or (numbered and days):
        raise BadRule(_("Days of a month are counted in a rule by months."))
    if frequency == "DAILY" and interval > 1 and len(parts.keys() & {"BYDAY", "BYMONTH", "BYMONTHDAY"}):
        raise BadRule(_("Every so many days and on certain days cannot both be."))
    if frequency == "WEEKLY" and interval > 1 and months:
        raise BadRule(_("Every so many weeks and in certain months cannot both be."))


def _number(value: str, name: str) -> int:
    if not re.fullmatch(r"\d{1,5}", value):
        raise BadRule(_("This part of the rule is not understood: %(part)s") % {"part": f"{name}={value[:20]}"})
    return int(value)


def _numbers(parts: dict[str, str], name: str, most: int) -> list[int]:
    values = parts[name].split(",") if name in parts else []
    if not all(re.fullmatch(r"[+-]?\d{1,2}", value) and 1 <= abs(int(value)) <= most for value in values):
        raise BadRule(_("This part of the rule is not understood: %(part)s") % {"part": f"{name}={parts[name][:20]}"})
    return [int(value) for value in values]
