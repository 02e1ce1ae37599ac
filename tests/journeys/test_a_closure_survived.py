"""A hall has to close on a day with visits: the office looks, decides, and everybody is told once, in their language and calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.utils import translation

from notifications import calls
from scheduler import bookings, closures, events, queries
from scheduler.bookings import Request
from scheduler.closures import ClosureDraft
from scheduler.decisions import Decision
from scheduler.errors import Closed, PreviewOutOfDate
from scheduler.events import Event
from scheduler.models import Visit
from scheduler.steps import Person
from tests.journeys.conftest import Post, clock, visit_of, walk, when
from tests.scheduler.conftest import at
from tours.models import Space, User

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
THURSDAY, FRIDAY = date(2025, 5, 22), date(2025, 5, 23)
NOTICE = {
    "kk": "Жылыту жүйесі жөнделуде, залдар жабық.",
    "ru": "Залы закрыты: ремонт отопления.",
    "en": "The halls are closed: the heating is being repaired.",
}


@pytest.fixture
def office(db: None) -> User:
    return User.objects.create(username="office", is_staff=True, email="office@example.org", locale="ru")


@pytest.fixture
def booked(asking: Ask, post: Post, office: User, season_now: datetime) -> dict[str, Visit]:
    """Thursday's visits, each told: a school in the morning, a delegation at noon, a village by telephone, guests outdoors, a meeting."""
    teacher = (Person("Мұғалім", phone="+77015550101", organisation="Ауыл мектебі", locale="kk"),)
    english = (Person("Guest", email="guest@example.org", locale="en"),)
    walkers = (Person("Прогулка", email="outdoors@example.org", locale="ru"),)
    meeting = (Person("Партнёр", email="partner@example.org", locale="ru"),)
    visits = {
        "school": bookings.book(asking(at(THURSDAY, "11:00"), email="school@example.org"), now=season_now),
        "guest": bookings.book(asking(at(THURSDAY, "12:00"), language="en", contacts=english), now=season_now),
        "village": bookings.book(asking(at(THURSDAY, "13:00"), language="kk", contacts=teacher), now=season_now),
        "outdoors": bookings.book(asking(at(THURSDAY, "11:00"), tour="grounds", contacts=walkers), now=season_now),
        "meeting": events.place(
            Event(
                kind="event", start=at(THURSDAY, "15:00"), heads=12, minutes=60, spaces=("alzhir",), contacts=meeting,
                titles={"ru": "Встреча", "kk": "Кездесу", "en": "Meeting"},
            ),
            by=None, now=season_now,
        ),
    }  # fmt: skip
    post.send()
    for call in post.calls():
        assert calls.rang(call.pk, by=office, now=season_now)
    return visits


def halls(first: str = "10:00", last: str = "18:00") -> ClosureDraft:
    spaces = tuple(Space.objects.filter(code__in=["alash", "alzhir"]))
    return ClosureDraft(spaces, at(THURSDAY, first), at(THURSDAY, last), "technical", NOTICE)


def test_the_halls_close_for_a_day_and_nobody_is_lost(
    booked: dict[str, Visit], asking: Ask, post: Post, office: User, season_now: datetime
) -> None:
    # The office looks: who is hit, and what is proposed.
    draft = halls()
    seen = closures.preview(draft, now=season_now)
    proposed = {hit.visit.code: hit.proposal for hit in seen.hits}
    hit = [booked[name] for name in ("school", "guest", "village", "meeting")]
    assert list(proposed) == [visit.code for visit in hit]
    assert {decision.action for decision in proposed.values()} == {"move"}
    assert {clock(decision.start, "%d %H:%M") for decision in proposed.values() if decision.start} == {
        "23 11:00", "23 12:00", "23 13:00", "23 15:00",
    }  # fmt: skip

    # It decides otherwise for two: the village asks for a Wednesday, the school gives up.
    wednesday = at(date(2025, 5, 28), "13:00")
    decisions = {
        **proposed,
        booked["village"].code: Decision("move", wednesday),
        booked["school"].code: Decision("cancel"),
    }
    closure = closures.close(draft, seal=seen.seal, decisions=decisions, by=office, now=season_now)
    assert not queries.visits_hit_by(closure.spaces.all(), closure.period).exists()

    # Everybody concerned is told once, the others nothing.
    post.sink.empty()
    post.send()
    english = post.only("guest@example.org")
    assert "The halls are closed: the heating is being repaired." in english.text
    assert (english.method, english.entry["SEQUENCE"]) == ("REQUEST", 1)
    assert english.times == ("2025-05-23 12:00", "2025-05-23 13:00")
    school = post.only("school@example.org")
    assert (school.method, school.entry["STATUS"]) == ("CANCEL", "CANCELLED")
    assert NOTICE["kk"] in school.text
    partner = post.only("partner@example.org")
    assert partner.times == ("2025-05-23 15:00", "2025-05-23 16:00")
    assert NOTICE["ru"] in partner.text
    assert post.to("outdoors@example.org") == []
    (call,) = post.calls()
    assert call.phone == "+77015550101"
    assert "13:00–14:00" in call.say
    assert NOTICE["kk"] in call.say

    # Its guide hears of the new day, the cancelled group's guide that it is off.
    guest = visit_of("guest@example.org")
    guide = guest.parties.get().guide
    assert guide is not None
    assert any(letter.times == when(guest) for letter in post.to(guide.email))

    # Whoever asks now reads why.
    for code, words in NOTICE.items():
        with translation.override(code), pytest.raises(Closed) as refused:
            bookings.book(asking(at(THURSDAY, "11:00")), now=season_now)
        assert refused.value.detail == words


def test_an_hour_is_walked_round(booked: dict[str, Visit], post: Post, office: User, season_now: datetime) -> None:
    """One hall for half an hour: the visit there only walks in another order, and is told its new programme at the same time."""
    alash = Space.objects.get(code="alash")
    (party,) = booked["school"].parties.all()
    first, second = walk(party)
    place, begin, end = next(stop for stop in (first, second) if stop[0] == "alash")
    draft = ClosureDraft((alash,), at(THURSDAY, begin), at(THURSDAY, end), "sanitary", NOTICE)
    seen = closures.preview(draft, now=season_now)
    assert [(hit.visit, hit.proposal) for hit in seen.hits] == [
        (booked["school"], Decision("reroute", at(THURSDAY, "11:00")))
    ]
    decisions = {hit.visit.code: hit.proposal for hit in seen.hits}
    closures.close(draft, seal=seen.seal, decisions=decisions, by=office, now=season_now)
    (party,) = Visit.objects.get(pk=booked["school"].pk).parties.all()
    assert [stop[0] for stop in walk(party)] == [second[0], first[0]]
    post.sink.empty()
    post.send()
    letter = post.only("school@example.org")
    assert (letter.method, letter.entry["SEQUENCE"]) == ("REQUEST", 0)  # neither time nor place is another
    assert letter.times == ("2025-05-22 11:00", "2025-05-22 12:00")
    assert place == "alash"


def test_whoever_books_between_look_and_deed_is_not_run_over(
    booked: dict[str, Visit], asking: Ask, office: User, season_now: datetime
) -> None:
    draft = halls()
    seen = closures.preview(draft, now=season_now)
    late = bookings.book(asking(at(THURSDAY, "14:00"), email="late@example.org"), now=season_now)
    decisions = {hit.visit.code: Decision("cancel") for hit in seen.hits}
    with pytest.raises(PreviewOutOfDate) as refused:
        closures.close(draft, seal=seen.seal, decisions=decisions, by=office, now=season_now)
    assert late.code in {hit["visit"] for hit in refused.value.extra["preview"]["hit"]}
    assert set(Visit.objects.filter(day=THURSDAY).values_list("status", flat=True)) == {"confirmed"}
