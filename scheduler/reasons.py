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


def too_large(largest: int) -> str:
    """What a group hears that is larger than any day could receive; `largest`: how many people could come, 0 for nobody."""
    if not largest:
        return _("The museum cannot receive such a group on this day.")
    said = ngettext(
        "The museum can receive %(largest)d person at most.",
        "The museum can receive %(largest)d people at most.",
        largest,
    )
    return said % {"largest": largest}


@dataclass(frozen=True, slots=True)
class Words:
    """Puts the reasons of one museum day into words.

    `places`: the names of spaces by their code, `notices`: those of closures by their key, in the active language; `guides`: theirs.
    """

    day: date
    zone: ZoneInfo
    places: Mapping[str, str] = field(default_factory=dict)
    notices: Mapping[str, str] = field(default_factory=dict)
    guides: Mapping[str, str] = field(default_factory=dict)

    def sentences(self, reasons: Iterable[Reason]) -> str:
        """Several reasons, one after the other, none twice."""
        return " ".join(dict.fromkeys(self.sentence(reason) for reason in reasons))

    def sentence(self, reason: Reason) -> str:
        """One reason. Raises AttributeError on a code that nobody has given words to."""
        return str(getattr(self, f"_{reason.code}")(*reason.params))

    def _clock(self, tick: int) -> str:
        return f"{periods.local(periods.instant(tick, self.day, self.zone), self.zone):%H:%M}"

    def _span(self, period: Interval) -> str:
        last = period.end >= periods.ticks_in(self.day, self.zone)
        return f"{self._clock(period.start)}–{'24:00' if last else self._clock(period.end)}"

    # --- Why a day has no start (core.refusing) -----------------------------------------------------------------------------

    def _closed(self) -> str:
        return _("The museum is closed on this day.")

    def _closed_then(self, *closures: str) -> str:
        notices = [self.notices[key] for key in closures if self.notices.get(key)]
        return " ".join(dict.fromkeys(notices)) or _("The museum is closed then.")

    def _too_long(self, ticks: int) -> str:
        minutes = ticks * TICK_MINUTES
        said = ngettext(
            "The visit lasts %(minutes)d minute, longer than the museum is open.",
            "The visit lasts %(minutes)d minutes, longer than the museum is open.",
            minutes,
        )
        return said % {"minutes": minutes}

    def _too_late(self, earliest: int) -> str:
        return _("It is too late to begin a visit on this day.")

    def _too_large(self, largest: int) -> str:
        return too_large(largest)

    def _no_guide(self, tour: str, language: str) -> str:
        return _("Nobody leads this tour in this language.")

    def _too_few_guides(self, tour: str, language: str, needed: int, there: int) -> str:
        said = ngettext(
            "So large a group needs %(needed)d guide at once.",
            "So large a group needs %(needed)d guides at once.",
            needed,
        )
        return said % {"needed": needed}

    def _guides_away(self, tour: str, language: str, needed: int) -> str:
        if needed == 1:
            return _("The guides who lead this in this language do not work on this day.")
        fewer = _("On this day fewer of those who lead this in this language are at work at the same time.")
        return f"{self._too_few_guides(tour, language, needed, 0)} {fewer}"

    def _guides_taken(self, tour: str, language: str, needed: int, first: int | None) -> str:
        """Not "with other groups": it may be the rest, or the most of a day, that keeps them."""
        if needed == 1:
            if first is None:
                return _("No guide who leads this in this language is free.")
            return _("No guide who leads this in this language is free before %(time)s.") % {"time": self._clock(first)}
        if first is None:
            fewer = _("Fewer of those who lead this in this language are free at the same time.")
        else:
            fewer = _("Before %(time)s fewer of those who lead this in this language are free at the same time.")
            fewer %= {"time": self._clock(first)}
        return f"{self._too_few_guides(tour, language, needed, 0)} {fewer}"

    def _guides_fewer(self, tour: str, language: str) -> str:
        return _("On this day too few of the guides who lead this in this language are at work.")

    def _never_both(self, tour: str, language: str) -> str:
        return _("When guides who lead this in this language are free, the places are not, and the other way round.")

    def _full(self, *spaces: str) -> str:
        names = ", ".join(self.places.get(space, space) for space in spaces)
        return _("Other groups are there: %(places)s.") % {"places": names}

    def _waves_full(self) -> str:
        return _("The sub-groups of so large a group do not fit between the others.")

    def _not_known(self) -> str:
        return _("Whether this can be served could not be found out in time. Please ask the museum.")

    def _not_open_then(self, start: int) -> str:
        return _("The museum does not begin visits at %(time)s.") % {"time": self._clock(start)}

    # --- Why a guide cannot take a duty (core.rules) -----------------------------------------------------------------------

    def _not_qualified(self, tour: str, language: str) -> str:
        return _("Does not lead this tour in this language.")

    def _not_working(self, *hours: Interval) -> str:
        if not hours:
            return _("Does not work on this day.")
        return _("Works only at other hours: %(hours)s.") % {"hours": ", ".join(map(self._span, hours))}

    def _away(self, period: Interval) -> str:
        if period.start <= 0 and period.end >= periods.ticks_in(self.day, self.zone):
            return _("Is absent on this day.")
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

    # --- What would help where nobody can lead (core.helping) --------------------------------------------------------------

    def _help_absence(self, guide: str) -> str:
        return _("It would help if %(guide)s were not absent.") % {"guide": self.guides.get(guide, guide)}

    def _help_rest(self, guide: str) -> str:
        return _("It would help if %(guide)s did without the rest between two groups.") % {
            "guide": self.guides.get(guide, guide)
        }

    def _help_limit(self, guide: str) -> str:
        return _("It would help if %(guide)s led more than usual on this day.") % {
            "guide": self.guides.get(guide, guide)
        }

    def _help_hours(self, guide: str) -> str:
        return _("It would help if %(guide)s worked at this time.") % {"guide": self.guides.get(guide, guide)}

    def _help_skill(self, guide: str, tour: str, language: str) -> str:
        return _("It would help if %(guide)s could lead this tour in this language.") % {
            "guide": self.guides.get(guide, guide)
        }

    def _help_promise(self, duty: str) -> str:
        return _("It would help if another group's guide, who has been told, were changed.")

    def _help_move(self, minutes: int, start: int) -> str:
        if minutes < 0:
            said = ngettext(
                "It would help if the group came %(minutes)d minute earlier, at %(clock)s.",
                "It would help if the group came %(minutes)d minutes earlier, at %(clock)s.",
                -minutes,
            )
        else:
            said = ngettext(
                "It would help if the group came %(minutes)d minute later, at %(clock)s.",
                "It would help if the group came %(minutes)d minutes later, at %(clock)s.",
                minutes,
            )
        return said % {"minutes": abs(minutes), "clock": self._clock(start)}

    def _help_parties(self, number: int, now: int, heads: int) -> str:
        said = ngettext(
            "It would help if the group went as %(number)d sub-group instead of %(now)d, with up to %(heads)d people.",
            "It would help if the group went as %(number)d sub-groups instead of %(now)d, with up to %(heads)d people each.",
            number,
        )
        return said % {"number": number, "now": now, "heads": heads}
