"""The settings' one way into the catalogue: shown before it is saved, refused with its reasons, undone."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.museum import ALZHIR
from tours import editing, exporting, importing
from tours.editing import Edit
from tours.errors import ChangedSince, Impossible, LaneInUse, NothingChanged
from tours.models import CatalogueEdit, Guide, Holiday, Museum, Qualification, Stop, Tour, User

NOW = datetime(2025, 5, 12, 4, tzinfo=UTC)


@pytest.fixture
def alzhir(db: None) -> Museum:
    importing.load_catalogue(importing.read_museum(ALZHIR), with_guides=True)
    return Museum.objects.get()


def row(part: str, key: str = "", **changed: Any) -> dict[str, Any]:
    """A row as it is, with some of it changed; None takes a key out."""
    found = deepcopy(dict(editing.row_of(exporting.catalogue(), part, key) or {}))
    found |= changed
    return {name: value for name, value in found.items() if value is not None}


def save(*edits: Edit) -> CatalogueEdit:
    return editing.save(edits, seen=editing.seal(exporting.catalogue(), edits), by=None, now=NOW)


def reasons(refused: Impossible) -> list[str]:
    return [str(fault.reason) for fault in refused.faults]


def test_what_is_written_out_reads_as_the_same_catalogue(alzhir: Museum) -> None:
    data = exporting.catalogue()
    version = alzhir.catalogue_version
    report = importing.load_catalogue(editing._parsed(data), with_guides=True)
    alzhir.refresh_from_db()
    assert (report.created, report.changed, report.retired, alzhir.catalogue_version) == ([], [], [], version)
    assert editing.faults({**data, "tours": []}, data) == []
    assert editing._shape(data) == []


def test_writing_out_takes_the_same_queries_for_any_museum(alzhir: Museum) -> None:
    with CaptureQueriesContext(connection) as few:
        exporting.catalogue()
    for number in range(5):
        tour = Tour.objects.create(code=f"t{number}", name_en="T", position=50 + number)
        Stop.objects.create(tour=tour, position=0, space_id=Stop.objects.earliest("pk").space_id, minutes=10)
    with CaptureQueriesContext(connection) as more:
        exporting.catalogue()
    assert len(few) == len(more) == 13


def test_a_change_is_written_raises_the_version_and_is_kept(alzhir: Museum) -> None:
    version = alzhir.catalogue_version
    stops = [{"space": "alash", "minutes": 45, "kind": "talk"}]
    done = save(Edit("tours", "halls", row("tours", "halls", stops=stops)))
    assert list(Stop.objects.filter(tour__code="halls").values_list("space__code", "minutes")) == [("alash", 45)]
    alzhir.refresh_from_db()
    assert alzhir.catalogue_version > version
    assert [(each["part"], each["key"]) for each in done.rows] == [("tours", "halls")]


def test_what_nobody_previewed_is_not_saved(alzhir: Museum) -> None:
    edit = Edit("tours", "halls", row("tours", "halls", heads_per_guide=20))
    seen = editing.seal(exporting.catalogue(), [edit])
    Tour.objects.filter(code="halls").update(heads_per_guide=15)
    with pytest.raises(ChangedSince):
        editing.save([edit], seen=seen, by=None, now=NOW)
    assert Tour.objects.get(code="halls").heads_per_guide == 15


def test_what_is_so_already_is_no_change(alzhir: Museum) -> None:
    with pytest.raises(NothingChanged):
        save(Edit("tours", "halls", row("tours", "halls")))
    assert not CatalogueEdit.objects.exists()


MONDAYS = [{"days": ["mon"], "starts": "10:00", "ends": "18:00"}]
HALF_AN_HOUR = [{"days": ["tue"], "opens": "10:00", "closes": "10:30", "last_start": "10:00"}]
IMPOSSIBLE: list[tuple[str, str, Mapping[str, Any], str]] = [
    ("tours", "halls", {"stops": [{"space": "alash", "minutes": 500, "kind": "talk"}]}, "take 500 minutes, but the museum is open for 480"),
    ("tours", "halls", {"stops": [{"space": "nowhere", "minutes": 30, "kind": "talk"}]}, "there is no place with the code “nowhere”"),
    ("tours", "halls", {"stops": []}, "is empty"),
    ("tours", "halls", {"stops": [{"space": "alash", "minutes": 7, "kind": "talk"}]}, "is no multiple of 5"),
    ("tours", "halls-film", {"heads_per_guide": 60}, "takes 50 people, but a guide of this tour leads up to 60"),
    ("tours", "halls", {"name": {}}, "is empty"),
    ("spaces", "alash", {"max_heads": 10}, "takes 10 people, but a guide of this tour leads up to 25"),
    ("spaces", "alash", {"lanes": 0}, "is less than 1"),
    ("guides", "g01", {"hours": MONDAYS}, "lie outside the hours in which the museum is open"),
    ("guides", "g01", {"daily_minutes": 30}, "works for 30 a day at most"),
    ("guides", "g01", {"leads": {"nothing": ["kk"]}}, "there is no tour with the code “nothing”"),
    ("audiences", "preschool", {"tours": ["none"]}, "there is no tour with the code “none”"),
    ("audiences", "veterans", {"free": False}, "is neither free of charge nor among the prices"),
    ("museum", "", {"opening": []}, "is empty"),
    ("museum", "", {"opening": HALF_AN_HOUR}, "but the museum is open for 30 at most"),
    ("museum", "", {"email": "no address"}, "is no e-mail address"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "key", "changed", "reason"), IMPOSSIBLE)
def test_what_no_museum_could_serve_is_refused_with_the_reason(
    alzhir: Museum, part: str, key: str, changed: Mapping[str, Any], reason: str
) -> None:
    before = exporting.catalogue()
    with pytest.raises(Impossible) as refused:
        save(Edit(part, key, row(part, key, **changed)))
    assert any(reason in each for each in reasons(refused.value)), reasons(refused.value)
    assert exporting.catalogue() == before


def test_the_last_tour_stays_on_offer(alzhir: Museum) -> None:
    codes = list(Tour.objects.values_list("code", flat=True))
    with pytest.raises(Impossible) as refused:
        save(*(Edit("tours", code, row("tours", code, active=False)) for code in codes))
    assert "no tour would be offered any more" in reasons(refused.value)


def test_an_old_fault_elsewhere_is_nobodys_obstacle(alzhir: Museum) -> None:
    Guide.objects.filter(code="g02").update(phone="12")
    save(Edit("tours", "halls", row("tours", "halls", heads_per_guide=20)))
    assert Tour.objects.get(code="halls").heads_per_guide == 20


def test_room_that_visits_have_been_given_is_not_taken_away(alzhir: Museum) -> None:
    edit = Edit("spaces", "alash", row("spaces", "alash", lanes=1))
    save(edit)
    assert [len(space["name"]) > 0 for space in exporting.catalogue()["spaces"] if space["code"] == "alash"] == [True]
    assert LaneInUse.code == "lane_in_use"


def test_a_guide_leads_any_pairs_of_tour_and_language(alzhir: Museum) -> None:
    save(Edit("guides", "g06", row("guides", "g06", leads={"halls": ["kk", "ru"], "full": ["en"]})))
    led = set(Qualification.objects.filter(guide__code="g06").values_list("tour__code", "language"))
    assert led == {("halls", "kk"), ("halls", "ru"), ("full", "en")}
    save(Edit("guides", "g06", row("guides", "g06", leads={})))
    assert not Qualification.objects.filter(guide__code="g06").exists()


def led(guide: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(tour, language) for tour, languages in guide["leads"].items() for language in languages}


def test_who_leads_what_is_said_for_all_that_is_shown_and_the_rest_stays(alzhir: Museum) -> None:
    Tour.objects.filter(code="grounds").update(active=False)
    data = exporting.catalogue()
    pairs = {
        (guide["code"], tour, code)
        for guide in data["guides"]
        for tour, codes in guide["leads"].items()
        for code in codes
    }
    assert editing.leading(data, pairs) == []
    hidden = {pair for pair in pairs if pair[1] == "grounds"}
    assert editing.leading(data, pairs - hidden) == []
    (edit,) = editing.leading(data, pairs - {("g03", "halls", "en")} - hidden)
    assert edit.row is not None
    assert led(edit.row) == led(row("guides", "g03")) - {("halls", "en")}
    assert edit.key == "g03"


def test_missing_texts_are_put_into_their_rows_in_the_order_of_languages(alzhir: Museum) -> None:
    Tour.objects.filter(code="halls").update(name_kk="", name_en="")
    data = exporting.catalogue()
    (edit,) = editing.worded(data, {("tours", "halls", "name", "en"): "Halls", ("tours", "halls", "name", "kk"): ""})
    assert edit.row is not None
    assert list(edit.row["name"]) == ["ru", "en"]
    assert edit.row["name"]["en"] == "Halls"
    assert "en" not in row("tours", "halls")["name"]  # nothing is written yet


def test_a_holiday_comes_and_goes(alzhir: Museum) -> None:
    made = save(Edit("holidays", "2025-06-02", {"date": "2025-06-02", "name": {"en": "Ours"}}))
    assert Holiday.objects.get().name_en == "Ours"
    editing.undo(made.pk, by=None, now=NOW)
    assert not Holiday.objects.exists()


def test_undoing_brings_the_former_values_back_as_a_change_of_its_own(alzhir: Museum) -> None:
    before = exporting.catalogue()
    somebody = User.objects.create(username="office")
    done = save(Edit("tours", "halls", row("tours", "halls", heads_per_guide=20)))
    undone = editing.undo(done.pk, by=somebody, now=NOW)
    assert exporting.catalogue() == before
    assert (undone.undoes, undone.by) == (done, somebody)
    with pytest.raises(ChangedSince):
        editing.undo(done.pk, by=None, now=NOW)


def test_what_was_changed_again_is_not_undone(alzhir: Museum) -> None:
    done = save(Edit("tours", "halls", row("tours", "halls", heads_per_guide=20)))
    save(Edit("tours", "halls", row("tours", "halls", heads_per_guide=22)))
    with pytest.raises(ChangedSince):
        editing.undo(done.pk, by=None, now=NOW)


def test_what_has_become_impossible_is_not_undone(alzhir: Museum) -> None:
    done = save(Edit("spaces", "alash", row("spaces", "alash", max_heads=60)))
    save(Edit("tours", "halls", row("tours", "halls", heads_per_guide=40)))
    tight = save(Edit("spaces", "alzhir", row("spaces", "alzhir", max_heads=45)))
    save(Edit("spaces", "alzhir", row("spaces", "alzhir", max_heads=None)))
    assert done.pk and tight.pk
    Stop.objects.filter(space__code="alash").update(minutes=35)  # by another hand: nothing of this edit
    editing.undo(done.pk, by=None, now=NOW)


def test_a_new_tour_that_is_undone_is_no_longer_offered(alzhir: Museum) -> None:
    tour = {
        "code": "short",
        "name": {"en": "Short"},
        "heads_per_guide": 10,
        "stops": [{"space": "alash", "minutes": 20, "kind": "talk"}],
    }
    made = save(Edit("tours", "short", tour))
    editing.undo(made.pk, by=None, now=NOW)
    assert Tour.objects.get(code="short").active is False
