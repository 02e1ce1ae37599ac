"""The catalogue's writer, and the tokens of staff."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command, load_command_class
from django.db import OperationalError, connection, models, transaction
from django.db.models import ProtectedError
from django.db.transaction import TransactionManagementError

from tours import locks, services
from tours.errors import LaneInUse
from tours.models import ApiToken, Guide, Lane, Museum, Space, Stop, Tour, User

NOW = datetime(2025, 5, 20, 4, 0, tzinfo=UTC)


@pytest.mark.django_db
class TestCatalogue:
    """One writer, alone."""

    def test_a_change_raises_the_version_and_a_failed_one_does_not(self, alzhir: Museum) -> None:
        before = alzhir.catalogue_version
        with services.changing_catalogue():
            Tour.objects.update(heads_per_guide=20)
        alzhir.refresh_from_db()
        assert (raised := alzhir.catalogue_version) > before
        with pytest.raises(ZeroDivisionError), services.changing_catalogue():
            Tour.objects.update(heads_per_guide=1 // 0)
        alzhir.refresh_from_db()
        assert alzhir.catalogue_version == raised

    def test_lanes_are_kept_in_step_with_their_number(self, alzhir: Museum) -> None:
        space = Space.objects.get(code="alash")
        first = space.lanes.get(number=1)
        for number in (5, 1, 3):
            assert services.set_lanes(space, number)
            assert not services.set_lanes(space, number)
            assert list(space.lanes.values_list("number", flat=True)) == list(range(1, number + 1))
        assert space.lanes.get(number=1) == first
        with pytest.raises(ValueError, match="at least one"):
            services.set_lanes(space, 0)

    def test_room_that_is_given_to_visits_stays(self, alzhir: Museum, monkeypatch: pytest.MonkeyPatch) -> None:
        space = Space.objects.get(code="alash")

        def delete(self: object) -> None:
            raise ProtectedError("legs", set())

        monkeypatch.setattr(models.QuerySet, "delete", delete)
        assert not services.can_have_lanes(space, 1)
        with pytest.raises(LaneInUse):
            services.set_lanes(space, 1)
        assert space.lanes.count() == 2

    def test_asking_whether_lanes_can_change_changes_nothing(self, alzhir: Museum) -> None:
        space = Space.objects.get(code="alash")
        assert services.can_have_lanes(space, 1)
        assert services.can_have_lanes(space, 7)
        assert space.lanes.count() == 2

    def test_stops_may_swap_places(self, alzhir: Museum) -> None:
        full = Tour.objects.get(code="full")
        stops = list(full.stops.all())
        services.put_in_order(list(reversed(stops)))
        assert list(full.stops.values_list("pk", flat=True)) == [stop.pk for stop in reversed(stops)]
        assert list(full.stops.values_list("position", flat=True)) == [0, 1, 2, 3, 4]
        services.put_in_order(list(Stop.objects.none()))

    def test_a_new_calendar_address_makes_the_old_one_worthless(self, alzhir: Museum) -> None:
        guide = Guide.objects.get(code="g01")
        services.renew_calendar_address(guide)
        assert guide.link_version == Guide.objects.get(code="g01").link_version == 2


@pytest.mark.django_db(transaction=True)
class TestLock:
    """Two at once."""

    def test_outside_a_transaction_the_lock_cannot_be_had(self) -> None:
        with pytest.raises(TransactionManagementError):
            locks.calendar_exclusive()

    def test_while_the_catalogue_changes_nobody_else_gets_the_lock(self) -> None:
        outcomes: list[str] = []

        def another() -> None:
            try:
                with transaction.atomic():
                    with connection.cursor() as cursor:
                        cursor.execute("SET LOCAL lock_timeout = '100ms'")
                        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [locks.CALENDAR_KEY])
                    outcomes.append("had it")
            except OperationalError:
                outcomes.append("waited in vain")
            finally:
                connection.close()

        def run() -> None:
            thread = threading.Thread(target=another)
            thread.start()
            thread.join()

        with services.alone():
            run()
        run()
        assert outcomes == ["waited in vain", "had it"]


@pytest.mark.django_db
class TestTokens:
    """Keys to the API."""

    def test_a_token_opens_and_only_its_hash_is_kept(self) -> None:
        user = User.objects.create_user("office")
        token = services.make_token(user, name="the kiosk", now=NOW)
        (row,) = ApiToken.objects.all()
        assert row.hash == hashlib.sha256(token.encode()).hexdigest()
        assert token not in str(ApiToken.objects.values())
        assert services.authenticate_token(token) == user
        row.refresh_from_db()
        assert row.last_used_at is not None
        assert (row.name, row.created_at, row.revoked_at) == ("the kiosk", NOW, None)
        assert "." not in token  # a visit's token has a dot

    @pytest.mark.parametrize("wrong", ["", "qonaq_", "\udcff", "é"])
    def test_another_text_opens_nothing(self, wrong: str) -> None:
        services.make_token(User.objects.create_user("office"), name="", now=NOW)
        assert services.authenticate_token(wrong) is None

    def test_its_use_is_noted_at_most_once_a_minute(self) -> None:
        token = services.make_token(User.objects.create_user("office"), name="", now=NOW)
        services.authenticate_token(token)
        noted = ApiToken.objects.get().last_used_at
        services.authenticate_token(token)
        assert ApiToken.objects.get().last_used_at == noted
        ApiToken.objects.update(last_used_at=NOW)
        services.authenticate_token(token)
        assert ApiToken.objects.get().last_used_at != NOW

    def test_a_revoked_token_and_that_of_somebody_who_left_open_nothing(self) -> None:
        user = User.objects.create_user("office")
        kiosk, script = (services.make_token(user, name=name, now=NOW) for name in ("kiosk", "script"))
        assert services.revoke_tokens(user, name="kiosk", now=NOW) == 1
        assert services.authenticate_token(kiosk) is None
        assert services.authenticate_token(script) == user
        user.is_active = False
        user.save()
        assert services.authenticate_token(script) is None
        assert services.revoke_tokens(user, now=NOW) == 1
        assert services.revoke_tokens(user, now=NOW) == 0


@pytest.mark.django_db
class TestCommand:
    """`manage.py api_token`."""

    def test_it_prints_the_token_alone_on_the_output_and_once(self) -> None:
        user = User.objects.create_user("office")
        out, err = StringIO(), StringIO()
        call_command("api_token", "office", "--name", "kiosk", stdout=out, stderr=err)
        assert services.authenticate_token(out.getvalue().strip()) == user
        assert ApiToken.objects.get().name == "kiosk"
        assert "qonaq_" not in err.getvalue()

    def test_it_revokes(self) -> None:
        user = User.objects.create_user("office")
        token = services.make_token(user, name="kiosk", now=NOW)
        err = StringIO()
        call_command("api_token", "office", "--name", "other", "--revoke", stderr=err)
        assert services.authenticate_token(token) == user
        call_command("api_token", "office", "--revoke", stderr=err)
        assert services.authenticate_token(token) is None
        assert err.getvalue().splitlines() == ["0 tokens revoked.", "1 token revoked."]

    def test_it_refuses_whom_it_does_not_know_or_who_may_not_sign_in(self) -> None:
        User.objects.create_user("gone", is_active=False)
        with pytest.raises(CommandError, match="no user"):
            call_command("api_token", "nobody")
        with pytest.raises(CommandError, match="may not sign in"):
            call_command("api_token", "gone")
        assert not ApiToken.objects.exists()


def test_the_command_for_tokens_says_what_it_does() -> None:
    text = load_command_class("tours", "api_token").create_parser("manage.py", "api_token").format_help()
    assert "Make an API token for a user" in text


def test_lanes_are_never_counted_from_elsewhere() -> None:
    """The number of lanes is the number of rows; there is no second number to keep in step."""
    assert not any("lane" in field.name for field in Space._meta.concrete_fields)
    assert Lane._meta.get_field("space").remote_field.related_name == "lanes"
