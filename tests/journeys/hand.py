"""A person before a page: finds things by what they are called, with a mouse or with the keyboard alone, and counts what it takes.

The keyboard goes only where Tab and the arrows lead. What it reaches must show that it has the focus, and its first stop on a
page whose content it wants is the link that skips there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils import translation
from django.utils.translation import gettext, ngettext, pgettext
from playwright.sync_api import Locator, Page, expect

MOST_STEPS = 300
"""Presses of Tab after which something counts as out of reach."""
CLICK_SECONDS, KEY_SECONDS = 1.3, 0.28
"""Of the keystroke-level model (Card, Moran, Newell 1980): to point and click; one key of an average typist."""

# Where the goal lies, and whether one sees that it has the focus: asked at once, for the page may write this part anew at any moment.
POSITION = """goal => { const here = document.activeElement;
    const shows = [goal, goal.nextElementSibling, goal.closest('label')].some(one => {
        if (!one) return false;
        const style = getComputedStyle(one), box = one.getBoundingClientRect();
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 4 && box.height > 4; });
    if (here === goal) return [0, shows];
    return [here.compareDocumentPosition(goal) & Node.DOCUMENT_POSITION_PRECEDING ? -1 : 1, shows]; }"""
IN_MAIN = "goal => document.getElementById('main').contains(goal)"
FOCUS_IN_MAIN = "() => document.getElementById('main').contains(document.activeElement)"
NAME_OF = "() => document.activeElement ? document.activeElement.outerHTML.slice(0, 120) : ''"


@dataclass
class Count:
    """What a journey took: `keys` are what is typed and pressed, Tab among them."""

    clicks: int = 0
    keys: int = 0

    @property
    def seconds(self) -> float:
        """What hands need for it, without reading, thinking and talking."""
        return round(self.clicks * CLICK_SECONDS + self.keys * KEY_SECONDS, 1)


@dataclass
class Hand:
    """Acts on a page in one language. `count` may be shared by several pages of one journey."""

    screen: Page
    language: str
    keyboard: bool = False
    count: Count = field(default_factory=Count)

    # --- What things are called -------------------------------------------------------------------------------------------
    def says(self, text: str, **values: object) -> str:
        """A text of the pages in this reader's language."""
        with translation.override(self.language):
            return gettext(text) % values if values else gettext(text)

    def counts(self, one: str, many: str, number: int) -> str:
        with translation.override(self.language):
            return ngettext(one, many, number) % {"n": number}

    def means(self, context: str, text: str) -> str:
        with translation.override(self.language):
            return pgettext(context, text)

    def button(self, text: str, within: Locator | None = None) -> Locator:
        return (within or self.screen).get_by_role("button", name=self.says(text), exact=True)

    def link(self, text: str, within: Locator | None = None) -> Locator:
        return (within or self.screen).get_by_role("link", name=self.says(text), exact=True)

    def summary(self, text: str, within: Locator | None = None) -> Locator:
        return (within or self.screen).locator("summary", has_text=self.says(text))

    def labelled(self, text: str, within: Locator | None = None) -> Locator:
        """What is typed into under this label; what a label adds, “(optional)”, does not matter."""
        where = within or self.screen
        return where.get_by_label(self.says(text)).and_(
            where.locator("input:not([type=radio]):not([type=checkbox]), textarea")
        )

    # --- What one does ----------------------------------------------------------------------------------------------------
    def press(self, what: Locator) -> None:
        """A button, a link, what unfolds."""
        if self.keyboard:
            self._reach(what)
            self._key("Enter")
        else:
            self._click(what)

    def choose(self, what: Locator) -> None:
        """One of several, or a tick."""
        if not self.keyboard:
            label = what.locator("xpath=ancestor::label[1]")
            self._click(label)
        elif what.get_attribute("type") == "radio":
            self._arrow_to(what)
        else:
            self._reach(what)
            self._key("Space")
        expect(what).to_be_checked()

    def pick(self, what: Locator, value: str) -> None:
        """A line of a list that unfolds: it is opened and the line clicked, or reached by the arrows."""
        if what.input_value() == value:
            return
        if self.keyboard:
            self._reach(what)
            values = what.locator("option").evaluate_all("all => all.map(one => one.value)")
            steps = values.index(value) - values.index(what.input_value())
            for _step in range(abs(steps)):
                self._key("ArrowDown" if steps > 0 else "ArrowUp")
        else:
            what.select_option(value)
            self.count.clicks += 2
        expect(what).to_have_value(value)

    def write(self, what: Locator, text: str) -> None:
        """Type into a field, instead of what stands there."""
        if self.keyboard:
            self._reach(what)
        else:
            self._click(what)
        if what.input_value():
            self._key("ControlOrMeta+a")
        self.screen.keyboard.type(text)
        self.count.keys += len(text)
        expect(what).to_have_value(text)

    # --- How --------------------------------------------------------------------------------------------------------------
    def _click(self, what: Locator) -> None:
        what.click()
        self.count.clicks += 1

    def _key(self, key: str) -> None:
        self.screen.keyboard.press(key)
        self.count.keys += 1

    def _reach(self, what: Locator) -> None:
        """Go there by Tab, or back by Shift and Tab; what is reached shows it."""
        expect(what).to_be_attached()
        goal = what.element_handle()
        assert goal is not None
        if goal.evaluate(IN_MAIN) and not self.screen.evaluate(FOCUS_IN_MAIN):
            self._skip_to_the_content()
        seen: list[str] = []
        for _step in range(MOST_STEPS):
            if not goal.evaluate("goal => goal.isConnected"):  # the page has just written this part anew
                expect(what).to_be_attached()
                goal = what.element_handle()
                assert goal is not None
            position, shows_focus = goal.evaluate(POSITION)
            if position == 0:
                assert shows_focus, f"Nothing shows that this has the focus: {goal.evaluate(NAME_OF)}"
                return
            self._key("Shift+Tab" if position < 0 and seen else "Tab")
            seen.append(self.screen.evaluate(NAME_OF))
        raise AssertionError(f"{what} is out of reach of the keyboard; it came to: {seen[-8:]}")

    def _skip_to_the_content(self) -> None:
        skip = self.screen.locator("a.skip")
        for _step in range(2):  # a page that was changed in place begins where it was left
            self._key("Tab")
            if skip.evaluate("one => one === document.activeElement"):
                expect(skip).to_be_in_viewport()
                self._key("Enter")
                return

    def _arrow_to(self, what: Locator) -> None:
        """A radio button is one of a group: Tab leads to the group, arrows within it."""
        expect(what).to_be_attached()
        name, value = what.get_attribute("name"), what.get_attribute("value")
        group = self.screen.locator(f"input[type=radio][name='{name}']")
        chosen = self.screen.locator(f"input[type=radio][name='{name}']:checked")
        self._reach(chosen if chosen.count() else group.first)
        values = group.evaluate_all("all => all.map(one => one.value)")
        if not chosen.count():
            self._key("Space")
        here = values.index(chosen.get_attribute("value"))
        for _step in range(abs(values.index(value) - here)):
            self._key("ArrowDown" if values.index(value) > here else "ArrowUp")
