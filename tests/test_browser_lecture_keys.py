"""Keys of a lecture in a real browser: each counts once, at whatever moment of a step's opening it is pressed."""

from collections.abc import Callable

import pytest
from browsing import ROOT, nav, still
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from comp_viz.stories import read_story

STORY = read_story(ROOT / "stories" / "missing.yaml")
NEXT = ".st-key-lecture-on button"


class Wire:
    """The connection of a page with the server, which can be held up or cut."""

    def __init__(self, page: Page) -> None:
        self.holding = False
        self.held: list[str | bytes] = []
        page.route_web_socket("**/_stcore/stream", self.connect)

    def connect(self, page: WebSocketRoute) -> None:
        self.page, server = page, page.connect_to_server()
        page.on_message(lambda message: server.send(message))
        server.on_message(lambda message: self.receive(message))

    def receive(self, message: str | bytes) -> None:
        if self.holding:
            self.held.append(message)
        else:
            self.page.send(message)

    def release(self) -> None:
        self.holding = False
        while self.held:
            self.page.send(self.held.pop(0))


@pytest.fixture
def page(blank: Page) -> Page:
    return blank


@pytest.fixture
def wire(page: Page) -> Wire:
    return Wire(page)


def open_story(page: Page, address: str, step: int = 1) -> None:
    page.goto(f"{address}live?story=missing&step={step}")
    page.locator(".st-key-lecture[style*='--ground']").wait_for()  # whoever listens to the keys is there


def stands_at(page: Page, step: int) -> None:
    expect(page.get_by_role("heading", name=STORY.steps[step - 1].say)).to_be_visible()
    still(page)
    expect(page.get_by_role("heading", name=STORY.steps[step - 1].say)).to_be_visible()


def before_a_button(page: Page, wire: Wire, address: str) -> Callable[[], object]:
    """A story without its buttons, whose script on a busy machine comes after whoever listens to the keys."""
    waiting: list[Route] = []
    page.route("**/static/js/Button.*.js", lambda route: waiting.append(route))
    open_story(page, address)
    expect(page.locator(NEXT)).to_have_count(0)
    return lambda: [each.continue_() for each in waiting]


def silent_server(page: Page, wire: Wire, address: str) -> Callable[[], object]:
    """A story whose server says nothing."""
    open_story(page, address)
    still(page)
    wire.holding = True

    def let_go() -> None:
        page.wait_for_timeout(500)  # longer than the page waits until it looks again
        wire.release()

    return let_go


def no_connection(page: Page, wire: Wire, address: str) -> Callable[[], object]:
    """A story whose connection is cut; the page makes another by itself."""
    open_story(page, address)
    still(page)
    wire.page.close()
    page.locator("[data-testid=stApp]:not([data-test-connection-state=CONNECTED])").wait_for()
    return lambda: None


@pytest.mark.parametrize("hinder", [before_a_button, silent_server, no_connection])
def test_keys_count_that_are_pressed_while_nothing_can_come_of_them(page, wire, address, hinder):
    let_go = hinder(page, wire, address)
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    let_go()
    stands_at(page, 3)


def test_keys_and_clicks_count_in_their_order(page, wire, address):
    let_go = silent_server(page, wire, address)
    page.keyboard.press("PageDown")
    page.locator(NEXT).click()
    page.keyboard.press("PageUp")  # which leads nowhere from the first step
    let_go()
    stands_at(page, 2)


@pytest.mark.parametrize("messages", [1, 8, 30])
def test_a_key_counts_in_the_middle_of_a_change_of_page(page, wire, address, messages):
    """From Live to Reconstruction and on to Coordinator, pressed once so many messages of the new page have come."""
    open_story(page, address, 3)
    still(page)
    wire.holding = True
    page.keyboard.press("PageDown")
    for _ in range(messages):
        while not wire.held:
            page.wait_for_timeout(20)
        wire.page.send(wire.held.pop(0))
    page.wait_for_timeout(200)
    page.keyboard.press("PageDown")
    wire.release()
    stands_at(page, 5)


def test_what_was_pressed_in_a_story_that_was_left_is_forgotten(page, wire, address):
    let_go = silent_server(page, wire, address)
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    page.get_by_role("button", name="Leave").click()
    let_go()
    expect(page.locator(".st-key-lecture")).to_have_count(0)
    still(page)
    nav(page, "Lecture").click()
    page.locator(".st-key-begin-missing button").click()
    stands_at(page, 1)
