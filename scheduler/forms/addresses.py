"""What is wrong with an e-mail address, in words that help to mend it."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

ALLOWED = re.compile(r"[-!#$%&'*+/=?^_`{}|~0-9A-Za-z.]")
"""What stands before the @ (RFC 5322, dot-atom)."""


def one_address(text: str) -> None:
    """Raise ValidationError with what is wrong, if this is not one address."""
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValidationError(_what_is_wrong(text) or error.message, code="invalid") from error


def _what_is_wrong(text: str) -> str:
    """The first thing that a person would see, had they looked; "" where there is nothing to point at."""
    name, at, host = text.rpartition("@")
    if not at:
        return _("The @ is missing: an address looks like name@example.org.")
    if any(character.isspace() for character in text):
        return _("There is a space in this address.")
    if "@" in name:
        return _("There is more than one @ here. Please give one address.")
    if not name:
        return _("Nothing stands before the @: an address looks like name@example.org.")
    if (strange := next((each for each in name if not ALLOWED.match(each)), "")) and strange.isprintable():
        if strange.isalpha():
            return _("Before the @ there are Latin letters only. This one is not: %(letter)s") % {"letter": strange}
        return _("This cannot stand in an e-mail address: %(character)s") % {"character": strange}
    if "." not in host.strip("."):
        return _("Something is missing after the @: an address looks like name@example.org.")
    if ".." in text or text.startswith(".") or text.endswith(".") or ".@" in text or "@." in text:
        return _("A full stop stands where there cannot be one.")
    if (strange := next((each for each in host if not (each.isalnum() or each in "-.")), "")) and strange.isprintable():
        return _("This cannot stand in an e-mail address: %(character)s") % {"character": strange}
    return ""
