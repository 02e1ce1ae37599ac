"""What is not as it was promised stands on one page, each with a button that mends it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications.models import OutboxMessage, Reply, Thread
from scheduler import changes, offers
from scheduler.models import Closure, Party, Visit
from scheduler.views.office import conflicts as page
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, again, soup, words
from tours.models import Guide

pytestmark = pytest.mark.django_db

PAGE = "/office/to-mend/"


def press(office: Client, kind: str, visit: Visit, button: str = "button") -> None:
    """Press a button that stands beside a conflict, with all that its form holds."""
    card = soup(office.get(PAGE)).select_one(f"#{kind}-{visit.code}")
    pressed = card.select_one(button)
    form = pressed.find_parent("form")
    sent = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")}
    if pressed.get("name"):
        sent[str(pressed["name"])] = str(pressed["value"])
    answer = office.post(str(form["action"]), sent)
    assert answer.status_code == 303, words(answer)


def test_where_all_is_well_the_page_says_so(office: Client) -> None:
    assert "Nothing is to be mended" in words(office.get(PAGE))


def shown(office: Client) -> list[str]:
    return [str(card["id"]).rpartition("-")[0] for card in soup(office.get(PAGE)).select("li.sheet")]


def test_a_visit_inside_a_closure_is_moved_to_the_nearest_time(
    office: Client, book: Book, season_now: datetime
) -> None:
    visit = book(FAR, "11:00")
    period = DateTimeTZRange(at(FAR, "10:00"), at(FAR, "18:00"), "[)")
    Closure.objects.create(period=period, span=period, kind="other", created_at=season_now)
    assert shown(office) == ["inside_closure"]
    press(office, "inside_closure", visit)
    assert again(visit).day != FAR
    assert shown(office) == []


def test_a_group_that_nobody_leads_gets_a_guide_who_can(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    Party.objects.update(guide=None)
    press(office, "no_guide", visit)
    assert visit.parties.get().guide is not None
    assert shown(office) == []


def test_where_no_guide_can_the_page_leads_to_the_reasons(office: Client, book: Book) -> None:
    book(NEAR, "11:00")
    Party.objects.update(guide=None)
    Guide.objects.update(active=False)
    card = soup(office.get(PAGE)).select_one("li.sheet")
    assert not card.select("button")
    assert "See why nobody can" in card.text


def test_a_suggestion_is_answered_for_whoever_is_on_the_telephone(
    office: Client, book: Book, season_now: datetime
) -> None:
    for button, status in (("[name=accept]", "confirmed"), ("[name=wait]", "waiting"), ("[name=no]", "cancelled")):
        visit = book(FAR, "11:00")
        until = season_now + timedelta(days=1)
        offers.offer(visit.pk, (at(FAR, "14:00"),), answer_by=until, now=season_now)
        press(office, "offer_unanswered", visit, button)
        assert again(visit).status == status
        Visit.objects.filter(pk=visit.pk).exclude(status="cancelled").delete()


def test_who_has_not_said_that_they_come_is_rung_and_noted_with_their_number(
    office: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(FAR, "11:00", leader_phone="+77010000086")
    clock.move_to(at(FAR, "11:00") - timedelta(days=4))
    assert soup(office.get(PAGE)).select_one("a[href='tel:+77010000086']")
    press(office, "heads_unconfirmed", visit)
    assert again(visit).reconfirmed_at is not None
    assert "heads_unconfirmed" not in shown(office)


def test_a_number_that_is_none_notes_nothing(office: Client, book: Book, clock: time_machine.Coordinates) -> None:
    visit = book(FAR, "11:00")
    clock.move_to(at(FAR, "11:00") - timedelta(days=4))
    for wrong in ("0", "-1", "all", "99999999"):
        office.post(f"/office/visits/{visit.code}/they-come/", {"heads": wrong})
    assert again(visit).reconfirmed_at is None


def test_an_overdue_request_is_accepted_there(office: Client, book: Book, clock: time_machine.Coordinates) -> None:
    visit = book(FAR, "11:00", tour="grounds-flowers")
    clock.move_to(again(visit).decide_by + timedelta(seconds=1))
    assert shown(office) == ["undecided"]
    press(office, "undecided", visit)
    assert again(visit).status == Visit.Status.CONFIRMED


def test_a_late_wish_is_granted_there(office: Client, book: Book, clock: time_machine.Coordinates) -> None:
    visit = book(FAR, "11:00")
    late = at(FAR, "11:00") - timedelta(days=2)
    clock.move_to(late)
    changes.change(visit.pk, heads=12, now=late)
    press(office, "late_wish", visit)
    assert again(visit).heads == 12


def test_a_letter_that_no_server_took_leads_to_the_address(office: Client, book: Book) -> None:
    visit = book(FAR, "11:00")
    OutboxMessage.objects.update(status=OutboxMessage.Status.DEAD)
    card = soup(office.get(PAGE)).select_one(f"#undelivered-{visit.code}")
    assert "asker@example.org" in card.text
    assert card.select_one(f"a[href='/office/visits/{visit.code}/#contacts']")


def test_what_was_answered_meanwhile_is_said(office: Client, book: Book) -> None:
    visit = book(FAR, "11:00")
    page = office.post(f"/office/visits/{visit.code}/answered/", {"accept": "1"}, follow=True)
    assert "not possible any more" in words(page)
    assert again(visit).status == Visit.Status.CONFIRMED


def test_many_silent_groups_cost_no_more_queries_than_one(
    office: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    book(FAR, "11:00")
    clock.move_to(at(FAR, "11:00") - timedelta(days=4))
    office.get(PAGE)  # what is kept of the museum
    counts = []
    for start in ("12:00", "14:00"):
        with CaptureQueriesContext(connection) as seen:
            assert office.get(PAGE).status_code == 200
        counts.append(len(seen))
        visit = book(FAR, start)
        Visit.objects.filter(pk=visit.pk).update(created_at=at(NEAR, "10:00"))
    assert shown(office).count("heads_unconfirmed") == 3
    assert counts[0] == counts[1]


def test_a_letter_that_asks_for_another_time_is_read_and_put_away(
    office: Client, book: Book, season_now: datetime
) -> None:
    """A guide's or an organiser's calendar proposes another time: nothing is changed, somebody of the office sees to it."""
    visit = book(FAR, "11:00")
    thread = Thread.objects.get(about=f"visit:{visit.code}")
    common = {"received_at": season_now, "from_email": "asker@example.org"}
    counter = Reply.objects.create(
        message_id="<1>", verdict="counter", thread=thread, proposed_start=at(FAR, "15:00"), **common
    )
    letter = Reply.objects.create(
        message_id="<2>", verdict="letter", subject="<b>A question</b>", text="When?", **common
    )
    page = soup(office.get(PAGE))
    card = page.select_one(f"#reply-{counter.pk}")
    assert "15:00" in card.get_text()
    assert card.select_one(f"a[href='/office/visits/{visit.code}/']") is not None
    assert "<b>A question</b>" in page.select_one(f"#reply-{letter.pk}").get_text()
    for reply in (counter, letter):
        assert office.post(f"/office/replies/{reply.pk}/seen/").status_code == 303
    assert soup(office.get(PAGE)).select("[id^=reply-]") == []
    assert again(visit).period.lower == at(FAR, "11:00")
    assert not Reply.objects.filter(seen_by=None).exists()


def test_what_is_to_be_mended_stands_on_pages_the_soonest_first(
    office: Client, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "A_PAGE", 2)
    codes = [book(NEAR, clock).code for clock in ("11:00", "12:00", "14:00")]
    Party.objects.update(guide=None)

    def listed(address: str) -> list[str]:
        return [str(card["id"]).rpartition("-")[2] for card in soup(office.get(address)).select("li.sheet")]

    assert listed(PAGE) == codes[:2]
    on = soup(office.get(PAGE)).select_one("nav a[href$='page=2']")
    assert listed(PAGE + str(on["href"])) == codes[2:]
    assert listed(f"{PAGE}?page=9") == codes[2:]
