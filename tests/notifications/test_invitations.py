"""What people should have, compared with what they were told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notifications import claims
from notifications.messages import Address
from notifications.models import OutboxMessage, Thread
from tests.notifications.conftest import (
    GUIDE,
    LATER,
    MINUTE,
    NOW,
    ORGANISER,
    START,
    entry,
    event,
    facts,
    guide,
    numbers,
    organiser,
    parties,
    rows,
)

pytestmark = pytest.mark.django_db


def test_a_first_letter_is_an_invitation_and_goes_at_once(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser())
    (row,) = rows()
    assert (row.kind, row.status, row.not_before) == ("confirmed", "queued", NOW)
    (letter,) = send()
    assert letter["To"] == "Anna Müller <anna@example.org>"
    assert numbers([letter]) == [("REQUEST", 0)]
    assert event(letter).start == START


def test_saying_the_same_again_writes_nothing(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser(), guide())
    tell(organiser(), guide())
    assert len(rows()) == 2
    assert len(send()) == 2
    tell(organiser(), guide(), now=NOW + MINUTE)
    assert len(rows()) == 2
    assert send() == []


def test_ten_edits_within_the_hold_are_one_letter(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser())
    send()
    for step in range(1, 11):
        tell(organiser(start=START + step * timedelta(minutes=15)), now=NOW + step * timedelta(seconds=5))
    (letter,) = send()
    assert numbers([letter]) == [("REQUEST", 1)]
    assert event(letter).start == START + timedelta(minutes=150)
    assert letter["Subject"].startswith("Your visit has a new time or place")
    assert [row.status for row in rows()].count("superseded") == 9


def test_an_update_waits_for_the_hold(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser())
    send()
    tell(organiser(start=LATER), now=NOW + MINUTE)
    assert send(NOW + MINUTE + timedelta(seconds=59)) == []
    assert len(send(NOW + MINUTE + timedelta(seconds=60))) == 1


def test_an_urgent_update_does_not_wait(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser())
    send()
    tell(replace(organiser(start=LATER), urgent=True), now=NOW + MINUTE)
    assert len(send(NOW + MINUTE)) == 1


def test_a_change_undone_within_the_hold_is_no_letter(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser())
    send()
    tell(organiser(start=LATER), now=NOW + MINUTE)
    tell(organiser(), now=NOW + MINUTE)
    assert send() == []


def test_a_change_of_text_keeps_the_sequence_with_a_later_stamp(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser())
    (first,) = send()
    tell(organiser(heads=14))  # in the very same second
    (second,) = send()
    assert numbers([first, second]) == [("REQUEST", 0), ("REQUEST", 0)]
    assert event(second)["DTSTAMP"].dt > event(first)["DTSTAMP"].dt
    assert second["Subject"].startswith("Your visit: something has changed")
    assert "14 people" in second.get_body(("plain",)).get_content()


def test_a_programme_comes_with_the_same_sequence(tell: Callable[..., None], send: Callable[..., Any]) -> None:

    tell(organiser())
    send()
    tell(organiser("programme", parties=parties(count=2)))
    (letter,) = send()
    assert numbers([letter]) == [("REQUEST", 0)]
    assert letter["Subject"].startswith("The programme of your visit")


@pytest.mark.parametrize("silent", [{"museum": facts()["museum"] | {"phone": "+7"}}, {"links": {}}])
def test_what_is_no_news_is_not_told(
    tell: Callable[..., None], send: Callable[..., Any], silent: dict[str, Any]
) -> None:
    tell(organiser())
    send()
    tell(organiser(**silent))
    assert send() == []


def test_who_is_no_longer_a_contact_is_told_that_and_not_that_the_visit_is_off(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser())
    send()
    tell()
    (letter,) = send()
    assert numbers([letter]) == [("CANCEL", 1)]
    assert letter["Subject"].startswith("You are no longer a contact for this visit")
    assert "http" not in letter.get_body(("plain",)).get_content()


def test_what_is_over_is_neither_changed_nor_taken_back(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser(), guide())
    send()
    after = START + timedelta(hours=2)
    tell(now=after)
    tell(organiser(heads=11), guide(), now=after)
    tell(organiser("cancelled"), now=after)
    assert send() == []
    tell(organiser(start=after + timedelta(days=1)), now=after)  # held again on another day
    assert [letter["Subject"].partition(":")[0] for letter in send(after + timedelta(hours=1))] == [
        "Your visit has a new time or place"
    ]


def test_a_visit_of_the_past_is_not_announced(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser(), now=START + timedelta(days=1))
    assert rows() == []


def test_another_meeting_point_is_news(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser())
    send()
    tell(organiser(museum=facts()["museum"] | {"meeting_point": "Zerde hall"}))
    (letter,) = send()
    assert numbers([letter]) == [("REQUEST", 0)]
    assert "Zerde hall" in letter.get_body(("plain",)).get_content()


def test_a_swapped_guide_is_cancelled_and_the_new_one_invited_and_the_organiser_left_in_peace(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser(), guide(7))
    first = send()
    other = Address("Елена М.", "elena@example.org", locale="ru")
    tell(organiser(), guide(9, to=other), now=NOW + MINUTE)
    letters = {letter["To"].addresses[0].addr_spec: letter for letter in send(NOW + MINUTE)}
    assert set(letters) == {"aigul@example.org", "elena@example.org"}
    old = event(next(letter for letter in first if "aigul" in letter["To"]))
    cancel, invite = event(letters["aigul@example.org"]), event(letters["elena@example.org"])
    assert (cancel["X-METHOD"], cancel["SEQUENCE"], cancel["STATUS"]) == ("CANCEL", 1, "CANCELLED")
    assert cancel["UID"] == old["UID"]
    assert (cancel.start, cancel.end) == (old.start, old.end)
    assert (invite["X-METHOD"], invite["SEQUENCE"]) == ("REQUEST", 0)
    assert invite["UID"] != old["UID"]
    assert "Сіз бұл экскурсияны енді жүргізбейсіз" in letters["aigul@example.org"]["Subject"]


def test_a_guide_who_never_heard_of_it_hears_of_no_withdrawal(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(guide(7))
    tell()
    assert send() == []
    assert [row.status for row in rows()] == ["superseded"]


def test_a_uid_is_never_used_again_after_its_cancel(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(guide())
    send()
    tell(now=NOW + MINUTE)
    (cancel,) = send()
    tell(guide(), now=NOW + 2 * MINUTE)
    (again,) = send()
    assert event(again)["UID"] != event(cancel)["UID"]
    assert numbers([cancel, again]) == [("CANCEL", 1), ("REQUEST", 0)]


def test_a_cancelled_visit_is_told_once_and_then_stays_silent(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser())
    send()
    gone = organiser("cancelled", by="office", reason="Renovation")
    tell(gone, now=NOW + MINUTE)
    (letter,) = send(NOW + MINUTE)
    assert numbers([letter]) == [("CANCEL", 1)]
    assert "Renovation" in letter.get_body(("plain",)).get_content()
    tell(gone, now=NOW + 2 * MINUTE)
    tell(now=NOW + 3 * MINUTE)  # forgotten altogether later on
    assert send() == []


def test_a_request_declined_takes_the_tentative_entry_away(tell: Callable[..., None], send: Callable[..., Any]) -> None:

    tell(organiser("requested", entry=entry(tentative=True)))
    (first,) = send()
    assert event(first)["STATUS"] == "TENTATIVE"
    tell(organiser("declined", reason="No guide"))
    (second,) = send()
    assert numbers([second]) == [("CANCEL", 1)]
    assert second["Subject"].startswith("We cannot receive you at this time")


def test_a_request_confirmed_raises_the_sequence(tell: Callable[..., None], send: Callable[..., Any]) -> None:

    tell(organiser("requested", entry=entry(tentative=True)))
    tell_first = send()
    tell(organiser("confirmed"))
    letters = tell_first + send()
    assert numbers(letters) == [("REQUEST", 0), ("REQUEST", 1)]
    assert event(letters[1])["STATUS"] == "CONFIRMED"


def test_a_new_address_is_a_new_inbox(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser())
    send()
    tell(organiser(to=replace(ORGANISER, email="office@example.org")), now=NOW + MINUTE)
    first, second = send()
    assert (first["To"].addresses[0].addr_spec, numbers([first])) == ("anna@example.org", [("CANCEL", 1)])
    assert (second["To"].addresses[0].addr_spec, numbers([second])) == ("office@example.org", [("REQUEST", 0)])
    assert event(first)["UID"] != event(second)["UID"]


def test_a_letter_that_may_have_arrived_is_corrected_not_replaced(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser())
    row = claims.claim(until=NOW)  # and its worker dies now
    assert row is not None
    tell(organiser(start=LATER), now=NOW + MINUTE)
    assert [(row.sequence, row.status) for row in rows()] == [(0, "queued"), (1, "queued")]


def test_deleted_rows_are_written_again(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser(), guide())
    OutboxMessage.objects.all().delete()
    tell(organiser(), guide())
    assert len(send()) == 2
    OutboxMessage.objects.all().delete()  # what was sent is known without them
    tell(organiser(), guide())
    assert send() == []


def test_a_reader_who_changes_language_is_not_told_of_another_place(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser())
    send()
    tell(organiser(to=replace(ORGANISER, locale="ru")))
    (letter,) = send()
    assert numbers([letter]) == [("REQUEST", 0)]
    assert letter["Subject"].startswith("Изменения")
    assert "→" not in rows()[-1].text  # the same in other words is no change of it


def test_a_letter_about_a_change_says_what_was_and_what_is(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser(), guide())
    send()
    tell(organiser(heads=21, adults=0), guide(notes="Two wheelchairs"))
    texts = {row.kind: row.text for row in rows(status="queued")}
    assert "What has changed:\nGroup: 12 people, 2 accompanying adults among them → 21 people\n" in texts["changed"]
    assert "Өзгергені:\nЕскертпе: – → Two wheelchairs\n" in texts["duty_changed"]
    send()
    tell(organiser(heads=22, adults=0), guide(notes="Two wheelchairs"))
    (row,) = rows(status="queued")
    assert "Group: 21 people → 22 people\n" in row.text
    assert set(row.facts["before"]["facts"]) & {"before", "links", "reader_name"} == set()


def test_a_change_of_guide_names_both(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(organiser("programme", parties=parties()))
    send()
    other = [{**parties()[0], "guide": "Болат Т."}]
    tell(organiser("programme", parties=other))
    (row,) = rows(status="queued")
    assert "Guide: Елена М. → Болат Т.\n" in row.text
    assert "The order of the places" not in row.text


def test_the_queries_of_one_sync_do_not_grow_with_what_is_unchanged(
    tell: Callable[..., None], send: Callable[..., Any], django_assert_num_queries: Any
) -> None:
    tell(organiser())
    send()
    with django_assert_num_queries(8):  # with the savepoint's two
        tell(organiser())
    tell(organiser(), *[guide(number) for number in range(20)])
    send()
    with django_assert_num_queries(8):
        tell(organiser(), *[guide(number) for number in range(20)])


def test_a_letter_that_cannot_be_rendered_is_dead_with_its_reason_and_the_change_stands(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser(start=START, end="not a time"), guide())
    dead = next(row for row in rows() if row.thread.key.endswith("contact:12"))
    assert (dead.status, dead.last_code) == ("dead", "render")
    assert "not a time" in dead.last_error
    assert len(send()) == 1
    tell(organiser(start=START, end="not a time"), guide())
    assert len(rows()) == 2


def test_the_guide_of_another_visit_is_not_looked_at(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    tell(guide(7, to=GUIDE))
    send()
    Thread.objects.update(about="visit:OTHER", key="visit:OTHER:duty:1:guide:7")
    tell()
    assert send() == []
