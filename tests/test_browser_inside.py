"""The mechanism pages in a real browser: journeys by mouse and by keyboard alone, links, themes."""

import pytest
from browsing import settled
from playwright.sync_api import Page, expect

INSIDE = ["overview", "prototypes", "propagation", "coordinator", "modulation", "imbalance", "robustness"]


def utterance(page: Page):
    return page.get_by_label("Utterance", exact=True)


def nav(page: Page, name: str):
    return page.get_by_test_id("stTopNav").get_by_role("link", name=name)


def test_a_part_of_the_diagram_opens_its_page(page, address):
    page.goto(f"{address}overview?checkpoint=lab&pattern=uniform(0.3)")
    part = page.locator(".diagram [data-page=coordinator]")
    expect(part).to_be_visible()
    part.click()
    page.wait_for_url("**/coordinator?**")
    assert "pattern=uniform" in page.url
    nav(page, "Overview").click()
    part = page.locator(".diagram [data-page=propagation]").first
    part.focus()
    part.press("Enter")
    page.wait_for_url("**/propagation?**")


def test_the_utterance_in_hand_and_what_is_compared_go_from_page_to_page(page, address):
    page.goto(f"{address}?checkpoint=lab&utterance=5&pattern=uniform(0.3)")
    settled(page)
    for name in ("Propagation", "Coordinator", "Prototypes", "Modulation"):
        nav(page, name).click()
        page.wait_for_url(f"**/{name.lower()}?**")
        expect(utterance(page)).to_have_value("5")
        assert "utterance=5" in page.url
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option", name="nothing missing").click()
    expect(page.get_by_text("nothing missing", exact=True).last).to_be_visible()
    nav(page, "Coordinator").click()
    page.wait_for_url("**/coordinator?**compare=nothing+missing**")
    expect(page.locator(".js-plotly-plot")).to_have_count(4)


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
    page.goto(f"{address}modulation?checkpoint=lab")
    table = page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    table.locator("[role=gridcell]").first.wait_for(state="attached")
    row = [cell.inner_text() for cell in table.locator("[role=row][aria-rowindex='3'] [role=gridcell]").all()]
    table.click(position={"x": 15, "y": 35 * 2 + 17})  # the box before the second row; cells are painted, not elements
    page.wait_for_url("**utterance=**")
    expect(page.get_by_role("combobox", name="Conversation")).to_have_value(row[0])
    expect(utterance(page)).to_have_value(row[1])


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
    nav(page, "Coordinator").focus()
    page.keyboard.press("Enter")
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("where", INSIDE)
def test_a_page_fits_and_speaks_in_every_theme(browser, address, scheme, where):
    for width in (390, 1440):
        context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
        page = context.new_page()
        problems = []
        page.on("pageerror", lambda error, problems=problems: problems.append(str(error)))
        page.goto(f"{address}{where}?checkpoint=lab&pattern=uniform(0.3)")
        page.locator(".js-plotly-plot .main-svg, .diagram svg").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ground = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
        assert not problems
        context.close()
