"""What each person was told, the letters on their way, and the calls that stand in for letters."""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


def new_secret() -> str:
    """256 bits for a webhook's signatures."""
    return secrets.token_urlsafe(32)


class Thread(models.Model):
    """What one person's inbox and calendar already say about one matter.

    `told_*` change when a letter is first claimed for sending (from then on it may have arrived) or when a call was made.
    `uid` and `sequence` are those of the entry in the person's calendar; both are empty where no entry lives there (RFC 5546, 2.1.5).
    """

    key = models.CharField(_("thread"), max_length=500, unique=True)
    about = models.CharField(_("about"), max_length=100, db_index=True)
    revision = models.PositiveIntegerField(default=0)  # of the newest letter or call written, sent or not
    uid = models.UUIDField(null=True, blank=True)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    entry_created_at = models.DateTimeField(null=True, blank=True)
    stamp = models.DateTimeField(null=True, blank=True)  # DTSTAMP of the newest letter written: it only ever rises
    told_revision = models.PositiveIntegerField(default=0)
    told_state = models.CharField(
        _("told"), max_length=30, blank=True
    )  # the kind expected then; "withdrawn" where it was taken back
    told_facts = models.JSONField(default=dict, blank=True)
    told_entry = models.JSONField(null=True, blank=True)
    told_to = models.JSONField(default=dict, blank=True)
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=20, blank=True)  # a PARTSTAT, "" while there is none
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answer_sequence = models.PositiveIntegerField(null=True, blank=True)
    answer_stamp = models.DateTimeField(null=True, blank=True)
    unreachable_at = models.DateTimeField(_("unreachable since"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        ordering = ["about", "key"]

    def __str__(self) -> str:
        return self.key


class Telling(models.Model):
    """One fact for one person, on its way by letter or by telephone.

    `revision` is empty for what lies outside the comparison of what is and what was told (reminders, lost links, alarms).
    `state` is the kind that was expected: "moved" is how "confirmed" is told anew.
    """

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="%(class)ss", verbose_name=_("thread"))
    revision = models.PositiveIntegerField(null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=30)
    state = models.CharField(max_length=30)
    facts = models.JSONField(default=dict)
    entry = models.JSONField(null=True, blank=True)
    to = models.JSONField(default=dict)  # the whole address as it was given
    locale = models.CharField(_("language"), max_length=5)
    links = models.JSONField(default=list, blank=True)  # the placeholders that may be filled
    not_before = models.DateTimeField(_("not before"))
    expires_at = models.DateTimeField(_("of use until"), null=True, blank=True)
    created_at = models.DateTimeField(_("written at"), auto_now_add=True)

    class Meta:
        abstract = True


class OutboxMessage(Telling):
    """A letter, rendered when it was written; only its link placeholders are filled at sending."""

    class Status(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("letter", "queued")
        SENT = "sent", pgettext_lazy("letter", "sent")
        DEAD = "dead", pgettext_lazy("letter", "undeliverable")
        SUPERSEDED = "superseded", pgettext_lazy("letter", "replaced by a newer one")
        CANCELLED = "cancelled", pgettext_lazy("letter", "no longer needed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=700, unique=True, error_messages={"unique": _("This has been told already.")})
    channel = models.CharField(_("channel"), max_length=20, default="mail")

    from_name = models.CharField(max_length=300, blank=True)
    from_email = models.CharField(max_length=500)
    to_name = models.CharField(_("to"), max_length=300, blank=True)
    to_email = models.CharField(_("e-mail"), max_length=500)
    subject = models.TextField(_("subject"), blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    ics = models.TextField(blank=True)  # unfolded lines, so that a placeholder is never cut

    uid = models.UUIDField(null=True, blank=True, db_index=True)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    method = models.CharField(max_length=10, blank=True)
    stamp = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=255, unique=True)

    bulk = models.BooleanField(default=False)  # many at once and in no hurry: after all others
    limited = models.BooleanField(default=False)  # counts against what one address may get
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    claim = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)  # first: from then on it may have arrived
    retry_since = models.DateTimeField(
        null=True, blank=True
    )  # the attempts' window begins here; "send again" opens a new one
    last_code = models.CharField(_("answer of the mail server"), max_length=10, blank=True)
    last_error = models.TextField(_("reason"), blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    died_at = models.DateTimeField(_("given up at"), null=True, blank=True)

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-created_at"]
        indexes = [
            models.Index(F("bulk"), F("not_before"), name="outbox_due", condition=Q(status="queued")),
            models.Index("status", "created_at", name="outbox_by_status"),
            models.Index(F("created_at").desc(), F("id"), name="outbox_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                name="calendar_letter_has_its_numbers",
                condition=Q(uid__isnull=True, method="")
                | Q(uid__isnull=False, sequence__isnull=False, stamp__isnull=False),
                violation_error_message=_("A letter with a calendar part needs UID, SEQUENCE and DTSTAMP."),
            ),
            models.UniqueConstraint(
                "thread",
                "revision",
                name="one_letter_for_a_revision",
                violation_error_message=_("This revision has been told already."),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Call(Telling):
    """A fact that somebody has to be told by telephone; it counts as told once it was rung."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("call", "to be rung")
        RUNG = "rung", pgettext_lazy("call", "told")
        SUPERSEDED = "superseded", pgettext_lazy("call", "replaced by a newer one")
        CANCELLED = "cancelled", pgettext_lazy("call", "no longer needed")

    key = models.CharField(
        max_length=700, unique=True, error_messages={"unique": _("This is on the call list already.")}
    )
    about = models.CharField(_("about"), max_length=100, db_index=True)
    whom = models.CharField(_("whom"), max_length=300, blank=True)
    organisation = models.CharField(_("organisation"), max_length=500, blank=True)
    phone = models.CharField(_("telephone"), max_length=50, blank=True)
    say = models.TextField(_("what to say"))
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.OPEN)
    rang_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("rung by"),
    )
    rang_at = models.DateTimeField(_("rung at"), null=True, blank=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("call list")
        ordering = ["not_before"]
        indexes = [models.Index(F("not_before"), name="calls_to_make", condition=Q(status="open"))]
        constraints = [
            models.UniqueConstraint(
                "thread",
                "revision",
                name="one_call_for_a_revision",
                violation_error_message=_("This revision has been told already."),
            ),
            models.CheckConstraint(
                name="rung_calls_say_when",
                condition=~Q(status="rung") | Q(rang_at__isnull=False),
                violation_error_message=_("Say when the call was made."),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Bucket(models.Model):
    """A token bucket: how many more of something one key may cause. Changed only by `limits.allow`, in one statement."""

    key = models.CharField(max_length=100, primary_key=True)
    tokens = models.FloatField()
    updated = models.DateTimeField()

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")

    def __str__(self) -> str:
        return self.key


class Breaker(models.Model):
    """Whether a mail server is left in peace for a while after it could not be reached several times running."""

    name = models.CharField(max_length=100, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mail server")
        verbose_name_plural = _("mail servers")

    def __str__(self) -> str:
        return self.name


class Outage(models.Model):
    """A time in which letters were late: the oldest that was due had waited too long. One at a time, by a constraint."""

    began_at = models.DateTimeField(_("since"))  # when the oldest letter was due
    noticed_at = models.DateTimeField(_("noticed at"))
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)
    most_due = models.PositiveIntegerField(_("letters that waited"), default=0)
    longest_seconds = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(
                ExpressionWrapper(Q(ended_at__isnull=True), models.BooleanField()),
                name="one_outage_at_a_time",
                condition=Q(ended_at__isnull=True),
                violation_error_message=_("Letters are late already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"


class Reply(models.Model):
    """A letter that came to the museum's mailbox: read once, and what became of it."""

    class Verdict(models.TextChoices):
        APPLIED = "applied", pgettext_lazy("reply", "counts as the answer")
        OLD_TIME = "old_time", pgettext_lazy("reply", "answered a time that has changed")
        STALE = "stale", pgettext_lazy("reply", "older than an answer that we have")
        COUNTER = "counter", pgettext_lazy("reply", "asks for another time")
        FORGED = "forged", pgettext_lazy("reply", "not from whom it says")
        UNKNOWN = "unknown", pgettext_lazy("reply", "answers nothing that we know")
        LETTER = "letter", pgettext_lazy("reply", "a letter to read")
        BOUNCE = "bounce", pgettext_lazy("reply", "a letter of ours did not arrive")
        AUTOMATIC = "automatic", pgettext_lazy("reply", "an automatic answer")
        UNREADABLE = "unreadable", pgettext_lazy("reply", "too large or broken, open it in the mailbox")

    FOR_A_PERSON = ("old_time", "counter", "forged", "unknown", "letter", "unreadable")

    message_id = models.CharField(max_length=500, unique=True, error_messages={"unique": _("This was read already.")})
    thread = models.ForeignKey(
        Thread, on_delete=models.PROTECT, null=True, blank=True, related_name="replies", verbose_name=_("thread")
    )
    verdict = models.CharField(_("what it is"), max_length=12, choices=Verdict.choices)
    reason = models.TextField(_("reason"), blank=True)
    from_email = models.CharField(_("from"), max_length=500, blank=True)
    subject = models.TextField(_("subject"), blank=True)
    text = models.TextField(_("text"), blank=True)  # the first lines, for a person
    method = models.CharField(max_length=20, blank=True)
    uid = models.CharField(max_length=300, blank=True)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    stamp = models.DateTimeField(null=True, blank=True)
    partstat = models.CharField(_("answer"), max_length=20, blank=True)
    proposed_start = models.DateTimeField(_("asks for"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"))
    handed_over_at = models.DateTimeField(null=True, blank=True)  # when the schedule took the answer in
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("seen by"),
    )
    seen_at = models.DateTimeField(_("seen at"), null=True, blank=True)

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["-received_at"]
        indexes = [
            models.Index(
                F("received_at"),
                name="answers_to_hand_over",
                condition=Q(verdict="applied", handed_over_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.received_at:%Y-%m-%d %H:%M}"


class Endpoint(models.Model):
    """A system of the museum's own that wants to hear of events; it checks our signature with `secret`."""

    name = models.CharField(_("name"), max_length=100)
    url = models.URLField(_("address"), max_length=500, help_text=_("https only."))
    secret = models.CharField(_("secret"), max_length=100, default=new_secret)
    events = models.JSONField(_("events"), default=list, blank=True, help_text=_("Empty: all."))
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
