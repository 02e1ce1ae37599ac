"""What the office decides of a visit, and notes on the day itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import arrivals, bookings, changes, locks, queries
from scheduler.api import shapes
from scheduler.api.access import OFFICE, call, office, office_finds, refuse_unless, visit_for
from scheduler.api.answers import LateChangeAnswer, VisitAnswer
from scheduler.api.bodies import ArrivalBody, NeededReasonBody, NoBody, WaiverBody
from scheduler.api.fields import checked
from scheduler.api.problems import problems
from scheduler.api.visits import answer
from scheduler.models import ChangeRequest, Visit
from tours import queries as catalogue

TAG = "Office"
NOT_NOW = "`not_allowed_now`: the visit's status does not permit it."


def decision(name: str, summary: str, body: type[Any], *statuses: int, **words: Any) -> Callable[[Any], Any]:
    """A POST of the office about one visit."""

    def wrap(view: Any) -> Any:
        described = extend_schema(
            operation_id=name,
            summary=summary,
            tags=[TAG],
            request=body,
            responses={
                200: VisitAnswer,
                **problems(403, 404, 409, *statuses, body=True, **({"conflicts": NOT_NOW} | words)),
            },
        )
        return described(call("POST", link=True)(view))

    return wrap


def asked_of_office(request: Request, code: str, body: type[Any]) -> tuple[Visit, dict[str, Any]]:
    """The visit, which the office alone may decide about, and what was said."""
    visit, asker = visit_for(request, code)
    refuse_unless(asker, OFFICE)
    return visit, checked(body, request.data)


@decision("confirm_visit", "Say yes to a request", NoBody)
def confirm(request: Request, code: str) -> Response:
    visit, _said = asked_of_office(request, code, NoBody)
    locks.door(bookings.confirm)(visit.pk, now=timezone.now())
    return answer(visit, OFFICE)


@decision("refuse_visit", "Say no to a request; the organiser is told why", NeededReasonBody)
def refuse(request: Request, code: str) -> Response:
    visit, said = asked_of_office(request, code, NeededReasonBody)
    locks.door(bookings.decline)(visit.pk, reason=said["reason"], now=timezone.now())
    return answer(visit, OFFICE)


@decision("waive_visit", "Let a group come free", WaiverBody, 422)
def waive(request: Request, code: str) -> Response:
    visit, said = asked_of_office(request, code, WaiverBody)
    locks.door(bookings.waive)(visit.pk, reason=said["reason"], by=office(request), now=timezone.now())
    return answer(visit, OFFICE)


@decision("arrive", "The group has come", ArrivalBody)
def arrive(request: Request, code: str) -> Response:
    visit, said = asked_of_office(request, code, ArrivalBody)
    locks.door(arrivals.arrive)(visit.pk, heads=said["heads"], now=timezone.now())
    return answer(visit, OFFICE)


@decision("no_show", "The group did not come", NoBody)
def no_show(request: Request, code: str) -> Response:
    visit, _said = asked_of_office(request, code, NoBody)
    locks.door(arrivals.did_not_come)(visit.pk, now=timezone.now())
    return answer(visit, OFFICE)


def change_decision(name: str, summary: str) -> Callable[[Any], Any]:
    """A POST of the office about one late change."""

    def wrap(view: Any) -> Any:
        described = extend_schema(
            operation_id=name,
            summary=summary,
            tags=[TAG],
            request=NoBody,
            responses={
                200: LateChangeAnswer,
                **problems(
                    404,
                    409,
                    422,
                    body=True,
                    times=True,
                    conflicts="`not_allowed_now`: decided already, or the visit has ended; what the change itself may be refused for.",
                ),
            },
        )
        return described(call("POST")(view))

    return wrap


@change_decision("grant_change", "Make a late change as it was asked for")
def grant(request: Request, pk: int) -> Response:
    return _decide(request, pk, grant=True)


@change_decision("refuse_change", "Leave the visit as it is")
def refuse_change(request: Request, pk: int) -> Response:
    return _decide(request, pk, grant=False)


def _decide(request: Request, pk: int, *, grant: bool) -> Response:
    asked = office_finds(request, ChangeRequest.objects.all(), pk=pk)
    checked(NoBody, request.data)
    decided = locks.door(changes.decide_change)(asked.pk, grant=grant, by=office(request), now=timezone.now())
    museum = catalogue.museum()
    visit = queries.visits().get(pk=decided.visit_id)
    return Response({"visit": shapes.visit(visit, OFFICE, museum), "change": shapes.change(decided, museum)})
