"""Whoever has no e-mail: a row on the call list, and told once rung."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from notifications import calls
from notifications.messages import Address
from notifications.models import Call, Thread
from tests.notifications.conftest import (
    LATER,
    MINUTE,
    NOW,
    numbers,
    organiser,
)

pytestmark = pytest.mark.django_db


BY_PHONE = Address("Балабақша меңгерушісі", "", "+77010000044", "kk", "«Жұлдыз» балабақшасы")


def test_whoever_has_no_address_is_put_on_the_call_list_and_told_once_rung(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser(to=BY_PHONE))
    tell(organiser(to=BY_PHONE))
    assert send() == []
    (call,) = calls.to_make(now=NOW)
    assert (call.whom, call.phone, call.organisation) == (BY_PHONE.name, BY_PHONE.phone, BY_PHONE.organisation)
    assert "2026 ж. 28 мамыр, бейсенбі, 11:00–12:00" in call.say
    assert Thread.objects.get(key=call.thread.key).told_at is None
    office = get_user_model().objects.create_user("office", password="x")
    assert calls.rang(call.pk, by=office, now=NOW + MINUTE) is not None
    assert calls.rang(call.pk, by=office, now=NOW + MINUTE) is None
    assert Thread.objects.get(key=call.thread.key).told_at == NOW + MINUTE
    tell(organiser(to=BY_PHONE), now=NOW + 2 * MINUTE)
    assert not calls.to_make(now=NOW + 3 * MINUTE).exists()


def test_a_call_that_is_no_longer_true_is_replaced(tell: Callable[..., None]) -> None:
    tell(organiser(to=BY_PHONE))
    tell(organiser(to=BY_PHONE, start=LATER), now=NOW + MINUTE)
    assert [(call.status, call.kind) for call in Call.objects.order_by("pk")] == [
        ("superseded", "confirmed"),
        ("open", "confirmed"),  # the first that they hear of it: nothing "changes" for them
    ]


def test_who_was_told_by_telephone_and_gets_an_address_is_invited(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser(to=BY_PHONE))
    office = get_user_model().objects.create_user("office", password="x")
    calls.rang(Call.objects.get().pk, by=office, now=NOW)
    tell(organiser(to=replace(BY_PHONE, email="head@example.org")))
    (letter,) = send()
    assert numbers([letter]) == [("REQUEST", 0)]
