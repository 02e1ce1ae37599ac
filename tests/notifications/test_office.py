"""What the office sees of telling, and does about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from notifications import delivery, letters, queries
from notifications.messages import Address
from notifications.models import Call, OutboxMessage
from tests.notifications.conftest import ABOUT, NOW, guide, organiser, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client: Client) -> Client:
    user = get_user_model().objects.create_superuser("office", "office@example.org", "x")
    client.force_login(user)
    return client


def act(office: Client, model: str, action: str, *ids: Any) -> Any:
    return office.post(
        f"/admin/notifications/{model}/", {"action": action, "_selected_action": [str(pk) for pk in ids]}, follow=True
    )


@pytest.fixture
def dead(tell: Callable[..., None], house: Any) -> OutboxMessage:
    house.rcpt = lambda address: "550 no such user" if "anna" in address else "250 OK"
    tell(organiser())
    delivery.sweep(until=NOW)
    house.rcpt = lambda address: "250 OK"
    return rows(kind="confirmed")[0]


def test_dead_letters_are_listed_with_their_reason_and_sent_again_by_one_click(
    office: Client, dead: OutboxMessage, house: Any
) -> None:
    page = office.get("/admin/notifications/outboxmessage/?status__exact=dead")
    assert page.status_code == 200
    assert "no such user" in page.content.decode()
    assert "1 could not be delivered." in page.content.decode()
    answer = act(office, "outboxmessage", "send_again", dead.pk)
    assert "1 letter goes out again." in answer.content.decode()
    delivery.sweep()
    assert OutboxMessage.objects.get(pk=dead.pk).status == "sent"
    assert LogEntry.objects.get().change_message == "sent again"


def test_a_letter_is_read_as_it_went_out_and_cannot_be_typed_over(office: Client, dead: OutboxMessage) -> None:
    address = f"/admin/notifications/outboxmessage/{dead.pk}/change/"
    page = office.get(address)
    assert "Your visit is confirmed" in page.content.decode()
    assert office.post(address, {"subject": "x"}).status_code == 403
    assert office.get("/admin/notifications/outboxmessage/add/").status_code == 403
    assert office.get(f"/admin/notifications/outboxmessage/{dead.pk}/delete/").status_code == 403


def test_a_stranger_and_a_guide_see_nothing(client: Client, dead: OutboxMessage) -> None:
    assert client.get("/admin/notifications/outboxmessage/").status_code in (302, 404)
    client.force_login(get_user_model().objects.create_user("guide", password="x"))
    assert client.get("/admin/notifications/outboxmessage/").status_code in (302, 403, 404)


def test_a_letter_that_could_not_be_rendered_is_rendered_anew(
    office: Client, tell: Callable[..., None], house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(letters, "KINDS", ())
        tell(organiser())
    (row,) = rows()
    assert (row.status, row.last_code) == ("dead", "render")
    act(office, "outboxmessage", "send_again", row.pk)
    delivery.sweep()
    (again,) = rows()
    assert (again.status, again.message_id, again.sequence) == ("sent", row.message_id, 0)
    assert "BEGIN:VEVENT" in again.ics


def test_a_call_is_dialled_by_one_tap_and_counts_once_rung(office: Client, tell: Callable[..., None]) -> None:
    tell(organiser(to=Address("Head", "", "+77010000044", "kk", "Kindergarten")))
    call = Call.objects.get()
    page = office.get("/admin/notifications/call/").content.decode()
    assert 'href="tel:+77010000044"' in page
    assert call.say.splitlines()[0] in office.get(f"/admin/notifications/call/{call.pk}/change/").content.decode()
    assert "1 person is told." in act(office, "call", "mark_rung", call.pk).content.decode()
    assert "0 people are told." in act(office, "call", "mark_rung", call.pk).content.decode()
    assert Call.objects.get().rang_by == get_user_model().objects.get()
    assert office.get("/admin/notifications/thread/").status_code == 200


def test_for_each_person_the_office_sees_whether_they_know(
    tell: Callable[..., None], dead: OutboxMessage, django_assert_num_queries: Any
) -> None:
    tell(organiser(), guide())
    by_phone = Address("Head", "", "+7", "kk")
    tell(organiser(), guide(), guide(9, to=by_phone))
    delivery.sweep()
    with django_assert_num_queries(3):
        people = {person.thread.rpartition(f"{ABOUT}:")[2]: person for person in queries.people(ABOUT)}
    assert {name: person.knows for name, person in people.items()} == {
        "contact:12": False,
        "duty:345:guide:7": True,
        "duty:345:guide:9": False,
    }
    assert (people["contact:12"].is_dead, people["contact:12"].unreachable) == (True, True)
    assert people["duty:345:guide:9"].must_be_rung
    assert {thread.key for thread in queries.untold()} == {f"{ABOUT}:contact:12", f"{ABOUT}:duty:345:guide:9"}


def test_the_age_of_the_oldest_due_letter(tell: Callable[..., None]) -> None:
    now = timezone.now()
    start = now + timedelta(days=30)
    tell(organiser(start=start), guide(start=start), now=now - timedelta(minutes=6))
    tell(organiser(start=start + timedelta(hours=1)), guide(start=start), now=now + timedelta(hours=1))
    OutboxMessage.objects.filter(thread__key__endswith="guide:7").update(not_before=now - timedelta(minutes=6))
    state = queries.outbox_state(now=now)
    assert (state.queued, state.due, state.dead) == (2, 1, 0)
    assert state.oldest_due_seconds == pytest.approx(360)
    assert state.is_late
