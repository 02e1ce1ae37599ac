"""A draft of a closure as its form keeps it, and the same in the words of programs: one becomes the other, nothing is kept twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduler import closures, periods, recurring
from scheduler.closures import ClosureDraft
from scheduler.errors import BadWish
from scheduler.forms.closing import RULE, WHERE, ClosureForm, choice_of, rule_of
from scheduler.forms.fields import instant
from scheduler.models import Closure, KeptDraft
from scheduler.models.fields import LANGUAGES
from tours import queries as catalogue

NAMES = {"starts": "start", "ends": "end", "open_end": "end", "repeats_until": "rrule"} | {
    field: name for name, field in WHERE.items()
}
"""What programs call the fields of the form whose names differ."""


def fields_of(said: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The form's fields that say what a program has said: `spaces` (rows, or None: all), `start`, `end` (None: until further notice),
    `rrule`, `kind`, `notice` by language; of what is not there no field. A rule is told as a choice where the choice means the same."""
    found: dict[str, Any] = {}
    if "spaces" in said:
        found["spaces"] = [space.code for space in said["spaces"] or ()]
    if "start" in said:
        start = periods.local(said["start"], zone)
        found |= {"first": start.date(), "starts": start.time() if start.time() != time.min else ""}
    if "end" in said:
        found |= _ending(said["end"], zone)
    if "rrule" in said:
        found |= _repeating(said["rrule"] or "", said.get("start"), zone)
    if "kind" in said:
        found["kind"] = said["kind"]
    return found | {f"notice_{language}": text for language, text in said.get("notice", {}).items()}


def typed_from(said: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """What a draft keeps once a program has said this: in place of `kept` only what it says; a rule stays what it is on another day."""
    there = said_in(kept)
    if "start" in said and "rrule" not in said and there.get("rrule"):
        said = {**said, "rrule": there["rrule"]}
    if "rrule" in said and "start" not in said and "start" in there:
        said = {**said, "start": there["start"]}
    fields = fields_of(said, ZoneInfo(catalogue.museum().time_zone))
    return {**kept, **{name: _text(value) for name, value in fields.items()}}


def said_in(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What a draft says that can be read, as `fields_of` takes it; and `until_further_notice` of a rule that has no end."""
    form = ClosureForm(dict(typed))
    form.is_valid()
    data = form.cleaned_data
    found: dict[str, Any] = {"notice": {code: str(typed.get(f"notice_{code}", "")) for code, _name in LANGUAGES}}
    if "spaces" in data:
        found["spaces"] = list(data["spaces"]) or None
    if data.get("first"):
        found["start"] = instant(data["first"], data.get("starts") or time.min)
        rule = rule_of(data.get("repeats", ""), data["first"], data.get("repeats_until"), data.get("rrule", ""))
        found |= {"rrule": rule, "until_further_notice": bool(rule) and not recurring.ends(rule)}
    if data.get("open_end"):
        found["end"] = None
    elif data.get("last"):
        ends = data.get("ends")
        found["end"] = instant(data["last"], ends) if ends else instant(data["last"] + timedelta(days=1), time.min)
    if data.get("kind"):
        found["kind"] = data["kind"]
    return found


def missing_in(typed: Mapping[str, Any]) -> dict[str, str]:
    """What keeps a draft from being published as it is: by the field that programs know, what is missing or wrong."""
    form = ClosureForm(dict(typed))
    found: dict[str, str] = {}
    for name, errors in form.errors.items():
        found.setdefault(NAMES.get(name, name), " ".join(map(str, errors)))
    if form.has_place_and_time():
        try:
            closures.times_within(form.draft(), form.cleaned_data["first"], form.cleaned_data["first"])
        except BadWish as refused:
            found.setdefault(refused.extra["field"], str(refused.detail))
    return found


def closure_of(draft: KeptDraft) -> ClosureDraft:
    """The closure that a draft is to become; its notice may still be missing. Raises BadWish while where and when are not clear."""
    form = ClosureForm(dict(draft.typed))
    form.is_valid()
    if not form.has_place_and_time():
        field, said = next(each for each in missing_in(draft.typed).items() if each[0] not in ("kind", "notice"))
        raise BadWish(said, field=field)
    return form.draft()


def initial_of(closure: Closure) -> dict[str, Any]:
    """The fields of a closure that stands."""
    said = {
        "spaces": list(closure.spaces.all()),
        "start": closure.period.lower,
        "end": closure.period.upper,
        "rrule": closure.rrule,
        "kind": closure.kind,
        "notice": {code: getattr(closure, f"notice_{code}") for code, _name in LANGUAGES},
    }
    return fields_of(said, ZoneInfo(catalogue.museum().time_zone))


def _ending(end: datetime | None, zone: ZoneInfo) -> dict[str, Any]:
    """A closure ends at the end of a day, or at a time of it; or nobody knows when."""
    if end is None:
        return {"open_end": True, "last": "", "ends": ""}
    last = periods.local(end, zone)
    whole = last.time() == time.min
    return {"open_end": False, "last": last.date() - timedelta(days=whole), "ends": "" if whole else last.time()}


def _repeating(rule: str, start: datetime | None, zone: ZoneInfo) -> dict[str, Any]:
    """The choice that means this rule, counted from the first day; else the rule itself."""
    fields = {"repeats": "", "repeats_until": "", "rrule": rule} | choice_of(rule)
    if rule and (start is None or not _means(fields, rule, start, zone)):
        return {"repeats": RULE, "repeats_until": "", "rrule": rule}
    return fields


def _means(fields: Mapping[str, Any], rule: str, start: datetime, zone: ZoneInfo) -> bool:
    first = periods.local(start, zone).date()
    chosen = rule_of(fields["repeats"], first, fields["repeats_until"] or None, rule)
    try:
        return recurring.plain(chosen, start, zone) == recurring.plain(rule, start, zone)
    except recurring.BadRule:
        return False


def _text(value: Any) -> Any:
    """As a browser would have sent it."""
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, date) else value
