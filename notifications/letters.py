"""Facts put into words: subject, plain text, HTML and what to say on the telephone, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext, ngettext, pgettext

from notifications import dates
from notifications.messages import GUIDE_KINDS, KINDS, OFFICE_KINDS, VISIT_KINDS, Entry, Letter
from notifications.plain import one_line

FOLDER = "notifications/letters"
OVER = ("declined", "cancelled", "withdrawn", "duty_withdrawn")  # nobody comes any more: no way, no price, no programme


@dataclass(frozen=True)
class Rendered:
    """A letter in words; `say` is its short form, read out or sent where a letter is too long."""

    subject: str
    text: str
    html: str
    say: str


def render(letter: Letter, locale: str, entry: Entry | None) -> Rendered:
    """Put a letter into words in `locale`. Raises ValueError on a kind that nobody wrote, or on facts that are not what they should be."""
    if letter.kind not in KINDS:
        raise ValueError(f"no such letter: {letter.kind}")
    with translation.override(locale):
        context = _context(letter, locale, entry)
        context["changes"] = _changes(letter, context, locale, entry)
        context["programme_changed"] = bool(context["before_facts"]) and _walks(letter.facts) != _walks(
            context["before_facts"]
        )
        context["opening"] = _tidy(_text(f"{letter.kind}.txt", context)).strip()
        context["paragraphs"] = context["opening"].split("\n\n")
        words = _own_lines(letter.kind, context["museum"])
        context["own"], context["own_paragraphs"], context["closing"] = words
        context["details"] = [(label, value) for label, value in _details(context) if value]
        context["buttons"] = _buttons(context)
        context["subject"] = one_line(_text(f"{letter.kind}.subject.txt", context))
        return Rendered(
            subject=context["subject"],
            text=_tidy(_text("layout.txt", context)),
            html=render_to_string(f"{FOLDER}/layout.html", context),
            say=_tidy(_text("layout.say.txt", context)),
        )


def _own_lines(kind: str, museum: Mapping[str, Any]) -> tuple[str, list[str], str]:
    """What the museum itself adds: beneath the opening (as text and by paragraph), and at the end of a letter to a group."""
    words = museum.get("words")
    words = words if isinstance(words, Mapping) else {}
    own = _tidy(str(words.get(kind) or "")).strip()
    closing = _tidy(str(words.get("closing") or "")).strip() if kind in VISIT_KINDS else ""
    return own, own.split("\n\n") if own else [], closing


def _text(template: str, context: Mapping[str, Any]) -> str:
    """A plain text: every template of text turns escaping off itself."""
    return render_to_string(f"{FOLDER}/{template}", dict(context))


def _tidy(text: str) -> str:
    """One empty line at most between two paragraphs, none at the ends, no trailing blanks."""
    lines: list[str] = []
    for line in text.splitlines():
        line = line.rstrip()
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip() + "\n"


def _context(letter: Letter, locale: str, entry: Entry | None) -> dict[str, Any]:
    facts = letter.facts
    museum = facts.get("museum")
    museum = museum if isinstance(museum, Mapping) else {}
    zone = ZoneInfo(str(museum.get("zone") or "UTC"))
    before = facts.get("before")
    context: dict[str, Any] = {
        **facts,
        "kind": letter.kind,
        "locale": locale,
        "museum": museum,
        "for_guide": letter.kind in GUIDE_KINDS,
        "for_office": letter.kind in OFFICE_KINDS,
        "is_over": letter.kind in OVER,
        "when": dates.span(facts.get("start"), facts.get("end"), zone, locale),
        "day": dates.day(facts.get("start"), zone, locale),
        "time": dates.clock(facts.get("start"), zone),
        "place": entry.location if entry else _place(museum),
        "greeting": _greeting(str(facts.get("reader_name") or ""), locale),
        "before": None,
        "before_facts": {},
        "decide_by": dates.moment(facts.get("decide_by"), zone, locale),
        "answer_by": dates.moment(facts.get("answer_by"), zone, locale),
        "alternatives": [dates.moment(start, zone, locale) for start in _items(facts.get("alternatives"))],
        "parties": [_party(party, zone) for party in _items(facts.get("parties"))],
        "party": _party(facts["party"], zone) if facts.get("party") else None,
        "price": _price(facts.get("price")),
        "ceremony": [_ceremony(str(code)) for code in _items(facts.get("ceremony"))],
        "film_languages": [_language(str(code)) for code in _items(facts.get("film_languages"))],
        "links": facts.get("links") or {},
        "group": _people(facts.get("heads"), facts.get("adults")),
    }
    if isinstance(before, Mapping):
        context["before"] = {
            "when": dates.span(before.get("start"), before.get("end"), zone, locale),
            "place": before.get("place") if entry and before.get("place") != entry.location else "",
        }
        context["before_facts"] = before.get("facts") or {}
    return context


def _greeting(name: str, locale: str) -> str:
    """How a letter opens. An initial's full stop takes the place of the mark after the name; "Dear The family" is nobody's English."""
    if not name:
        return gettext("Good day,")
    if locale == "en" and name.startswith("The "):
        name = name.removeprefix("The ")
    return (gettext("Dear %(reader_name)s,") % {"reader_name": name}).replace(".!", ".")


def _changes(
    letter: Letter, context: Mapping[str, Any], locale: str, entry: Entry | None
) -> list[tuple[str, str, str]]:
    """What of the details its reader knows otherwise: label, what it was, what it is. Time and place have words of their own."""
    known = context["before_facts"]
    if not known:
        return []
    museum = {**context["museum"], "meeting_point": known.get("meeting_point")}
    old = dict(_details(_context(Letter(letter.kind, {**known, "museum": museum}), locale, entry)))
    new = [*_details(context), (gettext("Guide"), _guides(letter.facts))]
    old[gettext("Guide")] = _guides(known)
    own_words = {gettext("When"), gettext("Where")}
    pairs = [(label, one_line(old.get(label, "")), one_line(value)) for label, value in new if label not in own_words]
    return [(label, was or "–", now or "–") for label, was, now in pairs if was != now]


def _guides(facts: Mapping[str, Any]) -> str:
    return ", ".join(str(party.get("guide") or "–") for party in _items(facts.get("parties")))


def _walks(facts: Mapping[str, Any]) -> list[Any]:
    """Where each sub-group is when."""
    led = facts.get("party")
    parties = [*_items(facts.get("parties")), *([led] if isinstance(led, Mapping) else [])]
    return [_items(party.get("stops")) for party in parties]


def _details(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What there is to know, label by label, in the order in which a reader needs it."""
    museum, party = context["museum"], context["party"]
    zone_label = str(museum.get("zone_label") or "")
    when = f"{context['when']} ({zone_label})" if context["when"] and zone_label else context["when"]
    first = [
        (gettext("Visit"), str(context.get("title") or "")),
        (gettext("When"), when),
        (gettext("Where"), context["place"] if context["when"] else ""),
    ]
    if context["is_over"]:
        return [*first, (gettext("Code of the visit"), str(context.get("code") or ""))]
    group = [
        (gettext("Meeting point"), str(museum.get("meeting_point") or "")),
        (gettext("Group"), context["group"]),
        (gettext("Sub-group"), _which_party(party) if party else ""),
        (gettext("Language of the tour"), str(context.get("language_name") or "")),
        (gettext("Kind of group"), str(context.get("audience") or "")),
        (gettext("Ceremony"), ", ".join(context["ceremony"])),
        (gettext("Language of the film"), ", ".join(context["film_languages"])),
    ]
    own = _of_the_group(context) if context["for_guide"] or context["for_office"] else _for_the_group(context)
    codes = [
        (gettext("Code of the visit"), str(context.get("code") or "")),
        (gettext("Code of the group's other part"), str(context.get("other_part") or "")),
    ]
    return [*first, *group, *own, *codes]


def _of_the_group(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What whoever receives a group has to know of it."""
    leader, asker = context.get("leader") or {}, context.get("contact") or {}
    called = [str(leader.get("name") or context.get("contact_name") or ""), str(leader.get("phone") or "")]
    asked_by = [str(asker.get(name) or "") for name in ("name", "phone", "email")]
    if any(asked_by) and not leader:
        called = []
    return [
        (gettext("Organisation"), str(context.get("organisation") or "")),
        (gettext("Asked by"), ", ".join(part for part in asked_by if part)),
        (gettext("Contact on the day"), ", ".join(part for part in called if part)),
        (gettext("What they need"), str(context.get("access_needs") or "")),
        (gettext("Notes"), str(context.get("notes") or "")),
    ]


def _for_the_group(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a group pays and brings, and how it comes."""
    return [
        (gettext("Price"), context["price"]),
        (gettext("Please bring"), str(context.get("proof") or "")),
        (gettext("How to come"), str(context["museum"].get("how_to_come") or "")),
    ]


def _which_party(party: Mapping[str, Any]) -> str:
    if int(party.get("of") or 1) < 2:
        return ""
    number = gettext("%(number)d of %(of)d") % {"number": int(party["number"]), "of": int(party["of"])}
    return ", ".join(part for part in (number, party["group"]) if part)


def _buttons(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where the reader can act, the likeliest first; opening a link changes nothing, the page behind it asks."""
    links = {} if context["kind"] == "withdrawn" else context["links"]
    manage, duty, calendar, office = (str(links.get(name) or "") for name in ("manage", "duty", "calendar", "office"))
    found: list[tuple[str, str]] = []
    if duty and not context["is_over"]:
        found += [(gettext("I lead it"), f"{duty}?answer=accept"), (gettext("I cannot"), f"{duty}?answer=decline")]
        found += [(gettext("See the tour"), duty)]
    if manage and context["kind"] == "offered":
        found += [
            (gettext("Accept this time"), f"{manage}?answer=accept"),
            (gettext("Decline it"), f"{manage}?answer=decline"),
        ]
    if manage and context["kind"] == "reminder_week":
        found += [(gettext("Yes, we come as agreed"), f"{manage}?answer=come")]
    if manage:
        found += [
            (gettext("See your visit") if context["is_over"] else gettext("See, change or cancel your visit"), manage)
        ]
    if office:
        found += [(gettext("Decide") if context["kind"] == "office_request" else gettext("See the visit"), office)]
    if calendar and not context["is_over"]:
        found += [
            (gettext("All your tours in your calendar") if duty else gettext("Your visit in your calendar"), calendar)
        ]
    return found


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _place(museum: Mapping[str, Any]) -> str:
    return ", ".join(str(part) for part in (museum.get("name"), museum.get("address")) if part)


def _people(heads: Any, adults: Any = None) -> str:
    """How many come: "24 people, 3 of them accompanying adults"."""
    if not heads:
        return ""
    words = ngettext("%(count)d person", "%(count)d people", int(heads)) % {"count": int(heads)}
    if not adults or adults == heads:
        return words
    among = ngettext("%(count)d accompanying adult among them", "%(count)d accompanying adults among them", int(adults))
    return f"{words}, {among % {'count': int(adults)}}"


def _party(party: Any, zone: ZoneInfo) -> dict[str, Any]:
    stops = [
        {"place": stop["place"], "time": f"{dates.clock(stop['start'], zone)}–{dates.clock(stop['end'], zone)}"}
        for stop in _items(party.get("stops"))
    ]
    return {**party, "stops": stops, "group": _people(party.get("heads"))}


def _price(price: Any) -> str:
    """What it costs, in words; "" where nothing is said of it."""
    if not isinstance(price, Mapping):
        return ""
    if price.get("free"):
        reason = str(price.get("reason") or "")
        words = {
            "": gettext("free of charge"),
            "audience": gettext("free of charge for your group"),
            "waived": gettext("free of charge, as the museum has decided"),
        }
        return words.get(reason, gettext("free of charge"))
    if price.get("amount") is None:
        return ""
    return money(int(price["amount"]), str(price.get("currency") or ""))


def money(amount: int, currency: str) -> str:
    """An amount as all three languages write it, `currency` an ISO 4217 code: "9 000 ₸"."""
    grouped = f"{amount:,}".replace(",", "\u00a0")
    return f"{grouped}\u00a0{'₸' if currency == 'KZT' else currency}".strip()


def _ceremony(code: str) -> str:
    """What is done at a ceremony; a word that we have none for stands as the office wrote it."""
    words = {
        "flowers": gettext("laying of flowers"),
        "silence": gettext("a minute of silence"),
        "wreath": gettext("laying of a wreath"),
        "anthem": gettext("the anthem"),
    }
    return words.get(code, code)


def _language(code: str) -> str:
    words = {
        "kk": pgettext("language of a film", "Kazakh"),
        "ru": pgettext("language of a film", "Russian"),
        "en": pgettext("language of a film", "English"),
    }
    return words.get(code, code)
