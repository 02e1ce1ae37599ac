"""How pages write dates, money and telephone numbers; the museum for pages that no view of ours makes (sign-in, errors)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from django.utils.translation import gettext, pgettext

from notifications import summaries
from notifications.models import Call
from scheduler import phones, queries, telling
from scheduler.dates import clock, days_of, long_day, moment, month, short_day, weekday, whole_weekday
from scheduler.forms.asking import CEREMONY
from scheduler.models import Visit
from scheduler.models.fields import LANGUAGES
from tours.errors import NoMuseum
from tours.models import Museum
from tours.queries import museum

register = template.Library()
LED_IN = dict(LANGUAGES)
NO_BREAK = "\u00a0"
BESIDE_NUMBER = re.compile(r"(?<=\d) (?=\w)|(?<=[^\W\d]) (?=\d{4})")
"""The blank after "28" and the one before "2026"."""
PLACEHOLDER = re.compile(r"https://link\.invalid/\S*")


@register.simple_tag
def the_museum() -> Museum | None:
    """The museum of this deployment, if it has one already."""
    try:
        return museum()
    except NoMuseum:
        return None


@register.simple_tag
def own_languages() -> list[tuple[str, str]]:
    """Our languages, each named in its own words whoever reads: Django's own list would put the names into the reader's language."""
    return list(settings.LANGUAGES)


@register.simple_tag
def zone_label(house: Museum) -> str:
    """How the museum's time is named: "museum time, UTC+5"."""
    return telling.zone_label(timezone.now(), house)


for written in (long_day, short_day, month, weekday, whole_weekday, clock, moment):
    register.filter(written)


register.simple_tag(days_of)


@register.filter
def unbroken(date_in_words: str) -> str:
    """A date of which a heading breaks no number from its month or year."""
    return BESIDE_NUMBER.sub(NO_BREAK, date_in_words)


@register.filter
def led_by(visit: Visit) -> list[str]:
    """The names of who leads its sub-groups, each once, in their order; "" where nobody leads one."""
    return list(dict.fromkeys(party.guide.name if party.guide else "" for party in visit.parties.all()))


@register.filter
def at(found: Mapping[str, Any], key: str) -> Any:
    """What is kept under a key that another value names; None where there is nothing."""
    return found.get(key)


@register.filter
def tel(number: str) -> str:
    """A number as a `tel:` link wants it."""
    return "".join(char for char in number if char.isdigit() or char == "+")


@register.filter
def phone(number: str) -> str:
    """A number as people read it: +7 701 000 00 86."""
    return phones.readable(number).replace(" ", NO_BREAK)


@register.filter
def amount(whole: int, currency: str) -> str:
    """12 000 ₸."""
    sign = {"KZT": "₸", "EUR": "€"}.get(currency, currency)
    return f"{whole:,} {sign}".replace(",", NO_BREAK).replace(" ", NO_BREAK)


@register.filter
def span(period: DateTimeTZRange) -> str:
    """When a closure or an absence is: whole days as days, else with the time; without an end "from …, until further notice"."""
    start = timezone.localtime(period.lower)
    begins = long_day(start.date()) if _is_midnight(start) else moment(period.lower)
    if period.upper is None:
        return gettext("%(start)s – until further notice") % {"start": begins}
    end = timezone.localtime(period.upper)
    last = end.date() - timedelta(days=1) if _is_midnight(end) else end.date()
    if _is_midnight(start) and _is_midnight(end):
        return begins if last == start.date() else f"{begins} – {long_day(last)}"
    if last == start.date():
        until = "24:00" if _is_midnight(end) else f"{end:%H:%M}"
        return f"{long_day(start.date())}, {start:%H:%M}–{until}"
    return f"{begins} – {long_day(last) if _is_midnight(end) else moment(period.upper)}"


@register.filter
def film_language(code: str) -> str:
    """What language a film is in, as part of a sentence."""
    words = {
        "kk": pgettext("language of a film", "in Kazakh"),
        "ru": pgettext("language of a film", "in Russian"),
        "en": pgettext("language of a film", "in English"),
    }
    return words.get(code, code)


@register.filter
def ceremony_word(code: str) -> str:
    """What is done at a ceremony; a word that we have none for stands as the office wrote it."""
    return str(dict(CEREMONY).get(code, code))


@register.filter
def language_word(code: str) -> str:
    """The language in which a tour is led."""
    return str(LED_IN.get(code, code))


def _is_midnight(local: datetime) -> bool:
    return (local.hour, local.minute) == (0, 0)


@register.filter
def start_value(start: datetime) -> str:
    """A start as the request form sends it."""
    return timezone.localtime(start).isoformat(timespec="minutes")


@register.filter
def webcal(address: str) -> str:
    """The same address as one that calendar programs subscribe to."""
    return f"webcal{address[address.index(':') :]}"


@register.filter
def office_title(visit: Visit) -> str:
    """What a visit is called for the office."""
    return queries.title_of(visit, open_to_all=False)


@register.filter
def organisation(visit: Visit) -> str:
    """The organisation that a visit is shown under; the leader or the code of a group that came to the door without a name."""
    return queries.shown_under(visit) or visit.leader_name or visit.code


@register.filter
def on_the_day(visit: Visit) -> tuple[str, str] | None:
    """Name and telephone of whom to reach on the day; None where there is nobody."""
    found = queries.on_the_day(visit)
    return found if any(found) else None


@register.filter
def summary(call: Call) -> str:
    """What a call is about, in one line in the language of the page."""
    return summaries.summary(call.kind, call.facts)


@register.filter
def visit_code(about: str) -> str:
    """The code of the visit that a letter or a call is about, or ""."""
    kind, _colon, code = about.partition(":")
    return code if kind == "visit" else ""


@register.filter
def without_links(text: str) -> str:
    """A letter as it was sent, but for its links: those are their reader's alone."""
    return PLACEHOLDER.sub("[…]", text)
