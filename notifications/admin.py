"""The office's view of telling: letters with their fate, who knows what, whom to ring. Nothing here can be typed over."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display

from notifications import calls, dead_letters, queries, replies
from notifications.models import Call, Endpoint, OutboxMessage, Reply, Thread


class Shown(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Rows that the office reads; what may be done with them are actions."""

    list_fullwidth = True
    list_per_page = 50

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(OutboxMessage)
class OutboxAdmin(Shown):
    """Queued, sent and dead letters, with reasons; dead ones can be sent again, many at once."""

    list_display = (
        "subject_line",
        "to_name",
        "to_email",
        "state_label",
        "not_before",
        "attempts",
        "last_code",
        "last_error",
        "sent_at",
    )
    list_filter = ("status", "kind", "locale", "last_code", ("created_at", admin.DateFieldListFilter))
    search_fields = ("thread__about", "to_name", "to_email", "subject", "message_id")
    list_select_related = ("thread",)
    list_before_template = "notifications/outbox_state.html"
    fields = (
        "subject", "to_name", "to_email", "thread", "kind", "locale", "status", "not_before", "expires_at", "attempts", "last_code",
        "last_error", "created_at", "claimed_at", "sent_at", "message_id", "method", "uid", "sequence", "text",
    )  # fmt: skip
    actions = ("send_again",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        state = queries.outbox_state(now=timezone.now())
        shown: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "state": state})
        return shown

    @admin.display(description=_("subject"))
    def subject_line(self, row: OutboxMessage) -> str:
        return row.subject or row.kind

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description=_("status"),
        label={"queued": "info", "sent": "success", "dead": "danger", "superseded": "", "cancelled": ""},
    )
    def state_label(self, row: OutboxMessage) -> tuple[str, str]:
        return row.status, str(row.get_status_display())

    @admin.action(description=_("Send again"))
    def send_again(self, request: HttpRequest, rows: QuerySet[OutboxMessage]) -> None:
        """New attempts for dead letters, with the same Message-ID and the same place in the calendar's order."""
        dead = list(rows.filter(status=OutboxMessage.Status.DEAD))
        count = dead_letters.replay(OutboxMessage.objects.filter(pk__in=[row.pk for row in dead]))
        for row in dead:
            self.log_change(request, row, "sent again")
        said = ngettext("%(count)d letter goes out again.", "%(count)d letters go out again.", count) % {"count": count}
        self.message_user(request, said, messages.SUCCESS if count == len(dead) else messages.WARNING)


@admin.register(Thread)
class ThreadAdmin(Shown):
    """Who was told what, and has answered."""

    list_display = ("about", "key", "told_state", "told_at", "answer", "answered_at", "unreachable_at")
    list_filter = (
        "told_state",
        "answer",
        ("unreachable_at", admin.EmptyFieldListFilter),
        ("told_at", admin.DateFieldListFilter),
    )
    search_fields = ("about", "key")
    fields = (
        "about", "key", "told_state", "told_at", "told_facts", "told_entry", "uid", "sequence", "answer", "answered_at",
        "unreachable_at",
    )  # fmt: skip


@admin.register(Call)
class CallAdmin(Shown):
    """Whom to ring, and what to say; one tap dials."""

    list_display = (
        "whom",
        "organisation",
        "dial",
        "about",
        "kind",
        "locale",
        "not_before",
        "status",
        "rang_by",
        "rang_at",
    )
    list_filter = ("status", "kind", "locale", ("not_before", admin.DateFieldListFilter))
    search_fields = ("whom", "organisation", "phone", "about")
    fields = (
        "whom", "organisation", "dial", "about", "kind", "locale", "say", "status", "not_before", "expires_at", "rang_by", "rang_at",
    )  # fmt: skip
    readonly_fields = ("dial",)
    actions = ("mark_rung",)

    @admin.display(description=_("telephone"))
    def dial(self, row: Call) -> str:
        return format_html('<a href="tel:{}">{}</a>', row.phone, row.phone)

    @admin.action(description=_("I rang and said it"))
    def mark_rung(self, request: HttpRequest, rows: QuerySet[Call]) -> None:
        """From now on these people count as told."""
        now, user = timezone.now(), request.user
        assert user.is_authenticated  # the office only
        ids = list(rows.values_list("pk", flat=True))
        rung = [call for pk in ids if (call := calls.rang(pk, by=user, now=now))]
        for call in rung:
            self.log_change(request, call, "rung")
        said = ngettext("%(count)d person is told.", "%(count)d people are told.", len(rung)) % {"count": len(rung)}
        self.message_user(request, said, messages.SUCCESS if len(rung) == len(ids) else messages.WARNING)


@admin.register(Reply)
class ReplyAdmin(Shown):
    """What came to the museum's mailbox, and what became of it."""

    list_display = (
        "received_at",
        "verdict",
        "from_email",
        "subject",
        "partstat",
        "thread",
        "seen_by",
        "handed_over_at",
    )
    list_filter = ("verdict", ("seen_at", admin.EmptyFieldListFilter), ("received_at", admin.DateFieldListFilter))
    list_select_related = ("thread", "seen_by")
    search_fields = ("from_email", "subject", "thread__about")
    fields = (
        "received_at", "verdict", "reason", "from_email", "subject", "text", "partstat", "proposed_start", "thread", "seen_by", "seen_at",
        "handed_over_at",
    )  # fmt: skip
    actions = ("mark_seen",)

    @admin.action(description=_("I have seen to it"))
    def mark_seen(self, request: HttpRequest, rows: QuerySet[Reply]) -> None:
        """Nobody else of the office needs to look at these."""
        now, user = timezone.now(), request.user
        assert user.is_authenticated  # the office only
        seen = [reply for reply in rows if replies.mark_seen(reply.pk, by=user, now=now)]
        for reply in seen:
            self.log_change(request, reply, "seen")


@admin.register(Endpoint)
class EndpointAdmin(Shown):
    """Systems of the museum's own that hear of events."""

    list_display = ("name", "url", "active")
    fields = ("name", "url", "secret", "events", "active")
    readonly_fields = ("secret",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)  # the secret is shown
