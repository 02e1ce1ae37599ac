"""Calendars to subscribe to."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications import ical, links
from scheduler import bookings, closures, lifting, lost_links, roster
from scheduler.closures import ClosureDraft
from scheduler.models import Contact, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, Close, browser
from tours.models import Guide, Museum

pytestmark = pytest.mark.django_db


def events(response: HttpResponse) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(response.content).walk("VEVENT"))


def of_guide(code: str = "g03", version: int = 1) -> str:
    return links.url("guide_calendar", str(Guide.objects.get(code=code).pk), version)


def of_visit(visit: Visit) -> str:
    return links.url("visit_calendar", visit.code, visit.link_version)


# --- A guide's ---------------------------------------------------------------------------------------------------------------


def test_a_guides_calendar_holds_the_tours_they_were_told_of(stranger: Client, led_by_g03: Visit, book: Book) -> None:
    Visit.objects.update(leader_name="Болат", leader_phone="+77010000086", access_needs="Two wheelchairs")
    Guide.objects.exclude(code="g03").update(active=False)
    book(FAR, "11:00", language="en")  # not promised: it may still go to somebody else
    answer = stranger.get(of_guide())
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = events(answer)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (at(NEAR, "11:00"), at(NEAR, "12:00"))
    assert b"DTSTART:20250520T060000Z" in answer.content
    assert str(event["LOCATION"]) == "Зал «Алаш», Зал «АЛЖИР»"  # in the guide's language
    for said in ("A school", "Болат +77010000086", "Two wheelchairs", "11:00 Зал «Алаш»"):
        assert said in str(event["DESCRIPTION"])
    assert "asker@example.org" not in answer.content.decode()
    assert not {"METHOD", "ORGANIZER", "ATTENDEE"} & {*event, *icalendar.Calendar.from_ical(answer.content)}


def test_where_no_leader_is_named_a_guides_calendar_has_the_contacts_number(
    stranger: Client, led_by_g03: Visit
) -> None:
    Contact.objects.update(name="Head teacher", phone="+77015556677")
    (event,) = events(stranger.get(of_guide()))
    assert "Head teacher +77015556677" in str(event["DESCRIPTION"])


def test_two_guides_see_each_their_own(stranger: Client, led_by_g03: Visit) -> None:
    assert len(events(stranger.get(of_guide("g03")))) == 1
    assert events(stranger.get(of_guide("g01"))) == []


def test_a_calendar_says_when_to_come_back_and_who_may_keep_it(stranger: Client, led_by_g03: Visit) -> None:
    answer = stranger.get(of_guide())
    calendar = icalendar.Calendar.from_ical(answer.content)
    assert str(calendar["X-PUBLISHED-TTL"]) == "PT1H"
    assert "private" in answer["Cache-Control"]
    assert answer["ETag"].startswith('"')
    assert answer.cookies == {}


def test_the_same_calendar_is_the_same_bytes(stranger: Client, led_by_g03: Visit) -> None:
    assert stranger.get(of_guide()).content == stranger.get(of_guide()).content


@pytest.mark.parametrize("condition", ["etag", "date"])
def test_whoever_has_it_already_gets_a_304_before_anything_is_built(
    stranger: Client, led_by_g03: Visit, condition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stranger.get(of_guide())
    headers = {"If-None-Match": first["ETag"]} if condition == "etag" else {"If-Modified-Since": first["Last-Modified"]}
    monkeypatch.setattr(ical, "feed", lambda **_feed: pytest.fail("It was built."))
    answer = stranger.get(of_guide(), headers=headers)
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", first["ETag"])


def test_a_moved_visit_makes_it_another_calendar(stranger: Client, led_by_g03: Visit, season_now: datetime) -> None:
    first = stranger.get(of_guide())
    uid = events(first)[0]["UID"]
    later = season_now + timedelta(minutes=1)
    bookings.move(led_by_g03.pk, (at(NEAR, "14:00"),), now=later)
    second = stranger.get(of_guide(), headers={"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    (event,) = events(second)
    assert (event["UID"], event["DTSTART"].dt) == (uid, at(NEAR, "14:00"))


def test_a_tour_that_went_to_somebody_else_leaves_even_for_readers_without_etags(
    stranger: Client, led_by_g03: Visit, season_now: datetime
) -> None:
    first = stranger.get(of_guide())
    roster.decline(led_by_g03.parties.get().pk, reason="Ill", now=season_now + timedelta(minutes=1))
    second = stranger.get(of_guide(), headers={"If-None-Match": first["ETag"]})
    assert (second.status_code, events(second)) == (200, [])


def test_a_cancelled_tour_stays_for_a_month_as_cancelled(
    stranger: Client, led_by_g03: Visit, season_now: datetime, clock: Any
) -> None:
    bookings.cancel(led_by_g03.pk, by="office", reason="Storm", now=season_now)
    (event,) = events(stranger.get(of_guide()))
    assert (event["STATUS"], event["TRANSP"]) == ("CANCELLED", "TRANSPARENT")
    clock.move_to(season_now + timedelta(days=31))
    assert events(stranger.get(of_guide())) == []


def test_an_empty_calendar_is_a_valid_one(stranger: Client, alzhir: Museum) -> None:
    calendar = icalendar.Calendar.from_ical(stranger.get(of_guide("g01")).content)
    assert calendar.walk("VTIMEZONE")


def test_head_answers_without_a_body(stranger: Client, led_by_g03: Visit) -> None:
    answer = stranger.head(of_guide())
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["ETag"] == stranger.get(of_guide())["ETag"]
    for address in (of_guide(), "/calendar/closures.ics"):
        assert browser(enforce_csrf_checks=True).post(address).status_code == 405


@pytest.mark.parametrize("token", ["", "x", "1", "1.x", "²" + ".x", "9" * 40 + ".x", "1." + "A" * 43])
def test_unknown_addresses_are_404s(stranger: Client, alzhir: Museum, token: str) -> None:
    for kind in ("guide", "visit"):
        assert stranger.get(f"/calendar/{kind}/{token}.ics").status_code == 404


def test_a_former_guides_calendar_is_a_404(stranger: Client, led_by_g03: Visit) -> None:
    address = of_guide()
    Guide.objects.filter(code="g03").update(active=False)
    assert stranger.get(address).status_code == 404


def test_a_visits_token_opens_no_guides_calendar(stranger: Client, led_by_g03: Visit) -> None:
    guide = Guide.objects.get(code="g03")
    token = links.token("visit_calendar", str(guide.pk), 1)
    assert stranger.get(f"/calendar/guide/{token}.ics").status_code == 404


def test_the_calendar_asks_the_database_as_often_for_one_tour_as_for_many(
    stranger: Client, book: Book, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Guide.objects.exclude(code="g03").update(active=False)
    book(date(2025, 5, 13), "10:00", language="en")
    address = of_guide()
    with django_assert_num_queries(8):
        stranger.get(address)
    for day in range(14, 18):
        for start in ("10:00", "12:00", "14:00"):
            book(date(2025, 5, day), start, language="en")
    with django_assert_num_queries(8):
        assert len(events(stranger.get(address))) == 13
    tag = stranger.get(address)["ETag"]
    with django_assert_num_queries(4):
        stranger.get(address, headers={"If-None-Match": tag})


# --- A visit's ---------------------------------------------------------------------------------------------------------------


def test_a_visits_calendar_speaks_its_first_contacts_language(stranger: Client, book: Book) -> None:
    (event,) = events(stranger.get(of_visit(book(NEAR, "11:00"))))
    assert "«Алаш» және «АЛЖИР» залдары" in str(event["SUMMARY"])
    assert event["STATUS"] == "CONFIRMED"


def test_a_request_is_tentative(stranger: Client, book: Book) -> None:
    (event,) = events(stranger.get(of_visit(book(FAR, "11:00", tour="halls-flowers"))))
    assert event["STATUS"] == "TENTATIVE"


def test_a_discreet_visit_is_an_official_event(stranger: Client, book: Book) -> None:
    content = stranger.get(of_visit(book(NEAR, "11:00", discreet=True))).content.decode()
    assert "Ресми іс-шара" in content
    assert "АЛЖИР» залдары" not in content


def test_a_new_link_to_a_visit_is_a_new_address_of_its_calendar_too(
    stranger: Client, book: Book, season_now: datetime
) -> None:
    visit = book(NEAR, "11:00")
    old = of_visit(visit)
    known = stranger.get(old)["ETag"]
    assert events(stranger.get(old))
    lost_links.make_anew(visit.pk, now=season_now)
    assert stranger.get(old).status_code == 404
    assert stranger.get(old, headers={"if-none-match": known}).status_code == 404
    visit.refresh_from_db()
    assert events(stranger.get(of_visit(visit)))


def test_the_link_of_a_page_opens_no_calendar(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    assert stranger.get(f"/calendar/visit/{links.token('visit', visit.code, 1)}.ics").status_code == 404


# --- The closures' -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "said"), [("kk", "Жөндеу"), ("ru", "Ремонт"), ("en", "Renovation"), ("xx", "Renovation")]
)
def test_closures_are_told_in_the_language_asked_for(stranger: Client, close: Close, lang: str, said: str) -> None:
    close(date(2025, 5, 24), date(2025, 5, 28), kk="Жөндеу", ru="Ремонт", en="Renovation")
    (event,) = events(stranger.get(f"/calendar/closures.ics?lang={lang}"))
    assert str(event["DESCRIPTION"]) == said
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (at(date(2025, 5, 24), "00:00"), at(date(2025, 5, 28), "00:00"))


def test_a_closure_without_an_end_ends_for_calendars_with_its_first_day(stranger: Client, close: Close) -> None:
    close(date(2025, 5, 24), None)
    (event,) = events(stranger.get("/calendar/closures.ics?lang=en"))
    assert event["DTEND"].dt == at(date(2025, 5, 25), "00:00")


def test_a_changed_or_lifted_closure_makes_it_another_calendar(
    stranger: Client, close: Close, season_now: datetime
) -> None:
    closure = close(date(2025, 5, 24), date(2025, 5, 28))
    tags = [stranger.get("/calendar/closures.ics?lang=en")["ETag"]]
    draft = ClosureDraft((), at(date(2025, 5, 24), "00:00"), at(date(2025, 5, 27), "00:00"), "renovation", {"en": "x"})
    seal = closures.preview(draft, now=season_now, closure=closure).seal
    closures.change(closure.pk, draft, seal=seal, decisions={}, by=None, now=season_now)
    tags.append(stranger.get("/calendar/closures.ics?lang=en")["ETag"])
    lifting.lift(closure.pk, by=None, now=season_now)
    last = stranger.get("/calendar/closures.ics?lang=en")
    assert len({*tags, last["ETag"]}) == 3
    assert events(last)[0]["STATUS"] == "CANCELLED"
