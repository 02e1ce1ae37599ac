"""A closure as the office types it, and what it decides about each visit that is hit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from scheduler.closures import ClosureDraft
from scheduler.decisions import DROP, MOVE, OFFER, Decision
from scheduler.errors import BadWish, Refused
from scheduler.forms.fields import Clock, Day, Form, Text, instant, near
from scheduler.models import Closure, KeptDraft, Offer
from tours import queries as catalogue
from tours.models import Space

MOST_TYPED = 1000
SAID = {"kind", "notice_kk", "notice_ru", "notice_en"}
"""What a closure is called, which may be written after its place and time were looked at."""
WHERE = {"start": "first", "end": "last", "rrule": "repeats", "kind": "kind", "notice": "notice_kk"}
"""The field in which a person sees what a service calls by this name."""
WEEKLY, NTH, LAST, RULE = "weekly", "nth", "last", "rule"
OTHER = "other"
"""What is chosen where the time is typed beside it, in `day-CODE` and `clock-CODE`."""
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class ClosureForm(Form):
    """Which places, from when to when, how it repeats, and what the public is told in each language.

    `rrule` keeps a rule that the choices have no words for, as another program has made it.
    """

    spaces: forms.ModelMultipleChoiceField[Space] = forms.ModelMultipleChoiceField(
        queryset=Space.objects.none(),
        to_field_name="code",
        required=False,
        label=_("Places"),
        help_text=_("None chosen: the whole museum."),
        widget=forms.CheckboxSelectMultiple,
    )
    first = Day(label=_("From"))
    starts = Clock(label=_("at"), required=False)
    last = Day(label=_("Until and including"), required=False)
    ends = Clock(label=_("at"), required=False)
    open_end = forms.BooleanField(label=_("Until further notice"), required=False)
    repeats = forms.ChoiceField(label=_("Repeats"), required=False)
    repeats_until = Day(
        label=_("Repeats until and including"), required=False, help_text=_("Empty: until further notice.")
    )
    rrule = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("Kind"), choices=Closure.Kind.choices)
    notice_kk = Text(label=_("Notice in Kazakh"), max_length=500, rows=2, required=False)
    notice_ru = Text(label=_("Notice in Russian"), max_length=500, rows=2, required=False)
    notice_en = Text(label=_("Notice in English"), max_length=500, rows=2, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        spaces, repeats = self.fields["spaces"], self.fields["repeats"]
        assert isinstance(spaces, forms.ModelMultipleChoiceField)
        assert isinstance(repeats, forms.ChoiceField)
        spaces.queryset = catalogue.places()
        repeats.choices = [
            ("", _("no")),
            (WEEKLY, _("every week on this weekday")),
            (NTH, _("every month on this weekday, as the first or the third")),
            (LAST, _("every month on the last such weekday")),
        ]
        if self["rrule"].value():
            repeats.choices = [
                *repeats.choices,
                (RULE, _("as it does now: %(rule)s") % {"rule": self["rrule"].value()}),
            ]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("repeats") and data.get("open_end"):
            self.add_error("open_end", _("What repeats has an end each time."))
        if not data.get("open_end") and not data.get("last") and not self.has_error("last"):
            self.add_error("last", _("Please say until when, or tick “until further notice”."))
        if self.has_place_and_time():
            draft = self.draft()
            if draft.end is not None and draft.end <= draft.start:
                self.add_error("last", _("A closure ends after it begins."))
        if not any(data.get(f"notice_{code}") for code in ("kk", "ru", "en")):
            self.add_error("notice_kk", _("Please write what the public is told, in at least one language."))
        return data

    def has_place_and_time(self) -> bool:
        """Whether where and when are clear, so that one can look at what would be hit; the notice may still be missing."""
        wrong = set(self.errors) - SAID  # which judges the form where nobody has yet
        data = self.cleaned_data
        return not wrong and bool(data.get("first") and (data.get("open_end") or data.get("last")))

    def typed_errors(self) -> list[str]:
        """What is wrong with a place or a time that was typed; nothing is said of what is still empty."""
        return [
            str(error)
            for name, errors in self.errors.items()
            if name not in SAID and self[name].value() not in (None, "", [])
            for error in errors
        ]

    def refuse(self, refused: Refused) -> bool:
        """Say beside its field what a service does not take; False where it names none."""
        field = WHERE.get(refused.extra.get("field", ""))
        if field is None:
            return False
        self.add_error(field, str(refused.detail))
        return True

    def without_notice(self) -> list[str]:
        """The languages, in their own words, in which the public would be told in another one; where and when are clear."""
        return [name for code, name in settings.LANGUAGES if not self.cleaned_data.get(f"notice_{code}")]

    def draft(self) -> ClosureDraft:
        """The closure as the service takes it; an end without a time is the end of its day. Where and when are clear."""
        data = self.cleaned_data
        rule = rule_of(data["repeats"], data["first"], data["repeats_until"], data["rrule"])
        return ClosureDraft(
            spaces=tuple(data["spaces"]),
            start=instant(data["first"], data["starts"] or time.min),
            end=None if data["open_end"] else self._end(),
            kind=data.get("kind") or Closure.Kind.OTHER,
            notice={code: data.get(f"notice_{code}", "") for code in ("kk", "ru", "en")},
            rrule=rule,
            until_further_notice=bool(rule) and "UNTIL=" not in rule and "COUNT=" not in rule,
        )

    def _end(self) -> datetime:
        last, ends = self.cleaned_data["last"], self.cleaned_data["ends"]
        return instant(last, ends) if ends else instant(last + timedelta(days=1), time.min)


def asked_of(asked: QueryDict) -> ClosureForm | None:
    """The form filled from an address, as the board makes one; judged in what that names and in nothing else. None: it names nothing."""
    names = set(ClosureForm.base_fields) & asked.keys()
    if not names:
        return None
    form = ClosureForm({"kind": Closure.Kind.RENOVATION, **typed_of(asked)})
    for name in set(form.errors) - names:
        del form.errors[name]
    return form


def typed_of(posted: QueryDict) -> dict[str, Any]:
    """What was typed of a closure, as a draft keeps it: right or wrong, cut where nobody types so much, without what no row can hold."""
    names = set(ClosureForm.base_fields)
    return {
        name: [_kept(value) for value in posted.getlist(name)[:100]] if name == "spaces" else _kept(str(posted[name]))
        for name in names & posted.keys()
    }


def _kept(value: str) -> str:
    return value.replace("\0", "")[:MOST_TYPED]


def form_of(draft: KeptDraft) -> ClosureForm:
    """The form as it was when the draft was kept; not judged yet."""
    return ClosureForm(initial=draft.typed)


def rule_of(repeats: str, first: date, until: date | None, rrule: str) -> str:
    """The rule (RFC 5545) that a choice means for a closure that begins on `first`; "" for one that does not repeat."""
    if not repeats or repeats == RULE:
        return rrule if repeats else ""
    day, nth = DAYS[first.weekday()], (first.day - 1) // 7 + 1
    rule = {
        WEEKLY: f"FREQ=WEEKLY;BYDAY={day}",
        NTH: f"FREQ=MONTHLY;BYDAY={nth}{day}",
        LAST: f"FREQ=MONTHLY;BYDAY=-1{day}",
    }[repeats]
    return f"{rule};UNTIL={until:%Y%m%d}" if until else rule


def choice_of(rule: str) -> dict[str, Any]:
    """What the form shows for a rule that is kept: a choice where it has words for it, else the rule itself."""
    if not rule:
        return {}
    plain = re.fullmatch(
        r"FREQ=(?:(WEEKLY)|MONTHLY);(?:UNTIL=(\d{8})(?:T\d{6})?;)?BYDAY=(-1|[1-5])?[A-Z]{2}(?:;UNTIL=(\d{8})(?:T\d{6})?)?",
        rule,
    )
    if plain is None or bool(plain[1]) == bool(plain[3]):
        return {"repeats": RULE, "rrule": rule}
    until = plain[2] or plain[4]
    return {
        "repeats": WEEKLY if plain[1] else LAST if plain[3] == "-1" else NTH,
        "repeats_until": datetime.strptime(until, "%Y%m%d").date() if until else None,  # noqa: DTZ007  # a date
        "rrule": rule,
    }


def decisions_of(posted: Mapping[str, str]) -> tuple[dict[str, Decision], BadWish | None]:
    """What was decided for each visit by its code, from fields named `decide-CODE`; and a refusal that names those left unclear, if any.

    "cancel" · "reroute" · "drop" · "move START" · "offer START ALTERNATIVE …" · "other", with the time typed beside it; a START is
    several, parted by commas, for waves. `on_silence`: what happens to those who are asked and do not answer.
    """
    on_silence = posted.get("on_silence") or Offer.Silence.WAIT
    found, unclear = {}, []
    for name, value in posted.items():
        if name.startswith("decide-"):
            code = name.removeprefix("decide-")
            try:
                found[code] = _decision(value, typed_beside(posted, code), on_silence)
            except ValidationError:
                unclear.append(code)
    if not unclear:
        return found, None
    said = _(
        "It is not clear what becomes of: %(visits)s. For another time choose it, and give its day and its time in steps of five minutes."
    )
    return found, BadWish(said % {"visits": ", ".join(unclear)}, visits=unclear)


def typed_beside(posted: Mapping[str, str], code: str) -> tuple[str, str]:
    """The day and the time typed for a visit, each as it was typed; "" where nothing was."""
    return posted.get(f"day-{code}", "").strip()[:20], posted.get(f"clock-{code}", "").strip()[:20]


def _decision(value: str, typed: tuple[str, str], on_silence: str) -> Decision:
    """One decision. Raises ValidationError, also where a time is typed and something else chosen: which of them is meant?"""
    if value == OTHER:
        day, clock = Day().clean(typed[0]), Clock().clean(typed[1])
        assert day is not None and clock is not None  # both are required
        return Decision(MOVE, instant(day, clock))
    if any(typed):
        raise ValidationError(_("Please choose a time."))
    action, *rest = value.split(" ")
    times = [tuple(map(_time, each.split(","))) for each in rest]
    begins = times[0] if times else ()
    return Decision(
        action,
        begins[0] if begins else None,
        waves=begins[1:],
        alternatives=tuple(each[0] for each in times[1:]) if action == OFFER else (),
        on_silence=on_silence if action in (DROP, OFFER) else Offer.Silence.WAIT,
    )


def value_of(decision: Decision) -> str:
    """How the form sends a decision."""

    def said(*starts: datetime) -> str:
        return ",".join(start.isoformat(timespec="minutes") for start in starts)

    parts = [decision.action]
    if decision.start is not None:
        parts += [said(decision.start, *decision.waves), *map(said, decision.alternatives)]
    return " ".join(parts)


def _time(text: str) -> datetime:
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValidationError(_("Please choose a time.")) from error
    if start.tzinfo is None or not near(start.date()):
        raise ValidationError(_("Please choose a time."))
    return start
