"""The first screen of every page in a browser: its chart is there, and the ways to all others; nothing is small or cut off."""

from itertools import pairwise

import pytest
from browsing import ROOT, fits, in_both_themes, settled, still, watched
from playwright.sync_api import Page, expect

from comp_viz.figures.overview.diagram import PARTS

SIZES = {(1440, 900): 470, (1024, 768): 500}  # window -> where the first chart has begun, in pixels from the top
CHARTS = {  # page -> what its main chart is, where that is none by Plotly
    "live": ".availability_matrix .legend",  # as a chart by Plotly begins
    "overview": ".diagram svg",
    "claims": "table.verdicts",
}
SETTINGS = {"reconstruction": "&pattern=uniform(0.3)"}  # of pages that have no chart where nothing is missing
PAGES = (
    "live", "why", "overview", "prototypes", "propagation", "reconstruction", "coordinator", "modulation", "imbalance", "claims", "robustness", "compare",
    "data", "lab",
)  # fmt: skip
# Exponents of formulas may be smaller.
SMALL = """() => [...document.querySelectorAll('[data-testid=stMain] *')].filter(e =>
  [...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim()) && e.getClientRects().length
  && !e.closest('.katex') && parseFloat(getComputedStyle(e).fontSize) < 12).map(e => e.textContent.trim().slice(0, 30))"""


NAVIGATED = "Example Live Clips Why Lecture Mechanism Training Evaluation Data"
# What the navigation shows, without the icons; what it has folded away is transparent.
NAVIGATION = """(words) => {
  const bar = document.querySelector('[data-testid=stTopNav]');
  const shown = bar && [...bar.children].filter((item) => item.style.opacity === '1').map((item) => item.innerText.split('\\n').at(-1));
  return words === (shown && shown.join(' '));
}"""


# Sizes of type in pixels, and the words that reach beyond the box of their part.
TYPE_OF_DIAGRAM = """(box) => {
  const texts = [...box.querySelectorAll('text')];
  const within = ({ left, right }, frame) => left >= frame.left && right <= frame.right;
  const beyond = texts.filter((text) => text.closest('.part')?.querySelector('rect')
    && !within(text.getBoundingClientRect(), text.closest('.part').querySelector('rect').getBoundingClientRect()));
  return [texts.map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a), beyond.map((text) => text.textContent)];
}"""


@pytest.fixture(scope="module")
def window(visitor, address):
    """One page of the browser for all."""
    with watched(visitor, address) as page:
        yield page


def begins_above(window: Page, name: str, most: int) -> None:
    """The main chart of the open page is there and begins above `most` pixels; pages that measure are drawn again meanwhile."""
    chart = window.locator(CHARTS.get(name, ".js-plotly-plot .main-svg")).first
    chart.wait_for()
    places = []
    for _ in range(40):
        window.wait_for_timeout(500)  # for what may still push it down
        box = chart.bounding_box()
        places.append(box and round(box["y"]))
        if box and box["height"] > 10 and box["y"] < most:
            return
    pytest.fail(f"The main chart of {name} begins at {places[-1]} pixels, not above {most}.")


@pytest.mark.parametrize("name", PAGES)
def test_the_main_chart_is_on_the_first_screen_and_all_type_is_legible(name, window, address):
    window.set_viewport_size({"width": 1440, "height": 900})
    window.goto(f"{address}{name}?checkpoint=lab{SETTINGS.get(name, '')}")
    for (width, height), most in SIZES.items():
        window.set_viewport_size({"width": width, "height": height})
        begins_above(window, name, most)
        assert window.evaluate(SMALL) == []
    heading = window.locator("h2, h3").first.inner_text()
    assert len(heading) <= 90
    assert_all_pages_can_be_reached(window)


@pytest.mark.parametrize("name", ["", "clips", "lecture"])
def test_all_pages_can_be_reached_from_those_without_a_chart(name, window, address):
    window.goto(f"{address}{name}")
    window.locator("h1, h2, h3").first.wait_for()
    assert_all_pages_can_be_reached(window)


def assert_all_pages_can_be_reached(window: Page) -> None:
    """Nothing scrolls sideways, and every page has its link or its group: in the navigation, on a phone in the row below."""
    for width, height in ((1024, 768), (768, 1024), (390, 844)):
        window.set_viewport_size({"width": width, "height": height})
        window.wait_for_function(NAVIGATION, arg=NAVIGATED if width > 767 else None)
        row = window.locator(".st-key-page-row")
        expect(row).to_be_visible(visible=width < 768)
        expect(row.get_by_test_id("stPageLink")).to_have_count(len([*(ROOT / "pages").glob("*.py")]))
        fits(window)


def test_the_diagram_is_whole_and_legible_beside_the_sidebar(window, address):
    window.set_viewport_size({"width": 1024, "height": 768})
    window.goto(f"{address}overview?checkpoint=clips&pattern=only(text)")
    diagram = window.locator(".diagram")
    diagram.locator("svg").wait_for()
    assert diagram.evaluate("box => box.scrollWidth <= box.clientWidth")
    sizes, beyond = diagram.evaluate(TYPE_OF_DIAGRAM)
    assert min(sizes) >= 12
    assert beyond == []


@pytest.mark.parametrize("name", ["live", "coordinator", "robustness"])
def test_a_heading_has_at_most_three_lines_on_a_phone(name, window, address):
    window.set_viewport_size({"width": 390, "height": 844})
    window.goto(f"{address}{name}?checkpoint=lab")
    heading = window.locator("h3").first
    heading.wait_for()
    lines = heading.evaluate("e => e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight)")
    assert lines < 3.9  # with its padding


LETTERS = ".availability_matrix .plot text, .js-plotly-plot .xtick text"
# How far the colour of letters is from the ground's, in sum over red, green and blue: 0 to 765.
APART = """letters => {
  const parts = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).map(Number);
  const ground = parts(getComputedStyle(document.querySelector('.stApp')).backgroundColor);
  return parts(getComputedStyle(letters).fill).reduce((sum, part, i) => sum + Math.abs(part - ground[i]), 0);
}"""


@pytest.mark.parametrize("name", ["live", "coordinator"])
def test_what_is_drawn_follows_a_theme_that_changes_while_the_page_is_open(name, window, address):
    window.set_viewport_size({"width": 1440, "height": 900})
    window.goto(f"{address}{name}?checkpoint=lab")
    settled(window)
    tones = set()
    for _ in in_both_themes(window):
        window.wait_for_timeout(500)
        still(window)
        letters = window.locator(LETTERS)
        letters.first.wait_for()
        assert min(letters.nth(i).evaluate(APART) for i in range(5)) > 250
        for row in window.locator(".availability_matrix .row:not(.numbers)").all():
            tones.add(row.evaluate("row => row.style.getPropertyValue('--tone')"))
    if name == "live":
        assert len(tones) > 3, "The cells kept the colours of the other theme."


@pytest.mark.parametrize("size", [*SIZES, (390, 844)])
def test_the_example_begins_right_below_the_navigation(size, window, address):
    window.set_viewport_size({"width": size[0], "height": size[1]})
    window.goto(address)
    expect(window.locator("h3").first).to_be_visible()
    window.wait_for_function("document.querySelector('h3').getBoundingClientRect().y < 110")


@pytest.mark.parametrize("name", ["", "coordinator"])
def test_a_phone_shows_the_way_to_other_pages_and_where_one_is(name, window, address):
    window.set_viewport_size({"width": 390, "height": 844})
    window.goto(f"{address}{name}")
    links = window.locator(".st-key-page-row a")
    expect(links).to_have_count(len([*(ROOT / "pages").glob("*.py")]))
    expect(window.locator(".st-key-page-here a")).to_be_in_viewport()
    window.set_viewport_size({"width": 1440, "height": 900})
    expect(links.first).to_be_hidden()


def test_every_row_of_live_has_a_scale_that_can_be_read(window, address):
    """The shipped clip's heads are all near the fused prediction: one number on an axis says nothing."""
    window.set_viewport_size({"width": 1440, "height": 900})
    window.goto(f"{address}live?checkpoint=clips")
    settled(window)
    texts = window.locator(".availability_matrix svg.axis text").all_text_contents()
    begins = [texts.index(title) for title in ("P(decision)", "in P", "0 to 1")]
    for begin, end in pairwise([*begins, len(texts)]):
        assert sum(text.lstrip("\u2212")[:1].isdigit() for text in texts[begin + 1 : end]) > 1, texts


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_the_equation_of_every_part_of_the_overview_is_seen_whole(size, window, address):
    window.set_viewport_size({"width": size[0], "height": size[1]})
    window.goto(f"{address}overview?checkpoint=lab")
    window.locator(".diagram svg").wait_for()
    for part in PARTS:
        still(window)
        window.locator(f'.diagram svg [data-part="{part}"]').last.dispatch_event("click")
        if part != "features":  # a click takes its modality away
            expect(window.locator("p", has_text=part).filter(has_text="at utterance")).to_be_visible()
        still(window)
        cut = window.locator(".st-key-equation .katex-display").evaluate_all(
            "all => all.filter(e => e.scrollWidth > e.clientWidth + 4).map(e => e.textContent.slice(0, 60))"
        )
        assert cut == [], part


# Words of buttons that are wider than the room they have: Streamlit ends them with an ellipsis.
CUT_WORDS = """() => [...document.querySelectorAll(".stMainBlockContainer button p")]
  .filter(p => p.clientWidth && p.scrollWidth > p.clientWidth).map(p => p.innerText)"""


@pytest.mark.parametrize(("name", "button"), [("live", "Most changed"), ("lecture", "Begin"), ("data", "Import …")])
def test_no_button_of_a_tablet_is_cut_off(name, button, window, address):
    """Begin was "B…" beside the sidebar of a tablet, Most changed "Most chan…"."""
    window.set_viewport_size({"width": 1024, "height": 768})
    window.goto(f"{address}{name}")
    window.locator(".stMainBlockContainer button", has_text=button).first.wait_for()
    window.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    assert window.evaluate(CUT_WORDS) == []
