"""Closures: typed, previewed, decided, published."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications.models import OutboxMessage
from scheduler import bookings, lifting
from scheduler.models import Closure, KeptDraft
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import NEAR, Book, Close, again, soup, typed, words

pytestmark = pytest.mark.django_db

NEW = "/office/closures/new/"
TYPED = {
    "first": "2025-05-20",
    "last": "2025-05-21",
    "kind": "renovation",
    "notice_kk": "Жөндеу",
    "notice_ru": "Ремонт",
    "notice_en": "Renovation",
}


def previewed(office: Client, **changed: str) -> dict[str, str]:
    """What the form holds once it has been previewed: the proposal for each visit is chosen."""
    page = office.post(NEW, TYPED | changed | {"preview": "1"})
    assert page.status_code == 200
    return typed(page)


def test_a_preview_shows_each_visit_that_is_hit_with_a_proposal_and_changes_nothing(office: Client, book: Book) -> None:
    visit, other = book(NEAR, "11:00"), book(date(2025, 5, 23), "11:00")
    page = office.post(NEW, TYPED | {"preview": "1"})
    assert "It hits 1 visit" in words(page)
    choices = [str(field["value"]) for field in soup(page).select(f"input[name=decide-{visit.code}]")]
    assert choices[0].startswith("move 2025-05-")
    assert choices[-1] == "cancel"
    assert other.code not in words(page)
    assert not Closure.objects.exists()
    assert again(visit).period == visit.period


def test_publishing_does_what_the_preview_showed_and_tells_everybody(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    said = previewed(office)
    moved_to = datetime.fromisoformat(said[f"decide-{visit.code}"].removeprefix("move "))
    assert office.post(NEW, said | {"publish": "1"})["Location"] == "/office/closures/"
    assert again(visit).period.lower == moved_to
    closure = Closure.objects.get()
    assert (closure.period.lower, closure.period.upper) == (at(NEAR, "00:00"), at(date(2025, 5, 22), "00:00"))
    assert again(visit).displaced_by == closure
    told = OutboxMessage.objects.filter(to_email="asker@example.org", status="queued").latest("created_at")
    assert datetime.fromisoformat(told.facts["start"]) == moved_to


def test_a_visit_is_cancelled_where_the_office_decides_so(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    office.post(NEW, previewed(office) | {f"decide-{visit.code}": "cancel", "publish": "1"})
    assert again(visit).status == "cancelled"


def test_what_changed_since_the_preview_is_shown_anew_and_nothing_done(
    office: Client, book: Book, season_now: datetime
) -> None:
    visit = book(NEAR, "11:00")
    said = previewed(office)
    book(NEAR, "14:00")
    page = office.post(NEW, said | {"publish": "1"})
    assert page.status_code == 409
    assert "Something has changed since the preview was made." in words(page)
    assert "It hits 2 visits" in words(page)
    assert typed(page)["notice_ru"] == "Ремонт"
    assert typed(page)["seal"] != said["seal"]
    assert not Closure.objects.exists()
    assert again(visit).period == visit.period
    assert office.post(NEW, typed(page) | {"publish": "1"}).status_code == 303


def test_a_visit_without_a_decision_is_named_and_nothing_done(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    said = previewed(office)
    del said[f"decide-{visit.code}"]
    page = office.post(NEW, said | {"publish": "1"})
    assert page.status_code == 409
    assert soup(page).select_one("fieldset.errors") is not None
    assert not Closure.objects.exists()


@pytest.mark.parametrize(
    "decision", ["move", "move x", "move 2025-05-23T11:00", "destroy", "", "move 9999-12-31T23:59+00:00"]
)
def test_a_decision_that_makes_no_sense_is_refused(office: Client, book: Book, decision: str) -> None:
    visit = book(NEAR, "11:00")
    page = office.post(NEW, previewed(office) | {f"decide-{visit.code}": decision, "publish": "1"})
    assert page.status_code in (409, 422)
    assert again(visit).period == visit.period
    assert not Closure.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": ""},
        {"last": ""},
        {"last": "2025-05-19"},
        {"first": "2025-05-01"},
        {"kind": "nonsense"},
        {"notice_kk": "", "notice_ru": "", "notice_en": ""},
        {"notice_en": "A\x1b"},
        {"spaces": "nowhere"},
        {"starts": "10:01"},
        {"first": "9999-01-01"},
    ],
)
def test_what_is_wrong_with_a_closure_is_said_with_what_was_typed(office: Client, wrong: dict[str, str]) -> None:
    page = office.post(NEW, TYPED | wrong | {"preview": "1"})
    assert page.status_code == 422
    assert typed(page)["notice_ru"] == (TYPED | wrong)["notice_ru"]
    assert "Publish" not in words(page)


def test_one_place_for_some_hours_leaves_the_others_open(office: Client, book: Book) -> None:
    book(NEAR, "11:00", tour="grounds")
    said = previewed(office, spaces="alash", starts="10:00", ends="12:00", last="2025-05-20")
    assert not [name for name in said if name.startswith("decide-")]
    office.post(NEW, said | {"publish": "1"})
    closure = Closure.objects.get()
    assert [space.code for space in closure.spaces.all()] == ["alash"]
    assert (closure.period.lower, closure.period.upper) == (at(NEAR, "10:00"), at(NEAR, "12:00"))


def test_until_further_notice_has_no_end(office: Client) -> None:
    office.post(NEW, previewed(office, open_end="on", last="") | {"publish": "1"})
    assert Closure.objects.get().period.upper is None
    assert "until further notice" in words(office.get("/office/closures/"))


def test_a_closure_repeats_and_keeps_its_rule_when_its_notice_changes(office: Client, stranger: Client) -> None:
    said = previewed(office, first="2025-05-27", last="2025-05-27", repeats="last", repeats_until="2025-12-31")
    office.post(NEW, said | {"publish": "1"})
    closure = Closure.objects.get()
    assert closure.rrule.startswith("FREQ=MONTHLY;")
    assert "Tuesday, 24 June 2025" in words(office.get("/office/closures/"))
    assert "Tuesday, 24 June 2025" in words(stranger.get("/"))
    assert "Renovation" in words(office.get("/office/?day=2025-07-29"))
    assert "Renovation" not in words(office.get("/office/?day=2025-07-28"))
    path = f"/office/closures/{closure.pk}/"
    there = typed(office.get(path)) | {"notice_en": "Cleaning"}
    office.post(path, typed(office.post(path, there | {"preview": "1"})) | {"publish": "1"})
    assert (Closure.objects.get().rrule, Closure.objects.get().notice_en) == (closure.rrule, "Cleaning")


def test_another_time_is_suggested_where_the_office_decides_to_ask(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    page = office.post(NEW, TYPED | {"preview": "1"})
    offers = [str(field["value"]) for field in soup(page).select("input[type=radio]") if "offer" in str(field["value"])]
    office.post(NEW, typed(page) | {f"decide-{visit.code}": offers[0], "publish": "1"})
    assert again(visit).status == "offered"
    assert visit.offers.get().alternatives


def test_a_closure_is_changed_with_a_preview_of_its_own(office: Client, book: Book) -> None:
    office.post(NEW, previewed(office) | {"publish": "1"})
    path = f"/office/closures/{Closure.objects.get().pk}/"
    there = typed(office.get(path))
    assert (there["first"], there["last"], there["notice_kk"]) == ("2025-05-20", "2025-05-21", "Жөндеу")
    visit = book(date(2025, 5, 22), "11:00")
    said = typed(office.post(path, there | {"last": "2025-05-22", "preview": "1"}))
    office.post(path, said | {"publish": "1"})
    assert Closure.objects.get().period.upper == at(date(2025, 5, 23), "00:00")
    assert again(visit).day != date(2025, 5, 22)


def test_a_closure_is_lifted_once(office: Client, stranger: Client, season_now: datetime) -> None:
    office.post(NEW, previewed(office) | {"publish": "1"})
    closure = Closure.objects.get()
    assert "Renovation" in words(stranger.get("/"))
    office.get(f"/office/closures/{closure.pk}/lift/")  # looking lifts nothing
    assert Closure.objects.get().lifted_at is None
    office.post(f"/office/closures/{closure.pk}/lift/")
    closure.refresh_from_db()
    assert closure.lifted_at == season_now
    assert "Renovation" not in words(stranger.get("/"))
    twice = office.post(f"/office/closures/{closure.pk}/lift/", follow=True)
    assert "This closure has been lifted already." in words(twice)
    assert office.get(f"/office/closures/{closure.pk}/").status_code == 404


def test_the_list_asks_the_database_as_often_for_one_closure_as_for_many(
    office: Client, close: Close, django_assert_num_queries: DjangoAssertNumQueries, season_now: datetime
) -> None:
    office.get("/office/closures/")
    close(date(2025, 5, 24), date(2025, 5, 25))
    lifting.lift(close(date(2025, 6, 1), date(2025, 6, 2)).pk, by=None, now=season_now)
    with django_assert_num_queries(14):
        office.get("/office/closures/")
    for day in range(1, 10):
        close(date(2025, 7, day), date(2025, 7, day + 1))
        lifting.lift(close(date(2025, 8, day), date(2025, 8, day + 1)).pk, by=None, now=season_now)
    with django_assert_num_queries(14):
        office.get("/office/closures/")


def test_a_visit_that_was_cancelled_meanwhile_asks_for_no_decision(
    office: Client, book: Book, season_now: datetime
) -> None:
    visit = book(NEAR, "11:00")
    said = previewed(office)
    bookings.cancel(visit.pk, by="organiser", now=season_now)
    page = office.post(NEW, said | {"publish": "1"})
    assert page.status_code == 409
    assert "It hits no visit" in words(page)


def test_a_notice_that_is_missing_in_a_language_is_told_before_it_is_published(office: Client) -> None:
    page = words(office.post(NEW, TYPED | {"notice_kk": "Жөндеу", "notice_ru": "", "notice_en": "", "preview": "1"}))
    assert "There is no notice in: Русский, English." in page
    assert "with the notice in their language" not in page


def test_the_office_sees_what_all_proposals_cost_and_says_what_silence_means(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    said = previewed(office)
    assert said["on_silence"] == "wait"
    page = words(office.post(NEW, TYPED | {"preview": "1"}))
    assert "All proposals together: " in page
    assert "Less is not possible." in page
    offer = next(
        choice.value
        for struck in office.post(NEW, TYPED | {"preview": "1"}).context["struck"]
        for choice in struck.choices
        if choice.decision.action == "offer"
    )
    office.post(NEW, said | {f"decide-{visit.code}": offer, "on_silence": "cancel", "publish": "1"})
    assert visit.offers.get().on_silence == "cancel"


def test_a_draft_is_kept_as_it_was_typed_and_closes_nothing(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    half = {"first": "2025-05-20", "kind": "renovation", "notice_ru": "Ремонт", "last": "soon"}
    assert office.post(NEW, half | {"keep": "1"})["Location"] == "/office/closures/"
    draft = KeptDraft.objects.get()
    assert not Closure.objects.exists()
    assert "Ремонт" in words(office.get("/office/closures/"))
    shown = typed(office.get(f"/office/closures/drafts/{draft.pk}/"))
    assert (shown["first"], shown["last"], shown["notice_ru"]) == ("2025-05-20", "soon", "Ремонт")
    assert again(visit).displaced_by is None


def test_a_draft_is_gone_once_it_is_published(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    office.post(NEW, TYPED | {"keep": "1"})
    address = f"/office/closures/drafts/{KeptDraft.objects.get().pk}/"
    said = typed(office.post(address, TYPED | {"preview": "1"}))
    assert office.post(address, said | {"publish": "1"})["Location"] == "/office/closures/"
    assert (KeptDraft.objects.count(), Closure.objects.count()) == (0, 1)
    assert again(visit).displaced_by == Closure.objects.get()


def test_a_draft_of_a_change_changes_that_closure(office: Client, close: Close) -> None:
    closure = close(date(2025, 6, 1), date(2025, 6, 2))
    longer = TYPED | {"first": "2025-06-01", "last": "2025-06-04"}
    office.post(f"/office/closures/{closure.pk}/", longer | {"keep": "1"})
    address = f"/office/closures/drafts/{KeptDraft.objects.get().pk}/"
    said = typed(office.post(address, longer | {"preview": "1"}))
    office.post(address, said | {"publish": "1"})
    assert Closure.objects.get().period.upper == at(date(2025, 6, 5), "00:00")


def test_a_draft_is_thrown_away(office: Client, stranger: Client) -> None:
    office.post(NEW, TYPED | {"keep": "1"})
    address = f"/office/closures/drafts/{KeptDraft.objects.get().pk}/discard/"
    stranger.post(address)
    assert KeptDraft.objects.count() == 1
    office.post(address)
    assert KeptDraft.objects.count() == 0


def test_lifting_is_shown_before_it_is_done(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    office.post(NEW, previewed(office) | {"publish": "1"})
    closure = Closure.objects.get()
    page = office.get(f"/office/closures/{closure.pk}/lift/")
    assert visit.code in words(page)
    assert Closure.objects.get().lifted_at is None
    office.post(f"/office/closures/{closure.pk}/lift/", typed(page))
    assert Closure.objects.get().lifted_at is not None


def test_each_choice_shows_its_cost_and_looking_again_keeps_what_was_decided(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    page = office.post(NEW, TYPED | {"preview": "1"})
    costs = [each.text for each in soup(page).select("label.choice .cost")]
    assert costs[-1] == "no time"
    assert all(cost.isdigit() for cost in costs[:-1])
    said = typed(page) | {f"decide-{visit.code}": "cancel", "preview": "1"}
    page = office.post(NEW, said)
    assert typed(page)[f"decide-{visit.code}"] == "cancel"
    assert "As decided now: 0 minutes. Without a time: 1." in words(page)


def test_the_office_gives_a_visit_a_time_of_its_own_choice_and_sees_what_it_costs(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    code = visit.code
    said = previewed(office) | {f"decide-{code}": "other", f"day-{code}": "2025-05-28", f"clock-{code}": "15:30"}
    page = office.post(NEW, said | {"preview": "1"})
    said = typed(page)
    assert said[f"decide-{code}"] == "move 2025-05-28T15:30+05:00"
    assert said[f"day-{code}"] == said[f"clock-{code}"] == ""
    assert "As decided now" in words(page)
    assert office.post(NEW, said | {"publish": "1"}).status_code == 303
    assert again(visit).period.lower == at(date(2025, 5, 28), "15:30")


def test_each_visit_has_one_row_that_says_what_becomes_of_it_and_unfolds_where_that_is_not_clear(
    office: Client, book: Book
) -> None:
    visit, other = book(NEAR, "11:00"), book(NEAR, "14:00")
    said = previewed(office) | {f"decide-{visit.code}": "cancel", f"decide-{other.code}": "other"}
    table = soup(office.post(NEW, said | {"publish": "1"})).select("table.hits [data-hit]")
    assert [row["data-hit"] for row in table] == [visit.code, other.code]
    summaries = [each for row in table for each in row.select("details > summary")]
    assert [len(row.select("details > fieldset input[type=radio]")) > 2 for row in table] == [True, True]
    assert summaries[0].get_text(" ", strip=True) == "Cancel it no time"
    assert [row["data-hit"] for row in table if row.select("details[open]")] == [other.code]


@pytest.mark.parametrize(
    ("chosen", "day", "hour"),
    [
        ("other", "", ""),
        ("other", "2025-05-28", ""),
        ("other", "soon", "15:30"),
        ("other", "2025-05-28", "15:32"),
        ("cancel", "2025-05-28", ""),
    ],
)
def test_a_time_half_typed_or_beside_another_choice_is_told_and_kept(
    office: Client, book: Book, chosen: str, day: str, hour: str
) -> None:
    visit, other = book(NEAR, "11:00"), book(NEAR, "14:00")
    code = visit.code
    said = previewed(office) | {f"decide-{code}": chosen, f"day-{code}": day, f"clock-{code}": hour}
    page = office.post(NEW, said | {f"decide-{other.code}": "cancel", "publish": "1"})
    assert page.status_code == 422
    assert f"It is not clear what becomes of: {code}." in words(page)
    assert (typed(page)[f"day-{code}"], typed(page)[f"clock-{code}"]) == (day, hour)
    assert typed(page)[f"decide-{other.code}"] == "cancel"
    assert not Closure.objects.exists()


def test_a_choice_that_cannot_be_read_is_named(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    page = office.post(NEW, previewed(office) | {f"decide-{visit.code}": "move soon", "publish": "1"})
    assert page.status_code == 422
    assert f"It is not clear what becomes of: {visit.code}." in words(page)
    assert soup(page).select_one("fieldset.errors") is not None


def test_a_draft_leaves_out_what_no_row_can_hold(office: Client) -> None:
    assert office.post(NEW, TYPED | {"notice_en": "Renova\0tion", "keep": "1"}).status_code == 303
    assert KeptDraft.objects.get().typed["notice_en"] == "Renovation"


def test_a_kept_draft_stands_in_the_list_with_its_day_and_the_readers_notice(office: Client) -> None:
    office.post(NEW, TYPED | {"keep": "1"})
    office.post(NEW, TYPED | {"first": "soon", "keep": "1"})
    listed = words(office.get("/office/closures/"))
    assert "20 May 2025" in listed
    assert "No day yet" in listed
    assert "Renovation" in listed
    assert "2025-05-20" not in listed
    assert "Жөндеу" not in listed
