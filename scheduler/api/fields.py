"""What may be sent: lines of text, telephone numbers, instants. Nothing here but what is true of a value whoever sends it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers

from scheduler import periods, phones, starts
from scheduler.forms.fields import FAR, MOST_HEADS, PAST, near
from tours import queries as catalogue
from tours.models import Audience, Space
from tours.models.words import CODE_PATTERN, no_control_characters


class Strict(serializers.Serializer[Any]):
    """Says so where it is sent a field that it does not know: a change that is silently left out would be worse."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {str(name): [_("There is no such field.")] for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown, code="unknown_field")
        return super().to_internal_value(data)


def checked(body: type[serializers.Serializer[Any]], sent: Any, *, partial: bool = False) -> dict[str, Any]:
    """What was sent, as `body` reads it; raises a 400 that names each field. `partial`: what is left out stays as it is."""
    read = body(data=sent, partial=partial)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


class StrictExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # its metaclass registers it untyped
    """Tells the schema that a `Strict` body has no other fields; it is `VisitBody` here, `VisitRequest` there."""

    target_class = Strict
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return type(self.target).__name__.removesuffix("Body")

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001  # its documented way
        return {**schema, "additionalProperties": False}


class Text(serializers.CharField):
    """Text of several lines, without control characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(no_control_characters)


def no_line_break(value: str) -> None:
    """Refuse what would be a second line: of a header, a calendar entry, a list."""
    if len(value.splitlines()) > 1:
        raise serializers.ValidationError(_("This is one line of text."), code="line_break")


class Line(Text):
    """One line of text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(no_line_break)


class Phone(Line):
    """A telephone number of any country, kept as E.164; without its country's code it is one of the museum's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text:
            return ""
        self.run_validators(text)
        try:
            return phones.normal(text, country=catalogue.museum().country)
        except phones.NoSuchNumber as error:
            raise serializers.ValidationError(_("This is no telephone number."), code="phone") from error


class Email(serializers.EmailField):
    """An e-mail address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)
        self.validators.append(no_control_characters)


class Instant(serializers.DateTimeField):
    """An instant with its offset from UTC, on a whole five minutes: a time without an offset would be somebody's guess."""

    default_error_messages = {
        "off_the_ticks": _("Times are given in steps of five minutes."),
        "no_offset": _("Give the time with its offset from UTC, as 2027-05-28T10:00:00+05:00."),
        "far": FAR,
        "past": PAST,
    }

    def to_internal_value(self, value: Any) -> datetime:
        if isinstance(value, date):
            self.fail("invalid", format="ISO 8601")
        try:
            read = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            self.fail("invalid", format="ISO 8601")
        if read.tzinfo is None:
            self.fail("no_offset")
        if not near(read.date()):
            self.fail("past" if read < timezone.now() else "far")
        if read.timestamp() % periods.TICK.total_seconds():
            self.fail("off_the_ticks")
        return read


class Day(serializers.DateField):
    """A date of the museum's calendar, not years away."""

    default_error_messages = {"far": FAR, "past": PAST}

    def to_internal_value(self, value: Any) -> date:
        day: date = super().to_internal_value(value)
        if not near(day):
            self.fail("past" if day < timezone.now().date() else "far")
        return day


def heads_field(**options: Any) -> serializers.IntegerField:
    """How many people there are."""
    return serializers.IntegerField(min_value=1, max_value=MOST_HEADS, **options)


class ByCode(serializers.SlugRelatedField[Any]):
    """A row by its code; what is no code at all is never looked for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="code", **options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not re.fullmatch(CODE_PATTERN, data):
            self.fail("does_not_exist", slug_name="code", value=str(data)[:40])
        return super().to_internal_value(data)


class TourField(ByCode):
    """A tour that is offered, by its code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=catalogue.offered_tours(), **options)


class AudienceField(ByCode):
    """A kind of group that may ask, by its code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Audience.objects.filter(active=True), **options)


class SpacesField(serializers.ListField):
    """Places by their codes, as rows."""

    child = Line(max_length=40)

    def to_internal_value(self, data: Any) -> list[Space]:
        codes = list(dict.fromkeys(super().to_internal_value(data)))
        found = {space.code: space for space in Space.objects.filter(code__in=codes)}
        if unknown := [code for code in codes if code not in found]:
            raise serializers.ValidationError(
                gettext("There is no such place: %(codes)s") % {"codes": ", ".join(unknown)}, code="does_not_exist"
            )
        return [found[code] for code in codes]


class Titles(Strict):
    """A text in each language; one of them at least."""

    kk = Line(max_length=500, required=False, allow_blank=True, default="")
    ru = Line(max_length=500, required=False, allow_blank=True, default="")
    en = Line(max_length=500, required=False, allow_blank=True, default="")


class Days(serializers.Serializer[Any]):
    """The days that somebody asks about."""

    usual_days = 30

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {
            "from": Day(required=False, help_text="The first day; today if not given."),
            "to": Day(
                required=False,
                help_text=f"The last day, at most {starts.MOST_DAYS} days in all; {self.usual_days} days if not given.",
            ),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "from" not in attrs:
            attrs["from"] = periods.day_of(timezone.now(), zone())
        first = attrs["from"]
        last = attrs.setdefault("to", first + timedelta(days=self.usual_days - 1))
        if last < first:
            raise serializers.ValidationError({"to": [_("The last day is not before the first.")]}, code="order")
        if (last - first).days >= starts.MOST_DAYS:
            said = gettext("At most %(most)d days can be asked about at once.") % {"most": starts.MOST_DAYS}
            raise serializers.ValidationError({"to": [said]}, code="too_many_days")
        return attrs

    def bounds(self) -> tuple[datetime, datetime]:
        """From when to when the days run, half-open."""
        first, last = (periods.bounds(self.validated_data[name], zone()) for name in ("from", "to"))
        return first.lower, last.upper


def zone() -> ZoneInfo:
    """The museum's."""
    return ZoneInfo(catalogue.museum().time_zone)
