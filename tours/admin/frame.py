"""What the pages of the catalogue have in common: who may, the lock, the version, a tab for each language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db import OperationalError
from django.db.models import Model, QuerySet
from django.forms import BaseModelFormSet, ModelForm, TimeField
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, LockNotAvailable
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from tours import services

Row = TypeVar("Row", bound=Model)
TRIES = 3
SAFE = ("GET", "HEAD", "OPTIONS")


def languages(*names: str) -> list[tuple[str, dict[str, Any]]]:
    """A tab for each language, named in its own words, with these texts in it."""
    return [
        (name, {"classes": ["tab"], "fields": [f"{text}_{code}" for text in names]})
        for code, name in settings.LANGUAGES
    ]


class OfficeMay:
    """The office may look at and change what no visit depends on; rows that visits refer to are protected by the database."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)


class NamedForm(ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What has a name has one in some language; where others are missing, that one is shown."""

    def clean(self) -> None:
        super().clean()
        names = [f"name_{code}" for code, _name in settings.LANGUAGES]
        if not any((self.cleaned_data.get(name) or "").strip() for name in names):
            self.add_error(names[0], _("Give a name in at least one language."))


class Part(OfficeMay):
    """Rows that belong to the one that is shown."""

    extra = 0
    hide_title = True

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]  # mixed into an inline
        if isinstance(field, TimeField):
            field.widget.format = "%H:%M"
        return field


class PartInline(Part, TabularInline):  # type: ignore[misc]  # unfold has no types
    """Short rows."""


class TallInline(Part, StackedInline):  # type: ignore[misc]  # unfold has no types
    """Rows with more in them than a line holds."""


class CatalogueAdmin(OfficeMay, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Each change is made alone, under the calendar lock, and raises the catalogue's version."""

    warn_unsaved_form = True
    list_fullwidth = True

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._alone(request, super().changeform_view, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._alone(request, super().changelist_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._alone(request, super().delete_view, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: ModelForm[Any], formsets: list[Any], change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.raise_catalogue_version()

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        services.raise_catalogue_version()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)
        services.raise_catalogue_version()

    def _alone(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Lock before the form is checked, so that what it saw stays true; where others book without a pause, say so."""
        if request.method in SAFE:
            return view(request, *args, **kwargs)
        for _attempt in range(TRIES):
            try:
                with services.alone():
                    return view(request, *args, **kwargs)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                    raise
        busy = _(
            "Many people are booking at this moment. Go back and save again in a few seconds; what you typed is still there."
        )
        return HttpResponse(busy, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "5"})


def in_order(formset: BaseModelFormSet[Any, Any]) -> list[Any]:
    """The rows of a formset as people have numbered them; those without a number last."""
    forms = [
        form for form in formset.forms if form not in formset.deleted_forms and (form.instance.pk or form.has_changed())
    ]
    last = max((form.cleaned_data.get("order") or 0 for form in forms), default=0) + 1
    return [form.instance for form in sorted(forms, key=lambda form: form.cleaned_data.get("order") or last)]
