"""What a visitor can change on a page of the dashboard, of this build and of older ones, in a browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

NOT_OWN = re.compile("Compare with|Split")  # selectboxes that draw a page twice, or have a whole split measured
OWN = "its own control"


@dataclass(frozen=True)
class Change:
    """Something a visitor does on a page."""

    control: str  # the name of what is used
    make: Callable[[], object]
    asks: bool = True  # the server; else the page answers by itself


def navigation_link(page: Page, name: str) -> Locator | None:
    """The link to a page in the navigation, its group opened; None where a build has no such page."""
    link = page.get_by_test_id("stTopNav").get_by_role("link", name=name.capitalize())
    for group in page.get_by_test_id("stTopNavSection").all():
        if link.count():
            break
        group.click()
        page.get_by_role("menuitem").first.wait_for()
        link = page.get_by_role("menuitem", name=name.capitalize())
        if not link.count():
            page.keyboard.press("Escape")
            page.get_by_role("menuitem").first.wait_for(state="hidden")
    return link if link.count() else None


def changes_of(page: Page) -> dict[str, Change]:
    """The changes that the open page offers, by kind: another utterance, another missing pattern, its own first control."""
    main, changes = page.get_by_test_id("stMain"), {}
    step = main.get_by_test_id("stNumberInputStepUp").first
    if step.count():
        changes["another utterance"] = Change("utterance", step.click)
    pattern = page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").filter(has_text="Missing pattern")
    if pattern.count():
        changes["another pattern"] = Change("pattern", lambda: other_option(page, pattern))
    if own := own_control(page, main):
        changes[OWN] = own
    return changes


def own_control(page: Page, main: Locator) -> Change | None:
    """The first selectbox, row of buttons or switch that belongs to the page itself."""
    box = main.get_by_test_id("stSelectbox").filter(has_not_text=NOT_OWN).first
    buttons, switch = main.get_by_test_id("stButtonGroup").first, main.locator(".switchboard .switches button").first
    if box.count():
        return Change(box.inner_text().splitlines()[0], lambda: other_option(page, box))
    if buttons.count():
        return Change(buttons.get_by_role("radio").first.inner_text(), lambda: other_button(buttons))
    return Change("switch", switch.click, asks=False) if switch.count() else None


def other_option(page: Page, box: Locator) -> None:
    """Take the option of a selectbox below the one it shows, and of the last one the first."""
    shown = box.locator("input").input_value()
    box.locator("input").click()
    options = page.get_by_role("option")
    options.first.wait_for()
    names = options.all_inner_texts()
    options.nth((names.index(shown) + 1) % len(names)).click()


def other_button(group: Locator) -> None:
    """Press the button after the one that is pressed, and after the last one the first: the same one again changes nothing."""
    buttons = group.get_by_role("radio")
    pressed = buttons.evaluate_all("all => all.findIndex(button => button.ariaChecked === 'true')")
    buttons.nth((pressed + 1) % buttons.count()).click()
