"""One person's data: found by an address, read back from a file, erased when they ask, never by way of an address bar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client

from notifications.models import Reply
from scheduler import arrivals, bookings
from scheduler.bookings import Person
from scheduler.models import CeremonyPlan, Contact, Visit
from tests.scheduler.forgotten import MARK, mark, tables_with
from tests.scheduler.views.conftest import NEAR, Book, soup
from tours.models import User

pytestmark = pytest.mark.django_db
PAGE = "/office/settings/person/"
TEACHER = Person("Ақбөпежан Ұлпанова", "Akbope@example.org", "+77010000055", "Ақкөл лицейі")
COLLEAGUE = Person("Сергей Безымянный", "sergey@example.org")
AFTER = datetime(2025, 6, 1, 6, tzinfo=UTC)


@pytest.fixture
def visit(book: Book, clock: time_machine.Coordinates) -> Visit:
    """A visit of ten days ago, asked for by a teacher; a colleague of hers is told as well."""
    visit = book(NEAR, "11:00", contacts=(TEACHER, COLLEAGUE), leader_name="Қарлығаш", leader_phone="+77010000077")
    bookings.change(
        visit.pk, heads=10, notes="Жүрегі ауырады", by_office=True, now=datetime(2025, 5, 12, 5, tzinfo=UTC)
    )
    clock.move_to(AFTER)
    arrivals.finish(now=AFTER)
    visit.refresh_from_db()
    return visit


def sent(office: Client, who: str, action: str = "", **more: Any) -> Any:
    return office.post(f"{PAGE}{action}", {"who": who, **more})


@pytest.mark.parametrize("who", ["akbope@example.org", " AKBOPE@example.ORG ", "8 701 000 00 55", "+7 701 000 00 77"])
def test_a_person_is_found_by_any_address_as_anybody_writes_it(visit: Visit, office: Client, who: str) -> None:
    page = sent(office, who)
    assert page.status_code == 200
    assert visit.code in page.content.decode()


@pytest.mark.parametrize("who", ["", "nobody", "12", "@", "a b@c", "x" * 300, "\x00"])
def test_what_is_no_address_is_said_beside_the_field(visit: Visit, office: Client, who: str) -> None:
    for action in ("", "file/", "erase/"):
        page = sent(office, who, action, sure="on")
        assert page.status_code == 422
        assert soup(page).select(".errors, .errorlist")


def test_of_whom_nothing_is_known_there_is_nothing_to_save_or_erase(visit: Visit, office: Client) -> None:
    page = sent(office, "stranger@example.org")
    assert "Nothing found." in page.content.decode()
    assert len(soup(page).select("main form")) == 1


def test_the_file_has_all_of_theirs_and_nothing_of_other_contacts(visit: Visit, office: Client) -> None:
    Reply.objects.create(
        message_id="<1@x>", verdict="letter", from_email="akbope@example.org", text="Рахмет", received_at=AFTER
    )
    answer = sent(office, "akbope@example.org", "file/")
    assert answer["Content-Disposition"] == 'attachment; filename="person.json"'
    text = answer.content.decode()
    for theirs in (
        "Ақбөпежан",
        "Akbope@example.org",
        "+77010000055",
        "Ақкөл лицейі",
        "Жүрегі ауырады",
        "Қарлығаш",
        "Рахмет",
    ):
        assert theirs in text, theirs
    for another in ("Безымянный", "sergey@", "Асан"):
        assert another not in text, another
    (one,) = answer.json()["visits"]
    assert (one["code"], one["heads"], one["start"], one["notes"]) == (
        visit.code, 10, "2025-05-20T06:00:00Z", "Жүрегі ауырады",
    )  # fmt: skip
    assert [contact["name"] for contact in one["contacts"]] == ["Ақбөпежан Ұлпанова"]
    assert one["letters"] and all(letter["to_email"] == "Akbope@example.org" for letter in one["letters"])
    assert [letter["text"] for letter in answer.json()["letters_from_them"]] == ["Рахмет"]


def test_the_plan_of_a_ceremony_is_in_the_file_for_whom_an_administrator_lets_read_it(
    visit: Visit, office: Client, office_user: User
) -> None:
    CeremonyPlan.objects.create(visit=visit, led_by="Посол", vehicles="123 ABC 01")

    def said() -> dict[str, Any]:
        (one,) = sent(office, "akbope@example.org", "file/").json()["visits"]
        return dict(one)

    assert "ceremony_plan" not in said()
    office_user.user_permissions.add(Permission.objects.get(codename="view_ceremonyplan"))
    assert said()["ceremony_plan"] == {
        "led_by": "Посол", "press": "", "interpreter": "", "embassy": "", "vehicles": "123 ABC 01",
    }  # fmt: skip
    CeremonyPlan.objects.all().delete()
    assert "ceremony_plan" not in said()


def test_where_a_second_factor_is_required_all_of_it_asks_for_a_fresh_proof(
    visit: Visit, office: Client, office_user: User, settings: Any, clock: time_machine.Coordinates
) -> None:
    settings.OFFICE_NEEDS_SECOND_FACTOR = True
    office_user.set_password("a long enough password")
    office_user.save(update_fields=["password"])
    office.force_login(office_user, "django.contrib.auth.backends.ModelBackend")
    Authenticator.objects.create(
        user=office_user, type=Authenticator.Type.TOTP, data={"secret": generate_totp_secret()}
    )
    asked = "/accounts/reauthenticate/?next=%2Foffice%2Fsettings%2Fperson%2F"
    assert office.get(PAGE)["Location"] == asked
    for action in ("", "file/", "erase/"):
        answer = sent(office, "akbope@example.org", action, sure="on")
        assert (answer.status_code, answer["Location"]) == (303, asked)
        assert "akbope" not in str(dict(office.session)), "nobody's address is kept for later"
    assert "This was not sent." in office.get(asked).content.decode()
    assert Contact.objects.filter(visit=visit).count() == 2
    proved = office.post(asked, {"password": "a long enough password"})
    assert proved["Location"] == PAGE
    assert visit.code in sent(office, "akbope@example.org").content.decode()
    assert sent(office, "akbope@example.org", "file/").status_code == 200
    clock.move_to(AFTER + timedelta(minutes=6))
    assert sent(office, "akbope@example.org", "erase/", sure="on")["Location"] == asked
    assert Contact.objects.filter(visit=visit).count() == 2


def test_erasing_leaves_no_word_in_any_table(visit: Visit, office: Client, office_user: User) -> None:
    mark(visit, now=AFTER)
    Contact.objects.filter(visit=visit).update(email="akbope@example.org")
    Reply.objects.create(
        message_id=f"<stray@{MARK}>", verdict="letter", from_email="akbope@example.org", text=MARK, received_at=AFTER
    )
    answer = sent(office, "Akbope@example.org", "erase/", sure="on")
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert [str(said) for said in get_messages(answer.wsgi_request)] == ["Erased, in 1 visit."]
    for word in (MARK, "akbope", "Ақбөпежан", "7010000055", "Жүрегі"):
        assert tables_with(word) == {}, word
    story = office.get(f"/office/visits/{visit.code}/").content.decode()
    assert "Everything about people was erased" in story
    assert "Nothing found." in sent(office, "akbope@example.org").content.decode()


def test_the_audit_trail_says_who_erased(visit: Visit, office: Client) -> None:
    sent(office, "akbope@example.org", "erase/", sure="on")
    steps = soup(office.get(f"/office/visits/{visit.code}/")).select(".steps li")
    (erased,) = [step.text for step in steps if "was erased" in step.text]
    assert "· Office" in erased


def test_without_the_word_that_it_is_meant_nothing_is_erased(visit: Visit, office: Client) -> None:
    page = sent(office, "akbope@example.org", "erase/")
    assert page.status_code == 422
    assert "Please say that you have made sure." in page.content.decode()
    assert visit.code in page.content.decode()
    assert Contact.objects.filter(visit=visit).count() == 2


def test_nobody_is_erased_while_a_visit_of_theirs_is_to_come(visit: Visit, office: Client, book: Book) -> None:
    ahead = book(date(2025, 6, 18), "11:00", contacts=(TEACHER,))
    page = sent(office, "akbope@example.org")
    assert not soup(page).select("form[action$='erase/']")
    assert soup(page).select_one(".notice.warn a").text == ahead.code  # type: ignore[union-attr]
    refused = sent(office, "akbope@example.org", "erase/", sure="on")
    assert refused.status_code == 409
    assert ahead.code in soup(refused).select_one("#refused").text  # type: ignore[union-attr]
    assert Contact.objects.filter(visit__in=[visit, ahead]).count() == 3
    bookings.cancel(ahead.pk, by=bookings.OFFICE, reason="x", now=AFTER)
    assert sent(office, "akbope@example.org", "erase/", sure="on").status_code == 303
    assert tables_with("akbope") == {}


def test_others_keep_what_is_theirs(visit: Visit, office: Client, book: Book) -> None:
    other = book(NEAR + timedelta(days=1), "11:00", contacts=(COLLEAGUE,))
    sent(office, "akbope@example.org", "erase/", sure="on")
    assert Contact.objects.get(visit=other).email == "sergey@example.org"


def test_no_address_stands_in_an_address_bar(visit: Visit, office: Client) -> None:
    page = soup(office.get(f"{PAGE}?who=akbope@example.org"))
    assert "akbope" not in str(page.select_one("main"))
    assert {form["method"] for form in page.select("main form")} == {"post"}
