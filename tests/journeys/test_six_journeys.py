"""Six journeys of real life, each in every language, with a mouse, with the keyboard alone, and without scripts.

They find everything by what it is called in the reader's language. What each takes is counted, kept below what `MOST` says, and
written to `docs/journeys.json` by `make journeys-table`. The site's clock is moved where a journey lasts for weeks.
"""

from __future__ import annotations

import json
import os
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from playwright.sync_api import Locator, Page, expect

from notifications.models import Call
from scheduler import bookings, reminders
from scheduler.bookings import Person, Request
from scheduler.models import CeremonyPlan, Party, Visit
from scheduler.starts import Group
from tests.browser import coming, overflows
from tests.journeys.clock import Clock
from tests.journeys.conftest import Post
from tests.journeys.hand import Count, Hand
from tests.journeys.moved import Someone, clock, page, post, sent, site, someone
from tests.scheduler.conftest import at
from tours.models import Audience, Tour, User

TUESDAY = 1
WAYS = [("kk", "mouse"), ("ru", "keyboard"), ("en", "no script")]
TABLE = Path(__file__).parents[2] / "docs" / "journeys.json"
MOST = {
    "eighty soldiers": (12, 75),
    "a teacher without e-mail: she asks": (10, 30),
    "a teacher without e-mail: the office": (9, 0),
    "a lost link": (7, 35),
    "a foreign protocol officer: asks": (19, 160),
    "a foreign protocol officer: the office": (1, 0),
    "a visit by telephone": (10, 20),
    "a guide falls ill in the morning": (3, 30),
}
"""The most clicks, and keys typed, that each may take with a mouse."""

__all__ = ["clock", "page", "post", "site", "someone"]  # the fixtures

pytestmark = pytest.mark.usefixtures("open_museum")


# --- What they have in common ------------------------------------------------------------------------------------------


def counted(journey: str, way: str, *counts: Count) -> None:
    """Keep what a journey took below what it may take; written down where that is asked for."""
    clicks, keys = sum(one.clicks for one in counts), sum(one.keys for one in counts)
    if way != "keyboard":
        assert clicks <= MOST[journey][0] + (way == "no script"), (journey, clicks)  # “Show the free days” is a click
        assert keys <= MOST[journey][1], (journey, keys)
    if os.environ.get("JOURNEYS_TABLE"):
        known = json.loads(TABLE.read_text()) if TABLE.exists() else {}
        row = {"keys": keys} if way == "keyboard" else {"clicks": clicks, "keys": keys}
        row["seconds of hands"] = Count(clicks, keys).seconds
        known.setdefault(journey, {})[way] = row
        TABLE.write_text(json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def wishes(hand: Hand, *, tour: str, audience: str, language: str, heads: int) -> None:
    """Which tour, who comes, in which language, how many: then the free days stand there."""
    screen = hand.screen
    for name, value in (("tour", tour), ("audience", audience), ("language", language)):
        hand.choose(screen.locator(f"input[name={name}][value={value}]"))
    hand.write(hand.labelled("How many people"), str(heads))
    look = hand.button("Show the free days")
    if look.count() and look.is_visible():
        hand.press(look)
    expect(screen.locator("table.month")).to_be_visible()


def takes_a_day(hand: Hand, day: date) -> Locator:
    """The times of a day, one of which is to be chosen; the month is turned until it is there."""
    screen = hand.screen
    button = screen.locator(f"button[name=day][value='{day.isoformat()}']")
    expect(screen.locator("table.month")).to_be_visible()
    while not button.count():
        hand.press(screen.locator(".monthbar button[name=month]").last)
        expect(screen.locator(f"#month:not(:empty), button[name=day][value='{day.isoformat()}']").first).to_be_visible()
        expect(screen.locator("form[aria-busy]")).to_have_count(0)
    hand.press(button)
    expect(screen.locator(f"#day input[name=chosen_day][value='{day.isoformat()}']")).to_be_attached()
    return screen.locator("#day input[name=start]")


def letters_link(text: str, kind: str = "visit") -> str:
    """The address of a link in a letter."""
    found = re.search(rf"https?://\S+/{kind}/[^\s/]+/", text)
    assert found, text
    return found.group(0)


def no_sideways(*screens: Page) -> None:
    for screen in screens:
        assert not overflows(screen), screen.url


# --- The journeys ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("language", "way"), WAYS)
def test_eighty_soldiers_come_in_four_groups(
    someone: Someone, post: Post, clock: Clock, language: str, way: str
) -> None:
    """Free of charge, and their film: their officer sees at once how it can be done, and has a firm time."""
    officer = someone(language, way)
    screen = officer.screen
    screen.goto("/")
    officer.press(officer.link("Ask for a visit").first)
    wishes(officer, tour="halls-film", audience="soldiers", language="ru", heads=80)
    expect(screen.locator("#looked .price")).to_have_text(officer.says("Free of charge"))
    assert officer.counts("%(n)s guide", "%(n)s guides", 4) in screen.locator("#looked").inner_text()
    with translation.override(language):
        with_proof = str(Audience.objects.get(code="soldiers").proof)
    assert with_proof in screen.locator("#looked").inner_text()
    officer.choose(takes_a_day(officer, coming(TUESDAY, weeks=3)).first)
    officer.write(officer.labelled("Your name"), "Ербол Қасымов")
    officer.write(officer.labelled("Organisation"), "0112-бөлім")
    officer.write(screen.locator("#id_email"), "unit0112@example.org")
    no_sideways(screen)
    officer.press(officer.button("Ask for this time"))
    screen.wait_for_url("**/visit/**")
    expect(screen.get_by_text(officer.says("Your visit is confirmed."))).to_be_visible()

    visit = Visit.objects.get()
    assert (visit.heads, visit.free, visit.status) == (80, True, "confirmed")
    parties = list(visit.parties.order_by("number"))
    assert [party.heads for party in parties] == [20] * 4
    films = {leg.period for leg in visit.legs.filter(lane__space__code="cinema")}
    assert len(films) >= 2  # fifty at once: in more than one showing
    sent(post, clock)
    letter = post.only("unit0112@example.org")
    assert letter.method == "REQUEST"
    assert with_proof in letter.text
    assert letters_link(letter.text) in screen.url + "/"
    counted("eighty soldiers", way, officer.count)


@pytest.mark.parametrize(("language", "way"), WAYS)
def test_a_teacher_without_email_is_rung_and_says_that_they_come(
    someone: Someone, post: Post, clock: Clock, office_worker: User, language: str, way: str
) -> None:
    """She gives a telephone only; the office rings, a week before rings again, and notes that they come."""
    teacher = someone(language, way)
    screen = teacher.screen
    screen.goto("/ask/")
    wishes(teacher, tour="halls", audience="school", language="kk", heads=24)
    day = coming(TUESDAY, weeks=3)
    teacher.choose(takes_a_day(teacher, day).nth(2))
    teacher.write(teacher.labelled("Your name"), "Гүлнар апай")
    teacher.write(screen.locator("#id_phone"), "87010000055")
    teacher.press(teacher.button("Ask for this time"))
    screen.wait_for_url("**/visit/**")
    expect(screen.get_by_text(teacher.says("Your visit is confirmed."))).to_be_visible()
    no_sideways(screen)
    counted("a teacher without e-mail: she asks", way, teacher.count)

    visit = Visit.objects.get()
    sent(post, clock)
    assert [call.phone for call in post.calls()] == ["+77010000055"]
    assert post.sink.to("teacher") == []
    office = someone(language, way, user=office_worker, width=1280)
    office.screen.goto("/office/")
    rings(office, visit)
    assert Call.objects.get().status == Call.Status.RUNG

    clock.move_to(visit.period.lower - timedelta(days=4, hours=22))
    with clock.there() as now:
        reminders.due(now=now)
    later = someone(language, way, user=office_worker, width=1280)
    later.screen.goto("/office/")
    rings(later, visit)
    later.press(later.link("To mend"))
    card = later.screen.locator(f"#heads_unconfirmed-{visit.code}")
    expect(card.get_by_text(later.says("The group has not said that it still comes."))).to_be_visible()
    later.press(later.button("They come", card))
    expect(later.screen.get_by_text(later.says("Noted: they come."))).to_be_visible()
    visit.refresh_from_db()
    assert visit.reconfirmed_at is not None
    assert (visit.heads, visit.status) == (24, "confirmed")
    counted("a teacher without e-mail: the office", way, office.count, later.count)


def rings(office: Hand, visit: Visit) -> None:
    """From the day's page to the call list: what is to be said, in her language, and that it was said."""
    office.press(office.link("Call list"))
    card = office.screen.locator("li.sheet", has=office.screen.get_by_role("link", name=visit.code))
    expect(card.get_by_role("heading", name="Гүлнар апай")).to_be_visible()
    expect(card.locator(f"[lang={visit.contacts.get().locale}]")).to_contain_text("Гүлнар апай")
    office.press(office.button("I rang and said it", card))
    expect(office.screen.get_by_text(office.says("Noted: told by telephone."))).to_be_visible()


@pytest.mark.parametrize(("language", "way"), WAYS)
def test_a_lost_link_is_sent_again_and_opens_the_visit(
    someone: Someone, post: Post, clock: Clock, language: str, way: str
) -> None:
    """Only to the address that had it; by it the number of people is changed, which was what it was needed for."""
    group = Group(Tour.objects.get(code="halls"), "ru", Audience.objects.get(code="general"), 20)
    person = Person("Светлана", email="svetlana@example.org", organisation="Клуб", locale=language)
    start = at(coming(TUESDAY, weeks=3), "12:00")
    visit = bookings.request_visit(Request(group, (start,), (person,)), now=timezone.now())
    sent(post, clock)
    post.sink.empty()

    organiser = someone(language, way)
    screen = organiser.screen
    screen.goto("/")
    organiser.press(organiser.link("I lost my link").first)
    organiser.write(organiser.labelled("The e-mail address that you gave us"), "svetlana@example.org")
    organiser.press(organiser.button("Send the link again"))
    screen.wait_for_url("**/lost-link/?sent=1")
    expect(screen.get_by_role("status")).to_be_visible()
    sent(post, clock)
    screen.goto(letters_link(post.only("svetlana@example.org").text))
    expect(screen.locator("p.large")).to_have_text(visit.code)
    organiser.press(organiser.summary("People, leader, notes"))
    heads = screen.locator("details[open]").get_by_label(organiser.says("How many people"))
    organiser.write(heads, "23")
    organiser.press(organiser.button("Save"))
    expect(screen.get_by_text(organiser.counts("%(n)s person", "%(n)s people", 23)).first).to_be_visible()
    no_sideways(screen)
    visit.refresh_from_db()
    assert visit.heads == 23
    counted("a lost link", way, organiser.count)


@pytest.mark.parametrize(("language", "way"), WAYS)
def test_a_protocol_officer_abroad_asks_for_a_ceremony(
    someone: Someone, post: Post, clock: Clock, office_worker: User, language: str, way: str
) -> None:
    """His own clock beneath the museum's; what a ceremony needs is asked; the office accepts, and his calendar has it."""
    officer = someone(language, way, timezone_id="Europe/Berlin")
    screen = officer.screen
    screen.goto("/ask/")
    wishes(officer, tour="grounds-flowers", audience="delegation", language="en", heads=12)
    expect(
        screen.get_by_text(officer.says("The museum decides about such visits. Your time is held until then."))
    ).to_be_visible()
    times = takes_a_day(officer, coming(TUESDAY, weeks=4))
    if way != "no script":
        value = times.first.get_attribute("value")
        assert value is not None
        own = datetime.fromisoformat(value).astimezone(ZoneInfo("Europe/Berlin"))
        expect(screen.locator("#day .own").first).to_have_text(f"{own:%H:%M}")
    officer.choose(times.first)
    officer.write(officer.labelled("Your name"), "Anna Schmidt")
    officer.write(officer.labelled("Organisation"), "Bundesrat")
    officer.write(screen.locator("#id_email"), "protokoll@example.org")
    officer.write(screen.locator("#id_phone"), "+4930000000")
    officer.choose(screen.locator("input[name=ceremony][value=flowers]"))
    officer.choose(screen.locator("input[name=ceremony][value=silence]"))
    officer.write(officer.labelled("Who leads the ceremony"), "The President of the Bundesrat")
    officer.write(officer.labelled("Press that comes along"), "2, dpa")
    officer.write(officer.labelled("Interpreter"), "de-ru")
    officer.write(officer.labelled("Contact at the embassy"), "Frau Weber, +77010000077")
    officer.write(officer.labelled("Vehicles"), "2 cars, 1 coach")
    no_sideways(screen)
    officer.press(officer.button("Ask for this time"))
    screen.wait_for_url("**/visit/**")
    expect(screen.get_by_text(officer.says("This time is held for you."))).to_be_visible()
    counted("a foreign protocol officer: asks", way, officer.count)

    visit, plan = Visit.objects.get(), CeremonyPlan.objects.get()
    assert (visit.status, visit.ceremony) == ("requested", ["flowers", "silence"])
    assert (plan.led_by, plan.interpreter) == ("The President of the Bundesrat", "de-ru")
    assert visit.contacts.get().phone == "+4930000000"
    office = someone(language, way, user=office_worker, width=1280)
    office.screen.goto(f"/office/?day={visit.day}")
    asked = office.screen.locator(f"#request-{visit.code}")
    expect(asked).to_contain_text("Bundesrat")
    office.press(office.button("Accept", asked))
    expect(asked).to_have_count(0)
    visit.refresh_from_db()
    assert visit.status == "confirmed"
    sent(post, clock)
    letter = post.to("protokoll@example.org")[-1]
    assert (letter.method, letter.entry["STATUS"]) == ("REQUEST", "CONFIRMED")
    assert "Frau Weber" not in letter.text  # what few may read stands in no letter
    screen.goto(letters_link(letter.text))
    expect(screen.get_by_text(officer.says("Your visit is confirmed."))).to_be_visible()
    if way != "no script":
        own = visit.period.lower.astimezone(ZoneInfo("Europe/Berlin"))
        expect(screen.locator(".when .own")).to_have_text(f"{own:%H:%M}")
    counted("a foreign protocol officer: the office", way, office.count)


@pytest.mark.parametrize(("language", "way"), WAYS)
def test_a_visit_is_booked_with_the_receiver_in_hand(
    someone: Someone, post: Post, clock: Clock, office_worker: User, language: str, way: str
) -> None:
    """From any page of the office; what hands need for it is less than half a minute."""
    clock.move_to(at(coming(TUESDAY), "09:00"))  # before the day's times, so that there are three at least
    office = someone(language, way, user=office_worker, width=1280)
    screen = office.screen
    screen.goto("/office/")
    office.press(office.link("New visit").first)
    for name, value in (("tour", "halls"), ("audience", "general"), ("language", "ru")):
        office.pick(screen.locator(f"select[name={name}]"), value)
    office.write(screen.locator("#id_heads"), "18")
    times = screen.locator("#day input[name=start]")  # of the first free day
    expect(times.first).to_be_attached()
    expect(screen.locator("form[aria-busy]")).to_have_count(0)
    office.choose(times.nth(2))
    office.write(screen.locator("#id_phone"), "87012223344")
    office.write(screen.locator("#id_name"), "Олег")
    office.press(office.button("Book it"))
    screen.wait_for_url(re.compile(r"/office/visits/(?!new)\w+/$"))
    visit = Visit.objects.get()
    expect(screen.get_by_text(office.says("Booked: %(code)s", code=visit.code))).to_be_visible()
    assert (visit.status, visit.heads) == ("confirmed", 18)
    assert [call.phone for call in post.calls()] == ["+77012223344"]
    if way != "keyboard":
        assert office.count.seconds < 30
    counted("a visit by telephone", way, office.count)


@pytest.mark.parametrize(("language", "way"), WAYS)
def test_a_guide_falls_ill_in_the_morning(
    someone: Someone, post: Post, clock: Clock, office_worker: User, language: str, way: str
) -> None:
    """Three touches on a telephone; another guide leads it, and everybody concerned hears it."""
    day = coming(TUESDAY)
    group = Group(Tour.objects.get(code="halls"), "kk", Audience.objects.get(code="general"), 20)
    person = Person("Марат", email="marat@example.org", organisation="Колледж", locale=language)
    visit = bookings.request_visit(Request(group, (at(day, "12:00"),), (person,)), now=timezone.now())
    ill = Party.objects.get(visit=visit).guide
    assert ill is not None
    ill.user = User.objects.create(username=ill.code)
    ill.locale = language
    ill.save(update_fields=["user", "locale"])
    sent(post, clock)
    post.sink.empty()

    clock.move_to(at(day, "07:40"))
    guide = someone(language, way, user=ill.user)
    screen = guide.screen
    screen.goto("/guide/")
    expect(screen.locator("#next")).to_be_visible()
    guide.press(guide.summary("I cannot").first)
    reason = screen.locator("details[open] input[name=reason]").first
    guide.write(reason, "39.2°")
    guide.press(guide.button("I cannot lead it").first)
    expect(screen.get_by_role("status")).to_be_visible()
    no_sideways(screen)

    other = Party.objects.get(visit=visit).guide
    assert other is not None
    assert other.pk != ill.pk
    assert other.qualifications.filter(tour__code="halls", language="kk").exists()
    sent(post, clock)
    assert post.only(other.email).method == "REQUEST"
    assert post.only(ill.email).method == "CANCEL"
    told = post.to("marat@example.org")
    assert [other.name in letter.text for letter in told] == [True] * len(told)
    office = someone(language, way, user=office_worker, width=1280)
    office.screen.goto("/office/")
    expect(office.screen.locator("#visits ~ ul").first).to_contain_text(other.name)
    counted("a guide falls ill in the morning", way, guide.count)
