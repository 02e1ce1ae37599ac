"""Guides with their hours and languages, users, and the keys that they have to the API."""

from __future__ import annotations

from typing import Any

from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from tours import services
from tours.admin.frame import CatalogueAdmin, PartInline
from tours.models import ApiToken, Guide, GuideHours, Language, Tour, User
from tours.sign_in import proven_anew


class HoursInline(PartInline):
    model = GuideHours


class GuideForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A guide, with the tours that they lead in each language as boxes to tick."""

    leads = forms.MultipleChoiceField(label=_("Leads"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget)

    class Meta:
        model = Guide
        fields = (
            *("code", "name", "active", "user", "email", "phone", "locale"),
            *("rest_minutes", "daily_minutes", "daily_duties"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["leads"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [
            (tour.name, [(f"{tour.pk}:{code}", name) for code, name in Language.choices]) for tour in Tour.objects.all()
        ]
        if self.instance.pk:
            field.initial = [f"{row.tour_id}:{row.language}" for row in self.instance.qualifications.all()]

    def clean_leads(self) -> set[tuple[int, str]]:
        pairs = (choice.split(":") for choice in self.cleaned_data["leads"])
        return {(int(tour), language) for tour, language in pairs}


@admin.register(Guide)
class GuideAdmin(CatalogueAdmin):
    form = GuideForm
    inlines = (HoursInline,)
    list_display = ("name", "code", "email", "phone", "locale", "user", "active")
    list_filter = ("active", "qualifications__language")
    list_select_related = ("user",)
    search_fields = ("code", "name", "email")
    autocomplete_fields = ("user",)
    actions = ("renew_calendar_addresses",)
    fieldsets = (
        (None, {"fields": ["code", "name", "active", "user", "leads"]}),
        (_("Letters"), {"fields": ["email", "phone", "locale"]}),
        (_("Limits"), {"fields": ["rest_minutes", "daily_minutes", "daily_duties"]}),
    )

    def save_related(self, request: HttpRequest, form: Any, formsets: list[Any], change: bool) -> None:
        services.set_qualifications(form.instance, form.cleaned_data["leads"])
        super().save_related(request, form, formsets, change)

    @admin.action(description=_("Give the calendar a new address (the old one stops working)"))
    def renew_calendar_addresses(self, request: HttpRequest, queryset: QuerySet[Guide]) -> None:
        for guide in queryset:
            services.renew_calendar_address(guide)


class Guarded(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Pages on which somebody decides who may sign in, and to what."""

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        for each in urls:
            each.callback = proven_anew(each.callback)
        return urls


class UserAdmin(DjangoUserAdmin, Guarded):  # type: ignore[type-arg]  # not generic at run time
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "guide", "is_staff", "is_active")
    list_select_related = ("guide",)
    readonly_fields = ("guide", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "locale", "guide")}),
        (_("What they may do"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "email", "locale", "usable_password", "password1", "password2"),
            },
        ),
    )

    @admin.display(description=_("guide"))
    def guide(self, user: User) -> Guide | None:
        return getattr(user, "guide", None)


class GroupAdmin(DjangoGroupAdmin, Guarded):
    """Django's, in unfold's clothes."""


class SecondFactorAdmin(AuthenticatorAdmin, Guarded):  # type: ignore[misc]  # neither has types
    """allauth's: a lost second factor is deleted here."""


admin.site.register(User, UserAdmin)
admin.site.unregister([Group, Authenticator])
admin.site.register(Group, GroupAdmin)
admin.site.register(Authenticator, SecondFactorAdmin)


@admin.register(ApiToken)
class ApiTokenAdmin(Guarded):
    """To look at and revoke; one is made by `manage.py api_token`, which shows it once."""

    list_display = ("user", "name", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "name")
    readonly_fields = ("user", "name", "created_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        services.revoke(queryset, now=timezone.now())
