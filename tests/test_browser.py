"""What only a browser shows: painting, keyboard, links, themes, and that nothing leaves the machine."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from browsing import PHONE, ROOT, fits, in_both_themes, nav, serving, settled, still, watched
from marked import write_marked
from playwright.sync_api import Browser, Page, expect

from comp_viz.analysis.example.answers import effect_of, read_example
from comp_viz.analysis.live.change import change
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import open_data
from comp_viz.figures.example.words import happening
from comp_viz.figures.live.heading import weight_sentence
from comp_viz.figures.live.timeline import timeline_title
from comp_viz.resources import shipped
from comp_viz.wording import percent


@pytest.fixture(scope="module", autouse=True)
def checkpoints() -> Iterator[None]:
    """What the tests train is taken away again."""
    before = set((ROOT / "checkpoints").iterdir())
    yield
    for path in set((ROOT / "checkpoints").iterdir()) - before:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def cell(page: Page, utterance: int, modality: int):
    return page.locator(f'.availability_matrix .cell[data-s="{utterance - 1}"][data-m="{modality}"]')


def headline(page: Page):
    return page.locator("h3").first


def test_a_page_asked_for_first_of_all_comes_with_its_frame(browser, address):
    page = browser.new_page()  # runs before any other test has opened the dashboard
    page.goto(f"{address}why?checkpoint=lab&pattern=uniform(0.5)")
    expect(page.get_by_role("link", name="Live").first).to_be_visible()
    expect(pattern_text(page)).to_have_text("uniform(0.5)")
    assert "/why" in page.url
    page.close()


def test_switches_answer_in_the_browser_and_open_the_same_on_live(blank, address):
    example = read_example(shipped("examples/example.json"))
    blank.goto(address)
    clip = blank.locator(".switchboard video")
    expect(blank.locator(".switchboard .curve")).to_have_count(len(example.classes))
    blank.get_by_role("switch", name="words").click()
    blank.get_by_role("switch", name="face").press("Space")
    expect(blank.get_by_role("switch", name="face: taken away")).to_have_attribute("aria-checked", "false")
    said = happening(effect_of(example, ("audio",)), len(example.classes))
    expect(blank.locator(".happening")).to_have_text(said)
    assert clip.evaluate("video => [video.textTracks[0].mode, video.matches('.covered')]") == ["hidden", True]
    shown = [row.locator(".prediction").inner_text().split("\u202f")[0] for row in blank.locator(".said .row").all()]
    expected = example.answers["audio",].probabilities
    assert shown == [f"{example.classes[row.argmax()]} {100 * row.max():.0f}" for row in expected]
    blank.locator(".switchboard .cells").click()
    expect(headline(blank)).to_contain_text("Without text and video, 4 of 7 predictions flip")
    assert "only" in blank.url


def pattern_text(page: Page):
    page.get_by_role("button", name="As text").click()
    return page.locator("[data-testid=stPopoverBody] [data-testid=stCode]")


def test_clicking_a_cell_takes_it_away_and_again_gives_it_back(page):
    cell(page, 4, 1).click()
    expect(headline(page)).to_contain_text("With a single entry missing")
    expect(cell(page, 4, 1)).to_have_attribute("aria-label", "text, utterance 4: missing")
    expect(page.get_by_label("Utterance", exact=True)).to_have_value("4")
    cell(page, 4, 1).click()
    expect(headline(page)).to_contain_text("Nothing is taken away")


def test_a_modalitys_name_takes_the_row_and_an_utterances_number_the_column(page):
    page.locator(".availability_matrix .name").nth(1).click()
    expect(headline(page)).to_contain_text("Without text")
    page.get_by_role("button", name="Undo").click()
    expect(headline(page)).to_contain_text("Nothing is taken away")
    page.locator(".availability_matrix .number").nth(2).click()
    for modality in range(3):
        expect(cell(page, 3, modality)).to_have_class("cell missing changed")


def test_only_cells_edited_by_hand_carry_a_dot(blank, address):
    blank.goto(f"{address}?checkpoint=lab&pattern=only(text)")
    settled(blank)
    expect(cell(blank, 2, 0)).to_have_class("cell missing")
    cell(blank, 2, 0).click()
    expect(cell(blank, 2, 0)).to_have_class("cell changed")
    expect(cell(blank, 3, 0)).to_have_class("cell missing")


def test_dragging_paints_many_cells_in_one_step(page):
    drag(page, cell(page, 2, 0), cell(page, 6, 0), steps=25)
    for utterance in range(2, 7):
        expect(cell(page, utterance, 0)).to_have_attribute("aria-label", f"audio, utterance {utterance}: missing")
    expect(headline(page)).to_contain_text("%")
    page.get_by_role("button", name="Undo").click()
    expect(headline(page)).to_contain_text("Nothing is taken away")


def missing(page: Page):
    return page.locator(".availability_matrix .row .cell.missing")


def test_no_click_is_lost_however_fast_they_come(page, browser):
    for utterance in range(2, 10):
        cell(page, utterance, 0).click()
        page.wait_for_timeout(40)
    expect(missing(page)).to_have_count(8)
    page.wait_for_timeout(1500)
    settled(page)
    expect(missing(page)).to_have_count(8)
    other = browser.new_page()
    other.goto(page.url)
    settled(other)
    expect(missing(other)).to_have_count(8)
    other.close()


def test_a_drag_faster_than_the_mouse_reports_leaves_no_holes(page):
    drag(page, cell(page, 2, 2), cell(page, 14, 2), steps=2)
    expect(missing(page)).to_have_count(13)


def focused(page: Page) -> str:
    """The class of what has the keyboard, within a component."""
    return page.evaluate("document.activeElement.shadowRoot?.activeElement?.className ?? ''")


def test_rows_and_columns_are_toggled_by_keyboard(page):
    cell(page, 1, 1).focus()
    page.keyboard.press("r")
    expect(headline(page)).to_contain_text("Without text")
    assert focused(page) == "cell missing changed"  # it is the same matrix still, and has the keyboard
    page.keyboard.press("r")
    expect(headline(page)).to_contain_text("Nothing is taken away")
    settled(page)
    page.keyboard.press("c")
    for modality in range(3):
        expect(cell(page, 1, modality)).to_have_class("cell missing changed")


def test_a_painted_matrix_does_not_follow_into_another_conversation(page):
    cell(page, 4, 1).click()
    expect(headline(page)).to_contain_text("With a single entry missing")
    page.locator("[data-testid=stSidebar] [data-testid=stSelectbox]").nth(1).locator("input").click()
    page.get_by_role("option").nth(3).click()
    expect(headline(page)).to_contain_text("Nothing is taken away")
    expect(page.get_by_text("does not fit")).to_have_count(0)


def test_on_a_phone_a_finger_paints_sideways_and_scrolls_up_and_down(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 900}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{address}?checkpoint=lab")
    settled(page)
    cell(page, 3, 1).tap()
    expect(cell(page, 3, 1)).to_have_attribute("aria-label", "text, utterance 3: missing")
    page.wait_for_url("**cells**")
    settled(page)
    swipe(page, cell(page, 5, 0), cell(page, 10, 0))
    for utterance in range(5, 11):
        expect(cell(page, utterance, 0)).to_have_attribute("aria-label", f"audio, utterance {utterance}: missing")
    expect(missing(page)).to_have_count(7)
    settled(page)
    before = page.get_by_test_id("stMain").evaluate("main => main.scrollTop")
    swipe(page, cell(page, 8, 2), cell(page, 8, 0), beyond=(0, -200))
    page.wait_for_function(
        "before => document.querySelector('[data-testid=stMain]').scrollTop > before + 50", arg=before
    )
    expect(missing(page)).to_have_count(7)
    context.close()


def swipe(page: Page, start, end, beyond: tuple[int, int] = (0, 0)) -> None:
    """A finger goes from the middle of one element to that of another, and further."""
    (x, y), (u, v) = (
        (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for box in (start.bounding_box(), end.bounding_box())
    )
    u, v = u + beyond[0], v + beyond[1]
    # A page that leaves a touch unanswered for a second is told that the finger is gone.
    page.evaluate("new Promise((idle) => requestIdleCallback(() => requestIdleCallback(idle)))")
    tools = page.context.new_cdp_session(page)
    tools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for i in range(1, 11):
        place = {"x": x + (u - x) * i / 10, "y": y + (v - y) * i / 10}
        tools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    tools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_the_matrix_works_by_keyboard_alone(page):
    cell(page, 1, 0).focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", " "):
        page.keyboard.press(key)
    expect(cell(page, 3, 1)).to_have_attribute("aria-label", "text, utterance 3: missing")
    expect(headline(page)).to_contain_text("With a single entry missing")
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.dataset.s") == "2"


def test_a_shared_link_reopens_the_painted_pattern(page, browser):
    cell(page, 5, 2).click()
    expect(headline(page)).to_contain_text("With a single entry missing")
    page.get_by_text("Share this view").click()
    link = page.locator("[data-testid=stCode]").inner_text().strip()
    other = browser.new_page()
    other.goto(link)
    settled(other)
    expect(cell(other, 5, 2)).to_have_attribute("aria-label", "video, utterance 5: missing")
    expect(other.get_by_label("Utterance", exact=True)).to_have_value("5")
    other.close()


# The model in the browser


def here(page: Page) -> None:
    """Wait until the model answers in the browser."""
    page.locator(".availability_matrix .where[data-here=yes]").wait_for()


def drawn_numbers(page: Page) -> pd.DataFrame:
    """What the charts show, out of their table."""
    if not page.locator(".availability_matrix details").evaluate("(details) => details.open"):
        page.get_by_text("Numbers of this picture").click()
    page.locator(".availability_matrix table tr td").first.wait_for()  # filled once it is open
    rows = page.locator(".availability_matrix table").evaluate(
        "(table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.replace('\u2212', '-')))"
    )
    return pd.DataFrame(rows[1:], columns=rows[0])


def missing_matrix(page: Page) -> np.ndarray:
    """Which entries the matrix shows as missing, `[S, M]`."""
    gone = page.locator(".availability_matrix .cell[data-s]").evaluate_all(
        "(cells) => cells.map((cell) => cell.classList.contains('missing'))"
    )
    return np.array(gone).reshape(3, -1).T


def same_as_the_library(page: Page) -> None:
    """The charts show what the library predicts for the pattern that the matrix shows."""
    checkpoint = load_checkpoint(ROOT / "checkpoints" / "lab")
    conversation = open_data(checkpoint.card.data.name).find("lab-test-000")
    expected = predict_conversation(checkpoint, conversation, ~missing_matrix(page))
    shown = drawn_numbers(page)
    np.testing.assert_allclose(shown["fused"].astype(float), expected.fused[:, 0], atol=1e-3)
    for m, name in enumerate(expected.modalities):
        np.testing.assert_allclose(shown[f"{name} head"].astype(float), expected.heads[name][:, 0], atol=1e-3)
        np.testing.assert_allclose(shown[f"{name} weight"].astype(float), expected.coordinator[:, m], atol=1e-3)


def test_a_drag_is_answered_in_the_browser_before_the_finger_lifts(page):
    here(page)
    same_as_the_library(page)
    before, address = drawn_numbers(page), page.url
    press(page, cell(page, 2, 0), page.mouse.down)
    press(page, cell(page, 11, 0), lambda: None, steps=9)
    expect(missing(page)).to_have_count(10)
    page.wait_for_function(
        "(before) => !document.querySelector('.st-key-painter [data-testid=stBidiComponentIsolated]').shadowRoot"
        ".querySelector('table').textContent.includes(before)",
        arg=before["fused"].iloc[10],
    )
    same_as_the_library(page)
    assert page.url == address
    expect(headline(page)).to_contain_text("Nothing is taken away")
    page.mouse.up()
    expect(headline(page)).to_contain_text("% of entries missing")
    assert "cells" in page.url
    same_as_the_library(page)


def test_without_webassembly_the_server_answers(browser, address):
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    context.add_init_script("delete globalThis.WebAssembly")
    page = context.new_page()
    page.goto(f"{address}?checkpoint=lab")
    settled(page)
    expect(page.locator(".availability_matrix .where")).to_contain_text("Answers come from the server: this browser")
    before = drawn_numbers(page)
    cell(page, 4, 1).click()
    expect(headline(page)).to_contain_text("With a single entry missing")
    settled(page)
    assert not drawn_numbers(page).equals(before)
    same_as_the_library(page)
    context.close()


def test_files_of_the_model_that_do_not_arrive_are_said_once_and_the_server_answers(blank, address):
    """As when a visitor goes on at once: the server forgets the files of a page that is left, and has none of them any more."""
    asked = []

    def answer(route):
        asked.append(route.request.url)
        route.continue_() if len(asked) == 1 else route.fulfill(status=404)  # the first is the worker's script

    blank.route("**/media/*.gz", answer)
    blank.goto(f"{address}?checkpoint=lab")
    expect(blank.locator(".availability_matrix .where")).to_contain_text("a file of the model did not arrive")
    cell(blank, 4, 1).click()
    expect(headline(blank)).to_contain_text("With a single entry missing")
    settled(blank)
    assert len(set(asked)) == 4


def test_going_back_in_the_middle_of_a_drag_harms_nothing(page):
    nav(page, "Data").click()
    expect(page.get_by_text("Data set to browse")).to_be_visible()
    page.get_by_role("link", name="Live").click()
    here(page)
    press(page, cell(page, 2, 0), page.mouse.down)
    press(page, cell(page, 9, 0), lambda: None, steps=7)
    page.go_back()
    page.mouse.up()
    page.go_back()
    nav(page, "Data").click()
    expect(page.get_by_text("Data set to browse")).to_be_visible()
    page.get_by_role("link", name="Live").click()
    expect(page.get_by_text("Data set to browse")).to_have_count(0)
    settled(page)
    here(page)
    cell(page, 14, 1).click()
    expect(cell(page, 14, 1)).to_have_attribute("aria-label", "text, utterance 14: missing")
    page.wait_for_url("**cells**")
    settled(page)
    same_as_the_library(page)


def test_a_click_in_the_charts_selects_its_utterance(page):
    plot = page.locator(".availability_matrix .plot")
    box = plot.bounding_box()
    plot.hover(position={"x": box["width"] * 6.5 / 20, "y": 60})
    expect(page.locator(".availability_matrix .tip")).to_contain_text("utterance 7")
    plot.click(position={"x": box["width"] * 6.5 / 20, "y": 60})
    expect(page.get_by_label("Utterance", exact=True)).to_have_value("7")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save picture").click()
    picture = ElementTree.parse(saved.value.path()).getroot()
    assert picture.find("{*}title").text.startswith("Charts over the utterances")
    assert len(picture.findall(".//{*}path")) >= 8


def test_with_everything_taken_away_the_tip_names_no_neighbours(page):
    for name in page.locator(".availability_matrix .name").all():
        name.click()
    page.wait_for_url("**cells**")
    plot = page.locator(".availability_matrix .plot")
    plot.hover(position={"x": plot.bounding_box()["width"] / 3, "y": 60})
    expect(page.locator(".availability_matrix .tip")).to_contain_text("from nothing, as all of the conversation")


def test_rows_and_columns_are_painted_by_dragging_too(page):
    names, numbers = page.locator(".availability_matrix .name"), page.locator(".availability_matrix .number")
    drag(page, names.nth(0), names.nth(1))
    expect(missing(page)).to_have_count(40)
    expect(headline(page)).to_contain_text("Without audio and text")
    page.get_by_role("button", name="Undo").click()
    expect(missing(page)).to_have_count(0)
    settled(page)
    drag(page, numbers.nth(4), numbers.nth(8))
    expect(missing(page)).to_have_count(15)


def drag(page: Page, start, end, steps: int = 6) -> None:
    """Press the mouse at the middle of one element and lift it at that of another."""
    press(page, start, page.mouse.down)
    press(page, end, page.mouse.up, steps)


def press(page: Page, element, act, steps: int = 1) -> None:
    """Move the mouse to the middle of an element, and act there."""
    box = element.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=steps)
    act()


# The sidebar's pattern, and the other pages


def sidebar(page: Page):
    return page.locator("[data-testid=stSidebar]")


def test_the_sidebar_follows_the_matrix(page):
    expect(sidebar(page)).to_contain_text("Realised missing rate 0\u202f%")
    page.locator(".availability_matrix .name").nth(1).click()
    expect(sidebar(page)).to_contain_text(f"text {percent(1)}")
    cell(page, 1, 1).click()
    expect(sidebar(page)).not_to_contain_text(f"text {percent(1)}")
    assert "cells" in page.url
    page.get_by_role("button", name="Undo").click()
    expect(sidebar(page)).to_contain_text(f"text {percent(1)}")


def test_a_pattern_survives_other_pages_and_stays_in_the_address(page):
    cell(page, 4, 1).click()
    expect(sidebar(page)).to_contain_text("Realised missing rate 2\u202f%")
    nav(page, "Data").click()
    expect(page.get_by_text("Data set to browse")).to_be_visible()
    page.wait_for_url("**/data?**cells**")
    page.get_by_role("link", name="Live").click()
    expect(cell(page, 4, 1)).to_have_attribute("aria-label", "text, utterance 4: missing")


def test_a_conversation_is_found_in_data_and_opened_in_live(page):
    nav(page, "Data").click()
    page.get_by_label("Id contains").fill("test-007")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 440 conversations")).to_be_visible()
    page.get_by_role("button", name="Open in Live").click()
    expect(headline(page)).to_contain_text("Nothing is taken away")
    assert "lab-test-007" in page.url


def test_a_small_model_is_trained_in_the_lab_and_opened_in_live(blank, address):
    lab = "lab(conversations=12/4/4, lengths=4/8, classes=3)"
    blank.goto(f"{address}lab?checkpoint=lab&lab={lab}")
    expect(blank.get_by_text("cannot read this lab").first).to_be_visible()
    blank.get_by_role("button", name="Train a small model").click()
    expect(blank.get_by_text("Training on")).to_be_visible()
    blank.get_by_role("button", name="Cancel").click()
    expect(blank.get_by_text("was cancelled")).to_be_visible()
    blank.get_by_role("button", name="Train a small model").click()
    expect(blank.get_by_text("is trained on")).to_be_visible(timeout=120_000)
    blank.get_by_role("button", name="Open in Live").click()
    expect(headline(blank)).to_contain_text("Nothing is taken away")
    expect(sidebar(blank)).to_contain_text("classes=3")


@pytest.mark.parametrize("where", ["", "data", "lab"])
def test_every_width_and_theme_shows_the_whole_page(blank, address, where):
    blank.set_viewport_size(PHONE)
    blank.emulate_media(color_scheme="dark")
    blank.goto(f"{address}{where}?checkpoint=lab&pattern=only(text)")
    settled(blank)
    if where:
        expect(blank.locator(".js-plotly-plot").nth(2)).to_be_attached()
    else:
        expect(headline(blank)).to_contain_text("Without audio and video")
    for _ in in_both_themes(blank):
        for width in (390, 1440, 1920):
            blank.set_viewport_size({"width": width, "height": 1000})
            fits(blank)


# Several visitors at once, and measuring on the Robustness page


def found_by_the_library(name: str, conversation: str, pattern: str) -> tuple[str, str]:
    """The title and the second line on Live for a conversation under a pattern with seed 1, computed without a dashboard."""
    checkpoint = load_checkpoint(ROOT / "checkpoints" / name)
    data = open_data(checkpoint.card.data.name)
    found = data.find(conversation)
    observed = Pattern.parse(pattern)(Utterances.of([found]), data.task, np.random.default_rng(1))
    complete, here = (predict_conversation(checkpoint, found, there) for there in (found.observed, observed))
    changed = change(here, complete, found.labels)
    return timeline_title(changed), weight_sentence(changed)


def test_visitors_at_once_are_told_each_their_own(browser, address):
    conversation = "lab-test-007"
    asked = [
        (name, pattern)
        for name in ("lab", "lab-balanced", "lab-dominant")
        for pattern in ("only(text)", "uniform(0.5)")
    ]
    contexts = [browser.new_context(viewport={"width": 1200, "height": 900}) for _ in asked]
    pages = [context.new_page() for context in contexts]
    for page, (name, pattern) in zip(pages, asked, strict=True):  # none waits for another
        page.goto(f"{address}?checkpoint={name}&conversation={conversation}&pattern={pattern}", wait_until="commit")
    expected = [found_by_the_library(name, conversation, pattern) for name, pattern in asked]
    assert len(set(expected)) == len(asked)
    for page, (title, second) in zip(pages, expected, strict=True):
        expect(headline(page)).to_have_text(title)
        expect(page.get_by_text(second)).to_be_visible()
    for context in contexts:
        context.close()


def test_robustness_is_measured_cancelled_and_taken_up_again(blank, address):
    blank.goto(f"{address}robustness?checkpoint=lab&data=lab(conversations=8/4/60)")
    progress = blank.get_by_text("passes over the test split")
    expect(progress).to_contain_text("Measuring")
    blank.get_by_role("button", name="Cancel").click()
    expect(progress).to_contain_text("Cancelled after")
    kept = progress.inner_text()
    blank.wait_for_timeout(1500)
    assert progress.inner_text() == kept
    nav(blank, "Data").click()
    expect(blank.get_by_text("Data set to browse")).to_be_visible()
    nav(blank, "Robustness").click()
    expect(progress).to_have_text(kept)
    blank.get_by_role("button", name="Go on").click()
    for _ in range(3):  # it goes on by itself
        expect(progress).not_to_have_text(progress.inner_text())
    expect(progress).to_contain_text("Measuring")


def test_a_report_is_saved_and_opens_without_a_network(page, browser, tmp_path):
    finding = headline(page).inner_text()
    page.get_by_role("button", name="Report").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save report").click()
    saved.value.save_as(tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 8_000_000
    alone = browser.new_page(offline=True)
    problems: list[str] = []
    alone.on("pageerror", lambda error: problems.append(str(error)))
    alone.on("console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None)
    alone.on(
        "request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or problems.append(request.url)
    )
    alone.goto(f"file://{tmp_path / 'report.html'}")
    expect(alone.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    expect(alone.locator("h1")).to_have_text(finding)
    assert len(alone.pdf()) > 10_000
    alone.locator(".scatterlayer .point").first.hover(force=True)
    alone.close()
    assert not problems


def marked_dashboard(folder: Path) -> Path:
    """The dashboard as a folder of its own, where every string of data, checkpoint and stories is markup."""
    write_marked(folder)
    (folder / "stories").mkdir()
    for story in ("story", "bad"):
        (folder / f"{story}.yaml").rename(folder / "stories" / f"{story}.yaml")
    shutil.copytree(ROOT / "pages", folder / "pages")
    shutil.copy(ROOT / "app.py", folder)
    for name in (".streamlit", "comp_viz", "examples", "results"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def test_no_page_asks_anybody_else_whatever_files_say(browser: Browser, tmp_path):
    folder = marked_dashboard(tmp_path)
    with serving(tmp_path / "log", folder, COMP_VIZ_DATA=str(folder / "data")) as address:
        with watched(browser.new_context(), address) as page:
            for opened in sorted((ROOT / "pages").glob("*.py")):
                page.goto(f"{address}{opened.stem}?checkpoint=marked&data=marked.arrow")
                expect(page.get_by_text("www\u2060.m.example").first).to_be_attached()
                still(page)
            page.goto(f"{address}?checkpoint=marked&data=marked.arrow&story=story&step=2")
            expect(page.get_by_role("heading").get_by_text("![m](http").first).to_be_visible()
            still(page)
        with pytest.raises(AssertionError, match=r"m\.png"):
            ask_elsewhere(browser, address)


def ask_elsewhere(browser: Browser, address: str) -> None:
    """A page as it must not be."""
    with watched(browser.new_context(), address) as page:
        page.goto(address)
        page.evaluate("new Image().src = 'http://127.0.0.1:9/m.png'")
