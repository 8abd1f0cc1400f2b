"""The mechanism pages in a real browser: journeys by mouse and by keyboard alone, links, themes."""

import re

import pytest
from browsing import PHONE, ROOT, fits, in_both_themes, nav, settled, still
from playwright.sync_api import Page, expect

from comp_viz.stories import read_story

INSIDE = ["overview", "prototypes", "propagation", "coordinator", "why", "modulation", "imbalance", "robustness"]


@pytest.fixture
def page(blank: Page) -> Page:
    """Every test here opens an address of its own."""
    return blank


def utterance(page: Page):
    return page.get_by_label("Utterance", exact=True)


def test_the_diagram_takes_a_modality_away_and_explains_its_parts(page, address):
    page.goto(f"{address}overview?checkpoint=lab")
    features = page.locator('.diagram [data-part="features"][data-modality="text"]')
    expect(features).to_contain_text("observed")
    features.click()
    expect(features).to_contain_text("missing")
    page.wait_for_url("**pattern=cells**")
    page.locator(".diagram .play").click()
    part = page.locator('.diagram [data-part="propagation Z̄"][data-modality="text"]')
    part.focus()
    part.press("Enter")
    expect(page.get_by_text("propagation Z̄ of text at utterance 1")).to_be_visible()
    page.get_by_role("link", name="See it closely on Propagation").click()
    page.wait_for_url("**/propagation?**pattern=cells**")


def test_the_utterance_in_hand_and_what_is_compared_go_from_page_to_page(page, address):
    page.goto(f"{address}?checkpoint=lab&utterance=5&pattern=uniform(0.3)")
    settled(page)
    for name in ("Coordinator", "Prototypes", "Propagation"):
        nav(page, name).click()
        page.wait_for_url(f"**/{name.lower()}?**")
        expect(utterance(page)).to_have_value("5")
        page.wait_for_url("**utterance=5**")
        assert "checkpoint=lab" in page.url
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option", name="as recorded", exact=True).click()
    expect(page.get_by_text("as recorded", exact=True).last).to_be_visible()
    nav(page, "Coordinator").click()
    page.wait_for_url("**/coordinator?**compare=nothing+missing**")
    expect(page.locator(".js-plotly-plot")).to_have_count(4)


def test_an_address_goes_along_with_a_visitor_in_a_hurry(page, address):
    """On a slow machine, from a page that has no use for half of it, before any page is there."""
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 5})
    named = ("checkpoint=lab", "conversation=lab-test-003", "pattern=uniform", "utterance=5", "compare=nothing+missing")
    asked = "&".join(named).replace("pattern=uniform", "pattern=uniform(0.3)")
    page.goto(f"{address}data?{asked}", wait_until="commit")
    for name in ("Coordinator", "Data", "Propagation"):
        nav(page, name).click()
    page.wait_for_url("**/propagation?**")
    expect(utterance(page)).to_have_value("5")
    for parameter in named:
        page.wait_for_url(f"**{parameter}**")


def test_a_page_opens_by_its_old_address_and_goes_on_from_there(page, address):
    page.goto(f"{address}prototypes?checkpoint=lab&look_at=Stand+for&modality=video")
    settled(page)
    expect(page.get_by_role("radio", name="Nearest utterances")).to_be_checked()
    assert "modality=video" in page.url
    page.get_by_role("radio", name="Prompts").click()
    page.wait_for_url("**look_at=Prompts**")


@pytest.mark.parametrize(
    ("where", "charts"), [("propagation?", 6), ("propagation?propagation=Cross-modal+flow&", 4), ("prototypes?", 2)]
)
def test_compared_charts_stand_level_below_titles_of_unequal_length(page, address, where, charts):
    page.set_viewport_size({"width": 1280, "height": 1200})
    page.goto(f"{address}{where}checkpoint=lab&compare=another+missing+pattern&compare_pattern=only(audio)")
    drawn = page.locator(".js-plotly-plot .main-svg:first-child")
    expect(drawn).to_have_count(charts)
    still(page)
    boxes = [chart.bounding_box() for chart in drawn.all()]
    for left, right in zip(boxes[::2], boxes[1::2], strict=True):
        assert left["y"] == pytest.approx(right["y"], abs=1)
        assert left["x"] < right["x"]


def test_a_click_on_a_chart_takes_its_utterance_in_hand_on_every_page(page, address):
    page.goto(f"{address}coordinator?checkpoint=lab&pattern=uniform(0.3)")
    settled(page)
    before = utterance(page).input_value()
    points = page.locator(".js-plotly-plot").first.locator(".scatterlayer .point")
    points.nth(10).click(force=True)
    expect(utterance(page)).not_to_have_value(before)
    chosen = utterance(page).input_value()
    nav(page, "Live").click()
    expect(utterance(page)).to_have_value(chosen)


def test_a_row_of_the_hard_utterances_opens_in_live(page, address):
    page.goto(f"{address}modulation?checkpoint=lab&modulation_part=Hard+utterances")
    table = page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    table.locator("[role=gridcell]").first.wait_for(state="attached")
    row = [cell.inner_text() for cell in table.locator("[role=row][aria-rowindex='3'] [role=gridcell]").all()]
    table.click(position={"x": 15, "y": 35 * 2 + 17})  # the box before the second row; cells are painted, not elements
    page.wait_for_url("**utterance=**")
    expect(page.get_by_role("combobox", name="Conversation")).to_have_value(row[0])
    expect(utterance(page)).to_have_value(row[1])


def test_nothing_is_written_by_chance(page, address):
    """Streamlit wrote the `None` that a bare expression came to."""
    page.goto(f"{address}modulation?checkpoint=lab&modulation_part=Hard+utterances")
    page.get_by_test_id("stDataFrame").wait_for()
    still(page)
    expect(page.get_by_test_id("stMain").get_by_text("None", exact=True)).to_have_count(0)


def test_numbers_are_saved_as_the_page_has_them(page, address):
    page.goto(f"{address}coordinator?checkpoint=lab&pattern=only(text)")
    settled(page)
    page.get_by_role("button", name="Save").first.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Numbers as CSV").click()
    lines = saved.value.path().read_text().splitlines()
    assert saved.value.suggested_filename.endswith(".csv")
    assert len(lines) > 10
    assert "utterance" in lines[0]


def test_by_keyboard_alone_from_live_to_the_weights_and_back(page, address):
    page.goto(f"{address}?checkpoint=lab&pattern=uniform(0.3)")
    settled(page)
    page.get_by_role("button", name="Mechanism").focus()
    for key in ("Enter", "ArrowUp", "Enter"):  # the last page of the group
        page.keyboard.press(key)
    page.wait_for_url("**/coordinator?**")
    settled(page)
    utterance(page).focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    page.wait_for_url("**utterance=4**")
    about = page.get_by_role("button", name="About").first
    about.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("What it does not show.").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="Other weights").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("made to sum to 1")).to_be_visible()
    slider = page.get_by_test_id("stMain").get_by_role("slider").last
    slider.focus()
    page.keyboard.press("End")
    expect(page.get_by_text("made to sum to 1")).to_contain_text("0.50")


@pytest.mark.parametrize("where", INSIDE)
def test_a_page_fits_and_speaks_in_every_theme(page, address, where):
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{address}{where}?checkpoint=lab&pattern=uniform(0.3)")
    page.locator(".js-plotly-plot .main-svg, .diagram svg").first.wait_for()
    for _ in in_both_themes(page):
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 1000})
            fits(page)
        expect(page.locator(".js-plotly-plot .main-svg, .diagram svg").first).to_be_visible()


def test_a_story_is_told_by_keyboard_and_stands_in_the_address(page, address):
    story = read_story(ROOT / "stories" / "coordinator.yaml")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{address}lecture?checkpoint=lab")
    page.locator(".st-key-begin-coordinator button").click()
    for step in story.steps[:-1]:
        expect(page.get_by_role("heading", name=step.say)).to_be_visible()
        on_the_projector(page, step.show)
        page.keyboard.press("PageDown")
    expect(page.get_by_role("heading", name=story.steps[-1].say)).to_be_visible()
    page.keyboard.press("PageUp")
    expect(page.get_by_role("heading", name=story.steps[-2].say)).to_be_visible()
    page.wait_for_url(f"**story=coordinator**step={len(story.steps) - 1}**")
    page.reload()
    expect(page.get_by_role("heading", name=story.steps[-2].say)).to_be_visible()
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("button", name="Leave")).to_have_count(0)


def on_the_projector(page: Page, show: str) -> None:
    """The chart of a step stands right below its sentence, most of it in the window, with its title above it."""
    chart = page.locator(f".stMain .st-key-{show.replace(' ', '-')}")
    expect(chart.locator(".main-svg").first).to_be_visible()
    bar = page.locator(".st-key-lecture")
    page.wait_for_function(
        """show => {
            const box = (name) => document.querySelector(`.stMain .st-key-${name}`)?.getBoundingClientRect();
            const [bar, title, chart] = [box("lecture"), box(`${show}-title`), box(show)];
            return title && chart && title.top >= bar.bottom && title.top < bar.bottom + 30 && chart.top < innerHeight - 300;
        }""",
        arg=show.replace(" ", "-"),
    )
    assert bar.bounding_box()["height"] < 200


def test_a_story_goes_on_from_a_field_that_was_typed_into(page, address):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{address}?story=missing&step=2")
    page.locator(".st-key-lecture[style*='--ground']").wait_for()  # whoever listens to the keys is there
    page.get_by_test_id("stExpandSidebarButton").click()
    seed = page.get_by_label("Seed", exact=True)
    seed.fill("7")
    seed.press("Enter")
    page.wait_for_url("**seed=7**")
    seed.press("PageDown")
    page.wait_for_url("**step=3**")
    expect(seed).to_have_value("1")  # as the next step was prepared


def test_keys_pressed_while_a_step_loads_count_and_notes_have_a_window_of_their_own(page, address):
    story = read_story(ROOT / "stories" / "missing.yaml")
    page.goto(f"{address}live?story=missing&step=1")
    page.locator(".st-key-lecture[style*='--ground']").wait_for()
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    expect(page.get_by_role("heading", name=story.steps[2].say)).to_be_visible()
    expect(page.locator(".st-key-lecture .words")).to_contain_text("Utterance ")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Presenter's window").click()
    notes = opened.value
    expect(notes.locator(".notes")).to_have_text(story.steps[2].notes)
    expect(notes.locator(".then")).to_contain_text(story.steps[3].say)
    expect(notes.locator(".clock")).to_contain_text(f" of {story.minutes} min")
    notes.keyboard.press("b")
    expect(page.locator(".blackout")).to_be_visible()
    notes.keyboard.press("b")
    expect(page.locator(".blackout")).to_have_count(0)
    notes.keyboard.press("PageDown")
    expect(notes.locator(".say")).to_have_text(story.steps[3].say)


def test_why_from_a_fragile_utterance_to_its_cells(page, address):
    """A click on an utterance takes it in hand, and it stays in hand from part to part."""
    page.goto(f"{address}why?checkpoint=lab&pattern=uniform(0.5)&utterance=1&why=Counterfactuals")
    settled(page)
    points = page.locator(".js-plotly-plot").first.locator(".scatterlayer .point")
    points.nth(7).click(force=True)
    expect(utterance(page)).not_to_have_value("1")
    chosen = utterance(page).input_value()
    page.get_by_role("radio", name="Features").click()
    heading = page.get_by_role(
        "heading", name=re.compile(rf"utterance {chosen}\b.* \(Integrated Gradients\)", re.IGNORECASE)
    )
    expect(heading).to_be_visible()
    expect(page.get_by_text("✓ complete")).to_be_visible()
    assert f"utterance={chosen}" in page.url


def test_claims_are_reached_opened_and_tested_by_keyboard(page, address):
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(f"{address}claims?checkpoint=lab")
    links = page.locator("table.verdicts a")
    expect(links).to_have_count(7)
    still(page)
    expect(links.last).to_be_in_viewport()  # all seven verdicts on the first screen
    links.nth(4).press("Enter")
    heading = page.get_by_role("heading", name="5. Propagation separates emotions")
    expect(heading).to_be_in_viewport()
    fold = page.locator(".st-key-claim_separation summary")
    fold.focus()
    expect(page.locator(".st-key-claim_separation_effects .js-plotly-plot")).to_be_visible()
    fold.press("Enter")
    expect(page.get_by_text("Why this one.")).to_be_visible()
    page.wait_for_url("**claim_separation=true**")
    switch = page.locator(".st-key-test_separation input")
    switch.focus()
    switch.press("Space")
    expect(page.get_by_role("columnheader", name="Tested here")).to_be_attached()
    expect(page.locator(".st-key-tested_separation .js-plotly-plot")).to_be_visible()
    for _ in in_both_themes(page):
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            fits(page)
