"""The museum's own lines in letters, and what stands in a letter where nobody has booked: a sample."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from notifications import letters
from notifications.messages import Letter
from scheduler.forms.fields import Form, Text
from scheduler.telling import zone_label
from tours import queries as catalogue
from tours.models import Museum, Tour


def kinds() -> dict[str, str]:
    """The letters that take lines of the museum's own, by kind, and what they are called."""
    return {
        "confirmed": _("The visit is confirmed"),
        "requested": _("The request has arrived"),
        "programme": _("The programme with guides and times"),
        "moved": _("Another time"),
        "changed": _("Something has changed"),
        "offered": _("Another time is suggested"),
        "waiting": _("On the waiting list"),
        "reminder_week": _("A week before"),
        "reminder_day": _("A day before"),
        "declined": _("The request is declined"),
        "cancelled": _("The visit is cancelled"),
        "duty": _("To the guide: a tour to lead"),
        "closing": _("At the end of every letter to a group"),
    }


class LinesForm(Form):
    """The lines of one kind of letter, in each language."""

    def __init__(self, *args: Any, texts: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, initial=dict(texts), **options)
        for code, language in settings.LANGUAGES:
            self.fields[code] = Text(label=language, max_length=2000, rows=4, required=False)
            self.fields[code].widget.attrs["lang"] = code

    def texts(self) -> dict[str, str]:
        """What was typed, by language; the form is valid."""
        return {code: text for code, _name in settings.LANGUAGES if (text := self.cleaned_data[code])}


def sample(
    kind: str, texts: Mapping[str, str], museum: Museum, *, now: datetime
) -> list[tuple[str, str, letters.Rendered]]:
    """A letter of this kind in each language, just as it would be rendered: language, its name, the letter."""
    shown = "confirmed" if kind == "closing" else kind
    museum.letters = {**museum.letters, kind: dict(texts)}
    found = []
    for code, language in settings.LANGUAGES:
        with translation.override(code):
            found.append((code, language, letters.render(Letter(shown, _facts(museum, now)), code, None)))
    return found


def _facts(museum: Museum, now: datetime) -> dict[str, Any]:
    """What a letter says of a visit of twenty people tomorrow, with the museum's own data."""
    tour = Tour.objects.filter(active=True).first()
    start = (now + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    return {
        "code": "QX00000",
        "reader_name": _("Reader's name"),
        "museum": {
            "name": museum.name,
            "address": museum.address,
            "phone": museum.phone,
            "email": museum.email,
            "zone": museum.time_zone,
            "zone_label": zone_label(start, museum),
            "how_to_come": museum.how_to_come,
            "meeting_point": museum.meeting_point,
            "words": catalogue.own_lines(museum),
        },
        "title": tour.name if tour else "",
        "start": start.isoformat(),
        "end": (start + timedelta(hours=1)).isoformat(),
        "answer_by": (now + timedelta(hours=12)).isoformat(),
        "decide_by": (now + timedelta(hours=12)).isoformat(),
        "alternatives": [],
        "heads": 20,
        "adults": 2,
        "parties": [],
        "links": {},
    }
