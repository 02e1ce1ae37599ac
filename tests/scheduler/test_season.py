"""Loading a museum's file: catalogue and season, all or nothing, twice without doubling, on its own dates or near today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from notifications.models import Call, OutboxMessage
from scheduler import bookings, season
from scheduler.bookings import Request
from scheduler.models import Closure, Contact, Leg, Party, Visit
from scheduler.starts import Group
from scheduler.steps import Person
from tests.museum import ALZHIR
from tests.scheduler.conftest import at
from tours import importing
from tours.importing import FileRefused
from tours.models import Audience, Guide, Museum, Tour
from tours.museum_files import ParsedMuseum

pytestmark = pytest.mark.django_db

Write = Callable[[str, str], ParsedMuseum]


@pytest.fixture
def alzhir_file() -> ParsedMuseum:
    return importing.read_museum(ALZHIR)


@pytest.fixture
def changed_file(tmp_path: Path) -> Write:
    """The museum's file with one text in it replaced."""

    def write(old: str, new: str) -> ParsedMuseum:
        text = ALZHIR.read_text()
        assert old in text
        path = tmp_path / "museum.yaml"
        path.write_text(text.replace(old, new, 1))
        return importing.read_museum(path)

    return write


def counts() -> dict[str, int]:
    models = (Museum, Tour, Guide, Closure, Visit, Contact, Party, Leg, OutboxMessage, Call)
    return {model.__name__: model.objects.count() for model in models}


def test_the_whole_file_is_loaded(alzhir_file: ParsedMuseum, season_now: datetime) -> None:
    loaded = season.load(alzhir_file, now=season_now)
    assert (loaded.closures, loaded.visits, loaded.took_place, loaded.weeks) == (1, 9, 0, 0)
    assert set(Visit.objects.values_list("status", flat=True)) == {"confirmed"}
    assert Closure.objects.get().period.lower == at(date(2025, 5, 24), "00:00")
    assert Closure.objects.get().period.upper == at(date(2025, 5, 28), "00:00")


def test_twice_is_once(alzhir_file: ParsedMuseum, season_now: datetime) -> None:
    season.load(alzhir_file, now=season_now)
    before = counts()
    again = season.load(alzhir_file, now=season_now)
    assert (again.closures, again.visits) == (0, 0)
    assert counts() == before


def test_a_second_load_on_other_dates_doubles_nothing_either(alzhir_file: ParsedMuseum, season_now: datetime) -> None:
    season.load(alzhir_file, now=season_now)
    before = counts()
    season.load(alzhir_file, now=datetime(2026, 3, 3, tzinfo=UTC), near_today=True)
    assert counts() == before


def test_a_row_that_was_added_to_the_file_is_added(
    alzhir_file: ParsedMuseum, changed_file: Write, season_now: datetime
) -> None:
    season.load(alzhir_file, now=season_now)
    more = changed_file(
        "  visits:\n",
        '  visits:\n    - {start: "2025-06-05T12:00", tour: halls, language: ru, audience: general, heads: 12,'
        " contacts: [{name: N, phone: '+77010000001', locale: ru}]}\n",
    )
    loaded = season.load(more, now=season_now)
    assert (loaded.visits, Visit.objects.count()) == (1, 10)


def test_the_catalogue_alone_has_no_guides_and_no_season(alzhir_file: ParsedMuseum, season_now: datetime) -> None:
    season.load(alzhir_file, now=season_now, catalogue_only=True)
    assert Tour.objects.count() == 6
    assert not Guide.objects.exists()
    assert not Closure.objects.exists()
    assert not Visit.objects.exists()


@pytest.mark.parametrize("today", [date(2026, 11, 22) + timedelta(days=offset) for offset in range(7)])
def test_near_today_the_closure_begins_in_7_to_13_days_on_its_own_weekday(
    alzhir_file: ParsedMuseum, today: date
) -> None:
    weeks = season.weeks_to_near(alzhir_file, today)
    begins = date(2025, 5, 24) + timedelta(weeks=weeks)
    assert 7 <= (begins - today).days <= 13
    assert begins.weekday() == date(2025, 5, 24).weekday()


@pytest.mark.parametrize("day", range(22, 29))
def test_the_season_fits_near_any_day_and_what_is_over_took_place(alzhir_file: ParsedMuseum, day: int) -> None:
    now = datetime(2026, 11, day, 3, 0, tzinfo=UTC)
    loaded = season.load(alzhir_file, now=now, near_today=True)
    assert loaded.visits == 9
    for visit in Visit.objects.all():
        assert visit.status == ("done" if visit.period.upper <= now else "confirmed")


def test_the_past_is_written_down_and_nobody_is_told(alzhir_file: ParsedMuseum) -> None:
    later = datetime(2025, 6, 1, tzinfo=UTC)
    loaded = season.load(alzhir_file, now=later)
    assert (loaded.visits, loaded.took_place) == (9, 7)
    over = Visit.objects.filter(status="done")
    assert {party.guide for party in Party.objects.filter(visit__in=over)} - {None}
    assert all(visit.promised_at for visit in over)
    told = {row.thread.about for row in [*OutboxMessage.objects.all(), *Call.objects.all()]}
    assert told == {f"visit:{visit.code}" for visit in Visit.objects.filter(status="confirmed")}


def test_notices_carry_the_dates_in_the_readers_language(alzhir_file: ParsedMuseum, season_now: datetime) -> None:
    season.load(alzhir_file, now=season_now)
    closure = Closure.objects.get()
    assert closure.notice_en == "Closed for renovation work: 24–27 May 2025. Open again from 28 May 2025."
    assert closure.notice_ru == (
        "В связи с ремонтными работами комплекс закрыт: 24–27 мая 2025 года. Вновь открыт с 28 мая 2025 года."
    )
    assert closure.notice_kk == (
        "Жөндеу жұмыстарына байланысты кешен жабық: 2025 жылғы 24–27 мамыр. Қайта ашылатын күні: 2025 жылғы 28 мамыр."
    )


def test_shifted_notices_carry_the_shifted_dates(alzhir_file: ParsedMuseum) -> None:
    season.load(alzhir_file, now=datetime(2026, 11, 22, 3, 0, tzinfo=UTC), near_today=True)
    closure = Closure.objects.get()
    assert closure.notice_en == "Closed for renovation work: 5–8 December 2026. Open again from 9 December 2026."


def test_it_opens_again_on_a_day_on_which_the_museum_opens(changed_file: Write, season_now: datetime) -> None:
    season.load(changed_file("days: 4, spaces: all", "days: 2, spaces: all"), now=season_now)
    assert "Open again from 27 May 2025" in Closure.objects.get().notice_en  # the 26th is a Monday


def test_what_cannot_be_had_is_named_with_its_row_and_nothing_is_loaded(
    changed_file: Write, season_now: datetime
) -> None:
    parsed = changed_file('"2025-05-31T14:00", tour', '"2025-05-31T10:15", tour')  # into the President's visit
    with pytest.raises(FileRefused) as refused:
        season.load(parsed, now=season_now)
    assert str(refused.value).startswith(f"{parsed.file}: season.visits[5]: ")
    assert not any(counts().values())


def test_an_event_in_the_way_names_the_row_and_who_is_there(changed_file: Write, season_now: datetime) -> None:
    parsed = changed_file('"2025-05-31T11:30"', '"2025-05-31T11:25"')
    with pytest.raises(FileRefused) as refused:
        season.load(parsed, now=season_now)
    assert "season.visits[4]: The place is taken then by: " in str(refused.value)


def test_a_closure_over_what_is_booked_is_refused(alzhir_file: ParsedMuseum, season_now: datetime) -> None:
    importing.load_catalogue(alzhir_file, with_guides=True)
    group = Group(Tour.objects.get(code="halls"), "ru", Audience.objects.get(code="general"), 10)
    asked = Request(group, (at(date(2025, 5, 25), "11:00"),), (Person("A", email="a@example.org"),))
    visit = bookings.book(asked, now=season_now)
    with pytest.raises(FileRefused) as refused:
        season.load(alzhir_file, now=season_now)
    assert "season.closures[0]: " in str(refused.value)
    assert visit.code in str(refused.value)
    assert not Closure.objects.exists()


def test_the_command_loads_and_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_museum", str(ALZHIR), "--season-near-today")
    said = capsys.readouterr().out
    assert "museum alzhir" in said
    assert "1 closures and 9 visits are new" in said
    call_command("load_museum", str(ALZHIR), verbosity=0)
    assert Visit.objects.count() == 9


def test_the_command_names_file_path_and_reason(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.yaml"):
        call_command("load_museum", str(tmp_path / "nowhere.yaml"))
    broken = tmp_path / "broken.yaml"
    broken.write_text(ALZHIR.read_text().replace("soldiers, heads: 50,", "soldiers, heads: 500,", 1))
    with pytest.raises(CommandError, match=r"broken\.yaml:\d+: season\.visits\[2\]"):
        call_command("load_museum", str(broken))
    with pytest.raises(CommandError):
        call_command("load_museum", str(ALZHIR), "--catalogue-only", "--season-near-today")
    assert not Museum.objects.exists()
