"""The core's reasons in a person's words, in the active language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduler import periods
from scheduler.core.assignment import Reason
from scheduler.core.ticks import TICK_MINUTES, Interval


@dataclass(frozen=True, slots=True)
class Words:
    """Puts the reasons of one museum day into words. `places`: the name of each space by its code, in the active language."""

    day: date
    zone: ZoneInfo
    places: Mapping[str, str] = field(default_factory=dict)

    def sentences(self, reasons: Iterable[Reason]) -> str:
        """Several reasons, one after the other, none twice."""
        return " ".join(dict.fromkeys(self.sentence(reason) for reason in reasons))

    def sentence(self, reason: Reason) -> str:
        """One reason. Raises KeyError on a code that nobody has given words to."""
        return str(getattr(self, f"_{reason.code}")(*reason.params))

    def _clock(self, tick: int) -> str:
        return f"{periods.local(periods.instant(tick, self.day, self.zone), self.zone):%H:%M}"

    def _span(self, period: Interval) -> str:
        return f"{self._clock(period.start)}–{self._clock(period.end)}"

    # --- Why a guide cannot take a duty (core.rules) -----------------------------------------------------------------------

    def _not_qualified(self, tour: str, language: str) -> str:
        return _("Does not lead this tour in this language.")

    def _not_working(self, *hours: Interval) -> str:
        if not hours:
            return _("Does not work on this day.")
        return _("Works only at other hours: %(hours)s.") % {"hours": ", ".join(map(self._span, hours))}

    def _away(self, period: Interval) -> str:
        return _("Is absent: %(period)s.") % {"period": self._span(period)}

    def _busy(self, visit: str, period: Interval) -> str:
        return _("Leads another group: %(period)s.") % {"period": self._span(period)}

    def _no_rest(self, visit: str, period: Interval, rest: int) -> str:
        minutes = rest * TICK_MINUTES
        said = ngettext(
            "Needs %(minutes)d minute of rest before or after another group: %(period)s.",
            "Needs %(minutes)d minutes of rest before or after another group: %(period)s.",
            minutes,
        )
        return said % {"minutes": minutes, "period": self._span(period)}

    def _enough_duties(self, most: int) -> str:
        said = ngettext("Leads %(most)d group a day at most.", "Leads %(most)d groups a day at most.", most)
        return said % {"most": most}

    def _enough_time(self, most: int) -> str:
        minutes = most * TICK_MINUTES
        said = ngettext("Leads %(minutes)d minute a day at most.", "Leads %(minutes)d minutes a day at most.", minutes)
        return said % {"minutes": minutes}
