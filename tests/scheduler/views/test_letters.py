"""The office's letters: found, read as they went out, sent again, one or all of an outage, or to another address."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client

from notifications import queries
from notifications.models import Call, OutboxMessage, Thread
from scheduler import letters
from scheduler.models import Contact
from tests.scheduler.views.conftest import NEAR, Book, browser, soup

pytestmark = pytest.mark.django_db
PAGE = "/office/letters/"


@pytest.fixture(autouse=True)
def on_time() -> Iterator[None]:
    """What one test has noticed stands on no other's pages."""
    yield
    caches["answers"].clear()


def die(row: OutboxMessage, code: str, said: str, *, at: datetime) -> OutboxMessage:
    OutboxMessage.objects.filter(pk=row.pk).update(
        status="dead", claimed_at=at, died_at=at, last_code=code, last_error=said
    )
    row.refresh_from_db()
    return row


@pytest.fixture
def letter(book: Book) -> OutboxMessage:
    """What the organiser of a visit was sent at first."""
    visit = book(NEAR, "11:00")
    return OutboxMessage.objects.get(thread__about=f"visit:{visit.code}", thread__key__contains=":contact:")


def test_only_the_office_sees_letters(letter: OutboxMessage, stranger: Client, guide: Client) -> None:
    for path in (PAGE, f"{PAGE}{letter.pk}/"):
        assert stranger.get(path).status_code == 302
        assert guide.get(path).status_code == 404
    for path in (f"{PAGE}replay/", f"{PAGE}{letter.pk}/again/", f"{PAGE}{letter.pk}/address/"):
        assert guide.post(path).status_code == 404


def test_letters_are_found_by_state_visit_person_and_reason(
    letter: OutboxMessage, office: Client, season_now: datetime
) -> None:
    code = letter.thread.about.removeprefix("visit:")
    die(letter, "550", "no such user", at=season_now)

    def found(query: str) -> int:
        return len(soup(office.get(f"{PAGE}?{query}")).select(".line-list a[href^='/office/letters/']"))

    assert found(f"q={code.lower()}&status=dead") == 1
    assert found(f"q={letter.to_email}&blame=address") == 1
    assert found(f"q={letter.to_name}&blame=server") == 0
    assert found(f"q={code}&status=sent") == 0


def test_a_letter_is_read_as_it_went_out_without_its_secret_links(letter: OutboxMessage, office: Client) -> None:
    page = soup(office.get(f"{PAGE}{letter.pk}/"))
    assert page.h1.get_text() == letter.subject
    assert letter.text.splitlines()[0] in page.select_one(".pre").get_text()
    assert "link.invalid" not in str(page)
    assert not page.select("form[action*='again']")  # it waits for nobody
    assert office.get(f"{PAGE}{uuid.uuid4()}/").status_code == 404


def test_a_dead_letter_goes_out_again(letter: OutboxMessage, office: Client, season_now: datetime) -> None:
    die(letter, "451", "later", at=season_now)
    page = soup(office.get(f"{PAGE}{letter.pk}/"))
    answer = office.post(page.select_one("form[action*='again']")["action"], follow=True)
    assert "The letter goes out again." in answer.content.decode()
    letter.refresh_from_db()
    assert (letter.status, letter.attempts, letter.died_at) == ("queued", 0, None)
    again = office.post(f"{PAGE}{letter.pk}/again/", follow=True)
    assert "cannot be sent again" in again.content.decode()


def test_all_of_an_outage_go_out_again_as_many_as_were_counted(
    book: Book, office: Client, season_now: datetime
) -> None:
    book(NEAR, "11:00")
    book(NEAR, "14:00")
    first, second = OutboxMessage.objects.filter(thread__key__contains=":contact:").order_by("created_at")
    die(first, "connection", "refused", at=season_now)
    page = soup(office.get(PAGE))
    form = page.select_one("form[action$='replay/']")
    assert "1 letter did not arrive" in page.get_text()
    die(second, "connection", "refused", at=season_now + timedelta(minutes=1))  # after the page was shown
    answer = office.post(form["action"], {"until": form.select_one("[name=until]")["value"]}, follow=True)
    assert "1 letter goes out again." in answer.content.decode()
    assert {row.pk: row.status for row in OutboxMessage.objects.filter(thread__key__contains=":contact:")} == {
        first.pk: "queued",
        second.pk: "dead",
    }


def test_another_address_is_the_contact_s_from_now_on(
    letter: OutboxMessage, office: Client, season_now: datetime
) -> None:
    die(letter, "550", "no such user", at=season_now)
    code = letter.thread.about.removeprefix("visit:")
    office.post(f"{PAGE}{letter.pk}/address/", {"email": "right@example.org"})
    assert [contact.email for contact in Contact.objects.filter(visit__code=code)] == ["right@example.org"]
    waiting = OutboxMessage.objects.filter(
        thread__about=f"visit:{code}", status="queued", thread__key__contains=":contact:"
    )
    assert [row.to_email for row in waiting] == ["right@example.org"]
    letter.refresh_from_db()
    assert (letter.status, letter.last_error) == ("superseded", "sent to another address")
    assert letter.thread not in queries.untold([f"visit:{code}"])


def test_a_wrong_address_is_kept_and_named(letter: OutboxMessage, office: Client, season_now: datetime) -> None:
    die(letter, "550", "no such user", at=season_now)
    answer = office.post(f"{PAGE}{letter.pk}/address/", {"email": "not an address"})
    assert answer.status_code == 422
    page = soup(answer)
    assert page.select_one("[name=email]")["value"] == "not an address"
    assert page.select(".errorlist")


def test_a_call_is_read_as_it_was_said(office: Client, office_user: Any, season_now: datetime) -> None:
    thread = Thread.objects.create(key="visit:ABC:contact:1", about="visit:ABC")
    call = Call.objects.create(
        thread=thread, key="k", about="visit:ABC", whom="Anna", phone="+77011112233", say="Good day.", kind="confirmed",
        state="confirmed", locale="en", not_before=season_now, status="rung", rang_at=season_now, rang_by=office_user,
    )  # fmt: skip
    assert "Good day." in office.get(f"/office/calls/{call.pk}/").content.decode()
    assert office.get("/office/calls/999/").status_code == 404


def test_letters_that_are_late_are_named_on_every_page_of_the_office(
    letter: OutboxMessage, office: Client, stranger: Client, season_now: datetime
) -> None:
    OutboxMessage.objects.update(not_before=season_now)
    letters.watch(now=season_now + timedelta(minutes=7))
    said = "Letters are late: the oldest has waited for 7 min."
    assert said in office.get("/office/calls/").content.decode()
    assert said not in stranger.get("/").content.decode()
    OutboxMessage.objects.update(status="sent")
    assert letters.watch(now=season_now + timedelta(minutes=9))
    assert said not in office.get("/office/calls/").content.decode()
    alarm = OutboxMessage.objects.get(kind="office_alarm")
    assert alarm.to_email == "office@example.org"
    assert "Ең ұзақ күту, минут: 7" in alarm.text
    OutboxMessage.objects.update(status="sent")
    assert not letters.watch(now=season_now + timedelta(minutes=20))
    assert OutboxMessage.objects.filter(kind="office_alarm").count() == 1


def test_twenty_thousand_letters_are_shown_in_as_many_queries_as_one(
    letter: OutboxMessage, office: Client, django_assert_num_queries: Any
) -> None:
    office.get(PAGE)  # the session is written once
    with django_assert_num_queries(9):
        office.get(PAGE)
    copy(letter, 20_000)
    with django_assert_num_queries(9):
        assert len(soup(office.get(PAGE)).select(".line-list > li")) == 50


def copy(letter: OutboxMessage, count: int) -> None:
    names = [field.column for field in OutboxMessage._meta.fields]
    own = {"id": "gen_random_uuid()", "key": "'copy:' || n", "message_id": "'copy:' || n", "revision": "NULL"}
    values = ", ".join(own.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO notifications_outboxmessage ({columns}) SELECT {values} FROM notifications_outboxmessage,"
            " generate_series(1, %s) n WHERE id = %s",
            [count, letter.pk],
        )


def test_the_page_speaks_every_language(letter: OutboxMessage, office_user: Any) -> None:
    assert [soup(browser(office_user, language=language).get(PAGE)).h1.get_text() for language in ("kk", "ru")] == [
        "Хаттар",
        "Письма",
    ]
