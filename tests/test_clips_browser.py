"""The Clips page in a real browser on the example clip and the shipped checkpoint: upload, play, edit, degrade, other pages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import nav, still, watched
from needs import need
from playwright.sync_api import BrowserContext, Page, expect

from comp_viz.clips import faces, whisper
from comp_viz.clips.extractors.registry import extractors_missing
from comp_viz.clips.settings import Settings
from comp_viz.ui.clips.upload import EXAMPLE

need(whisper.whisper_missing() or faces.faces_missing())
for _, names in Settings().extractors:
    need(extractors_missing(names))

WAITED: dict[str, object] = {}  # what there was to see while the clip was analysed
SENT: list[object] = []  # all that the page sent to the server
SLOW = 400_000  # milliseconds that a whole analysis may take where others use the machine too


@pytest.fixture(scope="module", autouse=True)
def kept_once(temporary: Path) -> Iterator[None]:
    """Of all that is brought here, the same clip is kept once, and what could not be read not at all."""
    yield
    uploads = list(temporary.glob("comp-viz-clips-*/*/*.mp4"))
    assert len(uploads) == 1
    assert EXAMPLE.stem not in uploads[0].name


@pytest.fixture(scope="module")
def page(visitor: BrowserContext, address: str) -> Iterator[Page]:
    """The Clips page with the example clip taken by its button, the first visitor's one click."""
    with watched(visitor, address, height=1600) as page:
        page.on("websocket", lambda opened: opened.on("framesent", lambda frame: SENT.append(frame)))
        page.goto(f"{address}clips?checkpoint=lab")
        page.get_by_role("button", name="Take the example clip").click()
        WAITED.update(waited(page))
        page.get_by_role("tab", name="File and stages").wait_for(timeout=SLOW)
        page.locator(".player .part").first.wait_for()
        settled(page)
        yield page


def waited(page: Page) -> Iterator[tuple[str, object]]:
    """What a visitor sees while the clip is analysed, and on another page meanwhile."""
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    media(page, "m.readyState > 1 || new Promise(done => m.addEventListener('loadeddata', done, {once: true}))")
    yield "progress", page.get_by_test_id("stProgress").inner_text()
    media(page, "m.currentTime = 5")
    nav(page, "Live").click()
    page.locator(".availability_matrix .plot path").first.wait_for()
    still(page)
    # Where the analysis was over before the visitor left, there is nothing to say on other pages.
    if (notice := page.locator("[class*=st-key-notice]", has_text="example.mp4")).count():
        yield "elsewhere", notice.inner_text()
        page.get_by_role("button", name="Look").or_(page.get_by_role("button", name="Open it")).click()
    else:
        nav(page, "Clips").click()


def settled(page: Page) -> None:
    page.wait_for_timeout(400)
    still(page)


def media(page: Page, script: str):
    return page.locator(".player video").evaluate(f"m => {script}")


def test_one_click_gives_a_whole_analysis_with_the_checkpoint_that_fits(page):
    assert "checkpoint=clips" in page.url
    parts = page.locator(".player .part")
    assert parts.count() >= 7  # as many sentences as talkers
    for label in parts.evaluate_all("all => all.map(part => part.ariaLabel)"):
        assert any(emotion in label for emotion in ("neutral", "happy", "sad", "angry"))
    expect(page.locator("h3").first).to_contain_text("has the highest mean probability")


def test_there_is_something_to_see_at_once_and_other_pages_lead_back(page):
    assert str(WAITED["progress"]).startswith("example.mp4: ")
    if "elsewhere" in WAITED:
        assert re.search(r"example\.mp4(: | is analysed)", str(WAITED["elsewhere"]))
    assert media(page, "m.currentTime") == 5  # the player that came later went on where the first one was


def test_a_click_on_an_utterance_plays_from_its_exact_start_and_marks_it(page):
    part = page.locator(".player .part").nth(2)
    start = float(part.get_attribute("aria-label").split("from ")[1].split(" s")[0])
    media(page, "m.playbackRate = 0.0625")  # so that one who looks late still finds it playing
    part.click()
    assert start - 0.06 <= media(page, "m.currentTime") <= start + 3
    assert not media(page, "m.paused")
    expect(page.locator(".player .now b")).to_have_text("3")
    media(page, "m.pause()")
    media(page, "m.playbackRate = 1")
    settled(page)
    expect(part).to_have_class("part playing selected")
    assert "utterance=3" in page.url


def test_playing_on_asks_nothing_of_the_server_and_a_pause_takes_the_utterance_in_hand(page):
    page.locator(".player .part").nth(0).click()
    media(page, "m.pause()")
    settled(page)
    media(page, "m.currentTime = 0.5")
    before = len(SENT)
    media(page, "m.play()")
    media(page, "new Promise(done => m.addEventListener('timeupdate', () => m.currentTime > 1.5 && done()))")
    assert len(SENT) == before
    seek = "m.addEventListener('seeked', done, {once: true}); m.currentTime = 3.5"  # in the second talker's sentence
    media(page, f"new Promise(done => {{ {seek} }})")
    media(page, "m.pause()")
    settled(page)
    expect(page.locator(".player .part").nth(1)).to_have_class("part playing selected")
    page.locator(".player .part").nth(0).click()
    media(page, "m.pause()")
    settled(page)


def test_subtitles_carry_words_and_probabilities(page):
    cues = media(page, "[...m.textTracks[0].cues].map(cue => cue.text)")
    assert len(cues) == page.locator(".player .part").count()
    assert any("please" in cue and "%" in cue for cue in cues)


def test_muting_an_utterance_shows_before_and_after(page):
    page.get_by_role("button", name="Mute: utterance").click()
    expect(page.get_by_text("now missing: audio in 1", exact=False)).to_be_visible(timeout=120_000)
    settled(page)


def test_other_words_go_on_top_and_are_taken_back(page):
    page.get_by_role("radio", name="Other words").or_(page.get_by_role("button", name="Other words")).first.click()
    box = page.get_by_label("Words instead")
    box.fill("I am delighted, this is wonderful")
    box.press("Enter")
    settled(page)
    page.get_by_role("button", name="Other words: utterance").click()
    expect(page.get_by_text("I am delighted, this is wonderful").first).to_be_visible(timeout=120_000)
    settled(page)
    page.get_by_role("button", name="Take all back").click()
    expect(page.get_by_text("Nothing is degraded yet.")).to_be_visible()
    settled(page)


@pytest.mark.parametrize("name", ["Live", "Overview", "Propagation", "Coordinator"])
def test_other_pages_open_on_the_clip(page, name):
    nav(page, name).click()
    expect(page.get_by_text("clip: example.mp4").first).to_be_visible()
    page.locator(".js-plotly-plot .main-svg, .diagram svg, .availability_matrix .plot path").first.wait_for()
    still(page)


def test_a_hostile_upload_is_answered_with_a_sentence_and_the_same_clip_again_is_known(page):
    nav(page, "Clips").click()
    page.locator(".player .part").first.wait_for()
    settled(page)
    page.get_by_text("Another clip").click()
    answer = page.get_by_text("is no clip that can be read", exact=False).first
    upload = page.locator("input[type=file]").first
    upload.set_input_files({"name": "let'ter\"<b>.mp4", "mimeType": "video/mp4", "buffer": b"Dear friend\n" * 999})
    expect(answer).to_be_visible()
    settled(page)
    upload.set_input_files({"name": EXAMPLE.name, "mimeType": "video/mp4", "buffer": EXAMPLE.read_bytes()})
    expect(answer).to_be_hidden()
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    settled(page)
    expect(page.locator(".player .part").first).to_be_visible()
    expect(page.get_by_text("clip: example.mp4").first).to_be_visible()


def test_a_clip_that_another_checkpoint_pushed_aside_is_opened_again(page):
    button = page.get_by_role("button", name="Open with clips on every page")
    expect(button).to_have_count(0)
    page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").first.click()
    page.get_by_role("option", name="lab", exact=True).click()
    button.click()
    expect(page.get_by_text("clip: example.mp4").first).to_be_visible()
    expect(button).to_have_count(0)


def test_a_recording_by_the_camera_is_analysed_and_a_refusal_is_said(browser, address):
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{address}clips?checkpoint=lab")
    page.get_by_role("button", name="Or film yourself").click()
    expect(page.get_by_text("Filming, for at most 60 seconds.")).to_be_visible()
    page.wait_for_timeout(2500)
    page.get_by_role("button", name="Stop, and analyse this").click()
    expect(page.get_by_text("recording.").first).to_be_visible(timeout=SLOW)
    page.get_by_role("tab", name="File and stages").wait_for(timeout=SLOW)
    assert not page.evaluate("document.querySelector('.camera')?.state.stream")
    page.close()
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    page.goto(f"{address}clips?checkpoint=lab")
    page.get_by_role("button", name="Or film yourself").click()
    expect(page.get_by_text("cannot be used (NotAllowedError)")).to_be_visible()
    context.close()
