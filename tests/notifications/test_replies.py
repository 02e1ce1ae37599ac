"""Answers come back: through real mailboxes, and judged one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from notifications import queries, replies
from notifications.models import OutboxMessage, Reply, Thread
from tests.notifications.answering import answer
from tests.notifications.conftest import ABOUT, NOW, START, organiser
from tests.notifications.mailbox import SERVERS, Mailbox

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def thread(tell: Callable[..., None], send: Callable[..., Any]) -> Thread:
    """The organiser was invited."""
    tell(organiser())
    send()
    return Thread.objects.get()


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[Mailbox]:
    with SERVERS[request.param]() as box:
        yield box


@pytest.fixture
def mailbox(server: Mailbox, settings: Any) -> Mailbox:
    server.empty()
    settings.IMAP_URL = server.url
    return server


def plain(text: str = "Are dogs allowed?", **headers: str) -> bytes:
    letter = EmailMessage()
    for name, value in {
        "From": "anna@example.org",
        "To": "museum@example.org",
        "Subject": "A question",
        **headers,
    }.items():
        letter[name.replace("_", "-")] = value
    letter.set_content(text)
    return letter.as_bytes()


# --- The mailbox -------------------------------------------------------------------------------------------------------------


def test_the_mailbox_is_read_once_and_nothing_is_deleted(mailbox: Mailbox, thread: Thread) -> None:
    mailbox.put(answer(thread, stamp=NOW), plain(Message_ID="<1@example.org>"), b"\xff garbage", b"\r\n")
    assert replies.fetch(now=NOW) == {"applied": 1, "letter": 3}
    assert mailbox.flags() == [True] * 4
    assert replies.fetch(now=NOW) == {}
    assert [(reply.partstat, reply.thread_id) for reply in replies.to_hand_over()] == [("ACCEPTED", thread.pk)]


def test_a_letter_that_was_read_but_not_marked_is_not_read_twice(mailbox: Mailbox, thread: Thread) -> None:
    said = answer(thread, stamp=NOW)
    mailbox.put(said)
    replies.fetch(now=NOW)
    mailbox.put(said)  # the same letter, as if the mark had been lost
    assert replies.fetch(now=NOW) == {"read": 1}
    assert Reply.objects.count() == 1


def test_a_huge_letter_is_left_for_a_person(mailbox: Mailbox) -> None:
    mailbox.put(plain("x" * 60 + "\n" * 6_000_000, Message_ID="<huge@example.org>"))
    assert replies.fetch(now=NOW) == {"unreadable": 1}
    (reply,) = replies.for_a_person()
    assert (reply.from_email, reply.subject, reply.reason) == ("anna@example.org", "A question", "too large")


def test_without_an_address_no_mailbox_is_read(settings: Any) -> None:
    settings.IMAP_URL = ""
    assert replies.fetch(now=NOW) == {}


# --- Judgement ---------------------------------------------------------------------------------------------------------------


def judge(thread: Thread, *args: Any, **options: Any) -> str:
    return replies.take(answer(thread, *args, **{"stamp": NOW, **options}), now=NOW)


@pytest.mark.parametrize("partstat", ["ACCEPTED", "DECLINED"])
def test_an_answer_is_known_of_its_person_and_handed_over_once(thread: Thread, partstat: str) -> None:
    assert judge(thread, partstat) == "applied"
    (person,) = queries.people(ABOUT)
    assert (person.answer, person.answered_at, person.answered_old) == (partstat, NOW, False)
    (reply,) = replies.to_hand_over()
    assert replies.handed_over(reply.pk, now=NOW)
    assert not replies.handed_over(reply.pk, now=NOW)
    assert not replies.to_hand_over().exists()


@pytest.mark.parametrize(
    ("options", "verdict"),
    [
        ({"sender": "eve@example.org"}, "forged"),
        ({"sender": "eve@example.org", "attendee": "eve@example.org"}, "forged"),
        ({"attendee": "eve@example.org"}, "forged"),
        ({"auth": "mx.museum.example; dkim=fail"}, "forged"),
        ({"auth": "mx.museum.example; dkim=pass; dmarc=fail (p=reject)"}, "forged"),
        ({"auth": "evil.example; dkim=fail"}, "applied"),  # not our server: nobody's word
        ({"auth": "MX.museum.example 1; dkim=none"}, "applied"),
        ({"sender": "ANNA@example.org"}, "applied"),
        ({"uid": "b9b1d0f0-0000-4000-8000-000000000000"}, "unknown"),
        ({"uid": "not ours"}, "unknown"),
        ({"sequence": 7}, "unknown"),
        ({"partstat": "DELEGATED"}, "unknown"),
        ({"partstat": "TENTATIVE"}, "letter"),
        ({"method": "COUNTER"}, "counter"),
        ({"method": "COUNTER", "mime": "REPLY"}, "counter"),  # Gmail's habit: the object's METHOD counts
        ({"method": "REPLY", "mime": "REQUEST"}, "applied"),
        ({"method": "REQUEST"}, "automatic"),
        ({"method": "CANCEL"}, "automatic"),
    ],
)
def test_what_counts_and_what_does_not(thread: Thread, settings: Any, options: dict[str, Any], verdict: str) -> None:
    settings.MAIL_AUTHSERV_ID = "mx.museum.example"
    assert judge(thread, **options) == verdict
    applied = verdict == "applied"
    assert replies.to_hand_over().exists() == applied
    if not applied and options.get("partstat") != "TENTATIVE":
        assert Thread.objects.get().answer == ""


def test_later_answers_count_and_earlier_ones_do_not(thread: Thread) -> None:
    assert judge(thread, "ACCEPTED", stamp=NOW + MINUTE) == "applied"
    assert judge(thread, "DECLINED", stamp=NOW) == "stale"
    assert judge(thread, "DECLINED", stamp=NOW + MINUTE) == "stale"
    assert Thread.objects.get().answer == "ACCEPTED"
    assert judge(thread, "DECLINED", stamp=NOW + 2 * MINUTE) == "applied"
    assert Thread.objects.get().answer == "DECLINED"


def test_an_answer_to_the_old_time_is_shown_as_that(
    thread: Thread, tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    judge(thread, "ACCEPTED")
    tell(organiser(start=START + timedelta(hours=1)))
    send()
    moved = Thread.objects.get()
    assert moved.answer == ""  # a new time is a new question
    assert judge(moved, "DECLINED", sequence=0, stamp=NOW + MINUTE) == "old_time"
    (person,) = queries.people(ABOUT)
    assert person.answered_old
    assert [reply.verdict for reply in replies.for_a_person()] == ["old_time"]
    assert judge(moved, "ACCEPTED", stamp=NOW) == "applied"
    (person,) = queries.people(ABOUT)
    assert not person.answered_old


def test_an_answer_to_what_was_cancelled_changes_nothing(
    thread: Thread, tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    said = answer(thread, "ACCEPTED", stamp=NOW)
    tell(organiser("cancelled", by="office"))
    send()
    assert replies.take(said, now=NOW) == "unknown"
    assert Reply.objects.get().thread == thread


def test_a_change_of_words_keeps_the_answer_in_the_calendar(
    thread: Thread, tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    judge(thread, "ACCEPTED")
    tell(organiser(heads=14))
    (letter,) = send()
    assert "PARTSTAT=ACCEPTED" in OutboxMessage.objects.get(message_id=letter["Message-ID"]).ics
    assert Thread.objects.get().answer == "ACCEPTED"


def test_automatic_answers_are_put_by_and_letters_shown_to_a_person(thread: Thread) -> None:
    assert replies.take(plain("I am away", Auto_Submitted="auto-replied", Message_ID="<a@x>"), now=NOW) == "automatic"
    assert replies.take(plain(Message_ID="<b@x>"), now=NOW) == "letter"
    (reply,) = replies.for_a_person()
    assert (reply.text, reply.subject) == ("Are dogs allowed?", "A question")
    office = get_user_model().objects.create_user("office", password="x")
    assert replies.mark_seen(reply.pk, by=office, now=NOW)
    assert not replies.for_a_person().exists()


def test_a_delivery_report_makes_the_letter_dead_and_tells_the_office(thread: Thread) -> None:
    (row,) = OutboxMessage.objects.all()
    report = f"""From: MAILER-DAEMON@mx.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <report@mx.example>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; anna@example.org
Action: {{action}}
Status: 5.1.1

--x
Content-Type: text/rfc822-headers

Message-ID: {row.message_id}

--x--
"""
    assert replies.take(report.format(action="delayed").replace("report@", "delay@").encode(), now=NOW) == "automatic"
    assert replies.take(report.format(action="failed").encode(), now=NOW) == "bounce"
    assert [(row.status, row.last_code) for row in OutboxMessage.objects.filter(kind="confirmed")] == [
        ("dead", "bounce")
    ]
    assert OutboxMessage.objects.filter(kind="office_alarm", status="queued").count() == 1
    assert Thread.objects.get(pk=thread.pk).unreachable_at == NOW
