"""The settings: previewed, refused beside the field with everything typed kept, saved, undone; without script."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.messages import KINDS
from notifications.models import OutboxMessage
from scheduler import snapshot, steps
from scheduler.forms.settings.letters import kinds
from scheduler.models import Visit
from tests.scheduler.views.conftest import FAR, soup, typed, words
from tours.models import CatalogueEdit, Guide, Holiday, Museum, Price, Qualification, Space, Stop, Tour
from tours.shapes import SCHEMA_FILE

SETTINGS = "/office/settings/"
HALLS = "/office/settings/tours/halls/"
PAGES = [
    *("", "museum/", "opening/", "leads/", "translations/", "tours/", "audiences/", "spaces/", "guides/"),
    *("tours/halls/", "tours/new/", "audiences/school/", "audiences/new/", "spaces/alash/", "spaces/new/", "guides/g01/", "guides/new/"),
]  # fmt: skip
Book = Callable[..., Visit]


@pytest.mark.parametrize("page", PAGES)
def test_the_settings_are_the_offices_alone(page: str, office: Client, guide: Client, stranger: Client) -> None:
    assert office.get(SETTINGS + page).status_code == 200
    assert guide.get(SETTINGS + page).status_code == 404
    assert stranger.get(SETTINGS + page).status_code == 302


def posted(client: Client, page: str, **changed: Any) -> dict[str, Any]:
    """What a page's form would send, with some of it typed anew; None is not sent."""
    fields: dict[str, Any] = {}
    main = soup(client.get(page)).find("main")
    assert main is not None
    for field in main.find_all(["input", "textarea", "select"]):
        name, kind = str(field.get("name")), field.get("type")
        if kind in ("checkbox", "radio"):
            if field.has_attr("checked"):
                fields.setdefault(name, []).append(field.get("value", "on"))
        elif field.name == "select":
            chosen = field.select_one("option[selected]")
            fields[name] = str(chosen["value"]) if chosen else ""
        else:
            fields[name] = field.text.strip() if field.name == "textarea" else field.get("value", "")
    fields |= {name.replace("__", "-"): value for name, value in changed.items()}
    fields.pop("csrfmiddlewaretoken", None)
    return {name: value for name, value in fields.items() if value is not None}


def saved(client: Client, page: str, **changed: Any) -> Any:
    """Preview, then save what was shown."""
    form = posted(client, page, **changed)
    shown = client.post(page, form | {"preview": "1"})
    assert shown.status_code == 200, words(shown)
    return client.post(page, form | {"save": "1", "seal": typed(shown)["seal"]}, follow=True)


@pytest.mark.parametrize(
    "page",
    [
        *("museum/", "opening/", "tours/full/", "tours/halls-film/", "audiences/school/", "audiences/preschool/"),
        *("spaces/cinema/", "guides/g01/", "leads/"),
    ],
)
def test_a_page_sent_back_as_it_is_changes_nothing(page: str, office: Client) -> None:
    shown = office.post(SETTINGS + page, posted(office, SETTINGS + page) | {"preview": "1"})
    assert shown.status_code == 200
    assert "Nothing is different from what it was." in words(shown)


def test_a_tours_stops_are_added_moved_and_taken_out_by_buttons(office: Client) -> None:
    form = posted(office, HALLS)
    added = office.post(HALLS, form | {"do": "stops-add"})
    assert typed(added)["stops-count"] == "3"
    form = {**form, "stops-0-minutes": "25"}
    moved = typed(office.post(HALLS, form | {"do": "stops-down-0"}))
    assert [moved["stops-0-space"], moved["stops-1-space"]] == ["alzhir", "alash"]
    assert [moved["stops-0-minutes"], moved["stops-1-minutes"]] == ["30", "25"]
    gone = typed(office.post(HALLS, form | {"do": "stops-remove-0"}))
    assert (gone["stops-count"], gone["stops-0-space"]) == ("1", "alzhir")
    assert Stop.objects.filter(tour__code="halls", minutes=30).count() == 2


def test_a_change_is_shown_first_and_then_saved(office: Client, alzhir: Museum) -> None:
    form = posted(office, HALLS, stops__0__minutes="45")
    shown = office.post(HALLS, form | {"preview": "1"})
    assert "What would change" in words(shown) and "45" in words(shown)
    assert Stop.objects.get(tour__code="halls", space__code="alash").minutes == 30
    done = office.post(HALLS, form | {"save": "1", "seal": typed(shown)["seal"]}, follow=True)
    assert "Saved." in words(done)
    assert Stop.objects.get(tour__code="halls", space__code="alash").minutes == 45
    before = alzhir.catalogue_version
    alzhir.refresh_from_db()
    assert alzhir.catalogue_version > before


def test_without_a_preview_nothing_is_saved(office: Client) -> None:
    answer = office.post(HALLS, posted(office, HALLS, heads_per_guide="20") | {"save": "1"})
    assert answer.status_code == 409
    assert Tour.objects.get(code="halls").heads_per_guide == 25
    assert typed(answer)["heads_per_guide"] == "20"


def test_what_cannot_be_is_refused_beside_the_field_and_kept(office: Client) -> None:
    answer = office.post(HALLS, posted(office, HALLS, stops__1__minutes="7") | {"preview": "1"})
    assert answer.status_code == 422
    assert typed(answer)["stops-1-minutes"] == "7"
    field = soup(answer).select_one("#id_stops-1-minutes")
    assert field is not None and field.parent is not None
    assert "Is no multiple of 5" in field.parent.get_text()


def test_a_tour_longer_than_the_day_is_refused(office: Client) -> None:
    answer = office.post(HALLS, posted(office, HALLS, stops__1__minutes="600") | {"preview": "1"})
    assert answer.status_code == 422
    assert "Take 630 minutes, but the museum is open for 480 at most" in words(answer)
    assert "No day can hold it." in words(answer)


def test_agreed_visits_keep_their_programme_as_the_preview_says(office: Client, book: Book) -> None:
    visit = book(FAR, "11:00")
    shown = office.post(HALLS, posted(office, HALLS, stops__0__minutes="45") | {"preview": "1"})
    assert "1 agreed visit keeps the programme that it was booked with." in words(shown)
    assert visit.code in words(shown)
    saved(office, HALLS, stops__0__minutes="45")
    visit.refresh_from_db()
    assert [stop["minutes"] for stop in visit.stops] == [30, 30]


def test_visits_that_new_hours_leave_outside_are_named(office: Client, book: Book) -> None:
    visit = book(FAR, "16:30")
    page = SETTINGS + "opening/"
    shown = office.post(
        page, posted(office, page, opening__0__closes="17:00", opening__0__last_start="16:00") | {"preview": "1"}
    )
    assert "1 agreed visit would lie outside the opening hours." in words(shown)
    assert visit.code in words(shown)


def test_a_new_tour_is_made_and_a_code_is_taken_once(office: Client) -> None:
    page = SETTINGS + "tours/new/"
    new = {
        "code": "short",
        "name_en": "Short",
        "heads_per_guide": "20",
        "stops__0__space": "alash",
        "stops__0__minutes": "20",
    }
    saved(office, page, stops__0__kind="talk", **new)
    tour = Tour.objects.get(code="short")
    assert (tour.name_en, tour.active, tour.stops.count()) == ("Short", True, 1)
    again = office.post(page, posted(office, page, stops__0__kind="talk", **new) | {"preview": "1"})
    assert again.status_code == 422 and "This code is taken." in words(again)


def test_prices_are_changed_with_their_kind_of_group(office: Client) -> None:
    page = SETTINGS + "audiences/school/"
    saved(office, page, bands__0__amount="7000")
    assert Price.objects.get(audience__code="school", position=0).amount == 7000
    answer = office.post(page, posted(office, page, bands__1__per_head_above="") | {"preview": "1"})
    assert answer.status_code == 422


def test_guides_times_tours_times_languages_are_one_save(office: Client) -> None:
    page = SETTINGS + "leads/"
    form = posted(office, page)
    form["g06:halls"] = ["ru", "en"]
    form["g02:full"] = []
    shown = office.post(page, form | {"preview": "1"})
    done = office.post(page, form | {"save": "1", "seal": typed(shown)["seal"]}, follow=True)
    assert "Saved." in words(done)
    led = set(Qualification.objects.filter(guide__code="g06", tour__code="halls").values_list("language", flat=True))
    assert led == {"ru", "en"}
    assert not Qualification.objects.filter(guide__code="g02", tour__code="full").exists()
    assert CatalogueEdit.objects.count() == 1


def test_who_would_not_lead_any_more_what_is_planned_is_named(office: Client, led_by_g03: Visit) -> None:
    page = SETTINGS + "leads/"
    form = posted(office, page) | {"g03:halls": ["ru"]}
    shown = office.post(page, form | {"preview": "1"})
    assert "who would not lead it any more" in words(shown)
    assert led_by_g03.code in words(shown)


def test_a_guides_own_hours_outside_the_opening_are_refused(office: Client) -> None:
    page = SETTINGS + "guides/g01/"
    lines = {"hours-count": "1", "hours-0-days": ["mon"], "hours-0-starts": "10:00", "hours-0-ends": "12:00"}
    answer = office.post(page, posted(office, page) | lines | {"preview": "1"})
    assert answer.status_code == 422
    assert "Lie outside the hours in which the museum is open" in words(answer)
    assert not Guide.objects.get(code="g01").hours.exists()


def own_hours(*lines: dict[str, Any]) -> dict[str, Any]:
    """A guide's lines as the form sends them."""
    fields = {f"hours-{at}-{name}": value for at, line in enumerate(lines) for name, value in line.items()}
    return {"hours-count": str(len(lines)), **fields}


MORNINGS = {"days": ["tue", "wed"], "starts": "10:00", "ends": "13:00", "valid_until": "2025-05-31"}
EVENINGS = {"days": ["tue", "wed"], "starts": "12:00", "ends": "18:00", "valid_from": "2025-06-01"}


def test_a_guide_has_other_hours_from_a_day_on_and_the_former_ones_come_back(office: Client) -> None:
    page = SETTINGS + "guides/g01/"
    lines = own_hours(MORNINGS, EVENINGS)
    form = posted(office, page) | lines
    shown = office.post(page, form | {"preview": "1"})
    assert "Tuesday, Wednesday, 10:00–13:00, valid until and including 31 May 2025" in words(shown)
    office.post(page, form | {"save": "1", "seal": typed(shown)["seal"]})
    hours = Guide.objects.get(code="g01").hours
    assert hours.count() == 4
    assert posted(office, page) | lines == posted(office, page)  # the page shows what was saved
    wednesdays = [date(2025, 5, 28), date(2025, 6, 4)]
    worked = [
        [(part.start, part.end) for guide in state.guides if guide.code == "g01" for part in guide.hours]
        for state in map(snapshot.of_days(*wednesdays).days.__getitem__, wednesdays)
    ]
    assert worked == [[(120, 156)], [(144, 216)]]
    office.post(f"{SETTINGS}undo/{CatalogueEdit.objects.get().pk}/")
    assert not hours.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"valid_from": "2025-05-31"}, "Overlaps with other hours of the same day (tue)"),
        ({"valid_from": ""}, "Overlaps with other hours of the same day (tue)"),
        ({"valid_until": "2025-05-20"}, "Is before the first day"),
        ({"valid_from": "soon"}, "Enter a valid date."),
        ({"days": ["mon"]}, "Lie outside the hours in which the museum is open"),
    ],
)
def test_hours_that_cannot_be_are_refused_and_kept(office: Client, changed: dict[str, Any], said: str) -> None:
    page = SETTINGS + "guides/g01/"
    answer = office.post(page, posted(office, page) | own_hours(MORNINGS, EVENINGS | changed) | {"preview": "1"})
    assert answer.status_code == 422
    assert said in words(answer)
    assert typed(answer)["hours-1-starts"] == "12:00"


def test_who_would_be_led_outside_new_hours_is_named_and_is_to_mend(office: Client, led_by_g03: Visit) -> None:
    page = SETTINGS + "guides/g03/"
    day = led_by_g03.day
    assert day is not None
    later = {
        "days": ["tue", "wed", "thu"],
        "starts": "14:00",
        "ends": "18:00",
        "valid_from": str(day + timedelta(days=1)),
    }
    unhurt = office.post(page, posted(office, page) | own_hours(later) | {"preview": "1"})
    assert led_by_g03.code not in words(unhurt)
    saved(office, page, **own_hours(later | {"valid_from": str(day)}))
    mend = words(office.get("/office/to-mend/"))
    assert "The guide does not work then." in mend
    assert led_by_g03.code in mend


def test_holidays_come_and_go(office: Client) -> None:
    page = SETTINGS + "opening/"
    one = {
        "holidays-count": "1",
        "holidays-0-date": "2025-06-10",
        "holidays-0-name_en": "Ours",
        "holidays-0-opens": "no",
    }
    form = posted(office, page) | one | {"holidays-0-is_holiday": "on"}
    shown = office.post(page, form | {"preview": "1"})
    office.post(page, form | {"save": "1", "seal": typed(shown)["seal"]})
    assert list(Holiday.objects.values_list("name_en", "opens")) == [("Ours", False)]
    form = posted(office, page) | {"holidays-count": "0"}
    shown = office.post(page, form | {"preview": "1"})
    office.post(page, form | {"save": "1", "seal": typed(shown)["seal"]})
    assert not Holiday.objects.exists()


def test_an_open_day_needs_hours_on_its_weekday_and_is_shown_in_words(office: Client) -> None:
    page = SETTINGS + "opening/"
    one = {"holidays-count": "1", "holidays-0-is_holiday": "", "holidays-0-opens": "yes"}
    monday = office.post(page, posted(office, page) | one | {"holidays-0-date": "2025-06-09", "preview": "1"})
    assert monday.status_code == 422
    assert "Has no opening hours on this weekday" in words(monday)
    tuesday = office.post(page, posted(office, page) | one | {"holidays-0-date": "2025-06-10", "preview": "1"})
    assert tuesday.status_code == 200
    said = [cell.text.strip() for cell in soup(tuesday).select("table td, table th")]
    assert any("Museum opens" in cell for cell in said)
    assert not any("is_holiday" in cell for cell in said)


MONDAY = date(2025, 6, 16)
DELEGATION = {
    "holidays-count": "1",
    "holidays-0-date": str(MONDAY),
    "holidays-0-name_en": "Delegation",
    "holidays-0-hours_from": "11:00",
    "holidays-0-hours_until": "15:00",
    "holidays-0-hours_last_start": "14:00",
}


def test_the_museum_opens_once_on_a_weekday_on_which_it_has_no_hours(
    office: Client, stranger: Client, book: Book
) -> None:
    page = SETTINGS + "opening/"
    form = posted(office, page) | DELEGATION
    shown = office.post(page, form | {"preview": "1"})
    assert shown.status_code == 200, words(shown)
    assert "16 June 2025" in words(shown)
    office.post(page, form | {"save": "1", "seal": typed(shown)["seal"]})
    assert posted(office, page).items() >= form.items()  # the page shows what was saved
    home = words(stranger.get("/"))
    assert "Monday, 16 June 2025 Delegation 11:00–15:00 (last start 14:00)" in home
    asked = {"tour": "halls", "language": "ru", "audience": "general", "heads": "10", "day": str(MONDAY)}
    starts = [str(each["value"])[11:16] for each in soup(stranger.get("/ask/", asked)).select("input[name=start]")]
    assert (starts[0], starts[-1]) == ("11:00", "14:00")
    drawn = office.get("/office/closures/calendar/", {"day": str(MONDAY)}).json()
    off = {(each["start"][11:16], each["end"][11:16]) for each in drawn["items"] if each["resourceId"] == "alash"}
    assert off == {("00:00", "11:00"), ("15:00", "00:00")}
    visit = book(MONDAY, "11:00")
    gone = posted(office, page) | {"holidays-count": "0"}
    shown = office.post(page, gone | {"preview": "1"})
    assert "1 agreed visit would lie outside the opening hours." in words(shown)
    assert visit.code in words(shown)
    office.post(page, gone | {"save": "1", "seal": typed(shown)["seal"]})
    assert not Holiday.objects.exists()
    office.post(f"{SETTINGS}undo/{CatalogueEdit.objects.latest('pk').pk}/")
    assert Holiday.objects.get().hours_from == time(11)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hours_until": ""}, "A day with hours of its own has all three."),
        ({"hours_until": "10:00"}, "Is not after the opening"),
        ({"hours_last_start": "15:00"}, "Does not lie between opening and closing"),
        ({"hours_from": "11:02"}, "Is no time of day in steps of five minutes"),
        ({"opens": "no"}, "Contradicts the hours of that day"),
    ],
)
def test_hours_of_one_day_that_cannot_be_are_refused_and_kept(
    office: Client, changed: dict[str, str], said: str
) -> None:
    page = SETTINGS + "opening/"
    wrong = {f"holidays-0-{name}": value for name, value in changed.items()}
    answer = office.post(page, posted(office, page) | DELEGATION | wrong | {"preview": "1"})
    assert answer.status_code == 422
    assert said in words(answer)
    assert {name: typed(answer)[name] for name in wrong} == wrong


def test_missing_translations_are_listed_with_a_field_beside_each(office: Client) -> None:
    Space.objects.filter(code="alash").update(name_en=None)
    page = SETTINGS + "translations/"
    assert "“Alash” hall" not in words(office.get(page))
    saved(office, page, **{"spaces|alash|name|en": "The hall of Alash"})
    assert Space.objects.get(code="alash").name_en == "The hall of Alash"
    assert "Every text is there" in words(office.get(page))


def test_a_change_is_undone_once(office: Client, office_user: Any) -> None:
    saved(office, HALLS, heads_per_guide="20")
    edit = CatalogueEdit.objects.get()
    assert edit.by == office_user
    done = office.post(f"{SETTINGS}undo/{edit.pk}/", follow=True)
    assert "The former values are back." in words(done)
    assert Tour.objects.get(code="halls").heads_per_guide == 25
    again = office.post(f"{SETTINGS}undo/{edit.pk}/", follow=True)
    assert "Somebody has changed this meanwhile." in words(again)


def test_a_colour_that_cannot_be_read_is_refused(office: Client) -> None:
    page = SETTINGS + "museum/"
    answer = office.post(page, posted(office, page, accent="#ffff00") | {"preview": "1"})
    assert answer.status_code == 422
    saved(office, page, accent="#7a1f1f", deputy_email="deputy@example.org")
    museum = Museum.objects.get()
    assert (museum.accent, museum.deputy_email) == ("#7a1f1f", "deputy@example.org")


LETTER = SETTINGS + "letters/confirmed/"


def test_own_lines_are_shown_in_the_letter_before_they_are_saved(office: Client) -> None:
    assert office.get(SETTINGS + "letters/").status_code == 200
    shown = office.post(LETTER, posted(office, LETTER, ru="Парковка у ворот.\n\n<b>Ждём!</b>") | {"preview": "1"})
    letters = [letter.text for letter in soup(shown).select("div.pre")]
    assert len(letters) == 3
    assert all("Парковка у ворот.\n\n<b>Ждём!</b>" in letter for letter in letters)  # the others openly, too
    assert Museum.objects.get().letters == {}
    assert office.get(SETTINGS + "letters/nothing/").status_code == 404


def test_letters_bear_the_museums_lines_and_nobody_is_told_anew(office: Client, book: Book) -> None:
    before = book(FAR, "11:00")
    saved(office, LETTER, kk="Көлік қақпа алдында.", ru="Парковка у ворот.")
    saved(office, SETTINGS + "letters/closing/", kk="Рақмет!")
    steps.changed(before, now=timezone.now())
    assert OutboxMessage.objects.filter(thread__about=f"visit:{before.code}", status="queued").count() == 1
    after = book(FAR, "14:00")
    letter = OutboxMessage.objects.get(thread__about=f"visit:{after.code}")
    assert letter.text.index("Көлік қақпа алдында.") < letter.text.index("Рақмет!") < letter.text.index("\n--")
    assert "Көлік қақпа алдында." in letter.html


def test_lines_are_taken_out_again(office: Client) -> None:
    saved(office, LETTER, en="Park at the gate.")
    assert Museum.objects.get().letters == {"confirmed": {"en": "Park at the gate."}}
    saved(office, LETTER, en="")
    assert Museum.objects.get().letters == {}


def test_the_letters_that_take_lines_are_those_of_a_museums_file(alzhir: Museum) -> None:
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    assert set(schema["$defs"]["museum"]["properties"]["letters"]["properties"]) == set(kinds())
    assert set(kinds()) - {"closing"} <= set(KINDS)


@pytest.mark.parametrize(
    ("page", "beyond"),
    [("", 13), ("museum/", 12), ("tours/", 12), ("tours/full/", 12), ("audiences/school/", 12), ("leads/", 12)],
)
def test_a_page_reads_the_catalogue_once(page: str, beyond: int, office: Client) -> None:
    office.get(SETTINGS)  # the session notes once who is there
    counts = []
    for address in ("letters/", page):
        with CaptureQueriesContext(connection) as asked:
            office.get(SETTINGS + address)
        counts.append(len(asked))
    assert counts[1] - counts[0] == beyond


def test_what_would_change_is_said_in_words_of_people(office: Client) -> None:
    shown = words(office.post(HALLS, posted(office, HALLS, stops__0__minutes="45") | {"preview": "1"}))
    assert "“Alash” hall, minutes 45, Talk, may be walked in another order" in shown
    page = SETTINGS + "opening/"
    shown = words(office.post(page, posted(office, page, opening__0__closes="19:00") | {"preview": "1"}))
    assert "Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, 10:00–19:00, last start 16:30" in shown


def test_a_part_is_put_in_another_order_for_everybody(office: Client, guide: Client, stranger: Client) -> None:
    page = "/office/settings/tours/"
    first, second = Tour.objects.order_by("position").values_list("code", flat=True)[:2]
    assert guide.post(page, {"do": f"down-{first}"}).status_code == 404
    assert office.post(page, {"do": f"down-{first}"}).status_code == 303
    assert list(Tour.objects.order_by("position").values_list("code", flat=True)[:2]) == [second, first]
    assert soup(stranger.get("/ask/")).select("input[name=tour]")[0]["value"] == second
    for wrong in ("", "up", "up-\x00", "up-nowhere", f"up-{second}"):
        office.post(page, {"do": wrong})
    assert list(Tour.objects.order_by("position").values_list("code", flat=True)[:2]) == [second, first]
    office.post(page, {"do": f"up-{first}"})
    assert list(Tour.objects.order_by("position").values_list("code", flat=True)[:2]) == [first, second]
