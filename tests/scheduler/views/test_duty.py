"""One tour to lead, behind the link of its letter."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client

from notifications import links
from scheduler import telling
from scheduler.models import Contact, Party, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, browser, soup, words
from tours.models import Guide

pytestmark = pytest.mark.django_db


def address(party: Party, action: str = "") -> str:
    assert party.guide is not None
    return f"/duty/{links.token('duty', telling.duty_id(party), party.guide.link_version)}/{action}"


@pytest.fixture
def party(led_by_g03: Visit) -> Party:
    Visit.objects.update(leader_name="Болат", leader_phone="+77010000086", access_needs="Two wheelchairs")
    return led_by_g03.parties.select_related("guide").get()


def test_the_letters_link_shows_who_comes_when_and_where_without_signing_in(stranger: Client, party: Party) -> None:
    page = stranger.get(address(party))
    assert page.status_code == 200
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
    for said in ("Tuesday, 20 May 2025", "11:00–11:30", "A school", "10 people", "Two wheelchairs", "+7 701 000 0086"):
        assert said in words(page).replace("\u00a0", " "), said
    assert b'href="tel:+77010000086"' in page.content


def test_where_no_leader_is_named_the_contacts_number_stands(stranger: Client, party: Party) -> None:
    Visit.objects.update(leader_name="", leader_phone="")
    Contact.objects.update(name="Head teacher", phone="+77015556677")
    page = stranger.get(address(party))
    assert "Head teacher +7 701 555 6677" in words(page).replace("\u00a0", " ")
    assert b'href="tel:+77015556677"' in page.content


@pytest.mark.parametrize(
    ("answer", "focused", "is_open"), [("accept", 1, False), ("decline", 0, True), ("x", 0, False)]
)
def test_the_letters_buttons_prepare_an_answer_and_give_none(
    stranger: Client, party: Party, answer: str, focused: int, is_open: bool
) -> None:
    page = soup(stranger.get(f"{address(party)}?answer={answer}"))
    assert len(page.select("form[action$='/accept/'] button[autofocus]")) == focused
    assert bool(page.select("details[open] form[action$='/decline/']")) == is_open
    party.refresh_from_db()
    assert party.answer == Party.Answer.PENDING


def test_a_yes_is_noted(stranger: Client, party: Party) -> None:
    page = stranger.post(address(party, "accept/"), follow=True)
    party.refresh_from_db()
    assert party.answer == Party.Answer.ACCEPTED
    assert "You have said yes." in words(page)


def test_a_no_needs_a_reason_then_goes_to_somebody_else_and_closes_the_link(stranger: Client, party: Party) -> None:
    here = address(party)
    assert stranger.post(f"{here}decline/", {"reason": ""}).status_code == 422
    answer = stranger.post(f"{here}decline/", {"reason": "Ill"}, follow=True)
    assert "Thank you for saying so" in words(answer)
    party.refresh_from_db()
    assert party.guide is not None
    assert party.guide.code != "g03"
    assert stranger.get(here).status_code == 404
    assert stranger.post(f"{here}accept/").status_code == 404


def test_on_the_day_the_letters_link_also_notes_who_came(
    stranger: Client, party: Party, clock: time_machine.Coordinates
) -> None:
    assert "arrive/" not in stranger.get(address(party)).content.decode()
    assert stranger.post(address(party, "arrive/"), {"heads": "9"}).status_code == 409
    clock.move_to(at(NEAR, "10:50"))
    assert stranger.post(address(party, "arrive/"), {"heads": "many"}).status_code == 422
    page = stranger.post(address(party, "arrive/"), {"heads": "9"}, follow=True)
    assert "came: 9" in words(page)
    assert Visit.objects.get().arrived_heads == 9


def test_a_renewed_address_closes_the_links_of_older_letters(stranger: Client, party: Party) -> None:
    here = address(party)
    Guide.objects.filter(pk=party.guide_id).update(link_version=2)
    assert stranger.get(here).status_code == 404


def test_a_get_answers_nothing(stranger: Client, party: Party) -> None:
    for action in ("accept/", "decline/", "arrive/"):
        assert stranger.get(address(party, action)).status_code == 405
    party.refresh_from_db()
    assert party.answer == Party.Answer.PENDING


@pytest.mark.parametrize("said", ["", ".", "1-2", "1-2.x", "-.x", "x-y.z", "9" * 30 + "-1.x", "1.x", "²-1.x"])
def test_any_other_token_is_a_404(stranger: Client, party: Party, said: str) -> None:
    for action in ("", "accept/", "decline/", "arrive/"):
        method = stranger.post if action else stranger.get
        assert method(f"/duty/{said}/{action}").status_code == 404


def test_another_guides_duty_does_not_open_with_ones_own_proof(stranger: Client, party: Party, book: Book) -> None:
    proof = address(party).split(".", 1)[1]
    other = Guide.objects.exclude(pk=party.guide_id)[0]
    assert stranger.get(f"/duty/{party.pk}-{other.pk}.{proof}").status_code == 404


def test_what_is_not_promised_yet_has_no_page(stranger: Client, book: Book) -> None:
    party = book(FAR, "11:00").parties.select_related("guide").get()
    assert stranger.get(address(party)).status_code == 404


def test_a_discreet_visit_is_shown_in_full_to_its_guide(party: Party) -> None:
    Visit.objects.update(discreet=True)
    assert "A school" in words(browser().get(address(party)))
