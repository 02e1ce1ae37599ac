"""A discreet visit is an official event wherever anybody but the office, the guide who leads it and its own contact looks.

Visits are placed, moved, changed, given to another guide, displaced and cancelled; whatever could say anything of them carries a mark. Each
outlet is collected, and of each mark it is asked who may read it there.
"""

from __future__ import annotations

import io
import logging
import re
import zipfile
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import NoReverseMatch, reverse
from rest_framework.test import APIClient

from notifications import links, mime
from notifications.models import Call, OutboxMessage
from scheduler import insight, planning
from scheduler import urls as pages
from scheduler.models import Visit
from tests.scheduler.closing import SATURDAY
from tests.scheduler.conftest import at
from tests.scheduler.discreet import (
    CATALOGUE,
    CEREMONY,
    CONTACT,
    FAR,
    LANGUAGES,
    LEADER,
    MARKS,
    NEIGHBOUR,
    NOBODY,
    NOTES,
    OF_WHO_LEADS,
    OFFICE,
    ONCE_LED,
    ORGANISATION,
    THEIR_OWN_NAME,
    TITLE,
    Lines,
    Told,
    clock,
    leaks,
    lines,
    marks_in,
    told,
)
from tests.scheduler.views.conftest import browser, link
from tours import services
from tours.models import Guide, Museum, User

__all__ = ["clock", "lines", "told"]  # the fixtures

pytestmark = pytest.mark.django_db

# --- Letters, calls, announcements ------------------------------------------------------------------------------------------


def whole(row: OutboxMessage) -> str:
    """All of a letter: what was stored of its words, and the bytes as they go out, decoded."""
    parts = [row.subject, row.text, row.html, row.ics.replace("\n ", ""), row.message_id]
    if row.channel == "mail":
        letter = message_from_bytes(mime.wire(row, date=row.created_at).as_bytes(), policy=policy.default)
        parts += [str(value) for value in letter.values()]
        parts += [
            part.get_content() for part in letter.walk() if part.get_content_type() in ("text/plain", "text/html")
        ]
        parts += [
            re.sub(r"\r?\n ", "", (part.get_payload(decode=True) or b"").decode())
            for part in letter.walk()
            if part.get_content_subtype() in ("calendar", "ics")
        ]
    return "\n".join(parts)


def may_read(row: OutboxMessage, told: Told) -> frozenset[str]:
    """The marks that a letter's reader may find in it."""
    if row.channel == "webhook":
        return NOBODY
    if row.to_email == OFFICE:
        return MARKS
    if row.to_email.endswith(CONTACT):
        return THEIR_OWN_NAME
    led = {f"{guide.code}@example.org" for guide in Guide.objects.all()}
    if row.to_email in led:
        return ONCE_LED if row.kind == "duty_withdrawn" else OF_WHO_LEADS
    return NOBODY


def test_letters_calendar_entries_and_announcements(told: Told) -> None:
    rows = list(OutboxMessage.objects.order_by("created_at"))
    kinds = {row.kind for row in rows if row.to_email.endswith(CONTACT)}
    assert kinds >= {
        "requested", "programme", "moved", "changed", "cancelled", "declined", "offered", "change_asked",
        "change_refused", "link_again", "reminder_week", "reminder_day",
    }  # fmt: skip
    assert {row.kind for row in rows if row.channel == "webhook"} >= {
        "visit.requested", "visit.confirmed", "visit.moved", "visit.cancelled", "closure.published",
    }  # fmt: skip
    assert leaks((f"{row.kind} to {row.to_email}", whole(row), may_read(row, told)) for row in rows) == []
    assert {TITLE, ORGANISATION, NOTES, CEREMONY, LEADER} <= {
        mark for row in rows if row.kind == "duty" for mark in marks_in(whole(row))
    }  # the marks are where they should be, so that their absence says something


def test_no_letter_goes_to_a_guide_who_does_not_lead(told: Told) -> None:
    assert not OutboxMessage.objects.filter(to_email=f"{told.other.code}@example.org").exists()


def test_who_gave_way_learns_of_an_official_event(told: Told) -> None:
    moved = OutboxMessage.objects.filter(to_email=NEIGHBOUR).exclude(kind="programme")
    assert moved.exists()
    for row in moved:
        assert marks_in(whole(row)) == NOBODY
        assert told.official.code not in whole(row)


def test_what_is_said_on_the_telephone(told: Told) -> None:
    said = list(Call.objects.all())
    assert {call.kind for call in said} >= {"requested", "programme", "moved", "cancelled", "offered"}
    assert leaks((call.kind, call.say, THEIR_OWN_NAME) for call in said) == []


# --- Feeds -------------------------------------------------------------------------------------------------------------------


def test_calendars_to_subscribe_to(told: Told) -> None:
    found = []
    for language in LANGUAGES:
        reader = browser(language=language)
        found.append(("closures", f"/calendar/closures.ics?lang={language}", reader, NOBODY))
        found += [
            ("visit", links.url("visit_calendar", visit.code, visit.link_version), reader, NOBODY)
            for visit in told.visits
        ]
        found += [
            (guide.code, links.url("guide_calendar", str(guide.pk), guide.link_version), reader, may)
            for guide, may in ((told.leads, OF_WHO_LEADS), (told.led_before, NOBODY), (told.other, NOBODY))
        ]
    said = []
    for outlet, address, reader, may in found:
        answer = reader.get(address)
        assert answer.status_code == 200
        said.append((outlet, f"{answer.content.decode()}{dict(answer.items())}".replace("\r\n ", ""), may))
    assert leaks(said) == []
    assert TITLE in "".join(text for _outlet, text, may in said if may)


# --- Pages -------------------------------------------------------------------------------------------------------------------


def addresses(told: Told) -> list[str]:
    """Every page of the house, with what there is put into its address; only what needs a link's token is left out."""
    party = told.official.parties.get()
    job = planning.ask(SATURDAY, FAR, by=None, now=told.official.updated_at).pk
    row, call = OutboxMessage.objects.first(), Call.objects.first()
    assert row is not None and call is not None
    known: tuple[dict[str, Any], ...] = (
        {},
        {"code": told.official.code},
        {"code": told.tour.code, "pk": party.pk},
        {"pk": party.pk},
        {"pk": row.pk},
        {"pk": call.pk},
        {"pk": job},
        {"section": "groups"},
        {"section": "groups", "table": "organisations", "kind": "csv"},
    )
    found = []
    for pattern in pages.urlpatterns:
        for values in known:
            try:
                found.append(reverse(pattern.name, kwargs=values))
            except NoReverseMatch:
                continue
    day = SATURDAY.isoformat()
    asked = f"tour=halls&audience=soldiers&language=ru&heads=10&adults=0&day={day}"
    return [*found, f"/ask/?{asked}", f"/ask/starts/?{asked}", f"/office/?day={day}", "/api/schema", "/sitemap.xml"]


def test_pages_for_a_stranger_and_for_a_guide_who_does_not_lead(told: Told, lines: Lines) -> None:
    """And what is written into the log of it, and of all that happened before."""
    said = []
    found = addresses(told)
    assert len(found) > 40
    for who, reader in (("stranger", browser()), ("another guide", browser(told.other.user))):
        for address in found:
            answer = reader.get(address)
            assert not (address.startswith("/office/") and answer.status_code == 200), (who, address)
            said.append((f"{who} {address}", f"{answer.content.decode()}{dict(answer.items())}", CATALOGUE))
    assert leaks(said) == []
    assert any("Not Found" in text for text in lines.said)
    assert leaks((text[:80], text, NOBODY) for text in lines.said) == []


def test_pages_behind_its_link(told: Told) -> None:
    """A link is passed on, and printed: there is no name on it at all."""
    said = []
    for visit in told.visits:
        for language in LANGUAGES:
            for behind in ("", "?move=1", "?answer=accept", "?late=1", "voucher/"):
                answer = browser(language=language).get(link(visit, behind))
                said.append((f"{visit.code} {behind}", f"{answer.content.decode()}{dict(answer.items())}", NOBODY))
    assert leaks(said) == []


def test_what_is_not_shown_behind_the_link_is_not_lost_by_saving(told: Told) -> None:
    before = Visit.objects.get(pk=told.tour.pk)
    sent = {"heads": "13", "adults": "0", "revision": before.revision}
    answer = browser().post(link(before, "change/"), sent)
    assert answer.status_code == 303
    after = Visit.objects.get(pk=before.pk)
    for name in ("notes", "leader_name", "leader_phone", "access_needs"):
        assert getattr(after, name) == getattr(before, name)


def test_a_guide_who_leads_reads_it_and_one_with_whom_it_is_only_planned_does_not(
    told: Told, clock: time_machine.Coordinates
) -> None:
    week = f"/guide/?from={SATURDAY.isoformat()}"
    assert marks_in(browser(told.leads.user).get(week).content.decode()) >= {TITLE, ORGANISATION, NOTES, LEADER}
    may_lead = told.planned.parties.get().guide
    assert may_lead is not None and told.planned.promised_at is None
    reader = browser(may_lead.user)
    for address in (f"/guide/?from={FAR.isoformat()}", f"/guide/sheet/?day={FAR.isoformat()}"):
        planned = reader.get(address).content.decode()
        assert marks_in(planned) == NOBODY, address
        assert "Official event" in planned
    clock.move_to(at(FAR, "08:00") - timedelta(days=1))
    for address in ("/guide/kept/", "/guide/kept/ahead/"):
        assert marks_in(reader.get(address).content.decode()) == NOBODY, address


# --- The API -----------------------------------------------------------------------------------------------------------------


def api(user: User | None = None, token: str = "", now: datetime | None = None) -> APIClient:
    caller = APIClient(headers={"accept-language": "en"})
    if user is not None:
        assert now is not None
        token = services.make_token(user, name="test", now=now)
    if token:
        caller.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return caller


def test_the_api_for_strangers_other_guides_and_whoever_has_the_link(told: Told, season_now: datetime) -> None:
    span = f"from={SATURDAY.isoformat()}&to={FAR.isoformat()}"
    everybody = [f"availability/?tour=halls&language=ru&audience=general&heads=10&{span}", "closures/", "tours/"]
    everybody += ["audiences/", "spaces/", f"office/insight/?section=groups&{span}", f"me/duties/?{span}"]
    everybody += [f"visits/{visit.code}/" for visit in told.visits]
    party = told.official.parties.get()
    everybody += [f"duties/{party.pk}/candidates/", "office/visits/", "roster/jobs/1/"]
    may_lead = told.planned.parties.get().guide
    assert told.other.user and may_lead and may_lead.user
    callers = [("stranger", api()), ("another guide", api(told.other.user, now=season_now))]
    said = []
    for who, caller in callers:
        for address in everybody:
            answer = caller.get(f"/api/v1/{address}")
            may = CATALOGUE if address in ("audiences/", "tours/") else NOBODY
            said.append((f"{who} {address}", answer.content.decode(), may))
    for visit in told.visits:
        caller = api(token=links.token("visit", visit.code, visit.link_version))
        answer = caller.get(f"/api/v1/visits/{visit.code}/")
        assert (answer.status_code, answer.json()["title"]) == (200, "Official event")
        said.append((f"link {visit.code}", answer.content.decode(), NOBODY))
    span = f"from={FAR.isoformat()}&to={FAR.isoformat()}"
    answer = api(may_lead.user, now=season_now).get(f"/api/v1/me/duties/?{span}")
    assert "Official event" in answer.content.decode()
    said.append(("planned with", answer.content.decode(), NOBODY))
    assert leaks(said) == []


# --- Files and log lines -----------------------------------------------------------------------------------------------------


def unpacked(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as sheets:
        return "".join(sheets.read(name).decode() for name in sheets.namelist())


def test_the_offices_figures_name_nobody(told: Told) -> None:
    """They are taken out of the house: to a ministry, to a printer."""
    office = browser(User.objects.get(username="office"))
    span = insight.Span(date(2025, 5, 1), date(2025, 6, 30))
    days = "?from=2025-05-01&to=2025-06-30"
    said = []
    for key in insight.SECTIONS:
        page = office.get(f"/office/insight/{key}/{days}").content.decode()
        data = office.get(f"/api/v1/office/insight/{days}&section={key}").content.decode()
        said += [(key, page, CATALOGUE), (f"{key} API", data, CATALOGUE)]
        for table in insight.section(key, span, Museum.objects.get()).tables:
            for kind in ("csv", "xlsx"):
                content = office.get(f"/office/insight/{key}/{table.key}.{kind}{days}").content
                text = unpacked(content) if kind == "xlsx" else content.decode()
                said.append((f"{table.key}.{kind}", text, CATALOGUE))
    assert len(said) > 20
    assert leaks(said) == []


def test_a_row_that_the_database_refuses_is_not_in_the_log(told: Told, lines: Lines) -> None:
    """What PostgreSQL says of a refused row quotes the whole of it."""
    logging.getLogger("django.request").error("failed", exc_info=refused_by_the_database(told.official))
    assert any("visit_has_heads" in text for text in lines.said)
    assert leaks((text[:80], text, NOBODY) for text in lines.said if "exc_info" not in text) == []


def refused_by_the_database(visit: Visit) -> Exception:
    try:
        with transaction.atomic():
            Visit.objects.filter(pk=visit.pk).update(heads=0)
    except IntegrityError as error:
        return error
    raise AssertionError("heads=0 was taken")
