"""The office's menu: what stands in it, and under which of its entries a page belongs."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

register = template.Library()

AT_HAND = (
    ("office_day", gettext_noop("The day")),
    ("office_visits", gettext_noop("Visits")),
    ("office_new_visit", gettext_noop("New visit")),
    ("office_conflicts", gettext_noop("To mend")),
)
"""What a phone shows at once."""
MORE = (
    ("office_closures", gettext_noop("Closures")),
    ("office_board", gettext_noop("Roster")),
    ("office_calls", gettext_noop("Call list")),
    ("office_letters", gettext_noop("Letters")),
    ("office_insight_first", gettext_noop("Insight")),
    ("office_settings", gettext_noop("Settings")),
)
UNDER = {
    "office_sheet": "office_day",
    "office_propose": "office_day",
    "office_visit": "office_visits",
    "office_new_event": "office_new_visit",
    "office_new_closure": "office_closures",
    "office_edit_closure": "office_closures",
    "office_edit_draft": "office_closures",
    "office_lift_closure": "office_closures",
    "office_closure_calendar": "office_closures",
    "office_board_move": "office_board",
    "office_rosters": "office_board",
    "office_roster_job": "office_board",
    "office_call": "office_calls",
    "office_letter": "office_letters",
    "office_insight": "office_insight_first",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu; `is_here`: the page that one looks at, or one that belongs under it."""

    url: str
    title: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """What is at hand, and the rest."""

    at_hand: list[Entry]
    more: list[Entry]

    @property
    def here(self) -> Entry | None:
        """The page that one looks at, where it is among the rest."""
        return next((entry for entry in self.more if entry.is_here), None)


@register.simple_tag
def office_menu(url_name: str | None) -> Menu:
    """The menu as it stands on the page of that name."""
    name = url_name or ""
    under = "office_settings" if name.startswith("office_settings") else UNDER.get(name, name)
    at_hand, more = (
        [Entry(reverse(each), _(title), each == under) for each, title in entries] for entries in (AT_HAND, MORE)
    )
    return Menu(at_hand, more)
