"""A lecture in real browsers: a presenter and three phones that follow, wander off, come back, and choose."""

import os
import re
import socket
import subprocess
import sys
import time

import pytest
from browsing import NO_BROWSER, ROOT, WAIT, chromium, ended, wait_for
from needs import need
from playwright.sync_api import expect

from comp_viz.stories import read_story
from comp_viz.ui.lecture import class_routes

STORY = "dominance"
STEPS = read_story(ROOT / "stories" / f"{STORY}.yaml").steps


@pytest.fixture
def lecture(tmp_path):
    """The root of a server that was started for a lecture, and its presenter's address."""
    need(NO_BROWSER)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    log, options = tmp_path / "server.log", ["--server.headless=true", f"--server.port={port}"]
    command = [sys.executable, "-m", "comp_viz", "run", "--lecture", *options]
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=os.environ)
    try:
        wait_for(f"http://localhost:{port}/_stcore/health", log)
        yield f"http://localhost:{port}/", re.search(r"http://localhost\S+/hall/presenter/\S+", log.read_text())[0]
    finally:
        begin = time.monotonic()
        assert ended(server)
    assert time.monotonic() - begin < class_routes.WAIT - 5  # phones that wait for news do not hold it up
    assert "Traceback" not in log.read_text()


class Visitor:
    """A browser of its own, which in the end has asked nobody but our server."""

    def __init__(self, browser, root, **settings):
        self.context = browser.new_context(**settings)
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT)
        self.asked, self.errors = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.root = root

    def met_nothing_wrong(self):
        assert self.errors == []
        assert [url for url in self.asked if not url.startswith((self.root, "blob:", "data:"))] == []

    @property
    def place(self):
        """What the first line says."""
        return self.page.locator("#class p")

    def is_at(self, number):
        """At a step of the class, counted from 1."""
        expect(self.page.get_by_role("heading", name=STEPS[number - 1].say)).to_be_visible()
        expect(self.place).to_have_text(f"With the class: step {number} of {len(STEPS)}")

    def choose(self, name):
        button = self.page.get_by_role("group", name=re.compile("which modality moves")).get_by_role(
            "button", name=name
        )
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(self.page.get_by_text("Counted. You may change it")).to_be_visible()


def test_three_phones_follow_a_presenter_wander_off_come_back_and_are_counted(lecture):
    root, key = lecture
    with chromium() as browser:
        presenter = Visitor(browser, root, viewport={"width": 1440, "height": 900})
        phones = [
            Visitor(browser, root, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
            for _ in range(3)
        ]
        first, second, third = phones
        for phone in phones:
            phone.page.goto(f"{root}hall/")
            expect(phone.place).to_contain_text("No lecture at the moment")
        page = presenter.page
        page.goto(key)
        expect(page.get_by_text("Phones cannot reach this server")).to_be_visible()  # it listens to this machine alone
        assert key.rsplit("/", 1)[1] not in page.url
        page.locator(f".st-key-begin-{STORY} button").click()
        for phone in phones:
            phone.is_at(1)
        contributions = first.page.locator("#contributions")
        first.page.wait_for_selector("body[data-parity]")
        expect(contributions).to_be_hidden()

        # Guesses
        for phone, name in zip(phones, ("audio", "text", "text"), strict=True):
            phone.choose(name)
        first.choose("video")  # a mind is changed
        tally = page.locator(".st-key-lecture .tally")
        expect(tally).to_have_text("3 phones, 3 have chosen")
        first.page.reload()
        first.is_at(1)
        expect(first.page.get_by_role("button", name="video ✓")).to_be_visible()
        page.get_by_role("button", name="Show answers").click()
        expect(page.get_by_text("Text moves utterance 1 most; 2 of 3 phones chose so")).to_be_visible()
        for phone in phones:
            chosen = phone.page.locator(".guess .bars").first.locator("b")
            expect(chosen).to_have_text(["0 of 3", "2 of 3", "1 of 3"])
        expect(second.page.get_by_text("Yes: text moves it most.")).to_be_visible()
        expect(first.page.get_by_text("You chose video; text moves it most.")).to_be_visible()
        expect(contributions).to_be_visible()

        # The class goes on; one phone has a pattern of its own, one reads ahead, one sleeps
        third.page.evaluate("window.stayed = true")
        page.keyboard.press("PageDown")
        for phone in phones:
            phone.is_at(2)
        assert third.page.evaluate("window.stayed")  # with the engine that it had
        question = "Utterance 6, with the pattern of the class: which modality moves its prediction most?"
        expect(third.page.get_by_role("heading", name=question)).to_be_visible()
        assert third.page.evaluate("figure.observed.join()") == third.page.evaluate(
            "[...bits(figure.saved.observed, figure.places.length)].join()"
        )
        expect(contributions).to_be_hidden()
        first.page.wait_for_selector("body[data-parity]")
        first.page.locator(".cell").nth(2).click()
        expect(first.place).to_have_text("On your own, in step 2 of the class")
        second.page.get_by_role("link", name="next ›").click()
        expect(second.page.get_by_role("heading", name=STEPS[2].say)).to_be_visible()
        second.page.get_by_role("link", name="next ›").click()
        expect(second.place).to_have_text(f"On your own. The class is at step 2 of {len(STEPS)}.")
        third.context.set_offline(True)
        page.keyboard.press("PageDown")
        expect(second.place).to_have_text(f"On your own. The class is at step 3 of {len(STEPS)}.")
        expect(first.place).to_have_text(f"On your own. The class is at step 3 of {len(STEPS)}.")
        expect(first.page.get_by_role("heading", name=STEPS[1].say)).to_be_visible()  # nobody takes it away
        second.page.reload()
        expect(second.page.get_by_role("heading", name=STEPS[3].say)).to_be_visible()
        expect(third.place).to_contain_text("No connection to the class")
        third.context.set_offline(False)
        third.is_at(3)
        for phone in (first, second):
            phone.page.get_by_role("button", name="Back to the class").click()
            phone.is_at(3)
        page.keyboard.press("PageUp")
        for phone in phones:
            phone.is_at(2)
        expect(first.page.get_by_text("The answer is shown when the class has chosen.")).to_be_visible()

        # A choice made without a network is counted once there is one
        third.context.set_offline(True)
        third.page.get_by_role("button", name="audio", exact=False).first.click()
        expect(third.page.get_by_text("Not counted yet")).to_be_visible()
        third.context.set_offline(False)
        expect(third.page.get_by_text("Counted. You may change it")).to_be_visible()
        expect(tally).to_have_text("3 phones, 1 has chosen")

        # A phone may not have the dashboard
        third.page.goto(f"{root}live")
        third.is_at(2)
        page.get_by_role("button", name="Leave").click()
        expect(first.place).to_contain_text("No lecture at the moment")
        for visitor in (presenter, *phones):
            visitor.met_nothing_wrong()


def test_what_is_under_way_while_the_class_goes_on_stays_where_it_was_meant(lecture):
    root, key = lecture
    with chromium() as browser:
        presenter = Visitor(browser, root, viewport={"width": 1440, "height": 900})
        phone = Visitor(browser, root, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
        page, small = presenter.page, phone.page
        small.goto(f"{root}hall/")
        page.goto(key)
        page.locator(f".st-key-begin-{STORY} button").click()
        phone.is_at(1)
        small.wait_for_selector("body[data-parity]")
        page.get_by_role("button", name="Presenter's window").wait_for()
        assert small.locator(".number").all_inner_texts()[:6] == list("1···5·")  # all 20 would run together

        # A choice that arrives after the answer was shown, from a phone that is at the next step by then
        held = []
        small.route("**/choice", lambda route: held.append(route))
        small.get_by_role("group", name=re.compile("which modality moves")).get_by_role("button", name="video").click()
        page.get_by_role("button", name="Show answers").click()
        expect(page.get_by_text("Text moves utterance 1 most; no phone chose")).to_be_visible()
        expect(small.get_by_text("Nobody in the class chose.")).to_be_visible()
        page.keyboard.press("PageDown")
        phone.is_at(2)
        with small.expect_response("**/choice") as refused:
            held.pop().continue_()
        assert refused.value.status == 409
        small.unroute("**/choice")
        expect(small.get_by_text("The answer is shown when the class has chosen.")).to_be_visible()
        expect(small.locator("#asked-rate")).to_have_text("other")  # the step's pattern is none of the slider's

        # A finger that is down when the class goes on
        cell = small.locator(".cell").nth(2)
        cell.scroll_into_view_if_needed()
        place = cell.bounding_box()
        finger = phone.context.new_cdp_session(small)
        touch = [{"x": place["x"] + 5, "y": place["y"] + 10}]
        finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touch})
        page.keyboard.press("PageUp")
        phone.is_at(1)
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        small.evaluate("new Promise(requestAnimationFrame)")
        assert small.evaluate("figure.observed.every(there => there)")
        phone.is_at(1)

        # The presenter's window has the key that shows answers
        page.keyboard.press("PageDown")
        phone.is_at(2)
        with presenter.context.expect_page() as opened:
            page.get_by_role("button", name="Presenter's window").click()
        opened.value.get_by_role("button", name="Show answers (A)").wait_for()
        opened.value.keyboard.press("a")
        expect(small.get_by_text("Nobody in the class chose.")).to_be_visible()

        # Who stays on the page when the lecture is over chooses alone
        page.get_by_role("button", name="Leave").click()
        expect(phone.place).to_contain_text("No lecture at the moment")
        expect(small.get_by_text("Hidden until you choose.")).to_be_visible()
        for visitor in (presenter, phone):
            visitor.met_nothing_wrong()
