"""The catalogue, for everybody to read: `GET tours/`, `audiences/`, `spaces/`. Texts are in the reader's language, codes stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ReadOnlyModelViewSet

from tours import queries
from tours.models import Audience, Language, Museum, Price, Space, Stop, Tour

Row = TypeVar("Row", bound=Model)
View = TypeVar("View")
TAG = "Catalogue"


class PlaceSerializer(serializers.ModelSerializer[Space]):
    """A place, where another thing speaks of it."""

    class Meta:
        model = Space
        fields = ["code", "name"]


class SpaceSerializer(serializers.ModelSerializer[Space]):
    """A place that groups use."""

    lanes = serializers.IntegerField(source="lane_count", help_text="How many sub-groups may be in it at once.")

    class Meta:
        model = Space
        fields = ["code", "name", "kind", "lanes", "max_heads"]


class StopSerializer(serializers.ModelSerializer[Stop]):
    """One stop of a tour; walking to it is part of its minutes."""

    space = PlaceSerializer()
    languages = serializers.ListField(
        child=serializers.ChoiceField(choices=Language.values), help_text="Those that a film is in; empty: the guide's."
    )

    class Meta:
        model = Stop
        fields = ["space", "minutes", "kind", "movable", "together", "exclusive", "languages", "advised_age"]


class TourSerializer(serializers.ModelSerializer[Tour]):
    """What the museum offers."""

    minutes = serializers.SerializerMethodField(help_text="From start to end, walking included.")
    languages = serializers.ListField(
        child=serializers.ChoiceField(choices=Language.values),
        source="led_in",
        help_text="Those in which a guide leads it.",
    )
    needs_review = serializers.SerializerMethodField(help_text="Whether the office decides; else confirmed at once.")
    lead_business_days = serializers.SerializerMethodField(help_text="Shortest notice; an audience may need longer.")
    stops = StopSerializer(many=True)

    class Meta:
        model = Tour
        fields = [
            "code",
            "name",
            "minutes",
            "languages",
            "heads_per_guide",
            "needs_review",
            "lead_business_days",
            "stops",
        ]

    def get_minutes(self, tour: Tour) -> int:
        return sum(stop.minutes for stop in tour.stops.all())

    def get_needs_review(self, tour: Tour) -> bool:
        return queries.needs_review(tour, None)

    def get_lead_business_days(self, tour: Tour) -> int:
        return queries.lead_business_days(self.context["museum"], tour, None)


class PriceSerializer(serializers.ModelSerializer[Price]):
    """`amount` for a visit of up to `max_heads`; or `per_head_above` for each person above the last of these."""

    class Meta:
        model = Price
        fields = ["max_heads", "amount", "per_head_above"]


class AudienceSerializer(serializers.ModelSerializer[Audience]):
    """Who comes: what it costs them, what they bring, and until when they decide."""

    needs_review = serializers.BooleanField(help_text="Whether the office decides whatever the tour.")
    lead_business_days = serializers.SerializerMethodField(help_text="Shortest notice; a tour may need longer.")
    tours = serializers.SerializerMethodField(help_text="Codes of the tours that they may ask for; null: all.")
    currency = serializers.SerializerMethodField()
    prices = PriceSerializer(many=True)

    class Meta:
        model = Audience
        fields = [
            *("code", "name", "free", "proof", "currency", "prices", "free_adults_per", "heads_per_guide", "tours"),
            *("needs_review", "lead_business_days", "change_days", "cancel_days"),
        ]

    def get_lead_business_days(self, audience: Audience) -> int:
        return queries.lead_business_days(self.context["museum"], None, audience)

    def get_tours(self, audience: Audience) -> list[str] | None:
        tours = audience.tours.all()
        return [tour.code for tour in tours if tour.active] if tours else None

    def get_currency(self, audience: Audience) -> str:
        museum: Museum = self.context["museum"]
        return museum.currency


class Catalogue(ReadOnlyModelViewSet[Row]):
    """Open to all, in the reader's language; rows are named by their codes."""

    permission_classes = (AllowAny,)
    lookup_field = "code"
    lookup_value_regex = "[a-z0-9-]+"

    def get_serializer_context(self) -> dict[str, Any]:
        drawing_schema = getattr(self, "swagger_fake_view", False)
        return dict(super().get_serializer_context()) | ({} if drawing_schema else {"museum": queries.museum()})


def _said(everything: str, one: str) -> Callable[[type[View]], type[View]]:
    """How the schema describes the two calls of a kind of rows."""
    return extend_schema_view(
        list=extend_schema(summary=everything, tags=[TAG]), retrieve=extend_schema(summary=one, tags=[TAG])
    )


@_said("The tours on offer", "One tour")
class TourViewSet(Catalogue[Tour]):
    serializer_class = TourSerializer
    queryset = Tour.objects.none()

    def get_queryset(self) -> QuerySet[Tour]:
        return queries.offered_tours()


@_said("The kinds of group, with prices, proof and deadlines", "One kind of group")
class AudienceViewSet(Catalogue[Audience]):
    serializer_class = AudienceSerializer
    queryset = Audience.objects.none()

    def get_queryset(self) -> QuerySet[Audience]:
        return queries.offered_audiences()


@_said("The places", "One place")
class SpaceViewSet(Catalogue[Space]):
    serializer_class = SpaceSerializer
    queryset = Space.objects.none()

    def get_queryset(self) -> QuerySet[Space]:
        return queries.places()


routes = SimpleRouter()
routes.register("tours", TourViewSet, basename="tour")
routes.register("audiences", AudienceViewSet, basename="audience")
routes.register("spaces", SpaceViewSet, basename="space")
urlpatterns = routes.urls
