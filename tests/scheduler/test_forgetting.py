"""A year after a visit nothing says any more who came; what is counted is as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import pghistory
import pytest
import time_machine
from django.test import Client

from notifications import links, outbox
from notifications.messages import Address, Letter
from notifications.models import Endpoint, OutboxMessage, Reply, Thread
from scheduler import arrivals, bookings, forgetting, insight, offers, roster, tasks, waiting
from scheduler.bookings import Person, Request
from scheduler.insight import Span
from scheduler.models import Absence, Contact, Party, Visit
from scheduler.waiting import Hours
from tests.scheduler.conftest import at
from tests.scheduler.forgotten import MARK, long_after, mark, tables_with
from tours.models import Guide, Museum, User

pytestmark = pytest.mark.django_db
Ask = Callable[..., Request]
DAY = date(2025, 5, 20)
PEOPLE = (
    Person("Ақбөпежан", "aigul@example.org", organisation="№ 5 лицейінде"),
    Person("Ерлан", phone="+77010000055", locale="ru"),
)


def forget(now: datetime) -> int:
    """What the days and the night do: mark what has taken place, then forget what was over long ago."""
    arrivals.finish(now=now)
    return forgetting.due(now=now)


@pytest.fixture
def visit(alzhir: Museum, asking: Ask, season_now: datetime) -> Visit:
    """A visit that somebody is written and somebody is rung about, and that a system of the museum's hears of."""
    Endpoint.objects.create(name="Site", url="https://museum.example/hook", events=[])
    return bookings.book(asking(at(DAY, "11:00"), contacts=PEOPLE, leader_name="Ұлпанша"), now=season_now)


def test_of_a_visit_of_long_ago_no_table_has_a_word(visit: Visit, season_now: datetime) -> None:
    mark(visit, now=season_now)
    letter = OutboxMessage.objects.filter(channel="mail", thread__about=f"visit:{visit.code}").first()
    assert letter is not None
    outbox.enqueue(
        key="undeliverable:1",
        thread=f"office:undeliverable:{letter.pk}",
        to=Address("Office", "office@example.org"),
        letter=Letter("office_alarm", {"undeliverable": {"name": MARK, "email": f"{MARK}@example.org", "said": "550"}}),
        not_before=season_now,
    )
    Reply.objects.create(
        message_id=f"<stray@{MARK}>", verdict="unknown", from_email=f"{MARK}@x.org", received_at=season_now
    )
    assert set(tables_with()) == {
        "notifications_call", "notifications_outboxmessage", "notifications_reply", "notifications_thread",
        "scheduler_ceremonyplan", "scheduler_changerequest", "scheduler_contact", "scheduler_visit", "scheduler_visitevent",
    }  # fmt: skip
    assert OutboxMessage.objects.filter(channel="webhook", text__contains=MARK).exists()
    assert forget(long_after(visit)) == 1
    assert tables_with() == {}


def test_what_was_really_said_is_nowhere_either(visit: Visit, season_now: datetime) -> None:
    """Without marks: as services wrote it, into places that nobody may have thought of."""
    with pghistory.context(user=1, url="/"):
        bookings.change(
            visit.pk, heads=9, notes="Жүрегі ауырады", leader_phone="+77010000077", by_office=True, now=season_now
        )
    party = Party.objects.get(visit=visit)
    roster.decline(party.pk, reason="Балам ауырып қалды", now=season_now)
    arrivals.finish(now=visit.period.upper + timedelta(hours=1))
    said = (
        "Ақбөпежан",
        "aigul@example.org",
        "лицейінде",
        "Ерлан",
        "7010000055",
        "Ұлпанша",
        "Жүрегі",
        "7010000077",
        "Балам",
    )
    assert all(tables_with(word) for word in said)
    assert forget(long_after(visit)) == 1
    assert {word: tables for word in said if (tables := tables_with(word))} == {}


def test_one_day_too_early_nothing_is_touched(visit: Visit, season_now: datetime) -> None:
    mark(visit, now=season_now)
    arrivals.finish(now=long_after(visit, 1))
    before = tables_with()
    assert forget(datetime(2026, 5, 20, 4, tzinfo=season_now.tzinfo)) == 0
    assert tables_with() == before
    assert forget(datetime(2026, 5, 20, 12, tzinfo=season_now.tzinfo)) == 1


def test_other_visits_keep_all_they_have(visit: Visit, asking: Ask, season_now: datetime) -> None:
    now = long_after(visit)
    ahead = bookings.book(asking(at(date(2026, 7, 8), "11:00"), agreed=True), now=now)
    yesterday = at((now - timedelta(days=1)).date(), "12:00")
    fresh = bookings.book(asking(yesterday, agreed=True), now=now - timedelta(days=9))
    for each in (visit, ahead, fresh):
        mark(each, now=now)
    assert forget(now) == 1
    for each in (ahead, fresh):
        each.refresh_from_db()
        assert (each.notes, each.leader_name, each.forgotten_at, each.link_version) == (MARK * 2, MARK, None, 1)
        assert Contact.objects.get(visit=each).name == MARK
        assert Thread.objects.filter(about=f"visit:{each.code}", told_facts={"said": MARK}).exists()
        assert OutboxMessage.objects.filter(thread__about=f"visit:{each.code}", text=MARK).exists()
    assert Reply.objects.filter(text=MARK).exists()


@pytest.mark.parametrize("end", ["cancelled", "refused", "expired", "waited in vain"])
def test_so_is_what_never_took_place(end: str, alzhir: Museum, asking: Ask, season_now: datetime) -> None:
    far = at(date(2025, 6, 18), "11:00")
    if end == "waited in vain":
        made = waiting.wait(asking(far), [DAY], Hours(None, None), now=season_now)
        bookings.cancel(made.pk, reason="x", by=bookings.OFFICE, now=season_now)
    else:
        made = bookings.request_visit(
            asking(far, tour="halls-flowers" if end == "refused" else "halls"), now=season_now
        )
    if end == "cancelled":
        bookings.cancel(made.pk, reason="x", by=bookings.OFFICE, now=season_now)
    if end == "refused":
        bookings.decline(made.pk, reason="x", now=season_now)
    if end == "expired":
        offers.offer(
            made.pk, (at(date(2025, 6, 19), "11:00"),), answer_by=season_now + timedelta(days=2), now=season_now
        )
        offers.sweep(now=season_now + timedelta(days=3))
    made.refresh_from_db()
    assert made.status in ("cancelled", "declined")
    mark(made, now=season_now)
    late = season_now + timedelta(days=370)
    assert forget(late) == 1
    assert tables_with() == {}


def test_twice_is_once(visit: Visit, season_now: datetime) -> None:
    mark(visit, now=season_now)
    now = long_after(visit)
    forget(now)
    first = [list(model.objects.order_by("pk").values()) for model in (Visit, Thread, OutboxMessage, Reply)]
    assert forget(now + timedelta(days=1)) == 0
    assert forgetting.forget([visit.pk], now=now + timedelta(days=1)) == 0
    assert [list(model.objects.order_by("pk").values()) for model in (Visit, Thread, OutboxMessage, Reply)] == first


def test_more_than_one_batch(
    alzhir: Museum, asking: Ask, season_now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 2)
    made = [bookings.book(asking(at(DAY, f"{hour}:00")), now=season_now) for hour in (10, 11, 12)]
    assert forget(long_after(made[0])) == 3


def test_the_figures_are_the_same(visit: Visit, asking: Ask, alzhir: Museum, season_now: datetime) -> None:
    office = User.objects.create(username="office", is_staff=True)
    waived = bookings.book(asking(at(DAY, "14:00"), heads=30), now=season_now)
    bookings.waive(waived.pk, reason="Хат № 12, Серік", by=office, now=season_now)
    called_off = bookings.book(asking(at(DAY, "15:00"), heads=7), now=season_now)
    bookings.cancel(called_off.pk, reason="Ауырып қалды", by=bookings.ORGANISER, now=season_now)
    declined = bookings.book(asking(at(DAY, "16:00")), now=season_now)
    bookings.cancel(declined.pk, reason="", by=bookings.OFFICE, now=season_now)
    arrivals.arrive(visit.pk, heads=8, now=visit.period.lower)
    arrivals.finish(now=visit.period.upper + timedelta(days=1))

    def figures() -> list[dict[str, Any]]:
        may = Span(date(2025, 5, 1), date(2025, 5, 31))
        return [asdict(insight.section(key, may, alzhir)) for key in insight.SECTIONS]

    before = figures()
    assert forget(long_after(visit)) == 4
    assert figures() == before
    assert "Серік" not in str(Visit.objects.values()) and tables_with("Серік") == {}


def test_the_setting_says_when_and_whether(visit: Visit, season_now: datetime, settings: Any) -> None:
    settings.FORGET_AFTER_MONTHS = 0
    assert forget(long_after(visit, 100)) == 0
    settings.FORGET_AFTER_MONTHS = 2
    assert forget(long_after(visit, 1)) == 0
    with time_machine.travel(long_after(visit, 3)):
        tasks.finish()
        assert tasks.forget_people() == 1


def test_why_a_guide_was_away_is_forgotten_and_when_is_not(alzhir: Museum, season_now: datetime) -> None:
    guide = Guide.objects.get(code="g01")
    made = {}
    for name, day in (("old", DAY), ("new", date(2026, 5, 20))):
        period = (at(day, "09:00"), at(day, "18:00"))
        made[name] = Absence.objects.create(guide=guide, period=period, reason=f"{MARK} {name}", created_at=season_now)
    forget(datetime(2026, 6, 1, tzinfo=season_now.tzinfo))
    assert tables_with(f"{MARK} old") == {}
    assert set(tables_with(f"{MARK} new")) == {"scheduler_absence", "scheduler_absenceevent"}
    assert Absence.objects.count() == 2


def test_its_links_end(visit: Visit, client: Client) -> None:
    manage = f"/visit/{links.token('visit', visit.code, visit.link_version)}/"
    entry = f"/calendar/visit/{links.token('visit_calendar', visit.code, visit.link_version)}.ics"
    assert [client.get(address).status_code for address in (manage, entry)] == [200, 200]
    forget(long_after(visit))
    answers = [client.get(address) for address in (manage, entry)]
    assert [answer.status_code for answer in answers] == [404, 404]
