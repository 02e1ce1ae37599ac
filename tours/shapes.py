"""The shape of a museum's file (`museums/schema.json`), and what is wrong with one in words that name the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from tours.models.words import TICK_MINUTES, no_control_characters, valid_code, valid_country, valid_time_zone
from tours.yaml_files import Fault, Path_

SCHEMA_FILE = Path(__file__).parent / "museums" / "schema.json"


def local_time(text: str) -> tuple[int, int]:
    """ "10:05" as hours and minutes. Raises ValueError, off the five-minute step too."""
    match = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", text, re.ASCII)
    if not match or int(match[2]) % TICK_MINUTES:
        raise ValueError("no time of day on a five-minute step")
    return int(match[1]), int(match[2])


def local_start(text: str) -> datetime:
    """ "2027-05-24T10:05" as the museum's wall clock shows it, without a zone. Raises ValueError, off the five-minute step too."""
    day, separator, clock = text.partition("T")
    if separator != "T":
        raise ValueError("no date and time")
    return datetime.combine(local_date(day), datetime.min.time().replace(*local_time(clock)))


def local_date(text: str) -> date:
    """ "2027-05-24". Raises ValueError."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        raise ValueError("no date")
    return date.fromisoformat(text)


def _no_line_break(text: str) -> None:
    if re.search(r"[\n\r\t]", text):
        raise ValueError("a line break")
    no_control_characters(text)


def _phone(text: str) -> None:
    if not phonenumbers.is_possible_number(phonenumbers.parse(text, None)):
        raise ValueError("no telephone number")


def _currency(text: str) -> None:
    if not re.fullmatch(r"[A-Z]{3}", text, re.ASCII):
        raise ValueError("no currency code")


FORMATS: Mapping[str, Callable[[str], object]] = {
    "code": valid_code,
    "line": _no_line_break,
    "text": no_control_characters,
    "local-time": local_time,
    "local-start": local_start,
    "date": local_date,
    "email": validate_email,
    "phone": _phone,
    "time-zone": valid_time_zone,
    "country": valid_country,
    "currency": _currency,
    "web-address": URLValidator(schemes=["http", "https"]),
}


def _reason_of_format(name: str) -> str:
    return {
        "code": _("is no code: small Latin letters, digits and single hyphens only"),
        "line": _("contains a line break or characters that cannot be shown"),
        "text": _("contains characters that cannot be shown"),
        "local-time": _("is no time of day in steps of five minutes, like 10:05"),
        "local-start": _("is no date and time in steps of five minutes, like 2027-05-24T10:05"),
        "date": _("is no date, like 2027-05-24"),
        "email": _("is no e-mail address"),
        "phone": _("is no telephone number with its country, like +77010000000"),
        "time-zone": _("is no known time zone, like Asia/Almaty"),
        "country": _("is no country whose public holidays are known, like KZ"),
        "currency": _("is no currency code, like KZT"),
        "web-address": _("is no web address, like https://example.org"),
    }[name]


def _reason_of_type(name: str) -> str:
    return {
        "object": _("should be a list of keys with values"),
        "array": _("should be a list"),
        "string": _("should be a text"),
        "integer": _("should be a whole number"),
        "number": _("should be a number"),
        "boolean": _("should be true or false"),
    }[name]


@cache
def _validator() -> Validator:
    formats = FormatChecker(formats=())
    for name, check in FORMATS.items():
        formats.checks(name, raises=(ValueError, DjangoValidationError, phonenumbers.NumberParseException))(
            _if_text(check)
        )
    whole = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _checker, value: type(value) is int)
    strict = extend(Draft202012Validator, type_checker=whole)
    return strict(json.loads(SCHEMA_FILE.read_text("utf-8")), format_checker=formats)


def _if_text(check: Callable[[str], object]) -> Callable[[object], bool]:
    def checked(value: object) -> bool:
        if isinstance(value, str):
            check(value)
        return True  # what is no text at all is another fault

    return checked


def faults(data: object) -> list[Fault]:
    """Everything in which the data have another shape than a museum's file, each once."""
    found = dict.fromkeys(fault for error in _validator().iter_errors(data) for fault in _of_error(error))
    return list(found)


def _of_error(error: ValidationError) -> Iterator[Fault]:
    path: Path_ = tuple(error.absolute_path)
    limit: Any = error.validator_value
    match error.validator:
        case "required":
            for key in limit:
                if key not in error.instance:
                    yield Fault(path, _("“%(key)s” is missing") % {"key": key})
        case "dependentRequired":
            for given, needed in limit.items():
                for key in needed:
                    if given in error.instance and key not in error.instance:
                        yield Fault(path, _("“%(key)s” is missing") % {"key": key})
        case "additionalProperties":
            known = list(error.schema["properties"])
            for key in error.instance:
                if key not in known:
                    yield Fault((*path, str(key)), _("is not known here") + meant(str(key), known))
        case "not":  # a key that another kind of thing has
            yield Fault(path, _("does not belong here"))
        case _:
            yield Fault(path, _reason(str(error.validator), limit, error.instance))


def _reason(rule: str, limit: Any, value: Any) -> str:
    match rule:
        case "type":
            return _reason_of_type(limit)
        case "format":
            return _reason_of_format(limit)
        case "enum":
            return _("is none of: %(choices)s") % {"choices": ", ".join(limit)} + meant(str(value), limit)
        case "const":
            return _("should be “%(word)s” or a list of codes") % {"word": limit}
        case "minimum":
            return _("is less than %(limit)s") % {"limit": limit}
        case "maximum":
            return _("is more than %(limit)s") % {"limit": limit}
        case "multipleOf":
            return _("is no multiple of %(limit)s") % {"limit": limit}
        case "minItems" | "minLength" | "minProperties":
            return _("is empty")
        case "maxLength":
            return ngettext("is longer than %(limit)d character", "is longer than %(limit)d characters", limit) % {
                "limit": limit
            }
        case "maxItems":
            return ngettext("has more than %(limit)d item", "has more than %(limit)d items", limit) % {"limit": limit}
        case "uniqueItems":
            return _("names something twice")
    raise AssertionError(f"museums/schema.json uses a rule that has no words here: {rule}")


def meant(word: str, known: list[str]) -> str:
    """What somebody who mistyped may have meant, as the end of a sentence; "" where nothing is near."""
    near = get_close_matches(word, known, n=1)
    return _(" (did you mean “%(word)s”?)") % {"word": near[0]} if near else ""
