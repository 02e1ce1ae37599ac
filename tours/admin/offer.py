"""Tours with their stops, kinds of group with their prices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import StepValueValidator
from django.db.models import QuerySet, Sum
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminIntegerFieldWidget

from tours import services
from tours.admin.frame import CatalogueAdmin, NamedForm, PartInline, TallInline, in_order, languages
from tours.models import Audience, Language, Price, Stop, Tour
from tours.models.words import TICK_MINUTES


class OrderedForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A row among others: people number them as they like, the service writes 0, 1, 2, …"""

    order = forms.IntegerField(label=_("Order"), min_value=1, required=False, widget=UnfoldAdminIntegerFieldWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["order"].initial = self.instance.position + 1


class StopForm(OrderedForm):
    """A stop; one that takes the whole place is for the whole group without a second tick."""

    languages = forms.MultipleChoiceField(
        label=_("Languages of the film"),
        choices=Language.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = Stop
        fields = ("space", "minutes", "kind", "movable", "together", "exclusive", "languages", "advised_age")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        minutes = self.fields["minutes"]
        minutes.validators.append(StepValueValidator(TICK_MINUTES))
        minutes.widget.attrs |= {"min": TICK_MINUTES, "step": TICK_MINUTES}

    def clean(self) -> None:
        super().clean()
        if self.cleaned_data.get("exclusive"):
            self.cleaned_data["together"] = True


class PriceForm(OrderedForm):
    class Meta:
        model = Price
        fields = ("max_heads", "amount", "per_head_above")


class PricesFormSet(BaseInlineFormSet):  # type: ignore[type-arg]  # not generic at run time
    """Whoever pays needs a price for any number of people."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        rows = in_order(self)
        heads = [row.max_heads for row in rows if row.max_heads is not None]
        if heads != sorted(set(heads)):
            raise forms.ValidationError(_("Each band takes more people than the one before."))
        above = [index for index, row in enumerate(rows) if row.per_head_above is not None]
        if above and above != [len(rows) - 1]:
            raise forms.ValidationError(_("The price for each person above comes once, as the last one."))
        if not self.instance.free and not above:
            raise forms.ValidationError(
                _("Whoever is not free of charge needs a price for each person above, as the last one.")
            )


class StopInline(TallInline):
    model = Stop
    form = StopForm
    fields = (
        ("order", "space"),
        ("minutes", "kind"),
        ("movable", "together", "exclusive"),
        ("languages", "advised_age"),
    )


class PriceInline(PartInline):
    model = Price
    form = PriceForm
    formset = PricesFormSet
    fields = ("order", "max_heads", "amount", "per_head_above")


class OrderedAdmin(CatalogueAdmin):
    """Its inline rows have an order."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        for row in formset.deleted_objects:
            row.delete()
        services.put_in_order(in_order(formset))
        formset.save_m2m()


@admin.register(Tour)
class TourAdmin(OrderedAdmin):
    form = NamedForm
    inlines = (StopInline,)
    list_display = (
        "name",
        "code",
        "minutes",
        "heads_per_guide",
        "lead_business_days",
        "needs_review",
        "active",
        "position",
    )
    list_filter = ("active", "needs_review")
    search_fields = ("code", "name_kk", "name_ru", "name_en")
    fieldsets = (
        (
            None,
            {"fields": ["code", "active", "position", "heads_per_guide", "lead_business_days", "needs_review"]},
        ),
        *languages("name"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tour]:
        return Tour.objects.annotate(minutes=Sum("stops__minutes")).order_by("position", "code")

    @admin.display(description=_("minutes"))
    def minutes(self, tour: Any) -> int:
        return int(tour.minutes or 0)


@admin.register(Audience)
class AudienceAdmin(OrderedAdmin):
    form = NamedForm
    inlines = (PriceInline,)
    list_display = ("name", "code", "free", "lead_business_days", "needs_review", "active", "position")
    list_filter = ("active", "free")
    search_fields = ("code", "name_kk", "name_ru", "name_en")
    fieldsets = (
        (None, {"fields": ["code", "active", "position", "free", "free_adults_per", "heads_per_guide", "tours"]}),
        (
            _("Requests"),
            {"fields": ["lead_business_days", "needs_review", "change_days", "cancel_days", "priority", "move_weight"]},
        ),
        *languages("name", "proof"),
    )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)
