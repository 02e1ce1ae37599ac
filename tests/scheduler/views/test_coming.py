"""A visit's page on its way: still coming, late, in two parts, in the line."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client

from notifications import links
from notifications.models import OutboxMessage
from scheduler import bookings, changes, reminders, waiting
from scheduler.models import ChangeRequest, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Ask, Book, again, link, soup, words
from tours.models import Guide, User

pytestmark = pytest.mark.django_db


# --- Still coming? -----------------------------------------------------------------------------------------------------------


def test_a_week_before_it_is_asked_whether_they_come_and_one_click_says_so(
    stranger: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(FAR, "11:00")
    assert "Do you still come" not in words(stranger.get(link(visit)))
    clock.move_to(at(FAR, "11:00") - timedelta(days=6))
    assert "Yes, 10 people, as agreed" in words(stranger.get(link(visit)))
    assert stranger.post(link(visit, "come/")).status_code == 303
    assert again(visit).reconfirmed_at is not None
    page = words(stranger.get(link(visit)))
    assert "Do you still come" not in page
    assert "You said that you come" in page


def test_the_letters_button_prepares_the_yes_and_opening_it_says_nothing(
    stranger: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(FAR, "11:00")
    clock.move_to(at(FAR, "11:00") - timedelta(days=6))
    reminders.due(now=at(FAR, "11:00") - timedelta(days=6))
    row = OutboxMessage.objects.get(kind="reminder_week")
    assert f"Иә, келісілгендей келеміз: {links.placeholder('visit', visit.code, 1)}?answer=come" in row.text
    page = soup(stranger.get(f"{link(visit)}?answer=come"))
    assert [button.text for button in page.select("button[autofocus]")] == ["Yes, 10 people, as agreed"]
    assert again(visit).reconfirmed_at is None


def test_another_number_is_placed_exactly_and_counts_as_an_answer(
    stranger: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(FAR, "11:00")
    clock.move_to(at(FAR, "11:00") - timedelta(days=6))
    stranger.post(link(visit, "come/"), {"heads": "40"})
    assert (again(visit).heads, again(visit).parties.count()) == (40, 2)
    assert again(visit).reconfirmed_at is not None


def test_more_than_can_be_served_then_is_refused_and_the_answer_is_still_due(
    stranger: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(FAR, "11:00")
    Guide.objects.exclude(pk=visit.parties.get().guide_id).update(active=False)
    clock.move_to(at(FAR, "11:00") - timedelta(days=6))
    page = stranger.post(link(visit, "come/"), {"heads": "40"})
    assert page.status_code == 409
    assert "at most 25 people" in words(page)
    assert (again(visit).heads, again(visit).reconfirmed_at) == (10, None)


def test_after_the_deadline_another_number_is_asked_of_the_office(
    stranger: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(FAR, "11:00")
    clock.move_to(at(FAR, "11:00") - timedelta(days=2))
    stranger.post(link(visit, "come/"), {"heads": "12"})
    assert again(visit).heads == 10
    assert ChangeRequest.objects.get().heads == 12


def test_what_was_booked_within_the_week_is_not_asked(
    stranger: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    assert "Do you still come" not in words(stranger.get(link(book(date(2025, 5, 16), "11:00"))))


# --- Late --------------------------------------------------------------------------------------------------------------------


def test_on_the_day_a_late_group_says_so_and_the_office_is_alarmed(
    stranger: Client, office_user: User, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(NEAR, "11:00")
    assert "Are you late?" not in words(stranger.get(link(visit)))
    clock.move_to(at(NEAR, "10:40"))
    assert "Are you late?" in words(stranger.get(link(visit)))
    OutboxMessage.objects.all().delete()
    assert stranger.post(link(visit, "late/"), {"minutes": "20"}).status_code == 303
    assert again(visit).arrives_at == at(NEAR, "11:20")
    letter = OutboxMessage.objects.get()
    assert (letter.to_email, letter.kind) == ("office@example.org", "office_alarm")
    assert "11:20" in letter.text
    assert "You said that you arrive at: 11:20" in words(stranger.get(link(visit)))


@pytest.mark.parametrize("minutes", ["0", "-5", "", "soon", "90", "999999999999"])
def test_a_delay_that_cannot_be_meant_is_refused_and_nothing_is_noted(
    stranger: Client, book: Book, clock: time_machine.Coordinates, minutes: str
) -> None:
    visit = book(NEAR, "11:00")
    clock.move_to(at(NEAR, "10:40"))
    assert stranger.post(link(visit, "late/"), {"minutes": minutes}).status_code == 422
    assert again(visit).arrives_at is None


def test_before_its_day_and_after_its_end_nobody_is_late(
    stranger: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(NEAR, "11:00")
    for moment in (at(NEAR, "11:00") - timedelta(days=1), at(NEAR, "12:30")):
        clock.move_to(moment)
        assert stranger.post(link(visit, "late/"), {"minutes": "20"}).status_code == 409


# --- In two parts ------------------------------------------------------------------------------------------------------------

PART = {"heads": "20", "adults": "0", "start": "2025-06-19T12:00+05:00"}


def test_how_many_come_later_is_said_first_and_then_the_month_for_them_is_shown(stranger: Client, book: Book) -> None:
    visit = book(FAR, "11:00", heads=45)
    page = stranger.get(link(visit), {"split": "1", "heads": "20", "day": "2025-06-19"})
    assert "20 people come at another time, 25 people as agreed." in words(page)
    form = soup(page).select_one("form[action$='/split/']")
    assert form.select_one("[name=heads]")["value"] == "20"
    assert form.select("input[name=start]")
    hrefs = [str(each["href"]) for each in form.select("a.day")]
    assert all("heads=20" in href and "split=1" in href for href in hrefs)
    assert Visit.objects.count() == 1


def test_a_group_is_split_and_both_codes_are_told(stranger: Client, book: Book) -> None:
    visit = book(FAR, "11:00", heads=45)
    page = stranger.post(link(visit, "split/"), PART, follow=True)
    part = Visit.objects.get(split_from=visit)
    assert page.redirect_chain[-1][0] == link(part)
    assert f"The group comes in two parts now: {visit.code} and {part.code}" in words(page)
    assert (again(visit).heads, part.heads) == (25, 20)
    assert part.code in words(stranger.get(link(visit)))
    assert visit.code in words(stranger.get(link(part)))


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"heads": "45"}, 422), ({"heads": "x"}, 422), ({"start": ""}, 422), ({"start": "2025-06-18T11:00+05:00"}, 422),
     ({"start": "2025-06-16T11:00+05:00"}, 409), ({"start": "2025-06-19T12:05+05:00"}, 422), ({"adults": "21"}, 422)],
)  # fmt: skip
def test_a_split_that_cannot_be_leaves_the_group_whole(
    stranger: Client, book: Book, wrong: dict[str, str], status: int
) -> None:
    visit = book(FAR, "11:00", heads=45)
    assert stranger.post(link(visit, "split/"), PART | wrong).status_code == status
    assert (again(visit).heads, again(visit).revision, Visit.objects.count()) == (45, visit.revision, 1)


def test_a_time_that_is_taken_meanwhile_is_refused_with_others_for_so_many(stranger: Client, book: Book) -> None:
    visit = book(FAR, "11:00", heads=45)
    Guide.objects.exclude(pk__in=visit.parties.values("guide")).update(active=False)
    book(date(2025, 6, 19), "12:00", heads=45)
    page = stranger.post(link(visit, "split/"), PART)
    assert page.status_code == 409
    form = soup(page).select_one("form[action$='/split/']")
    assert form.select("fieldset input[name=start]")
    assert form.select_one("[name=heads]")["value"] == "20"
    assert Visit.objects.count() == 2


def test_after_the_deadline_the_office_is_asked_to_split(
    stranger: Client, office: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(FAR, "11:00", heads=45)
    clock.move_to(at(FAR, "11:00") - timedelta(days=2))
    stranger.post(link(visit, "split/"), PART)
    asked = ChangeRequest.objects.get()
    assert (asked.kind, asked.heads, Visit.objects.count()) == ("split", 20, 1)
    office.post(f"/office/changes/{asked.pk}/grant/")
    assert Visit.objects.get(split_from=visit).heads == 20


# --- In the line -------------------------------------------------------------------------------------------------------------


def test_who_waits_sees_their_place_and_may_leave_the_line(stranger: Client, asking: Ask, season_now: datetime) -> None:
    asked = asking(at(FAR, "11:00"))
    first, second = (waiting.wait(asked, [FAR], waiting.Hours(time(10), None), now=season_now) for _ in range(2))
    assert "Your place in the line: 1" in words(stranger.get(link(first)))
    page = words(stranger.get(link(second)))
    assert "Your place in the line: 2" in page
    assert "10:00 – …" in page
    assert stranger.post(link(first, "cancel/")).status_code == 303
    assert again(first).status == Visit.Status.CANCELLED
    assert "Your place in the line: 1" in words(stranger.get(link(second)))


def test_a_late_cancellation_waits_for_the_office_and_is_then_done(
    stranger: Client, office: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(FAR, "11:00")
    clock.move_to(at(FAR, "11:00") - timedelta(hours=20))
    stranger.post(link(visit, "cancel/"), {"reason": "Ill"})
    assert again(visit).status == Visit.Status.CONFIRMED
    assert "Cancellation" in words(office.get("/office/"))
    office.post(f"/office/changes/{ChangeRequest.objects.get().pk}/grant/")
    assert (again(visit).status, again(visit).ended_by, again(visit).reason) == ("cancelled", "organiser", "Ill")


def test_more_heads_after_the_deadline_are_placed_exactly_when_the_office_grants_them(
    stranger: Client, office: Client, book: Book, season_now: datetime, clock: time_machine.Coordinates
) -> None:
    visit = book(FAR, "11:00")
    clock.move_to(at(FAR, "11:00") - timedelta(days=2))
    asked = changes.change(visit.pk, heads=40, now=at(FAR, "11:00") - timedelta(days=2))
    assert asked is not None
    office.post(f"/office/changes/{asked.pk}/grant/")
    assert (again(visit).heads, again(visit).parties.count()) == (40, 2)
    assert bookings.is_asked_whether_they_come(again(visit), now=at(FAR, "10:00")) is False
