"""What the museum itself reported of May and June 2025, row by row: the times, the guides, the places, the price, and what each heard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from scheduler import bookings, roster, starts
from scheduler.bookings import Request
from scheduler.errors import StartTaken
from scheduler.models import Closure, Visit
from scheduler.starts import Group
from tests.journeys.conftest import Post, clock, held, speaks, visit_of, walk, when
from tests.scheduler.conftest import at
from tours.models import Audience, Guide, Lane, Museum, Tour

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
NOTICES = {
    "kk": "Жөндеу жұмыстарына байланысты кешен жабық: 2025 жылғы 24–27 мамыр. Қайта ашылатын күні: 2025 жылғы 28 мамыр.",
    "ru": "В связи с ремонтными работами комплекс закрыт: 24–27 мая 2025 года. Вновь открыт с 28 мая 2025 года.",
    "en": "Closed for renovation work: 24–27 May 2025. Open again from 28 May 2025.",
}


def promise_all(until: date) -> None:
    """The nights pass up to this day: what comes within two weeks is fixed and told."""
    roster.promise_due(now=datetime(until.year, until.month, until.day, 21, 0, tzinfo=UTC))


def test_the_renovation_closes_everything_from_24_to_27_may(alzhir: Museum) -> None:
    closure = Closure.objects.get()
    assert (clock(closure.period.lower, "%d %H:%M"), clock(closure.period.upper, "%d %H:%M")) == (
        "24 00:00",
        "28 00:00",
    )
    assert (closure.kind, closure.spaces.count()) == ("renovation", 0)
    assert {code: closure.in_language("notice", code) for code in NOTICES} == NOTICES


@pytest.mark.parametrize("language", NOTICES)
def test_the_public_reads_its_notice_and_finds_no_times(alzhir: Museum, season_now: datetime, language: str) -> None:
    group = Group(Tour.objects.get(code="halls"), "ru", Audience.objects.get(code="general"), 10)
    with translation.override(language):
        days = starts.offered(group, date(2025, 5, 23), date(2025, 5, 28), now=season_now).days
    shown = {day.day.day: (day.state, day.reason) for day in days}
    assert [shown[day][0] for day in (23, 24, 25, 26, 27, 28)] == ["open", *["closed"] * 4, "open"]
    for day in (24, 25, 27):  # the 26th is a Monday anyway
        assert NOTICES[language] in shown[day][1]


@pytest.mark.parametrize("language", NOTICES)
def test_a_request_for_25_may_is_refused_with_the_notice_in_the_askers_language(
    alzhir: Museum, season_now: datetime, client: Client, language: str
) -> None:
    asked = {
        "tour": "halls", "language": "ru", "audience": "general", "heads": 10, "start": "2025-05-25T11:00:00+05:00",
        "locale": language, "organiser": {"name": "Asker", "email": "asker@example.org"},
    }  # fmt: skip
    with time_machine.travel(season_now, tick=False):
        answer = client.post(
            "/api/v1/visits/", asked, content_type="application/json", headers={"Accept-Language": language}
        )
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["detail"]) == ("closed", NOTICES[language])
    assert Visit.objects.count() == 9


def test_the_bundesrat_is_led_in_english_and_lays_flowers_on_the_day_of_reopening(post: Post) -> None:
    visit = visit_of("bundesrat@example.org")
    assert when(visit) == ("2025-05-28 11:00", "2025-05-28 12:00")
    assert (visit.status, visit.heads, visit.ceremony) == ("confirmed", 12, ["flowers", "silence"])
    (party,) = visit.parties.all()
    assert speaks([party], "en")
    assert walk(party) == [("wall", "11:00", "11:15"), ("grounds", "11:15", "12:00")]
    assert (visit.price_amount, visit.free) == (9000, False)

    first = post.only("bundesrat@example.org")
    assert first.subject == "Your visit is confirmed: Flower-laying and the memorial grounds, Wednesday, 28 May 2025"
    assert "laying of flowers, a minute of silence" in first.text
    assert (first.method, first.times) == ("REQUEST", ("2025-05-28 11:00", "2025-05-28 12:00"))
    assert (first.entry["STATUS"], first.entry["SEQUENCE"]) == ("CONFIRMED", 0)

    promise_all(date(2025, 5, 14))
    post.send()
    programme = post.to("bundesrat@example.org")[-1]
    assert party.guide is not None
    assert f"Guide: {party.guide.name}" in programme.text
    assert "11:00–11:15  Memorial Wall" in programme.text
    assert (programme.entry["UID"], programme.entry["SEQUENCE"]) == (first.entry["UID"], 0)
    duty = post.only(party.guide.email)
    assert duty.times == first.times
    assert "Delegation of the Bundesrat" in duty.text


def test_the_soldiers_of_unit_0112_come_free_in_two_parties_and_see_the_film_together(post: Post) -> None:
    visit = visit_of("unit0112@example.org")
    assert when(visit) == ("2025-05-30 11:00", "2025-05-30 12:20")
    parties = list(visit.parties.all())
    assert [party.heads for party in parties] == [25, 25]
    assert speaks(parties, "ru")
    for party in parties:
        places = [place for place, _from, _to in walk(party)]
        assert sorted(places) == ["alash", "alzhir", "cinema"]
    assert held(visit) == {"cinema": (1, *next(leg[1:] for leg in walk(parties[0]) if leg[0] == "cinema"))}
    assert (visit.price_amount, visit.free, visit.audience and visit.audience.code) == (0, True, "soldiers")

    letter = post.only("unit0112@example.org")
    assert "Стоимость: бесплатно для вашей группы" in letter.text
    assert "Письмо части или список за подписью командира" in letter.text
    assert "Язык фильма: русский" in letter.text
    assert letter.times == ("2025-05-30 11:00", "2025-05-30 12:20")

    promise_all(date(2025, 5, 16))
    post.send()
    programme = post.to("unit0112@example.org")[-1]
    for party in parties:
        assert party.guide is not None
        assert f"Экскурсовод: {party.guide.name}" in programme.text
        assert post.about(party.guide.email, "Войсковая часть 0112").times == letter.times


def test_the_participants_of_december_1986_lay_flowers_free_and_are_rung_up(post: Post) -> None:
    visit = visit_of("+77010000086")
    assert when(visit) == ("2025-05-31 14:00", "2025-05-31 15:15")
    parties = list(visit.parties.all())
    assert [party.heads for party in parties] == [15, 15]
    assert speaks(parties, "kk")
    for party in parties:
        assert [place for place, _from, _to in walk(party)] in (
            ["wall", "alash", "alzhir"],
            ["wall", "alzhir", "alash"],
        )
        assert [begin for _place, begin, _to in walk(party)] == ["14:00", "14:15", "14:45"]
    assert held(visit) == {"wall": (1, "14:00", "14:15")}  # its one lane: the whole of it
    assert (visit.price_amount, visit.free, visit.audience and visit.audience.code) == (0, True, "december86")

    (call,) = [call for call in post.calls() if call.phone == "+77010000086"]
    assert (call.whom, call.locale) == ("Төраға", "kk")
    assert "Гүл шоғын қою және залдар" in call.say
    assert "2025 ж. 31 мамыр, сенбі, 14:00–15:15" in call.say
    with translation.override("kk"):
        assert gettext("free of charge for your group") in call.say
    assert post.to("+77010000086") == []


def test_the_president_has_the_whole_complex_and_nobody_reads_it(post: Post, asking: Ask, season_now: datetime) -> None:
    visit = visit_of("protocol@example.org", "2025-05-31 10:00")
    assert when(visit) == ("2025-05-31 10:00", "2025-05-31 11:20")  # 80 minutes
    assert (clock(visit.hold.lower), clock(visit.hold.upper)) == ("09:30", "11:30")
    assert held(visit) == {
        place: (Lane.objects.filter(space__code=place).count(), "09:30", "11:30")
        for place in Lane.objects.values_list("space__code", flat=True)
    }
    (party,) = visit.parties.all()
    assert speaks([party], "kk")
    assert walk(party) == [
        ("wall", "10:00", "10:15"),
        ("alash", "10:15", "10:40"),
        ("alzhir", "10:40", "11:05"),
        ("unique", "11:05", "11:20"),
    ]
    assert (visit.price_amount, visit.free, visit.price_reason) == (0, True, "state visit")
    assert (visit.discreet, visit.ceremony) == (True, ["flowers", "silence"])

    letter = post.about("protocol@example.org", "10:00–11:20")
    with translation.override("kk"):
        assert gettext("Official event") in letter.subject
    assert "Президент" not in letter.text
    assert letter.times == when(visit)
    assert party.guide is not None
    duty = post.only(party.guide.email)  # who leads it must know
    assert "Қазақстан Республикасының Президенті" in duty.text
    assert "гүл шоғын қою, бір минут үнсіздік" in duty.text
    assert duty.times == when(visit)

    with pytest.raises(StartTaken):
        bookings.book(asking(at(date(2025, 5, 31), "10:15"), tour="grounds"), now=season_now)


def test_the_descendants_meet_the_president_in_the_hall_once_the_hold_ends(post: Post) -> None:
    visit = visit_of("protocol@example.org", "2025-05-31 11:30")
    assert when(visit) == ("2025-05-31 11:30", "2025-05-31 13:00")
    assert held(visit) == {"zerde": (1, "11:30", "13:00")}
    assert (visit.heads, visit.parties.count(), visit.discreet) == (80, 0, True)
    letter = post.about("protocol@example.org", "11:30–13:00")
    assert "ұрпақтарының" not in letter.text
    assert (letter.method, letter.times) == ("REQUEST", when(visit))
    assert "«Зерде» залы" in letter.entry["LOCATION"]


def test_the_university_signs_its_memorandum_in_the_hall(post: Post) -> None:
    visit = visit_of("university@example.org")
    assert when(visit) == ("2025-05-20 11:00", "2025-05-20 12:00")
    assert held(visit) == {"zerde": (1, "11:00", "12:00")}
    letter = post.only("university@example.org")
    assert "Л. Н. Гумилев атындағы Еуразия ұлттық университетімен ынтымақтастық туралы меморандум" in letter.subject
    assert letter.times == when(visit)
    assert letter.entry["LOCATION"].startswith("«Зерде» залы")
    assert "₸" not in letter.text


def test_on_the_day_of_state_symbols_each_partner_hears_of_it_in_its_own_language(post: Post) -> None:
    visit = visit_of("+77010000044")
    assert when(visit) == ("2025-06-04 10:00", "2025-06-04 11:00")
    assert held(visit) == {"zerde": (1, "10:00", "11:00")}
    letter = post.about("unit44813@example.org", "10:00–11:00")
    assert "День государственных символов" in letter.subject
    assert "Зал «Зерде»" in letter.text
    assert letter.times == when(visit)
    (call,) = [call for call in post.calls() if call.phone == "+77010000044"]
    assert (call.whom, call.locale) == ("Меңгеруші", "kk")
    assert "Рәміздер – елдігімнің реңі, теңдігімнің тірегі" in call.say
    assert "«Зерде» залы" in call.say
    assert "2025 ж. 4 маусым, сәрсенбі, 10:00–11:00" in call.say


def test_a_family_album_is_given_to_the_collection(post: Post) -> None:
    visit = visit_of("family@example.org")
    assert when(visit) == ("2025-05-31 16:00", "2025-05-31 16:30")
    assert held(visit) == {"fund": (1, "16:00", "16:30")}
    letter = post.only("family@example.org")
    assert "A family album is given to the museum's collection" in letter.subject
    assert letter.entry["LOCATION"].startswith("The museum's collection")
    assert letter.times == when(visit)


def test_the_soldiers_of_unit_44813_see_the_halls_after_the_event(post: Post) -> None:
    event, tour = visit_of("unit44813@example.org"), visit_of("unit44813@example.org", "2025-06-04 11:15")
    assert event.period.upper < tour.period.lower
    assert when(tour) == ("2025-06-04 11:15", "2025-06-04 12:15")
    parties = list(tour.parties.all())
    assert [party.heads for party in parties] == [20, 20]
    assert speaks(parties, "ru")
    for party in parties:
        assert sorted(place for place, _from, _to in walk(party)) == ["alash", "alzhir"]
    assert (tour.price_amount, tour.free) == (0, True)
    letter = post.about("unit44813@example.org", "11:15–12:15")
    assert "Стоимость: бесплатно для вашей группы" in letter.text
    assert letter.times == when(tour)


def test_every_partner_has_heard_once_and_every_guide_only_of_what_is_fixed(post: Post) -> None:
    visits = Visit.objects.prefetch_related("contacts")
    reaches = [contact.email or contact.phone for visit in visits for contact in visit.contacts.all()]
    guides = set(Guide.objects.values_list("email", flat=True))
    letters = [str(mail["To"]) for mail in post.sink.letters]
    to_guides = [to for to in letters if any(email in to for email in guides)]
    assert len(letters) - len(to_guides) + len(post.calls()) == len(reaches) == 10
    assert len(to_guides) == 1  # the official visit's; the tours beyond two weeks are not fixed yet
