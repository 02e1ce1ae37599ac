"""What visits, duties and closures look like in answers, for the schema. `shapes.py` makes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers

from scheduler.models import ChangeRequest, Closure, Party, Visit
from tours.models import Language

Time = serializers.DateTimeField
"""ISO 8601 with the museum's offset."""


class Answer(serializers.Serializer[Any]):
    """What is only ever answered; `shapes.py` makes it."""


class AnswerExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # its metaclass registers it untyped
    """`VisitAnswer` here is `Visit` in the schema."""

    target_class = Answer
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return type(self.target).__name__.removesuffix("Answer")

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        return auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001  # its documented way


class LegAnswer(Answer):
    """A place and when."""

    space = serializers.CharField(help_text="The place's code.")
    start = Time()
    end = Time()


class GuideAnswer(Answer):
    """Who leads."""

    code = serializers.CharField()
    name = serializers.CharField()


class PartyAnswer(Answer):
    """The part of a visit that one guide leads. Guide and legs are null until they are promised; the office sees the draft."""

    number = serializers.IntegerField()
    wave = serializers.IntegerField(help_text="Sub-groups of one wave start together; the first is 0.")
    heads = serializers.IntegerField()
    duty = serializers.IntegerField(
        allow_null=True, help_text="The duty of leading it, for `duties/{id}/…`; for the office alone."
    )
    guide = GuideAnswer(allow_null=True)
    legs = LegAnswer(many=True, allow_null=True)


class CostAnswer(Answer):
    """What the visit costs, in whole units of the currency, and why nothing where it is free."""

    amount = serializers.IntegerField()
    currency = serializers.CharField(help_text="ISO 4217.")
    free = serializers.BooleanField()
    reason = serializers.CharField()


class LeaderAnswer(Answer):
    """Who leads the group on the day."""

    name = serializers.CharField()
    phone = serializers.CharField(help_text="E.164.")


class ContactAnswer(Answer):
    """Somebody who is told about the visit."""

    name = serializers.CharField()
    organisation = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField(help_text="E.164.")
    locale = serializers.ChoiceField(Language.choices)


class ChangeAnswer(Answer):
    """A change asked for after the deadline; the visit stays as it is until the office decides."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(ChangeRequest.Kind.choices)
    status = serializers.ChoiceField(ChangeRequest.Status.choices)
    start = Time(allow_null=True)
    heads = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    asked_at = Time()


class OfferAnswer(Answer):
    """A time that is held until it is answered: the visit's own start. `alternatives` are shown, not held."""

    answer_by = Time()
    alternatives = serializers.ListField(child=Time())


class WaitingAnswer(Answer):
    """What a group waits for."""

    days = serializers.ListField(child=serializers.DateField())
    earliest = serializers.TimeField(allow_null=True)
    latest = serializers.TimeField(allow_null=True)
    place = serializers.IntegerField(help_text="Of those that wait for one of the same days: 1 is next.")


class VisitAnswer(Answer):
    """A visit as the asker may see it; what is not theirs to see is null."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(Visit.Kind.choices)
    status = serializers.ChoiceField(Visit.Status.choices)
    revision = serializers.IntegerField(help_text="Raised by every change; see PATCH.")
    title = serializers.CharField(help_text="In the asker's language; `official event` where the visit is discreet.")
    tour = serializers.CharField(allow_null=True, help_text="The tour's code.")
    language = serializers.CharField(help_text="What the guide speaks.")
    audience = serializers.CharField(allow_null=True, help_text="The code of the kind of group.")
    heads = serializers.IntegerField()
    adults = serializers.IntegerField()
    start = Time(allow_null=True)
    end = Time(allow_null=True)
    waves = serializers.ListField(child=Time(), help_text="The start of each wave.")
    parties = PartyAnswer(many=True)
    legs = LegAnswer(many=True, help_text="The places of an event or an official visit, which has no sub-groups.")
    ceremony = serializers.ListField(child=serializers.CharField())
    notes = serializers.CharField()
    access_needs = serializers.CharField()
    leader = LeaderAnswer()
    price = CostAnswer(allow_null=True)
    decide_by = Time(allow_null=True, help_text="Until when the office decides a request.")
    reason = serializers.CharField(help_text="Why the visit ended or has another time, in the asker's language.")
    offer = OfferAnswer(allow_null=True, help_text="While the visit is `offered`.")
    waiting = WaitingAnswer(allow_null=True, help_text="While the visit is `waiting`.")
    changes = ChangeAnswer(many=True, allow_null=True, help_text="Late changes that wait for the office.")
    contacts = ContactAnswer(many=True, allow_null=True, help_text="For the office.")
    promised = serializers.BooleanField(help_text="Whether guides and programme are fixed.")
    discreet = serializers.BooleanField()
    arrives_at = Time(allow_null=True, help_text="When a late group says that it arrives.")
    reconfirmed_at = Time(allow_null=True, help_text="When the organiser said that the group still comes.")
    arrived_heads = serializers.IntegerField(allow_null=True, help_text="For the office: how many came.")
    manage_url = serializers.CharField(allow_null=True, help_text="The organiser's page.")
    token = serializers.CharField(allow_null=True, help_text="The organiser's token, for `Authorization: Bearer`.")
    calendar_url = serializers.CharField(
        allow_null=True, help_text="The organiser's calendar of this visit (RFC 5545)."
    )


class LateChangeAnswer(Answer):
    """The answer to a change that came after the deadline: the visit as it stays for now, and what the office has to decide."""

    visit = VisitAnswer()
    change = ChangeAnswer()


class DutyAnswer(Answer):
    """A tour to lead. While it is not promised it may still change, and has no places yet."""

    id = serializers.IntegerField()
    visit = serializers.CharField(help_text="The visit's code.")
    title = serializers.CharField()
    tour = serializers.CharField(allow_null=True)
    language = serializers.CharField()
    audience = serializers.CharField(allow_null=True)
    start = Time()
    end = Time()
    promised = serializers.BooleanField()
    answer = serializers.ChoiceField(Party.Answer.choices)
    number = serializers.IntegerField(help_text="Which of the visit's sub-groups.")
    of = serializers.IntegerField(help_text="How many sub-groups there are.")
    heads = serializers.IntegerField()
    legs = LegAnswer(many=True, allow_null=True)
    leader = LeaderAnswer(allow_null=True)
    access_needs = serializers.CharField()
    notes = serializers.CharField()


class DutyReplyAnswer(Answer):
    """What the guide said to a duty."""

    id = serializers.IntegerField()
    answer = serializers.ChoiceField(Party.Answer.choices)


class CandidateAnswer(Answer):
    """A guide for a duty, and every reason against them in the asker's language; none: they can take it."""

    guide = GuideAnswer()
    why_not = serializers.ListField(child=serializers.CharField())


class AssignmentAnswer(Answer):
    """Who leads now."""

    id = serializers.IntegerField()
    guide = GuideAnswer(allow_null=True)


class AbsenceAnswer(Answer):
    """A time in which a guide takes no duties; without an end until they are back."""

    id = serializers.IntegerField()
    start = Time()
    end = Time(allow_null=True)
    reason = serializers.CharField()


class ClosureAnswer(Answer):
    """A time in which some places, or all (null), take no visits; without an end until further notice."""

    id = serializers.IntegerField()
    spaces = serializers.ListField(child=serializers.CharField(), allow_null=True)
    start = Time()
    end = Time(allow_null=True)
    rrule = serializers.CharField(
        allow_null=True,
        help_text="How it recurs by the museum's clock (RFC 5545); `start` and `end` are those of its first time.",
    )
    kind = serializers.ChoiceField(Closure.Kind.choices)
    notice = serializers.CharField(help_text="In the asker's language.")
