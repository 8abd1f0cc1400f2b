"""What a visitor can change on a page of the dashboard, of this build and of older ones, in a browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from playwright.sync_api import Locator, Page

NOT_OWN = re.compile("Compare with|Split")  # selectboxes that draw a page twice, or have a whole split measured


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


def common_changes(page: Page) -> dict[str, Change]:
    """The changes that pages have in common, as far as the open one offers them: another utterance, another missing pattern."""
    changes = {}
    step = page.get_by_test_id("stMain").get_by_test_id("stNumberInputStepUp").first
    if step.count():
        changes["another utterance"] = Change("utterance", step.click)
    pattern = page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").filter(has_text="Missing pattern")
    if pattern.count():
        changes["another pattern"] = Change("pattern", lambda: other_option(page, pattern))
    return changes


def own_controls(page: Page) -> list[Change]:
    """Selectboxes, rows of buttons and the first switch that belong to the open page itself."""
    main = page.get_by_test_id("stMain")
    boxes = main.get_by_test_id("stSelectbox").filter(has_not_text=NOT_OWN).all()
    groups, switch = main.get_by_test_id("stButtonGroup").all(), main.locator(".switchboard .switches button").first
    return [
        *(Change(box.inner_text().splitlines()[0], partial(other_option, page, box)) for box in boxes),
        *(Change(group.get_by_role("radio").first.inner_text(), partial(other_button, group)) for group in groups),
        *([Change("switch", switch.click, asks=False)] if switch.count() else []),
    ]


def shared_control(offered: list[list[Change]]) -> list[Change | None]:
    """Of what pages of several builds offer: the first control that all of them have, else the first of each."""
    names = [[change.control for change in changes] for changes in offered]
    shared = next((name for name in names[0] if all(name in others for others in names)), None)
    return [next((change for change in changes if shared in (None, change.control)), None) for changes in offered]


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
