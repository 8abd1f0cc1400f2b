"""Every page bears every kind of data set and checkpoint, and says what to do where there is none."""

import pytest
from page_cases import CASES, dashboard, on_wire

PAGES = [
    "live",
    "clips",
    "overview",
    "prototypes",
    "propagation",
    "coordinator",
    "why",
    "modulation",
    "imbalance",
    "robustness",
    "compare",
    "data",
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_bears(page, case, open_case):
    app, _ = open_case(page, case, pattern="uniform(0.3)")
    assert not app.exception
    assert not app.error
    assert app.subheader or app.header
    assert max(on_wire(app).values(), default=0) < 2_000_000


@pytest.mark.parametrize("page", [*PAGES, "lab"])
def test_a_page_without_anything_to_show_says_what_to_do(page, tmp_path, monkeypatch):
    app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
    app.run()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert "comp-viz train" in app.sidebar.info[0].value


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_trained_checkpoint_compares(page, open_trained):
    app = open_trained(page)
    assert not app.exception
    assert not app.error
    if any(box.key == "compare" and len(box.options) > 1 for box in app.selectbox):
        app.selectbox(key="compare").set_value(app.selectbox(key="compare").options[1]).run()
        assert not app.exception
        assert not app.error
