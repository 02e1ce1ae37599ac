"""Events in a hall and official visits: what they take, whom they keep away, who leads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext

from notifications.models import OutboxMessage
from scheduler import bookings, closures, events, footprints, periods, queries
from scheduler.bookings import Request
from scheduler.closures import ClosureDraft
from scheduler.decisions import Decision, Preview
from scheduler.errors import BadWish, Closed, NotAllowedNow, PreviewOutOfDate, Refused, StartTaken, StillHit
from scheduler.events import Event
from scheduler.models import Leg, Visit
from scheduler.steps import Person
from tests.scheduler.conftest import ASTANA, at
from tours.models import Audience, Guide, Museum, Space, User

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
SATURDAY = date(2025, 5, 31)
PARTNER = Person("Partner", email="partner@example.org", locale="ru")
STOPS = (
    {"space": "wall", "minutes": 15, "kind": "ceremony", "exclusive": True, "together": True},
    {"space": "alash", "minutes": 25, "kind": "talk"},
)


def event(clock: str = "11:00", **others: Any) -> Event:
    told: dict[str, Any] = {"kind": "event", "heads": 20, "contacts": (PARTNER,), "spaces": ("zerde",), "minutes": 60}
    return Event(start=at(SATURDAY, clock), **{**told, **others})


def protocol(clock: str = "10:00", **others: Any) -> Event:
    told: dict[str, Any] = {"kind": "protocol", "heads": 15, "contacts": (PARTNER,), "stops": STOPS, "closes": "all"}
    return Event(start=at(SATURDAY, clock), **{**told, **others})


@pytest.fixture
def office(db: None) -> User:
    return User.objects.create(username="office", is_staff=True, locale="en")


def held(visit: Visit) -> set[tuple[str, str, str]]:
    """What a visit holds, by space and the museum's clock."""
    legs = Leg.objects.filter(visit=visit, holds=True).select_related("lane__space")
    return {(leg.lane.space.code, clock(leg.period.lower), clock(leg.period.upper)) for leg in legs}


def clock(moment: datetime) -> str:
    return f"{periods.local(moment, ASTANA):%H:%M}"


def test_an_event_takes_every_lane_of_its_places(alzhir: Museum, season_now: datetime) -> None:
    visit = events.place(event(spaces=("alash", "zerde")), by=None, now=season_now)
    assert held(visit) == {("alash", "11:00", "12:00"), ("zerde", "11:00", "12:00")}
    assert Leg.objects.filter(visit=visit, holds=True).count() == 3  # Alash has two lanes
    assert (visit.status, visit.stops, visit.parties.count()) == ("confirmed", [], 0)


def test_an_official_visit_holds_with_its_margins_and_shows_its_own_stops(alzhir: Museum, season_now: datetime) -> None:
    visit = events.place(protocol(margin_before=30, margin_after=10), by=None, now=season_now)
    assert (visit.period.lower, visit.period.upper) == (at(SATURDAY, "10:00"), at(SATURDAY, "10:40"))
    assert (visit.hold.lower, visit.hold.upper) == (at(SATURDAY, "09:30"), at(SATURDAY, "10:50"))
    assert {space for space, _from, _to in held(visit)} == set(Space.objects.values_list("code", flat=True))
    shown = Leg.objects.filter(visit=visit, holds=False).order_by("period")
    assert [(leg.stop, leg.lane.space.code, clock(leg.period.lower)) for leg in shown] == [
        (0, "wall", "10:00"),
        (1, "alash", "10:15"),
    ]


@pytest.mark.parametrize(("closes", "spaces"), [(None, {"wall", "alash"}), (("zerde",), {"wall", "alash", "zerde"})])
def test_an_official_visit_may_hold_less_than_all(
    alzhir: Museum, season_now: datetime, closes: Any, spaces: set[str]
) -> None:
    visit = events.place(protocol(closes=closes), by=None, now=season_now)
    assert {space for space, _from, _to in held(visit)} == spaces


def test_nobody_comes_into_a_held_place(asking: Ask, season_now: datetime) -> None:
    events.place(protocol(closes=None, margin_after=20), by=None, now=season_now)  # holds Alash to 11:00
    with pytest.raises(StartTaken):
        bookings.book(asking(at(SATURDAY, "10:15")), now=season_now)
    assert bookings.book(asking(at(SATURDAY, "10:30")), now=season_now).status == "confirmed"  # by ALZHIR first


def test_an_event_is_refused_where_a_tour_walks_and_says_who(asking: Ask, season_now: datetime) -> None:
    tour = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    with pytest.raises(StartTaken) as refused:
        events.place(event("11:15", spaces=("alash",), minutes=30), by=None, now=season_now)
    assert refused.value.extra["visits"] == [tour.code]
    assert Visit.objects.count() == 1


def test_an_event_may_begin_when_a_hold_ends(alzhir: Museum, season_now: datetime) -> None:
    events.place(protocol(margin_after=10), by=None, now=season_now)
    with pytest.raises(StartTaken):
        events.place(event("10:45"), by=None, now=season_now)
    assert events.place(event("10:50"), by=None, now=season_now).pk


def test_an_event_is_refused_in_a_closure_with_its_notice(alzhir: Museum, season_now: datetime) -> None:
    draft = ClosureDraft(
        (Space.objects.get(code="zerde"),),
        at(SATURDAY, "00:00"),
        at(SATURDAY, "23:55"),
        "sanitary",
        {"en": "Being cleaned"},
    )
    seal = closures.preview(draft, now=season_now).seal
    closures.close(draft, seal=seal, decisions={}, by=None, now=season_now)
    with pytest.raises(Closed) as refused:
        events.place(event(), by=None, now=season_now)
    assert refused.value.detail == "Being cleaned"
    assert events.place(event(spaces=("cinema",)), by=None, now=season_now).pk


def test_a_language_brings_guides_who_are_told_at_once(alzhir: Museum, season_now: datetime) -> None:
    visit = events.place(protocol(language="en", heads=40), by=None, now=season_now)
    parties = list(visit.parties.select_related("guide"))
    assert [party.heads for party in parties] == [20, 20]
    assert all("en" in party.guide.qualifications.values_list("language", flat=True) for party in parties)
    assert visit.promised_at == season_now
    assert OutboxMessage.objects.filter(kind="duty").count() == 2
    assert [party.walk for party in parties] == [[0, 1], [0, 1]]


def test_an_event_with_a_guide_shows_its_place_to_the_guide(alzhir: Museum, season_now: datetime) -> None:
    visit = events.place(event(language="ru"), by=None, now=season_now)
    letter = OutboxMessage.objects.get(kind="duty")
    assert [stop["start"] for stop in letter.facts["party"]["stops"]] == [at(SATURDAY, "11:00").isoformat()]
    assert visit.parties.get().period == visit.period


def test_the_guide_of_an_official_visit_is_not_given_to_others(asking: Ask, season_now: datetime) -> None:
    Guide.objects.exclude(code="g03").update(active=False)
    events.place(protocol(language="en", closes=None), by=None, now=season_now)
    with pytest.raises(StartTaken):
        bookings.book(asking(at(SATURDAY, "10:00"), tour="grounds", language="en"), now=season_now)


def test_a_guide_busy_then_is_swapped_free_for_an_official_visit(asking: Ask, season_now: datetime) -> None:
    Guide.objects.exclude(code__in=["g03", "g06"]).update(active=False)  # English: g03 alone; Russian: both
    other = bookings.book(asking(at(SATURDAY, "10:00"), tour="grounds"), now=season_now)
    other.parties.update(guide=Guide.objects.get(code="g03"))
    visit = events.place(protocol(language="en", closes=None), by=None, now=season_now)
    assert visit.parties.get().guide.code == "g03"
    assert other.parties.get().guide.code == "g06"


def test_where_no_guide_is_left_it_says_so(alzhir: Museum, season_now: datetime) -> None:
    Guide.objects.exclude(code="g06").update(active=False)
    with pytest.raises(StartTaken) as refused:
        events.place(protocol(language="en"), by=None, now=season_now)
    assert (str(refused.value.detail), refused.value.extra["visits"]) == ("No guide is free then.", [])


def test_an_official_visit_may_come_before_the_museum_opens(asking: Ask, season_now: datetime) -> None:
    visit = events.place(protocol("08:00", language="kk"), by=None, now=season_now)
    assert visit.parties.get().guide is not None
    assert bookings.book(asking(at(SATURDAY, "11:00")), now=season_now).status == "confirmed"  # the day still works


def test_what_is_waived_is_free_and_keeps_who_and_why(alzhir: Museum, season_now: datetime, office: User) -> None:
    audience = Audience.objects.get(code="delegation")
    paid = events.place(protocol("10:00", audience=audience), by=office, now=season_now)
    assert (paid.price_amount, paid.free, paid.waived_by) == (9000, False, None)
    free = events.place(protocol("14:00", audience=audience, waived="state visit"), by=office, now=season_now)
    assert (free.price_amount, free.free, free.price_reason, free.waived_by) == (0, True, "state visit", office)


def test_the_same_key_twice_is_one_visit(alzhir: Museum, season_now: datetime) -> None:
    asked = event(keys={"request_key": "k1", "request_print": "p"})
    assert events.place(asked, by=None, now=season_now) == events.place(asked, by=None, now=season_now)
    assert Visit.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"heads": 0},
        {"adults": 21},
        {"heads": 81},  # Zerde takes 80
        {"contacts": (Person("Nobody"),)},
        {"minutes": 0},
        {"minutes": 62},
        {"minutes": -60},
        {"spaces": ()},
        {"spaces": ("nowhere",)},
        {"language": "de"},
        {"kind": "tour"},
        {"kind": "protocol", "stops": ()},
        {"kind": "protocol", "stops": ({"space": "wall", "minutes": 0},)},
        {"kind": "protocol", "stops": STOPS, "closes": ("nowhere",)},
        {"start": at(date(2025, 5, 11), "11:00")},  # past
        {"start": at(SATURDAY, "11:02")},
        {"start": at(SATURDAY, "23:30")},  # ends tomorrow
        {"kind": "protocol", "stops": STOPS, "margin_before": 11 * 60 + 5},  # holds since yesterday
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(alzhir: Museum, season_now: datetime, wrong: dict[str, Any]) -> None:
    told: dict[str, Any] = {
        "kind": "event", "heads": 20, "contacts": (PARTNER,), "spaces": ("zerde",), "minutes": 60, "start": at(SATURDAY, "11:00"),
    }  # fmt: skip
    with pytest.raises(BadWish):
        events.place(Event(**{**told, **wrong}), by=None, now=season_now)
    assert not Visit.objects.exists()


def test_an_event_moves_with_its_place_and_length(alzhir: Museum, season_now: datetime) -> None:
    visit = events.place(event(minutes=90), by=None, now=season_now)
    visit = footprints.move(visit.pk, at(date(2025, 6, 1), "14:00"), now=season_now)
    assert held(visit) == {("zerde", "14:00", "15:30")}
    assert visit.day == date(2025, 6, 1)
    letters = OutboxMessage.objects.filter(to_email=PARTNER.email).exclude(status="superseded")
    assert [letter.facts["start"] for letter in letters] == [at(date(2025, 6, 1), "14:00").isoformat()]


def test_an_official_visit_moves_with_its_margins_stops_and_guide(alzhir: Museum, season_now: datetime) -> None:
    visit = events.place(protocol(language="kk", margin_before=30), by=None, now=season_now)
    visit = footprints.move(visit.pk, at(SATURDAY, "10:30"), now=season_now)  # over its own old hold
    assert visit.hold.lower == at(SATURDAY, "10:00")
    assert [clock(leg.period.lower) for leg in visit.legs.filter(holds=False)] == ["10:30", "10:45"]
    assert visit.parties.get().period.lower == at(SATURDAY, "10:30")


def test_only_what_the_office_placed_is_moved_so_and_never_into_the_past(asking: Ask, season_now: datetime) -> None:
    tour = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    with pytest.raises(NotAllowedNow):
        footprints.move(tour.pk, at(SATURDAY, "12:00"), now=season_now)
    visit = events.place(event(), by=None, now=season_now)
    with pytest.raises(BadWish):
        footprints.move(visit.pk, season_now, now=season_now)
    bookings.cancel(visit.pk, by="office", now=season_now)
    with pytest.raises(NotAllowedNow):
        footprints.move(visit.pk, at(SATURDAY, "12:00"), now=season_now)


def as_proposed(seen: Preview) -> dict[str, Decision]:
    return {hit.visit.code: hit.proposal for hit in seen.hits}


def test_whoever_is_in_the_way_of_an_official_visit_gives_way_as_was_decided(
    asking: Ask, office: User, season_now: datetime
) -> None:
    tours = [
        bookings.book(asking(at(SATURDAY, hour), email=f"{hour[:2]}@example.org"), now=season_now)
        for hour in ("10:00", "10:30")
    ]
    away = bookings.book(asking(at(SATURDAY, "14:00"), email="away@example.org"), now=season_now)
    meeting = events.place(event("10:15", minutes=30), by=None, now=season_now)
    coming = protocol(margin_before=30, margin_after=10, language="ru", discreet=True)
    with pytest.raises(StartTaken):
        events.place(coming, by=office, now=season_now)
    seen = events.preview(coming, now=season_now)
    assert {hit.visit for hit in seen.hits} == {*tours, meeting}
    visit = events.place(coming, by=office, now=season_now, seal=seen.seal, decisions=as_proposed(seen))
    assert visit.parties.get().guide is not None
    for hit in seen.hits:
        hit.visit.refresh_from_db()
        assert (hit.visit.period.lower, hit.visit.gave_way_to) == (hit.proposal.start, visit)
        assert queries.reason_of(hit.visit) == "Official event"
    holding = visit.legs.filter(holds=True).values("lane")
    assert (
        not Leg.objects.filter(holds=True, lane__in=holding, period__overlap=visit.hold).exclude(visit=visit).exists()
    )
    away.refresh_from_db()
    assert (away.revision, away.period.lower) == (1, at(SATURDAY, "14:00"))


def test_the_displaced_are_told_no_reason_but_an_official_event(
    asking: Ask, office: User, season_now: datetime
) -> None:
    tour = bookings.book(asking(at(SATURDAY, "10:00")), now=season_now)
    coming = protocol(titles={"en": "The President"}, notes="The President")
    seen = events.preview(coming, now=season_now)
    events.place(coming, by=office, now=season_now, seal=seen.seal, decisions={tour.code: Decision("cancel")})
    letter = OutboxMessage.objects.get(to_email="asker@example.org", kind="cancelled")
    with translation.override("kk"):
        assert letter.facts["reason"] == gettext("Official event")
    assert "President" not in str(letter.facts)


@pytest.mark.parametrize("meanwhile", ["undecided", "moved", "stranger", "too_late"])
def test_nothing_is_half_done_where_a_decision_does_not_fit(
    asking: Ask, office: User, season_now: datetime, meanwhile: str
) -> None:
    tour = bookings.book(asking(at(SATURDAY, "10:00")), now=season_now)
    coming = protocol()
    seen = events.preview(coming, now=season_now)
    decisions = as_proposed(seen)
    expected: type[Refused] = BadWish
    if meanwhile == "undecided":
        decisions, expected = {}, StillHit
    elif meanwhile == "moved":
        bookings.move(tour.pk, (at(SATURDAY, "10:15"),), now=season_now, by_office=True)
        expected = PreviewOutOfDate
    elif meanwhile == "stranger":
        decisions["QX7K"] = Decision("cancel")
    else:
        decisions[tour.code] = Decision("move", at(SATURDAY, "10:15"))  # into the hold
        expected = StartTaken
    before = list(Visit.objects.order_by("pk").values())
    with pytest.raises(expected):
        events.place(coming, by=office, now=season_now, seal=seen.seal, decisions=decisions)
    assert list(Visit.objects.order_by("pk").values()) == before


def test_a_preview_with_nobody_in_the_way_places_at_once(alzhir: Museum, office: User, season_now: datetime) -> None:
    seen = events.preview(protocol(), now=season_now)
    assert seen.hits == ()
    assert events.place(protocol(), by=office, now=season_now, seal=seen.seal).pk


def test_two_displacements_of_the_same_visit_do_not_both_happen(
    asking: Ask, office: User, season_now: datetime
) -> None:
    bookings.book(asking(at(SATURDAY, "10:00")), now=season_now)
    first, second = protocol(), protocol("10:15")
    seals = [events.preview(each, now=season_now) for each in (first, second)]
    events.place(first, by=office, now=season_now, seal=seals[0].seal, decisions=as_proposed(seals[0]))
    with pytest.raises(PreviewOutOfDate):
        events.place(second, by=office, now=season_now, seal=seals[1].seal, decisions=as_proposed(seals[1]))
