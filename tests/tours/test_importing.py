"""A museum's file: what is wrong in one is named, what is right is loaded once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.utils import translation

from tests.museum import ALZHIR
from tests.tours.conftest import SMALL
from tours import checking, importing, shapes
from tours.errors import AnotherMuseum, LaneInUse
from tours.importing import FileRefused, load_catalogue, read_museum
from tours.models import Audience, Guide, Holiday, Museum, Opening, Price, Qualification, Space, Stop, Tour

Write = Callable[[str], Path]

# What to change in the small museum (from, to), and the one fault that it makes: its path and the end of its reason.
FAULTS: list[tuple[str, str, str, str]] = [
    # The shape
    ("lanes: 2", "lane: 2", "spaces[0].lane", "did you mean “lanes”"),
    ("lanes: 2, ", "", "spaces[0]", "“lanes” is missing"),
    ("lanes: 2", "lanes: two", "spaces[0].lanes", "a whole number"),
    ("lanes: 2", "lanes: 2.0", "spaces[0].lanes", "a whole number"),
    ("lanes: 2", "lanes: 0", "spaces[0].lanes", "less than 1"),
    ("lanes: 2", "lanes: 101", "spaces[0].lanes", "more than 100"),
    ("kind: hall,", "kind: hal,", "spaces[0].kind", "did you mean “hall”"),
    ("free: true", "free: yes", "audiences[1].free", "true or false"),
    ("minutes: 30,", "minutes: 33,", "tours[0].stops[0].minutes", "no multiple of 5"),
    ("code: hall,", "code: Hall,", "spaces[0].code", "no code"),
    ('name: {en: "Room"}', "name: Room", "spaces[1].name", "keys with values"),
    ('name: {en: "Room"}', "name: {}", "spaces[1].name", "is empty"),
    ('name: {en: "Room"}', 'name: {en: ""}', "spaces[1].name.en", "is empty"),
    ('name: {en: "Room"}', 'name: {en: "Room\\nTwo"}', "spaces[1].name.en", "line break"),
    ('name: {en: "Room"}', 'name: {en: "Ro\\u0007m"}', "spaces[1].name.en", "cannot be shown"),
    ('name: {en: "Room"}', f'name: {{en: "{"o" * 201}"}}', "spaces[1].name.en", "longer than 200 characters"),
    ('name: {en: "Room"}', 'name: {fr: "Salle"}', "spaces[1].name.fr", "not known here"),
    (
        "opening: [{days",
        f"time_zone_name: {{en: '{'o' * 61}'}}\n  opening: [{{days",
        "museum.time_zone_name.en",
        "longer than 60",
    ),
    ("Asia/Almaty", "Asia/Astana", "museum.time_zone", "time zone"),
    ("opens: 10:00,", "opens: 10:02,", "museum.opening[0].opens", "no time of day"),
    ("opens: 10:00,", "opens: 1000,", "museum.opening[0].opens", "a text"),
    ("opening: [{days", "latitude: 51.0\n  opening: [{days", "museum", "“longitude” is missing"),
    ("opening: [{days", "email: museum\n  opening: [{days", "museum.email", "no e-mail address"),
    ("opening: [{days", "locale: de\n  opening: [{days", "museum.locale", "none of: kk"),
    ("opening: [{days", "country: QQ\n  opening: [{days", "museum.country", "no country"),
    ("opening: [{days", "currency: tenge\n  opening: [{days", "museum.currency", "no currency"),
    ("opening: [{days", "url: museum.kz\n  opening: [{days", "museum.url", "no web address"),
    ("days: [tue, wed]", "days: [tue, tue]", "museum.opening[0].days", "something twice"),
    ("days: [tue, wed]", "days: [tue, thr]", "museum.opening[0].days[1]", "none of: mon"),
    ("prices:", "price:", "price", "did you mean “prices”"),
    ("{per_head_above: 400}", "{per_head_above: 400, amount: 1}", "prices[0].bands[1].amount", "does not belong here"),
    ("{max_heads: 10, amount: 5000}", "{max_heads: 10}", "prices[0].bands[0]", "“amount” is missing"),
    (
        "spaces: [room], kind: renovation",
        "spaces: some, kind: renovation",
        "season.closures[0].spaces",
        "“all” or a list",
    ),
    ("start: 2025-05-20", "start: 2025-02-30", "season.closures[0].start", "no date"),
    ("start: 2025-05-21T12:00", "start: 2025-05-21 12:00", "season.visits[1].start", "no date and time"),
    ("phone: +77010000001", "phone: 87010000001", "season.visits[0].contacts[0].phone", "a text"),
    ("phone: +77010000001", "phone: '87010000001'", "season.visits[0].contacts[0].phone", "no telephone number"),
    (", phone: +77010000001", "", "season.visits[0].contacts[0]", "“email” is missing"),
    ("tour: walk, language: kk, ", "language: kk, ", "season.visits[0]", "“tour” is missing"),
    ("kind: event, ", "kind: event, tour: walk, ", "season.visits[1].tour", "does not belong here"),
    ("minutes: 60, heads", "heads", "season.visits[1]", "“minutes” is missing"),
    # Codes
    ("code: room,", "code: hall,", "spaces[1].code", "twice"),
    (
        "audience: adults, bands",
        "audience: soldiers, bands",
        "prices[0].audience",
        "free of charge and cannot have prices",
    ),
    ("{space: hall,", "{space: hal,", "tours[0].stops[0].space", "did you mean “hall”"),
    ("tours: [walk]", "tours: [run]", "audiences[1].tours[0]", "no tour with the code “run”"),
    ("audience: adults, bands", "audience: nobody, bands", "prices[0].audience", "no kind of group"),
    ("spaces: [room], kind", "spaces: [roof], kind", "season.closures[0].spaces[0]", "no place"),
    ("tour: walk,", "tour: stroll,", "season.visits[0].tour", "no tour"),
    # Sums and sense
    ('name: {en: "Room"}', 'name: {en: " "}', "spaces[1].name.en", "is empty"),
    ("last_start: 12:00", "last_start: 13:00", "museum.opening[0].last_start", "between opening and closing"),
    ("closes: 13:00", "closes: 09:30", "museum.opening[0].closes", "not after the opening"),
    (
        "prices:",
        "holidays:\n  - {date: 2025-05-19, opens: true}\nprices:",
        "holidays[0].opens",
        "no opening hours on this weekday",
    ),
    ("starts: 10:00, ends: 12:00", "starts: 12:00, ends: 10:00", "guides[1].hours[0].ends", "not after the start"),
    (
        "opening: [{days",
        "opening: [{days: [wed], opens: 12:55, closes: 14:00, last_start: 13:00}, {days",
        "museum.opening[0]",
        "overlaps with other hours of the same day (wed)",
    ),
    ("minutes: 20,", "minutes: 155,", "tours[0].stops", "take 185 minutes, but the museum is open for 180 at most"),
    (
        "max_heads: 50",
        "max_heads: 24",
        "tours[0].stops[1].space",
        "takes 24 people, but a guide of this tour leads up to 25",
    ),
    (
        "kind: talk, movable: true",
        "kind: talk, exclusive: true, together: false",
        "tours[0].stops[0].together",
        "must be true",
    ),
    ("lanes: 2,", "lanes: 2, plan: [90, 0, 20, 10],", "spaces[0].plan", "100 by 100"),
    ("  opening: [{days", "  accent: '#8fc5c8'\n  opening: [{days", "museum.accent", "4.5 to 1"),
    ("  - {audience: adults,", "  # {audience: adults,", "prices", "a list"),
    (", {per_head_above: 400}", "", "prices[0].bands", "must end with “per_head_above”"),
    ("bands: [", "bands: [{per_head_above: 1}, ", "prices[0].bands[0].per_head_above", "the last band"),
    (
        "{per_head_above: 400}",
        "{max_heads: 10, amount: 1}, {per_head_above: 400}",
        "prices[0].bands[1].max_heads",
        "not above",
    ),
    ("{dates}", "{date}", "season.closures[0].notice.en", "{date}"),
    ("{dates}", "{dates", "season.closures[0].notice.en", "curly bracket"),
    ("{dates}", "{dates.year}", "season.closures[0].notice.en", "{dates.year}"),
    (
        "start: 2025-05-20, days: 1",
        "start: 2025-05-20, days: 2",
        "season.visits[0].start",
        "the closure from 2025-05-20",
    ),
    ("heads: 40", "heads: 40, adults: 41", "season.visits[0].adults", "more than the heads"),
    ("language: kk, audience", "language: ru, audience", "season.visits[0]", "language: 2, but there are: 0"),
    ("start: 2025-05-21T10:00", "start: 2025-05-21T12:15", "season.visits[0].start", "outside the opening hours"),
    ("start: 2025-05-21T10:00", "start: 2025-05-22T10:00", "season.visits[0].start", "outside the opening hours"),
    ("movable: true}, {space: room", "movable: false}, {space: room", "season.visits[0].heads", "“hall”"),
    ("heads: 20", "heads: 51", "season.visits[1].heads", "more than the 50 people"),
    ("start: 2025-05-21T12:00", "start: 2025-05-21T23:30", "season.visits[1].start", "would not end on the same day"),
]


@pytest.mark.parametrize(("before", "after", "path", "reason"), FAULTS, ids=[f"{row[2]}: {row[3]}" for row in FAULTS])
def test_each_fault_is_named_by_file_line_path_and_reason(
    write: Write, before: str, after: str, path: str, reason: str
) -> None:
    assert before in SMALL
    text = SMALL.replace(before, after, 1)
    if "there are: 0" in reason:
        text = text.replace("languages: [kk, ru]", "languages: [kk]")
    if "“hall”" in reason:
        text = text.replace("lanes: 2", "lanes: 1")
    file = write(text)
    with pytest.raises(FileRefused) as raised:
        read_museum(file)
    found = {fault["path"]: fault for fault in raised.value.extra["faults"]}
    assert path in found, str(raised.value)
    assert reason in found[path]["reason"]
    assert f"{file}:{found[path]['line']}: {path}: " in str(raised.value)
    assert found[path]["line"] > 1


def test_every_rule_of_the_schema_and_every_check_has_a_case() -> None:
    schema = json.loads(shapes.SCHEMA_FILE.read_text())
    rules = {
        "format",
        "enum",
        "const",
        "type",
        "multipleOf",
        "minimum",
        "maximum",
        "uniqueItems",
        "required",
        "if",
        "dependentRequired",
    }
    assert rules <= set(_keys(schema))
    assert {name.__name__ for name in checking.CHECKS} == {
        *(
            "no_blank_text",
            "hours_in_order",
            "open_days_have_hours",
            "tours_fit_a_day",
            "stops_take_a_party",
            "prices_complete",
            "looks_right",
            "visits_possible",
        ),
    }


def _keys(part: Any) -> list[str]:
    if isinstance(part, dict):
        return list(part) + [key for value in part.values() for key in _keys(value)]
    return [key for value in part for key in _keys(value)] if isinstance(part, list) else []


def test_all_faults_are_told_at_once_in_the_order_of_the_file(write: Write) -> None:
    text = (
        SMALL.replace("lanes: 2", "lanes: two").replace("heads: 40", "heads: none").replace("code: walk", "code: Walk")
    )
    with pytest.raises(FileRefused) as raised:
        read_museum(write(text))
    assert [fault["path"] for fault in raised.value.extra["faults"]] == [
        *("spaces[0].lanes", "tours[0].code", "season.visits[0].heads"),
    ]


def test_faults_are_told_in_the_reader_s_language(write: Write) -> None:
    file = write(SMALL.replace("lanes: 2", "lanes: two"))
    said = {}
    for language in ("kk", "ru", "en"):
        with translation.override(language), pytest.raises(FileRefused) as raised:
            read_museum(file)
        said[language] = raised.value.extra["faults"][0]["reason"]
    assert len(set(said.values())) == 3


@pytest.mark.parametrize(
    ("text", "path"),
    [("museum", ""), ("[]", ""), ("{}", ""), ("museum: []", "museum")],
)
def test_another_shape_altogether_is_refused(write: Write, text: str, path: str) -> None:
    with pytest.raises(FileRefused) as raised:
        read_museum(write(text))
    assert path in [fault["path"] for fault in raised.value.extra["faults"]]


def test_the_season_comes_as_values() -> None:
    season = read_museum(ALZHIR).season
    (closure,) = season.closures
    assert (closure.start, closure.days, closure.spaces, closure.kind) == (date(2025, 5, 24), 4, None, "renovation")
    assert set(closure.notice) == {"kk", "ru", "en"}
    assert [(visit.kind, visit.heads) for visit in season.visits] == [
        *(("event", 20), ("tour", 12), ("tour", 50), ("protocol", 15), ("event", 80)),
        *(("tour", 30), ("event", 2), ("event", 70), ("tour", 40)),
    ]
    president = season.visits[3]
    assert president.start == datetime(2025, 5, 31, 10, 0)  # the museum's wall clock
    assert president.closes is None
    assert (president.margin_before, president.margin_after, president.discreet) == (30, 10, True)
    assert [(stop.space, stop.minutes) for stop in president.stops] == [
        *(("wall", 15), ("alash", 25), ("alzhir", 25), ("unique", 15)),
    ]
    assert president.stops[0].together
    assert president.stops[0].exclusive
    kindergarten = season.visits[7].contacts[1]
    assert (kindergarten.phone, kindergarten.email, kindergarten.locale) == ("+77010000044", "", "kk")


CATALOGUE = (Museum, Opening, Holiday, Space, Tour, Stop, Audience, Price, Guide, Qualification)


def everything() -> str:
    """All rows with their ids, so that a row made anew is another one."""
    rows = [row for model in CATALOGUE for row in model.objects.order_by("pk")]
    lanes = sorted(Space.objects.values_list("code", "lanes__number"))
    kept = sorted(Audience.objects.values_list("code", "tours__code"), key=str)
    return serializers.serialize("json", rows) + str(lanes) + str(kept)


@pytest.mark.django_db
class TestLoading:
    """What the file says is what the catalogue is."""

    def test_the_museum_is_loaded(self) -> None:
        report = load_catalogue(read_museum(ALZHIR), with_guides=True)
        assert len(report.created) == 1 + 9 + 6 + 8 + 6
        assert (report.changed, report.retired, report.left) == ([], [], [])
        museum = Museum.objects.get()
        assert museum.name_kk == "«АЛЖИР» мемориалды-мұражай кешені"
        assert Opening.objects.count() == 6
        assert dict(Space.objects.values_list("code", "max_heads"))["cinema"] == 50
        assert Space.objects.get(code="grounds").lanes.count() == 4
        wall, grounds = Tour.objects.get(code="grounds-flowers").stops.all()
        assert (wall.space.code, wall.minutes, wall.exclusive, wall.together) == ("wall", 15, True, True)
        assert (grounds.space.code, grounds.minutes, grounds.movable) == ("grounds", 45, False)
        assert [tour.code for tour in Audience.objects.get(code="preschool").tours.all()] == ["grounds"]
        assert Qualification.objects.filter(guide__code="g06").count() == 3
        assert Qualification.objects.filter(guide__code="g01").count() == 6 * 3

    @pytest.mark.parametrize("language", ["kk", "ru", "en"])
    def test_twice_is_the_same_whoever_s_language_is_spoken(self, language: str) -> None:
        load_catalogue(read_museum(ALZHIR), with_guides=True)
        before = everything()
        with translation.override(language):
            report = load_catalogue(read_museum(ALZHIR), with_guides=True)
        assert not report.anything
        assert everything() == before

    def test_without_guides_none_is_loaded_and_none_is_touched(self, write: Write) -> None:
        load_catalogue(read_museum(write(SMALL)), with_guides=True)
        guides = list(Guide.objects.values())
        load_catalogue(read_museum(write(SMALL.replace('name: "A"', 'name: "Z"'))), with_guides=False)
        assert list(Guide.objects.values()) == guides

    def test_what_changed_in_the_file_changes_and_nothing_else(self, write: Write) -> None:
        load_catalogue(read_museum(write(SMALL)), with_guides=True)
        version = Museum.objects.get().catalogue_version
        kept = Stop.objects.get(position=1).pk
        text = SMALL.replace("minutes: 30,", "minutes: 35,").replace("languages: [kk, ru]", "languages: [kk, en]")
        report = load_catalogue(read_museum(write(text)), with_guides=True)
        assert report.changed == ["tours walk", "guides g01"]
        assert (report.created, report.retired) == ([], [])
        assert list(Stop.objects.values_list("minutes", flat=True)) == [35, 20]
        assert Stop.objects.get(position=1).pk == kept
        assert set(Qualification.objects.filter(guide__code="g01").values_list("language", flat=True)) == {"kk", "en"}
        assert Museum.objects.get().catalogue_version > version

    def test_a_key_taken_out_of_the_file_is_undone(self, write: Write) -> None:
        load_catalogue(
            read_museum(write(SMALL.replace("heads_per_guide: 25", "heads_per_guide: 25\n    needs_review: true"))),
            with_guides=True,
        )
        assert Tour.objects.get().needs_review
        load_catalogue(read_museum(write(SMALL)), with_guides=True)
        assert not Tour.objects.get().needs_review

    def test_what_the_file_no_longer_names_is_retired_and_said_never_deleted(self, write: Write) -> None:
        load_catalogue(read_museum(ALZHIR), with_guides=True)
        Museum.objects.update(code="small")
        Holiday.objects.create(date=date(2025, 5, 28))
        report = load_catalogue(read_museum(write(SMALL)), with_guides=True)
        assert [word for word in report.retired if word.startswith("tours")] == [
            f"tours {code}" for code in ("halls", "halls-film", "grounds", "grounds-flowers", "halls-flowers", "full")
        ]
        assert "audiences general" in report.retired
        assert "audiences soldiers" not in report.retired
        assert "guides g03" in report.retired
        assert "spaces wall" in report.left
        assert "holidays 2025-05-28" in report.left
        assert (Tour.objects.count(), Tour.objects.filter(active=True).count()) == (7, 1)
        assert list(Guide.objects.filter(active=True).values_list("code", flat=True)) == ["g01", "g02"]
        again = load_catalogue(read_museum(write(SMALL)), with_guides=True)
        assert not again.anything

    def test_holidays_of_the_file_are_edits(self, write: Write) -> None:
        text = SMALL + "holidays:\n  - {date: 2025-05-21, name: {en: A day of ours}, opens: false}\n"
        load_catalogue(read_museum(write(text)), with_guides=False)
        holiday = Holiday.objects.get()
        assert (holiday.date, holiday.is_holiday, holiday.opens, holiday.name_en) == (
            date(2025, 5, 21),
            True,
            False,
            "A day of ours",
        )

    def test_a_file_of_another_museum_changes_nothing(self, write: Write) -> None:
        load_catalogue(read_museum(ALZHIR), with_guides=True)
        before = everything()
        with pytest.raises(AnotherMuseum):
            load_catalogue(read_museum(write(SMALL)), with_guides=True)
        assert everything() == before

    def test_a_load_that_fails_in_the_middle_changes_nothing(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load_catalogue(read_museum(write(SMALL)), with_guides=True)
        before = everything()

        def refuse(*_args: object) -> bool:
            raise LaneInUse

        monkeypatch.setattr(importing.services, "set_lanes", refuse)
        with pytest.raises(LaneInUse):
            load_catalogue(read_museum(write(SMALL.replace("Hall", "Great Hall"))), with_guides=True)
        assert everything() == before

    def test_lanes_follow_the_file(self, write: Write) -> None:
        for lanes in (2, 4, 1):
            load_catalogue(
                read_museum(write(SMALL.replace("lanes: 2", f"lanes: {lanes}").replace("heads: 40", "heads: 25"))),
                with_guides=True,
            )
            assert list(Space.objects.get(code="hall").lanes.values_list("number", flat=True)) == list(
                range(1, lanes + 1)
            )
