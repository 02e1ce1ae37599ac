"""What a museum draws of itself: its mark as SVG, and where its places lie on the plan."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOST_OF_A_MARK = 20_000
"""Characters: it comes with every page that shows it."""
SVG = "{http://www.w3.org/2000/svg}"
FORBIDDEN = frozenset({"script", "foreignObject", "image", "use", "a", "style", "iframe", "animate", "set", "handler"})


def valid_mark(value: str) -> None:
    """Refuse what is no small, still and self-contained SVG drawing."""
    wrong = ValidationError(
        _("This is no simple SVG drawing: no scripts, links, pictures or styles in it."), code="mark"
    )
    if len(value) > MOST_OF_A_MARK:
        raise ValidationError(_("This drawing is too large: 20,000 characters at most."), code="mark_size")
    if re.search(r"<!(DOCTYPE|ENTITY)|<\?(?!xml )", value, re.IGNORECASE):
        raise wrong
    try:
        root = ET.fromstring(value)  # noqa: S314  # no document type, so no entity that could grow
    except (ET.ParseError, ValueError) as error:
        raise wrong from error
    if root.tag != f"{SVG}svg":
        raise wrong
    for element in root.iter():
        if not element.tag.startswith(SVG) or element.tag[len(SVG) :] in FORBIDDEN:
            raise wrong
        for name, said in element.attrib.items():
            local = name.rpartition("}")[2].lower()
            if local.startswith("on") or local in ("href", "style") or re.search(r"url\((?!\s*#)|:\s*//", said):
                raise wrong


def valid_plan(value: list[int]) -> None:
    """Refuse what is no box on a plan of 100 by 100: x, y of its upper left corner, its width and its height."""
    if len(value) == 4:
        x, y, width, height = value
        if min(x, y) >= 0 and min(width, height) >= 4 and x + width <= 100 and y + height <= 100:
            return
    raise ValidationError(
        _("A place on the plan is four numbers: from the left, from above, width, height; the plan is 100 by 100."),
        code="plan",
    )
