"""The office's pages for the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tours import locks, services
from tours.models import ApiToken, Audience, Guide, Holiday, Lane, Museum, Price, Space, Stop, Tour, User

pytestmark = pytest.mark.django_db

CATALOGUE = (Museum, Holiday, Space, Tour, Audience, Guide)
LISTS = [(model, f"admin:tours_{model.__name__.lower()}") for model in CATALOGUE]


@pytest.fixture
def superuser(db: None) -> Client:
    user = User.objects.create_superuser("boss", password="correct horse battery")
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(user)
    return client


def filled(client: Client, path: str) -> dict[str, Any]:
    """The form of a page as a browser would send it back."""
    response = client.get(path)
    assert response.status_code == 200, response.content[:500]
    form = BeautifulSoup(response.content, "html.parser").select_one("form#" + _form_id(response.content))
    assert form is not None
    values: dict[str, Any] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name = str(field["name"])
        if "__prefix__" in name or field.get("type") in ("submit", "file", "button"):
            continue
        if field.name == "select":
            chosen = [option.get("value", "") for option in field.select("option[selected]")]
            values[name] = chosen if field.has_attr("multiple") else (chosen or [""])[0]
        elif field.get("type") in ("checkbox", "radio"):
            if field.has_attr("checked"):
                values.setdefault(name, []).append(field.get("value", "on"))
        else:
            values[name] = field.text.strip() if field.name == "textarea" else field.get("value", "")
    return values


def _form_id(content: bytes) -> str:
    form = BeautifulSoup(content, "html.parser").select_one("form[id$=_form][method=post]")
    assert form is not None
    return str(form["id"])


def problems(response: Any) -> str:
    page = BeautifulSoup(response.content, "html.parser")
    return " ".join(part.get_text(" ", strip=True) for part in page.select(".errorlist, .errornote, [class*=red]"))


def save(client: Client, path: str, **changes: Any) -> str:
    """Send the page's form with these changes; what it says is wrong, "" where it was saved."""
    values = filled(client, path) | {key.replace("__", "-"): value for key, value in changes.items()}
    response = client.post(path, {key: value for key, value in values.items() if value is not None})
    return "" if response.status_code == 303 else problems(response) or "not saved"


def change(row: Any) -> str:
    return reverse(f"admin:tours_{type(row).__name__.lower()}_change", args=[row.pk])


@pytest.mark.parametrize(("model", "name"), LISTS)
def test_every_list_and_form_opens_in_each_language(alzhir: Museum, office: Client, model: Any, name: str) -> None:
    Holiday.objects.create(date="2025-05-28")
    for language in ("kk", "ru", "en"):
        headers = {"accept-language": language}
        page = office.get(reverse(f"{name}_changelist"), headers=headers)
        assert page.status_code == 200
        assert page["Content-Language"] == language
        for row in model.objects.all():
            assert office.get(reverse(f"{name}_change", args=[row.pk]), headers=headers).status_code == 200
        added = office.get(reverse(f"{name}_add"), headers=headers).status_code
        assert added == (403 if model is Museum else 200)


@pytest.mark.parametrize(("model", "name"), LISTS)
def test_only_the_office_comes_in(alzhir: Museum, model: Any, name: str) -> None:
    guide = Client()
    guide.force_login(User.objects.create_user("guide"))
    for stranger in (Client(), guide):
        assert stranger.get(reverse(f"{name}_changelist")).status_code in (302, 403, 404)


def test_a_tab_for_each_language(alzhir: Museum, office: Client) -> None:
    page = office.get(change(Tour.objects.get(code="halls"))).content.decode()
    for text in ("Қазақша", "Русский", "English", "«Алаш» және «АЛЖИР» залдары", "Залы «Алаш» и «АЛЖИР»"):
        assert text in page


def test_saving_takes_the_lock_writes_and_raises_the_version(alzhir: Museum, office: Client) -> None:
    tour = Tour.objects.get(code="halls")
    with CaptureQueriesContext(connection) as queries:
        assert save(office, change(tour), heads_per_guide="20", name_en="The two halls") == ""
    asked = [query["sql"] for query in queries]
    lock = next(index for index, sql in enumerate(asked) if f"pg_advisory_xact_lock({locks.CALENDAR_KEY})" in sql)
    written = next(index for index, sql in enumerate(asked) if 'UPDATE "tours_tour"' in sql)
    assert lock < written
    tour.refresh_from_db()
    assert (tour.heads_per_guide, tour.name_en) == (20, "The two halls")
    assert Museum.objects.get().catalogue_version > alzhir.catalogue_version


def test_a_form_with_a_fault_changes_nothing(alzhir: Museum, office: Client) -> None:
    tour = Tour.objects.get(code="halls")
    assert "multiple of step size 5" in save(office, change(tour), stops__0__minutes="33", heads_per_guide="20")
    tour.refresh_from_db()
    assert tour.heads_per_guide == 25
    assert Museum.objects.get().catalogue_version == alzhir.catalogue_version


def test_a_name_in_one_language_is_enough_and_in_none_too_little(alzhir: Museum, office: Client) -> None:
    path = change(Tour.objects.get(code="halls"))
    assert "at least one language" in save(office, path, name_kk="", name_ru=" ", name_en="")
    assert save(office, path, name_kk="", name_ru="", name_en="The halls") == ""


def test_stops_are_put_in_the_order_that_people_number_them(alzhir: Museum, office: Client) -> None:
    tour = Tour.objects.get(code="full")
    assert save(office, change(tour), stops__0__order="9", stops__1__order="1") == ""
    assert [stop.space.code for stop in tour.stops.select_related("space")] == [
        "grounds",
        "alash",
        "alzhir",
        "cinema",
        "wall",
    ]
    assert list(tour.stops.values_list("position", flat=True)) == [0, 1, 2, 3, 4]
    film = tour.stops.get(kind="film")
    assert (film.languages, film.advised_age, film.together) == (["ru"], 12, True)


def test_a_stop_that_takes_the_whole_place_is_for_the_whole_group(alzhir: Museum, office: Client) -> None:
    tour = Tour.objects.get(code="halls")
    assert save(office, change(tour), stops__0__exclusive="on") == ""
    assert tour.stops.get(position=0).together


def test_a_stop_is_added_and_one_taken_away(alzhir: Museum, office: Client) -> None:
    tour = Tour.objects.get(code="halls")
    space = Space.objects.get(code="unique")
    changes = {
        "stops__TOTAL_FORMS": "3",
        "stops__0__DELETE": "on",
        "stops__2__space": str(space.pk),
        "stops__2__minutes": "15",
        "stops__2__kind": "talk",
    }
    assert save(office, change(tour), **changes) == ""
    assert list(tour.stops.values_list("position", "space__code")) == [(0, "alzhir"), (1, "unique")]


def test_lanes_are_a_number(alzhir: Museum, office: Client) -> None:
    space = Space.objects.get(code="alash")
    assert filled(office, change(space))["lane_count"] == "2"
    assert save(office, change(space), lane_count="3") == ""
    assert list(space.lanes.values_list("number", flat=True)) == [1, 2, 3]
    add = reverse("admin:tours_space_add")
    assert save(office, add, code="yard", kind="outdoors", name_kk="Аула", lane_count="2") == ""
    assert Lane.objects.filter(space__code="yard").count() == 2


def test_prices_are_complete_or_refused(alzhir: Museum, office: Client) -> None:
    path = change(Audience.objects.get(code="general"))
    assert "more people than the one before" in save(office, path, prices__1__max_heads="10")
    assert "as the last one" in save(office, path, prices__3__order="1")
    assert "needs a price" in save(office, path, prices__3__DELETE="on")
    assert Price.objects.filter(audience__code="general").count() == 4
    assert save(office, path, prices__0__amount="5500") == ""
    assert Price.objects.get(audience__code="general", position=0).amount == 5500


def test_hours_that_overlap_are_refused_in_words(alzhir: Museum, office: Client) -> None:
    assert "overlap" in save(office, change(alzhir), openings__1__weekday="1")


def test_a_guide_s_hours_and_languages_are_theirs(alzhir: Museum, office: Client) -> None:
    guide = Guide.objects.get(code="g06")
    changes = {
        "hours__TOTAL_FORMS": "1",
        "hours__0__weekday": "2",
        "hours__0__starts": "10:00",
        "hours__0__ends": "14:00",
    }
    halls, full = (Tour.objects.get(code=code).pk for code in ("halls", "full"))
    ticked = filled(office, change(guide))["leads"]
    assert len(ticked) == 3
    changes["leads"] = [f"{halls}:ru", f"{full}:en"]  # type: ignore[assignment]  # several boxes
    assert save(office, change(guide), **changes) == ""
    assert sorted(guide.qualifications.values_list("tour", "language")) == [(halls, "ru"), (full, "en")]
    assert [str(row) for row in guide.hours.all()] == ["Wednesday 10:00–14:00"]


def test_the_museum_is_neither_added_nor_deleted(alzhir: Museum, office: Client) -> None:
    assert office.get(reverse("admin:tours_museum_add")).status_code == 403
    assert office.post(reverse("admin:tours_museum_delete", args=[alzhir.pk]), {"post": "yes"}).status_code == 403
    assert Museum.objects.exists()


def test_a_calendar_gets_a_new_address(alzhir: Museum, office: Client) -> None:
    guide = Guide.objects.get(code="g01")
    chosen = {"action": "renew_calendar_addresses", "_selected_action": [guide.pk]}
    assert office.post(reverse("admin:tours_guide_changelist"), chosen).status_code == 303
    assert Guide.objects.get(code="g01").link_version == 2
    assert Guide.objects.get(code="g02").link_version == 1


@pytest.mark.parametrize("name", ["tour", "audience", "space", "guide", "holiday"])
def test_a_list_asks_the_same_number_of_queries_for_one_row_and_for_many(
    alzhir: Museum, office: Client, name: str
) -> None:
    model: Any = {"tour": Tour, "audience": Audience, "space": Space, "guide": Guide, "holiday": Holiday}[name]
    Holiday.objects.create(date="2025-05-28")
    Holiday.objects.create(date="2025-05-29")
    path = reverse(f"admin:tours_{name}_changelist")
    office.get(path)
    with CaptureQueriesContext(connection) as many:
        office.get(path)
    Stop.objects.all().delete()
    model.objects.exclude(pk=model.objects.first().pk).delete()
    with CaptureQueriesContext(connection) as one:
        office.get(path)
    assert len(one) == len(many)


def test_users_and_tokens_are_for_whoever_may(alzhir: Museum, office: Client, superuser: Client) -> None:
    user = User.objects.create_user("kiosk", is_staff=True)
    guide = Guide.objects.get(code="g01")
    guide.user = user
    guide.save()
    services.make_token(user, name="kiosk", now=user.date_joined)
    pages = [
        reverse(f"admin:{page}") for page in ("tours_user_changelist", "tours_user_add", "tours_apitoken_changelist")
    ]
    pages += [change(user), change(ApiToken.objects.get()), reverse("admin:auth_group_changelist")]
    for page in pages:
        assert superuser.get(page).status_code == 200
        assert office.get(page).status_code == 403
    assert "Айгүл С." in superuser.get(change(user)).content.decode()
    assert superuser.get(reverse("admin:tours_apitoken_add")).status_code == 403
    chosen = {"action": "revoke", "_selected_action": [ApiToken.objects.get().pk]}
    superuser.post(reverse("admin:tours_apitoken_changelist"), chosen)
    assert ApiToken.objects.get().revoked_at is not None


def test_a_user_is_made(superuser: Client) -> None:
    secret = "a long enough phrase"
    path = reverse("admin:tours_user_add")
    assert (
        save(superuser, path, username="aigul", locale="kk", usable_password="true", password1=secret, password2=secret)
        == ""
    )
    user = User.objects.get(username="aigul")
    assert user.check_password(secret)
    assert (user.locale, user.is_staff) == ("kk", False)
