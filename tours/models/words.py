"""What several models of the catalogue share: languages, weekdays, codes, and times of day as the database compares them."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any
from zoneinfo import available_timezones

import holidays
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField, IntegerRangeField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, F, Func, IntegerField, Q, Value
from django.db.models.functions import Coalesce, Greatest, Mod
from django.db.models.lookups import Exact
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _

TICK_MINUTES = 5
"""The schedule counts in steps of five minutes; other values are refused."""


class Language(models.TextChoices):
    """Languages of tours, of people and of the catalogue's texts."""

    KAZAKH = "kk", _("Kazakh")
    RUSSIAN = "ru", _("Russian")
    ENGLISH = "en", _("English")


class Weekday(models.IntegerChoices):
    """As Python counts them: Monday is 0."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As files name them, in the order of `Weekday`."""

CODE_PATTERN = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
valid_code = RegexValidator(
    CODE_PATTERN, _("Small Latin letters, digits and single hyphens only."), code="invalid_code"
)


HIDDEN = frozenset("\u200b\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
"""Overrides that make text read backwards, separators that some readers take for a new line, and spaces that nobody sees."""


def no_control_characters(value: str) -> None:
    """Refuse what a form's text never needs: control characters (line breaks and tabs apart), lone surrogates and HIDDEN."""
    if any(char in HIDDEN or (unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t") for char in value):
        raise ValidationError(_("This text contains characters that cannot be shown."), code="control_characters")


def valid_time_zone(value: str) -> None:
    """Refuse what the time zone database does not know."""
    if value not in available_timezones():
        raise ValidationError(_("This time zone is not known."), code="unknown_time_zone")


def valid_country(value: str) -> None:
    """Refuse a country whose public holidays nobody could tell."""
    if value not in holidays.list_supported_countries(include_aliases=False):
        raise ValidationError(_("The public holidays of this country are not known."), code="unknown_country")


class SecondOfDay(Func):
    """A local time as seconds since midnight (an immutable expression, so that constraints may use it)."""

    template = "EXTRACT(epoch FROM %(expressions)s)::integer"
    output_field = IntegerField()


class Period(Func):
    """Two local times as a half-open range, for exclusion constraints."""

    function = "int4range"
    output_field = IntegerRangeField()

    def __init__(self, *times: str | Expression) -> None:
        super().__init__(*(SecondOfDay(F(time)) if isinstance(time, str) else time for time in times))


class Days(Func):
    """Two dates as the range of days from the one to the other, both included; one that is not known is no bound.

    Dates in the wrong order are one day here: that they are wrong is another constraint's to say.
    """

    template = "daterange(%(expressions)s, '[]')"
    output_field = DateRangeField()

    def __init__(self, first: str | Expression, last: str | Expression) -> None:
        if isinstance(first, str) and isinstance(last, str):
            super().__init__(F(first), Greatest(F(first), Coalesce(F(last), Value(date.max))))
        else:
            super().__init__(first, last)


class Same(Func):
    """A number as a range of one, so that `&&` compares it without the btree_gist extension."""

    template = "int8range(%(expressions)s, %(expressions)s, '[]')"
    output_field = BigIntegerRangeField()

    def as_sql(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,
        function: str | None = None,
        template: str | None = None,
        arg_joiner: str | None = None,
        **extra_context: Any,
    ) -> tuple[str, tuple[str | int, ...]]:
        sql, params = super().as_sql(compiler, connection, function, template, arg_joiner, **extra_context)
        return sql, (*params, *params)  # the template names its expression twice


def whole_ticks(*names: str) -> Q:
    """Minutes that are a multiple of five."""
    return Q(*(Exact(Mod(F(name), Value(TICK_MINUTES)), Value(0)) for name in names))


def on_the_tick(*names: str) -> Q:
    """Local times that lie on a five-minute step."""
    return Q(*(Exact(Mod(SecondOfDay(F(name)), Value(TICK_MINUTES * 60)), Value(0)) for name in names))
