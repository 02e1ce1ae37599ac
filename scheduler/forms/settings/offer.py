"""Tours with their stops, kinds of group with their prices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduler.forms.fields import Line
from scheduler.forms.settings.rows import LineForm, Many, RowForm, Whole
from scheduler.models.fields import LANGUAGES
from tours.models import Stop


class StopForm(LineForm):
    """One stop of a tour."""

    space = forms.ChoiceField(label=_("Place"))
    minutes = Whole(label=_("Minutes"), required=True, help_text=_("With the way to it; a multiple of five."))
    kind = forms.ChoiceField(label=_("Kind"), choices=Stop.Kind.choices)
    movable = forms.BooleanField(label=_("May be walked in another order"), required=False)
    together = forms.BooleanField(label=_("For the whole group at once"), required=False)
    exclusive = forms.BooleanField(label=_("Takes the whole place"), required=False)
    languages = Many(label=_("Languages of the film"), choices=LANGUAGES, required=False)
    advised_age = Whole(label=_("Advised from age"))

    places: list[tuple[str, str]] = []

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["space"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "–"), *self.places]


def stop_form(places: list[tuple[str, str]]) -> type[StopForm]:
    """A stop of a museum with these places."""
    return type("StopForm", (StopForm,), {"places": places})


class TourForm(RowForm):
    """A tour without its stops."""

    part = "tours"
    texts = {"name": _("name")}

    code = Line(label=_("Code (stands in addresses, cannot be changed)"), max_length=40)
    heads_per_guide = Whole(label=_("People per guide, at most"), required=True)
    lead_business_days = Whole(label=_("Shortest notice, business days"), help_text=_("Empty: as the museum's."))
    needs_review = forms.BooleanField(
        label=_("The office decides"),
        required=False,
        help_text=_("A tour with a ceremony is always decided by the office."),
    )
    active = forms.BooleanField(label=_("Offered"), required=False)


class BandForm(LineForm):
    """A band of prices, or the last one: for each person above."""

    max_heads = Whole(label=_("Up to so many people"))
    amount = Whole(label=_("Price of the visit"))
    per_head_above = Whole(label=_("Last line: for each person above"))


class AudienceForm(RowForm):
    """A kind of group without its prices."""

    part = "audiences"
    texts = {"name": _("name")}
    long_texts = {"proof": _("proof to bring")}

    code = Line(label=_("Code (stands in addresses, cannot be changed)"), max_length=40)
    free = forms.BooleanField(label=_("Free of charge"), required=False)
    free_adults_per = Whole(label=_("One adult free for so many children"))
    heads_per_guide = Whole(label=_("People per guide, at most"), help_text=_("Empty: as the tour's."))
    lead_business_days = Whole(label=_("Shortest notice, business days"), help_text=_("Empty: as the museum's."))
    needs_review = forms.BooleanField(label=_("The office decides"), required=False)
    change_days = Whole(label=_("May change until, days before"))
    cancel_days = Whole(label=_("May cancel until, days before"))
    priority = forms.IntegerField(
        label=_("Priority on the waiting list"), required=False, min_value=-1000, max_value=1000
    )
    move_weight = Whole(
        label=_("How dear a move is"),
        help_text=_("When a closure displaces visits, groups with a higher one are moved last."),
    )
    tours = Many(label=_("Tours"), required=False, help_text=_("None ticked: all of them."))
    active = forms.BooleanField(label=_("Offered"), required=False)

    def __init__(self, *args: Any, tours: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["tours"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = tours
