"""What a service raises when it will not do what it was asked, with nothing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


class Refused(Exception):
    """A request that is understood and not done. `code` is stable, `detail` is for a person, `extra` for a program.

    `config/api.py` makes it a problem document (RFC 9457), pages show `detail`.
    """

    code = "refused"
    status = 409
    detail: Any = _("This cannot be done.")

    def __init__(self, detail: Any = None, **extra: Any) -> None:
        if detail is not None:
            self.detail = detail
        self.extra: Mapping[str, Any] = extra
        super().__init__(self.code)


class StartTaken(Refused):
    """The start cannot be served; `alternatives` are starts near it that can (ISO 8601)."""

    code = "start_taken"
    detail = _("This time is not free any more.")


class GroupTooLarge(Refused):
    """No start of the day could hold so many; `largest` is the number that could be served."""

    code = "group_too_large"
    detail = _("The group is larger than the museum can receive at once.")


class TooManyThen(Refused):
    """More people than the visit's own time can hold; `most` could come then."""

    code = "too_many_then"

    def __init__(self, most: int) -> None:
        said = ngettext(
            "At this time at most %(most)d person can come. For more, please choose another time.",
            "At this time at most %(most)d people can come. For more, please choose another time.",
            most,
        )
        super().__init__(said % {"most": most}, most=most)


class TooFar(Refused):
    """Nobody knows yet what that day will be like."""

    code = "too_far"
    status = 422
    detail = _("Visits can be asked for one year ahead.")


class NotAllowedNow(Refused):
    """The visit's status does not permit the step."""

    code = "not_allowed_now"
    detail = _("This is not possible any more: the visit has changed.")


class BadWish(Refused):
    """The request contradicts the museum's rules whatever the day."""

    code = "bad_wish"
    status = 422


class KeyReused(BadWish):
    """The idempotency key belongs to another request."""

    code = "idempotency_key_reused"
    detail = _("This key was used for another request.")


class TooSoon(Refused):
    """The start lies inside the lead time; `earliest` is the first day that can be asked for."""

    code = "too_soon"
    status = 422
    detail = _("This is too soon: the museum needs more time to prepare.")


class Closed(Refused):
    """A closure covers the start; `notice` is its public text in the asker's language."""

    code = "closed"
    detail = _("The museum is closed then.")


class PreviewOutOfDate(Refused):
    """What the preview showed is no longer true; `preview` is a fresh one."""

    code = "preview_out_of_date"
    detail = _("Something has changed since the preview was made. Please look at it again.")


class StillHit(Refused):
    """A visit would be left inside a closure without a decision."""

    code = "undecided_visits"
    detail = _("Please decide about each visit that has to give way.")


class StillToCome(Refused):
    """A person cannot be erased while a visit of theirs lies ahead; `codes` name those visits."""

    code = "still_to_come"

    def __init__(self, codes: Sequence[str]) -> None:
        detail = _("A visit of this person is still to come. Please cancel it first: %(codes)s")
        super().__init__(detail % {"codes": ", ".join(codes)}, codes=list(codes))


class StaleForm(Refused):
    """Somebody else changed the visit since the form was opened."""

    code = "changed_meanwhile"
    detail = _("Somebody has changed this visit in the meantime. Please look at it again.")


class Busy(Refused):
    """Too many people at once; the same request may succeed in a moment."""

    code = "busy"
    status = 503
    detail = _("Many people are asking at this moment. Please try again in a few seconds.")


class NotKnown(Refused):
    """The exact check did not end within its time; nothing was changed, and it is not said that the start is taken."""

    code = "not_known"
    status = 503
    detail = _("Whether this can be served could not be found out in time. Please ask the museum.")


class TooOften(Refused):
    """A stranger's rate limit."""

    code = "too_often"
    status = 429
    detail = _("Too many requests from here. Please try again later.")
