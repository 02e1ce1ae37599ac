"""Who may do what. Who may see what is `queries.visits_for`: whoever may not see gets 404 before this is asked."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from tours.models import Guide, User


def is_office(user: User | AnonymousUser) -> bool:
    """Decides requests, sets closures, publishes the roster."""
    return bool(user.is_authenticated and user.is_active and user.is_staff)


def sees_ceremony_plans(user: User | AnonymousUser) -> bool:
    """Reads who leads a ceremony, who comes along and by which vehicles: of the office, only whom an administrator lets."""
    return is_office(user) and user.has_perm("scheduler.view_ceremonyplan")


def guide_of(user: User | AnonymousUser) -> Guide | None:
    """The guide who has signed in, or None."""
    if not isinstance(user, User) or not user.is_active:
        return None
    return Guide.objects.filter(user=user, active=True).first()
