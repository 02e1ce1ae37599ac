"""The museum, its hours and holidays, its places."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from tours import queries, services
from tours.admin.frame import CatalogueAdmin, NamedForm, PartInline, languages
from tours.errors import LaneInUse
from tours.models import Holiday, Museum, Opening, Space


class OpeningInline(PartInline):
    model = Opening


@admin.register(Museum)
class MuseumAdmin(CatalogueAdmin):
    form = NamedForm
    inlines = (OpeningInline,)
    list_display = ("name", "time_zone", "email", "phone")
    fieldsets = (
        (None, {"fields": ["code", "email", "locale", "phone", "url", ("latitude", "longitude")]}),
        *languages("name", "address", "how_to_come", "meeting_point", "time_zone_name"),
        (_("Look"), {"fields": [("accent", "accent_dark"), "mark"]}),
        (_("Calendar"), {"fields": ["time_zone", "country", "opens_on_holidays", "grid_minutes"]}),
        (_("Requests"), {"fields": ["lead_business_days", "decide_business_days", "currency"]}),
        (
            _("Deputy, who is told of what the office leaves undecided"),
            {"fields": ["deputy_name", "deputy_email", "deputy_phone", "deputy_locale", "deputy_after_percent"]},
        ),
        (_("Guides"), {"fields": ["promise_days", "rest_minutes", "daily_minutes", "daily_duties"]}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        if db_field.name == "url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request) and not Museum.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Holiday)
class HolidayAdmin(CatalogueAdmin):
    list_display = ("date", "name", "is_holiday", "opens")
    date_hierarchy = "date"
    fieldsets = (
        (None, {"fields": ["date", "is_holiday", "opens", "hours_from", "hours_until", "hours_last_start"]}),
        *languages("name"),
    )


class SpaceForm(NamedForm):
    """A place, with the number of its lanes."""

    lane_count = forms.IntegerField(
        label=_("Groups at once"),
        min_value=1,
        max_value=100,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("How many sub-groups may be in this place at the same time."),
    )

    class Meta:
        model = Space
        fields = ("code", "kind", "max_heads", "position", "plan", "name_kk", "name_ru", "name_en")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["lane_count"].initial = self.instance.lanes.count()

    def clean_plan(self) -> list[int] | None:
        return self.cleaned_data["plan"] or None  # nothing typed is no place, not an empty one

    def clean_lane_count(self) -> int:
        number: int = self.cleaned_data["lane_count"]
        if self.instance.pk and not services.can_have_lanes(self.instance, number):
            raise forms.ValidationError(LaneInUse.detail)
        return number


@admin.register(Space)
class SpaceAdmin(CatalogueAdmin):
    form = SpaceForm
    search_fields = ("code", "name_kk", "name_ru", "name_en")
    list_display = ("name", "code", "kind", "lane_count", "max_heads", "position")
    fieldsets = (
        (None, {"fields": ["code", "kind", "lane_count", "max_heads", "position", "plan"]}),
        *languages("name"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Space]:
        return queries.places()

    @admin.display(description=_("Groups at once"))
    def lane_count(self, space: Any) -> int:
        return int(space.lane_count)

    def save_related(self, request: HttpRequest, form: Any, formsets: list[Any], change: bool) -> None:
        services.set_lanes(form.instance, form.cleaned_data["lane_count"])
        super().save_related(request, form, formsets, change)
