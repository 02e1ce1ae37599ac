"""Telephone numbers as people write them, kept as every telephone understands them."""

from __future__ import annotations

import phonenumbers


class NoSuchNumber(ValueError):
    """No country has such a telephone number."""


def normal(text: str, *, country: str) -> str:
    """A number as E.164 ("+77010000086"); one without its country's code is one of `country` (ISO 3166). Raises NoSuchNumber."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise NoSuchNumber(text) from error
    if not phonenumbers.is_valid_number(number):
        raise NoSuchNumber(text)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def readable(number: str) -> str:
    """A number kept as E.164, with its groups apart: "+7 701 000 00 86"; other text stays as it is."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
