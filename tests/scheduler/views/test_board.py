"""The office's board: what it shows, what it lets a hand do, and what it refuses."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from scheduler import closures, roster
from scheduler.closures import ClosureDraft
from scheduler.models import Party, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, Close, soup, words
from tours.models import Guide, Museum, Space, User

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}
SCRIPT = {"hx-request": "true"}


def board(client: Client, **asked: str) -> HttpResponse:
    return client.get(reverse("office_board"), {"day": NEAR.isoformat(), **asked})


def drawn(client: Client, **asked: str) -> dict[str, Any]:
    said: dict[str, Any] = client.get(reverse("office_board_events"), {"day": NEAR.isoformat(), **asked}).json()
    return said


def item(found: dict[str, Any], visit: Visit) -> dict[str, Any]:
    (one,) = [each for each in found["items"] if each["extendedProps"].get("visit") == visit.code]
    return one


def give(client: Client, party: Party, guide: str, seen: str, **headers: str) -> HttpResponse:
    fields = {"guide": guide, "seen": seen, "day": NEAR.isoformat()}
    return client.post(reverse("office_board_give", kwargs={"pk": party.pk}), fields, headers=headers or JSON)


def move(client: Client, visit: Visit, start: datetime, seen: str, **headers: str) -> HttpResponse:
    fields = {"start": start.isoformat(), "seen": seen, "day": NEAR.isoformat(), "by": "spaces"}
    return client.post(reverse("office_board_move", kwargs={"code": visit.code}), fields, headers=headers or JSON)


def undo(client: Client, step: str) -> HttpResponse:
    return client.post(reverse("office_board_undo"), {"step": step, "day": NEAR.isoformat()}, headers=JSON)


@pytest.mark.parametrize("named", ["a\x00b", "' OR 1=1 --", "😀"])
def test_no_visit_in_the_address_breaks_the_board(office: Client, named: str) -> None:
    assert board(office, visit=named).status_code in (200, 404)


def test_a_closed_day_is_said_in_words_not_from_midnight_to_midnight(office: Client, close: Close) -> None:
    close(NEAR, FAR)
    page = words(board(office))
    assert "all day: closed" in page
    assert "00:00" not in page


def test_guides_are_rows_with_their_hours_absences_and_groups(
    office: Client, led_by_g03: Visit, season_now: datetime
) -> None:
    guide = Guide.objects.get(code="g06")
    roster.add_absence(guide.pk, at(NEAR, "12:00"), at(NEAR, "15:00"), now=season_now)
    found = drawn(office)
    assert found["rows"][0]["id"] == "nobody"
    there = item(found, led_by_g03)
    assert (there["resourceId"], there["start"]) == ("g03", f"{NEAR}T11:00:00")
    assert "promised" in there["classNames"]
    away = [each for each in found["items"] if each["resourceId"] == "g06" and each["classNames"] == ["absent"]]
    assert [(each["start"], each["end"]) for each in away] == [(f"{NEAR}T12:00:00", f"{NEAR}T15:00:00")]


def test_what_is_not_promised_looks_and_reads_otherwise(office: Client, book: Book) -> None:
    visit = book(FAR, "11:00")
    found = drawn(office, day=FAR.isoformat())
    assert "planned" in item(found, visit)["classNames"]
    assert "may still change" in words(board(office, day=FAR.isoformat()))


def test_places_are_rows_with_their_closures(office: Client, book: Book, close: Close) -> None:
    visit = book(NEAR, "11:00")
    wall = Space.objects.get(code="wall")
    close(NEAR, NEAR.replace(day=NEAR.day + 1), places=(wall,), en="Scaffolding")
    found = drawn(office, by="spaces")
    stays = [each for each in found["items"] if each["extendedProps"].get("visit") == visit.code]
    assert len({each["resourceId"] for each in stays}) > 1
    (shut,) = [each for each in found["items"] if each["classNames"] == ["closed"]]
    assert (shut["resourceId"], shut["extendedProps"]["text"]) == ("wall", "Scaffolding")


def test_what_nobody_leads_stands_in_a_row_of_its_own_and_is_counted(office: Client, led_by_g03: Visit) -> None:
    Party.objects.update(guide=None)
    assert item(drawn(office), led_by_g03)["resourceId"] == "nobody"
    assert "1 group has no guide." in words(board(office))


def test_a_week_has_seven_days_of_guides(office: Client, led_by_g03: Visit) -> None:
    found = drawn(office, span="week", day="2025-05-23")
    assert min(found["labels"]) == "2025-05-19"
    assert len(found["labels"]) == 7
    assert item(found, led_by_g03)["resourceId"] == "g03"


def test_without_a_script_another_guide_is_two_clicks_away(office: Client, led_by_g03: Visit) -> None:
    party = led_by_g03.parties.get()
    page = board(office, visit=led_by_g03.code, party=str(party.pk))
    offered = [str(button["value"]) for button in soup(page).select("#panel button[name=guide]")]
    assert offered
    assert "g03" not in offered
    seen = str(soup(page).select_one("#panel input[name=seen]")["value"])  # type: ignore[index]
    done = office.post(
        reverse("office_board_give", kwargs={"pk": party.pk}),
        {"guide": offered[0], "seen": seen, "day": NEAR.isoformat(), "by": "guides", "span": "day"},
        follow=True,
    )
    party.refresh_from_db()
    assert party.guide is not None
    assert party.guide.code == offered[0]
    assert f"{party.guide.name} leads the group now." in words(done)
    step = str(soup(done).select_one("#said input[name=step]")["value"])  # type: ignore[index]
    back = office.post(reverse("office_board_undo"), {"step": step, "day": NEAR.isoformat()}, follow=True)
    assert "Undone." in words(back)
    party.refresh_from_db()
    assert party.guide.code == "g03"


def test_who_cannot_lead_is_named_with_the_reasons_and_refused(office: Client, led_by_g03: Visit) -> None:
    party = led_by_g03.parties.get()
    found = office.get(reverse("office_board_guides", kwargs={"pk": party.pk})).json()["guides"]
    (cannot, *_more) = [code for code, each in found.items() if not each["may"]]
    assert found[cannot]["why"]
    answer = give(office, party, cannot, drawn(office)["seen"])
    assert answer.status_code == 409
    assert answer.json()["refused"] == found[cannot]["why"]
    party.refresh_from_db()
    assert party.guide is not None
    assert party.guide.code == "g03"


def test_where_nobody_is_free_the_change_that_frees_somebody_is_shown_and_done(office: Client, book: Book) -> None:
    """Of two guides one leads English, both Russian; the Russian group, of which nobody has been told, has the one who leads both."""
    Guide.objects.exclude(code__in=["g03", "g04"]).update(active=False)
    both, russian = Guide.objects.get(code="g03"), Guide.objects.get(code="g04")
    visits = [book(FAR, "11:00", language="ru", email="a@example.org"), book(FAR, "11:00", language="en")]
    Party.objects.filter(visit=visits[1]).update(guide=None)
    Party.objects.filter(visit=visits[0]).update(guide=both)
    party = visits[1].parties.get()
    panel = board(office, day=FAR.isoformat(), visit=visits[1].code)
    assert f"{visits[0].code}: {both.name} → {russian.name}" in words(panel)
    form = soup(panel).select_one(f"form[action='{reverse('office_board_give', kwargs={'pk': party.pk})}']")
    assert form.select_one("button[name=guide]")["value"] == "g03"
    sent = {str(field["name"]): str(field["value"]) for field in form.select("input[name]")}
    assert office.post(form["action"], {**sent, "guide": "g03"}).status_code == 303
    assert [visit.parties.get().guide for visit in visits] == [russian, both]


def test_where_no_change_would_do_none_is_offered(office: Client, led_by_g03: Visit) -> None:
    Guide.objects.exclude(code="g03").update(active=False)
    assert "Nobody else can lead then." in words(board(office, visit=led_by_g03.code))


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(
    office: Client, led_by_g03: Visit, office_user: User, season_now: datetime
) -> None:
    party = led_by_g03.parties.get()
    seen = drawn(office)["seen"]
    first, second = [each.guide.code for each in roster.candidates(party.pk) if not each.reasons][:3][-2:]
    roster.assign(party.pk, first, by=office_user, now=season_now)
    for answer in (give(office, party, second, seen), move(office, led_by_g03, at(NEAR, "14:00"), seen)):
        assert answer.status_code == 409
        assert answer.json()["refused"].startswith("Somebody has changed this day in the meantime.")
    party.refresh_from_db()
    assert party.guide is not None
    assert party.guide.code == first
    assert party.period.lower == at(NEAR, "11:00")


def test_a_closure_published_meanwhile_counts_as_a_change(
    office: Client, led_by_g03: Visit, alzhir: Museum, season_now: datetime
) -> None:
    seen = drawn(office)["seen"]
    draft = ClosureDraft((), at(FAR, "00:00"), at(FAR, "12:00"), "renovation", {"en": "Closed"})
    closures.close(draft, seal=closures.preview(draft, now=season_now).seal, decisions={}, by=None, now=season_now)
    assert move(office, led_by_g03, at(NEAR, "14:00"), seen).status_code == 409


def test_a_visit_moves_to_exactly_the_starts_that_are_shown(office: Client, led_by_g03: Visit, book: Book) -> None:
    shown = office.get(reverse("office_board_starts", kwargs={"code": led_by_g03.code})).json()["starts"]
    assert f"{NEAR}T11:00:00" not in shown
    assert f"{NEAR}T14:00:00" in shown
    free = datetime.fromisoformat(shown[f"{NEAR}T14:00:00"])
    done = move(office, led_by_g03, free, drawn(office)["seen"]).json()
    led_by_g03.refresh_from_db()
    assert led_by_g03.period.lower == at(NEAR, "14:00")
    assert "Moved." in done["said"]
    assert undo(office, done["undo"]).json()["said"] == "Undone."
    led_by_g03.refresh_from_db()
    assert led_by_g03.period.lower == at(NEAR, "11:00")


def test_a_start_that_is_not_shown_is_refused(office: Client, led_by_g03: Visit) -> None:
    answer = move(office, led_by_g03, at(NEAR, "04:00"), drawn(office)["seen"])
    assert answer.status_code == 409
    assert answer.json()["refused"]


def test_before_a_visit_moves_one_reads_who_will_be_told(office: Client, led_by_g03: Visit) -> None:
    start = at(NEAR, "14:00").isoformat()
    page = office.get(reverse("office_board_move", kwargs={"code": led_by_g03.code}), {"start": start})
    assert "asker@example.org" in words(page)
    assert "Елена М." in words(page)


def test_what_has_been_changed_again_cannot_be_undone(office: Client, led_by_g03: Visit) -> None:
    party = led_by_g03.parties.get()
    able = [each.guide.code for each in roster.candidates(party.pk) if not each.reasons and each.guide.code != "g03"]
    step = give(office, party, able[0], drawn(office)["seen"]).json()["undo"]
    give(office, party, able[1], drawn(office)["seen"])
    answer = undo(office, step)
    assert answer.status_code == 409
    assert answer.json()["refused"].startswith("This cannot be undone any more")


def test_what_nobody_led_is_led_by_nobody_after_undoing(office: Client, led_by_g03: Visit) -> None:
    party = led_by_g03.parties.get()
    Party.objects.update(guide=None)
    step = give(office, party, "g03", drawn(office)["seen"]).json()["undo"]
    assert undo(office, step).status_code == 200
    party.refresh_from_db()
    assert party.guide is None


@pytest.mark.parametrize("step", ["", "given", "WyJnaXZlbiIsMSwiIiwiIl0:made-up"])
def test_a_step_that_we_did_not_sign_is_refused(office: Client, alzhir: Museum, step: str) -> None:
    assert undo(office, step).status_code == 422


def test_versions_that_are_no_versions_are_refused(office: Client, led_by_g03: Visit) -> None:
    party = led_by_g03.parties.get()
    for seen in ("[]", "{", json.dumps({"yesterday": "1"})):
        assert give(office, party, "g06", seen).status_code == 422


def test_what_has_not_changed_is_not_sent_again(
    office: Client, book: Book, django_assert_num_queries: Any, office_user: User
) -> None:
    book(NEAR, "11:00")
    address = f"{reverse('office_board_events')}?day={NEAR}"
    tag = office.get(address)["ETag"]
    office.get(address)
    with django_assert_num_queries(UNCHANGED):
        assert office.get(address, headers={"if-none-match": tag}).status_code == 304
    book(NEAR, "14:00", email="other@example.org")
    changed = office.get(address, headers={"if-none-match": tag})
    assert (changed.status_code, changed["ETag"] != tag) == (200, True)
    assert office.get(address, headers={"if-none-match": changed["ETag"], "accept-language": "kk"}).status_code == 200


UNCHANGED = 5


@pytest.mark.parametrize(("asked", "queries"), [({}, 17), ({"span": "week"}, 17), ({"by": "spaces"}, 12)])
def test_a_board_takes_as_many_queries_with_one_visit_as_with_many(
    office: Client, book: Book, django_assert_num_queries: Any, asked: dict[str, str], queries: int
) -> None:
    book(NEAR, "10:00")
    board(office)
    with django_assert_num_queries(queries):
        board(office, **asked)
    for number, clock in enumerate(("11:00", "12:00", "13:00", "14:00", "15:00")):
        book(NEAR, clock, email=f"{number}@example.org")
    with django_assert_num_queries(queries):
        board(office, **asked)


def test_a_panel_takes_as_many_queries_with_one_group_as_with_many(
    office: Client, book: Book, django_assert_num_queries: Any
) -> None:
    small, large = book(NEAR, "10:00"), book(NEAR, "12:00", heads=45, email="other@example.org")
    assert large.parties.count() > 1
    board(office)
    for visit in (small, large):
        with django_assert_num_queries(PANEL):
            office.get(reverse("office_board"), {"day": NEAR.isoformat(), "visit": visit.code}, headers=SCRIPT)


PANEL = 25


def test_to_its_own_script_the_board_gives_its_parts_alone(office: Client, led_by_g03: Visit) -> None:
    address = reverse("office_board")
    rows = office.get(address, {"day": NEAR.isoformat()}, headers=SCRIPT).content.decode()
    panel = office.get(address, {"day": NEAR.isoformat(), "visit": led_by_g03.code}, headers=SCRIPT).content.decode()
    assert rows.startswith('<div id="rows">')
    assert panel.startswith('<section class="sheet" id="panel"')


@pytest.mark.parametrize("day", ["", "yesterday", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_shows_today(office: Client, alzhir: Museum, day: str) -> None:
    page = board(office, day=day)
    assert page.status_code == 200
    assert "today" in words(page)


def test_to_others_there_is_no_board(stranger: Client, guide: Client, led_by_g03: Visit) -> None:
    party = led_by_g03.parties.get()
    reads = [
        reverse("office_board"),
        reverse("office_board_events"),
        reverse("office_board_guides", kwargs={"pk": party.pk}),
        reverse("office_board_starts", kwargs={"code": led_by_g03.code}),
    ]
    for address in reads:
        assert guide.get(address).status_code == 404
        assert stranger.get(address).status_code == 302
    assert give(guide, party, "g03", "{}").status_code == 404
    assert move(guide, led_by_g03, at(NEAR, "14:00"), "{}").status_code == 404
    assert undo(guide, "x").status_code == 404


def test_what_the_board_draws_goes_compressed_with_its_etag_as_it_is(office: Client, book: Book) -> None:
    book(NEAR, "11:00")
    address = f"{reverse('office_board_events')}?day={NEAR}&span=week"
    plain, packed = office.get(address), office.get(address, headers={"accept-encoding": "gzip"})
    assert (packed["Content-Encoding"], packed["ETag"]) == ("gzip", plain["ETag"])
    assert json.loads(gzip.decompress(packed.content)) == plain.json()
    assert len(packed.content) < len(plain.content)
