"""The kinds of fields that the pages' forms share, and how they look."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates
from django.forms.utils import ErrorList
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from scheduler import periods, phones
from scheduler.forms.addresses import one_address
from tours import queries as catalogue
from tours.models.words import no_control_characters

MOST_HEADS = 1000
"""More than any museum receives at once; whether this one can is the schedule's to say."""
DAYS_BACK, DAYS_AHEAD = 400, 1100
"""How far from today a date may lie that somebody asks about."""
MOST_WAVES = 10
FAR, PAST = _("This date is too far away."), _("This date is past.")


class Errors(ErrorList):
    """What is wrong with a field; nothing is nothing, without a template that says so."""

    def render(self, *args: Any, **options: Any) -> SafeString:
        return super().render(*args, **options) if self else mark_safe("")

    __str__ = __html__ = render


class Paper(DjangoTemplates):
    """Fields with their label, help and errors as our stylesheet expects them."""

    field_template_name = "scheduler/parts/field.html"


class Form(forms.Form):
    """A form whose errors are said by us, in the reader's language, not by the browser in its own."""

    default_renderer = Paper
    use_required_attribute = False

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("label_suffix", "")
        options.setdefault("error_class", Errors)
        super().__init__(*args, **options)


class Line(forms.CharField):
    """One line of text; what would begin a second line becomes a space."""

    default_validators = [no_control_characters]

    def __init__(self, *, max_length: int = 200, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        return " ".join(text.split()) if text and not any(map(_hidden, text)) else text


def _hidden(char: str) -> bool:
    """A control character that `split` would take for white space: it is to be refused, not smoothed away."""
    return char in "\x0b\x0c\x1c\x1d\x1e\x1f\x85"


class Text(forms.CharField):
    """Text of several lines."""

    default_validators = [no_control_characters]

    def __init__(self, *, max_length: int, rows: int = 3, **options: Any) -> None:
        super().__init__(max_length=max_length, widget=forms.Textarea(attrs={"rows": rows}), **options)

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if text else text


class Phone(Line):
    """A telephone number of any country, kept as E.164; one without its country's code is one of the museum's."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})

    def __init__(self, *, either: bool = False, **options: Any) -> None:
        self.either = either
        options.setdefault("required", not either)
        super().__init__(max_length=40, **options)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return phones.normal(text, country=catalogue.museum().country)
        except phones.NoSuchNumber as error:
            raise ValidationError(_("This is no telephone number."), code="phone") from error


class Email(forms.EmailField):
    """An e-mail address. `either`: this or the telephone beside it is needed, and the form asks for one of the two."""

    default_validators = [one_address]

    def __init__(self, *, either: bool = False, **options: Any) -> None:
        self.either = either
        options.setdefault("required", not either)
        super().__init__(max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}), **options)
        self.validators.append(no_control_characters)


class Heads(forms.IntegerField):
    """How many people there are."""

    def __init__(self, *, min_value: int = 1, **options: Any) -> None:
        widget = forms.NumberInput(attrs={"inputmode": "numeric"})
        super().__init__(min_value=min_value, max_value=MOST_HEADS, widget=widget, **options)


class Day(forms.DateField):
    """A date of the museum's calendar, not years away."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(widget=widget, input_formats=["%Y-%m-%d", "%d.%m.%Y"], **options)

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and not near(day):
            raise ValidationError(PAST if day < timezone.now().date() else FAR, code="far")
        return day


class Clock(forms.TimeField):
    """A time of day on the museum's wall clock, in steps of five minutes."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")
        super().__init__(widget=widget, input_formats=["%H:%M", "%H.%M"], **options)

    def clean(self, value: Any) -> time | None:
        clock: time | None = super().clean(value)
        if clock and clock.minute % 5:
            raise ValidationError(_("Times are given in steps of five minutes."), code="tick")
        return clock


class Starts(forms.CharField):
    """The chosen time as a tuple of instants: one for each wave, written as ISO 8601 and parted by commas."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=400, **options)

    def clean(self, value: Any) -> tuple[datetime, ...]:
        text = super().clean(value)
        if not text:
            return ()
        try:
            begins = tuple(datetime.fromisoformat(part) for part in text.split(","))
        except ValueError as error:
            raise ValidationError(_("Please choose a time."), code="invalid") from error
        if len(begins) > MOST_WAVES or any(begin.tzinfo is None or not near(begin.date()) for begin in begins):
            raise ValidationError(_("Please choose a time."), code="invalid")
        return tuple(begin.astimezone(UTC) for begin in begins)


class WithAdults(Form):
    """A form of `heads`, of whom `adults` accompany the others; none where nothing was said of them."""

    def clean_adults(self) -> int:
        return self.cleaned_data["adults"] or 0

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("adults", 0) > data.get("heads", data.get("adults", 0)):
            self.add_error("adults", _("There cannot be more accompanying adults than people."))
        return data


def near(day: date) -> bool:
    """Whether somebody may ask about a date at all: no calendar reaches into every year."""
    today = timezone.now().date()
    return today - timedelta(days=DAYS_BACK) <= day <= today + timedelta(days=DAYS_AHEAD)


def near_day(text: str) -> date | None:
    """The day that an address names as `2027-05-28`; None where it names none that somebody may ask about."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if near(day) else None


def instant(day: date, clock: time) -> datetime:
    """The instant at which the museum's wall clock shows this, in UTC."""
    zone = ZoneInfo(catalogue.museum().time_zone)
    return periods.instant(periods.wall_tick(clock, day, zone), day, zone)
