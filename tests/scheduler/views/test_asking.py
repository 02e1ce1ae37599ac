"""Asking for a visit, without an account."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client

from notifications.models import OutboxMessage
from scheduler.core.packing import Floor
from scheduler.core.solving import Undecided
from scheduler.models import CeremonyPlan, Contact, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, WISH, Book, browser, link, soup, typed, words
from tours.models import Museum

pytestmark = pytest.mark.django_db


PERSON = {
    "name": "Айгерім Сейітқызы",
    "organisation": "№ 5 мектеп",
    "email": "aigerim@example.org",
    "phone": "8 701 000 00 86",
    "locale": "kk",
    "leader_name": "Болат",
    "leader_phone": "+49 30 901820",
    "access_needs": "Кресло-арба",
    "notes": "Кешігуіміз мүмкін\nжол ұзақ",
    "request_key": "nonce-1",
}


def form(day: date = NEAR, clock: str = "11:00", **changed: str) -> dict[str, str]:
    return WISH | PERSON | {"start": at(day, clock).isoformat(), "book": "1"} | changed


def test_asking_holds_the_time_and_leads_to_the_visit(stranger: Client) -> None:
    answer = stranger.post("/ask/", form())
    visit = Visit.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, link(visit))
    contact = visit.contacts.get()
    assert (contact.name, contact.email, contact.phone, contact.locale) == (
        "Айгерім Сейітқызы",
        "aigerim@example.org",
        "+77010000086",
        "kk",
    )
    assert (visit.heads, visit.adults, visit.leader_phone, visit.access_needs) == (20, 2, "+4930901820", "Кресло-арба")
    assert visit.notes == "Кешігуіміз мүмкін\nжол ұзақ"
    assert OutboxMessage.objects.get(to_email="aigerim@example.org").locale == "kk"
    assert stranger.get(answer["Location"]).status_code == 200


def test_whoever_has_no_email_asks_with_a_telephone(stranger: Client) -> None:
    assert stranger.post("/ask/", form(email="")).status_code == 303
    assert Contact.objects.get().phone == "+77010000086"


def test_a_ceremony_is_kept_only_for_a_tour_that_has_one(stranger: Client) -> None:
    stranger.post("/ask/", form() | {"ceremony": ["flowers", "silence"]})
    stranger.post("/ask/", form(FAR, tour="halls-flowers", request_key="2") | {"ceremony": ["flowers", "silence"]})
    assert [visit.ceremony for visit in Visit.objects.order_by("pk")] == [[], ["flowers", "silence"]]


def test_a_double_click_makes_one_visit(stranger: Client) -> None:
    answers = [stranger.post("/ask/", form()) for _click in range(2)]
    assert Visit.objects.count() == 1
    assert answers[0]["Location"] == answers[1]["Location"]


def test_the_same_form_with_something_changed_makes_a_second_visit_only_when_sent_again(stranger: Client) -> None:
    stranger.post("/ask/", form())
    again = stranger.post("/ask/", form(clock="14:00"))
    assert again.status_code == 422
    assert Visit.objects.count() == 1
    assert "second group" in words(again)
    stranger.post("/ask/", form(clock="14:00", request_key=typed(again)["request_key"]))
    assert Visit.objects.count() == 2


def test_a_time_that_could_not_be_checked_in_time_is_not_called_taken(
    stranger: Client, alzhir: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(self: Floor, news: object, budget: object) -> None:
        raise Undecided

    monkeypatch.setattr(Floor, "fewest", endless)
    page = stranger.post("/ask/", form(FAR, "11:00"))
    assert page.status_code == 503
    assert "could not be found out in time" in words(page)
    assert typed(page)["email"] == PERSON["email"]
    assert not Visit.objects.exists()


def test_a_time_that_was_taken_meanwhile_shows_others_and_loses_nothing(stranger: Client, book: Book) -> None:
    book(FAR, "11:00", tour="full", language="kk")
    page = stranger.post("/ask/", form(FAR, "11:00", tour="grounds-flowers"))
    assert page.status_code == 409
    assert "This time is not free any more." in words(page)
    offered = [field["value"] for field in soup(page).select("#looked fieldset:first-of-type input[name=start]")]
    assert offered
    kept = typed(page)
    assert {name: kept[name] for name in ("name", "email", "notes")} == {
        name: PERSON[name] for name in ("name", "email", "notes")
    }
    assert stranger.post("/ask/", form(FAR, tour="grounds-flowers", start=offered[0])).status_code == 303


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"email": "", "phone": ""}, "Please give an e-mail address or a telephone number."),
        ({"email": "nobody"}, "The @ is missing: an address looks like name@example.org."),
        ({"phone": "12"}, "This is no telephone number."),
        ({"start": ""}, "Please choose a day and a time."),
        ({"start": "2025-05-20T11:00"}, "Please choose a time."),
        ({"heads": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"heads": "5", "adults": "6"}, "There cannot be more accompanying adults than people."),
        ({"tour": "nowhere"}, "Please choose a tour."),
        ({"name": "A\x00B"}, "Null characters are not allowed."),
        ({"notes": "A\x1bB"}, "This text contains characters that cannot be shown."),
        ({"website": "https://spam.example"}, "This request could not be sent. Please call the museum."),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(stranger: Client, changed: dict[str, str], said: str) -> None:
    page = stranger.post("/ask/", form(**changed))
    assert page.status_code == 422
    assert said in words(page)
    assert typed(page)["organisation"] == PERSON["organisation"]
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"start": at(date(2025, 5, 12), "15:00").isoformat()}, "The first day that can be asked for"),
        ({"start": at(NEAR, "11:05").isoformat()}, "A visit cannot start at this minute."),
        ({"start": at(NEAR, "17:30").isoformat()}, "This time is not free any more."),
        ({"audience": "preschool"}, "This tour is not offered to this kind of group."),
    ],
)
def test_what_the_museum_refuses_is_said_with_its_reason(stranger: Client, changed: dict[str, str], said: str) -> None:
    page = stranger.post("/ask/", form(**changed))
    assert page.status_code in (409, 422)
    assert said in words(page)
    assert typed(page)["email"] == PERSON["email"]


def test_looking_again_without_script_keeps_everything_and_judges_nothing(stranger: Client) -> None:
    page = stranger.post("/ask/", WISH | PERSON | {"email": "half@", "day": "2025-05-20"})
    assert page.status_code == 200
    assert typed(page)["email"] == "half@"
    assert "Something is missing after the @" not in words(page)
    assert soup(page).select("input[name=start]")


def test_tours_not_offered_to_the_chosen_group_say_so_before_anything_is_filled_in(stranger: Client) -> None:
    def marked(page: HttpResponse) -> list[str]:
        return [str(each["id"]) for each in soup(page).select("span.errors") if each.text]

    page = stranger.get("/ask/", {"audience": "preschool"})
    assert "unoffered-full" in marked(page)
    assert "unoffered-children" not in marked(page)
    assert marked(stranger.get("/ask/", {"audience": "school"})) == []
    changed = stranger.get("/ask/starts/", {"audience": "preschool"})
    assert marked(changed) == marked(page)  # with a script, at once


def test_one_way_to_be_reached_is_enough_and_both_are_marked_so(stranger: Client) -> None:
    labels = {each["for"]: each.text for each in soup(stranger.get("/ask/", WISH)).select("label[for]")}
    assert "one of these two" in labels["id_email"]
    assert "one of these two" in labels["id_phone"]
    assert "optional" in labels["id_organisation"]


def test_the_language_is_switched_without_losing_what_was_typed(stranger: Client) -> None:
    first = stranger.get("/ask/", WISH)
    assert soup(first).select_one("header button[value=ru]")["form"] == soup(first).select_one("form.ask")["id"]
    half = form(locale="en", email="half@", start="2025-05-20T11:00+05:00") | {"to_language": "ru"}
    del half["book"]
    page = stranger.post("/ask/", half)
    assert soup(page).html["lang"] == "ru"
    kept = typed(page)
    for name in ("name", "email", "notes", "heads", "start", "request_key"):
        assert kept[name] == half[name]
    assert kept["locale"] == "ru"  # letters follow the page
    assert not soup(page).select(".errorlist")
    assert soup(stranger.get("/")).html["lang"] == "ru"  # and so do the next pages


def test_letters_keep_the_language_that_was_chosen_for_them(stranger: Client) -> None:
    page = stranger.post("/ask/", {"name": "Асан", "locale": "kk", "to_language": "ru"})
    assert (typed(page)["name"], typed(page)["locale"]) == ("Асан", "kk")
    assert not soup(page).select(".errorlist")


def test_whoever_asks_too_often_is_asked_to_wait_and_loses_nothing(stranger: Client, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"request_by_network": (1, 3600)}
    stranger.post("/ask/", form())
    page = stranger.post("/ask/", form(clock="14:00", request_key="2", email="other@example.org", phone=""))
    assert page.status_code == 429
    assert typed(page)["notes"] == PERSON["notes"]
    assert Visit.objects.count() == 1


def test_one_inbox_is_not_flooded_from_many_networks(alzhir: Museum, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"request_by_address": (1, 3600)}
    first = browser(REMOTE_ADDR="192.0.2.1").post("/ask/", form())
    second = browser(REMOTE_ADDR="198.51.100.7").post("/ask/", form(clock="14:00", request_key="2"))
    assert (first.status_code, second.status_code) == (303, 429)


HOSTILE = [
    "",
    "\x00",
    "9999-12-31",
    "0001-01-01",
    "-1",
    "9" * 400,
    "'; DROP TABLE",
    "<script>alert(1)</script>",
    "½",
    "２０",
]


@pytest.mark.parametrize(
    "name", ["tour", "audience", "language", "heads", "adults", "day", "month", "start", "chosen_day"]
)
def test_no_value_in_an_address_breaks_the_form(stranger: Client, name: str) -> None:
    for value in (*HOSTILE, "9999-12-31T23:59+05:00", "2025-05-20T11:00+05:00," * 50):
        for path in ("/ask/", "/ask/starts/"):
            page = stranger.get(path, WISH | {name: value})
            assert page.status_code == 200, value
            assert b"<script>alert" not in page.content


def test_the_part_for_scripts_names_an_address_with_the_wish_and_nothing_personal(stranger: Client) -> None:
    part = stranger.get("/ask/starts/", WISH | PERSON | {"chosen_day": "2025-05-20"})
    looked = soup(part).find(id="looked")
    assert looked is not None
    here = "/ask/?tour=halls&audience=school&language=kk&heads=20&adults=2&day=2025-05-20"
    assert looked["data-here"] == here
    assert soup(part).find("html") is None
    assert stranger.post("/ask/starts/", WISH).status_code == 405


def test_a_form_without_its_token_is_not_taken(alzhir: Museum) -> None:
    page = browser(enforce_csrf_checks=True).post("/ask/", form())
    assert page.status_code == 403
    assert "Please send it once more" in words(page)
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("2025-05-20T11:00+05:00", False),
        ("2025-05-20T03:00+05:00", True),
        ("2025-05-21T03:00+05:00", False),
        ("", False),
    ],
)
def test_a_chosen_time_that_is_not_free_any_more_is_not_passed_over_in_silence(
    stranger: Client, start: str, says: bool
) -> None:
    page = words(stranger.get("/ask/", WISH | {"day": "2025-05-20", "start": start}))
    assert ("The time that you chose is not free" in page) is says


@pytest.mark.parametrize("path", ["/", "/ask/", "/lost-link/", "/nothing-here/", "/accounts/login/"])
def test_pages_hold_no_script_or_style_of_their_own(stranger: Client, path: str) -> None:
    page = stranger.get(path)
    assert "script-src 'self'" in page["Content-Security-Policy"]
    found = soup(page)
    assert [script for script in found.find_all("script") if not script.get("src")] == []
    assert found.find_all("style") == []
    assert found.find_all(style=True) == []
    assert [tag for tag in found.find_all(True) if any(name.startswith("on") for name in tag.attrs)] == []


def test_the_language_switch_keeps_the_place(stranger: Client) -> None:
    here = f"/ask/?tour=halls&day={quote('2025-05-20')}"
    field = soup(stranger.get(here)).find(id="here")
    answer = stranger.post("/i18n/setlang/", {"language": "kk", "next": str(field["value"])})
    assert answer["Location"] == here
    assert soup(stranger.get(answer["Location"])).html["lang"] == "kk"


CEREMONY = {
    "led_by": "The ambassador",
    "press": "Two of the DPA",
    "interpreter": "Ours, German",
    "embassy": "+49 30 901820",
    "vehicles": "Coach 123 ABC 01",
}


def test_a_ceremonys_plan_is_asked_for_only_where_there_is_one(stranger: Client) -> None:
    assert soup(stranger.get("/ask/", WISH)).select("#ceremony input") == []
    asked = soup(stranger.get("/ask/", WISH | {"tour": "halls-flowers"})).select("#ceremony input[type=text]")
    assert [field["name"] for field in asked] == list(CEREMONY)


def test_a_ceremonys_plan_is_kept_apart_from_the_visit(stranger: Client) -> None:
    stranger.post("/ask/", form(FAR, tour="halls-flowers") | CEREMONY)
    stranger.post("/ask/", form(request_key="2") | CEREMONY)  # no ceremony on this tour
    plan = CeremonyPlan.objects.get()
    assert {name: getattr(plan, name) for name in CEREMONY} == CEREMONY
    assert plan.visit.tour.code == "halls-flowers"


def test_what_was_typed_of_a_ceremony_comes_back_with_an_error(stranger: Client) -> None:
    page = stranger.post("/ask/", form(FAR, tour="halls-flowers", name="") | CEREMONY)
    assert page.status_code == 422
    assert typed(page)["vehicles"] == CEREMONY["vehicles"]


def test_only_a_form_that_nobody_has_posted_takes_a_draft_back(stranger: Client, office: Client) -> None:
    def marks(page: HttpResponse) -> tuple[bool, bool]:
        found = soup(page).select_one("form#ask")
        assert found is not None
        return found.has_attr("data-draft"), found.has_attr("data-fresh")

    assert marks(stranger.get("/ask/")) == (True, True)
    assert marks(stranger.post("/ask/", form(name="") | {"csrfmiddlewaretoken": "x"})) == (True, False)
    assert marks(office.get("/office/visits/new/")) == (False, False)  # the next caller is somebody else
