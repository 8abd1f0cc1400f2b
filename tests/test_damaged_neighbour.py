"""A damaged checkpoint harms itself alone: pages that look at several pass it over, and name it where somebody chose it."""

import ast
import re
import shutil

import numpy as np
import pyarrow as pa
import pytest
from browsing import ROOT
from page_cases import dashboard
from safetensors.torch import load_file, save_file

from comp_viz.data.table.writer import write_table
from comp_viz.resources import shipped
from comp_viz.ui.cache import progressive
from comp_viz.ui.claims.cached import counterparts

BROKEN, LARGE = "a broken", "b large"  # before the others in every list


@pytest.fixture
def place(tmp_path, monkeypatch, whole, small_lab):
    """A trained checkpoint, its twin, a copy whose weights are cut off, and one whose numbers leave single precision."""
    monkeypatch.setattr(progressive, "MOMENT", 1e9)
    checkpoints = tmp_path / "checkpoints"
    for name in (BROKEN, LARGE, "trained", "twin"):
        shutil.copytree(whole[0], checkpoints / name)
    weights = checkpoints / BROKEN / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    tensors = load_file(checkpoints / LARGE / "model.safetensors")
    save_file(
        tensors | {"model.fused_head.weight": tensors["model.fused_head.weight"].float() * 0 + 3e38},
        checkpoints / LARGE / "model.safetensors",
    )
    (tmp_path / "data").mkdir()
    write_table(tmp_path / "data" / "small.arrow", small_lab)
    return tmp_path


@pytest.fixture
def open_page(place, monkeypatch):
    def opened(page, **address):
        app = dashboard(monkeypatch, place / "checkpoints", place / "data")
        app.query_params.update({"checkpoint": "trained", "data": "small.arrow"} | address)
        return app.switch_page(f"pages/{page}.py").run()

    return opened


def warnings(app):
    return " ".join(one.value for one in app.warning)


def test_compare_begins_with_those_that_can_be_read(open_page):
    app = open_page("compare")
    assert not app.exception
    assert BROKEN not in app.multiselect(key="compared").value
    assert "trained" in app.multiselect(key="compared").value


def test_compare_names_what_was_chosen_and_is_of_no_use(open_page):
    app = open_page("compare")
    app.multiselect(key="compared").set_value(["trained", BROKEN, "twin", LARGE]).run()
    assert not app.exception
    assert f"{BROKEN} is left out" in warnings(app)
    assert "cannot be read as tensors" in warnings(app)
    assert f"{LARGE} is left out" in warnings(app)
    assert "not finite" in warnings(app)
    facts = next(one.value for one in app.caption if one.value.startswith("Primary test"))
    assert "trained " in facts  # beside its twin, whose weights are the same: both are measured
    assert "twin " in facts
    app.multiselect(key="compared").set_value(["trained", BROKEN]).run()
    assert not app.exception
    assert "at least two" in app.info[0].value


@pytest.mark.parametrize(("name", "words"), [(BROKEN, "cannot be read as tensors"), (LARGE, "not finite")])
def test_compare_mode_says_what_is_wrong_with_the_other(open_page, name, words):
    app = open_page("coordinator", compare=f"checkpoint {name}")
    assert not app.exception
    assert words in warnings(app)


def test_a_claim_is_tested_beside_counterparts_that_can_be_read(open_page, monkeypatch):
    monkeypatch.setattr("comp_viz.ui.claims.cached.counterpart_roles", lambda card, other: ("without prompts",))
    open_page("claims")  # with these folders
    assert counterparts("trained") == {"without prompts": LARGE}  # the first that can be read


PAGES = sorted(path.stem for path in shipped("pages").glob("*.py"))


@pytest.mark.parametrize("page", PAGES)
def test_what_is_found_damaged_as_a_page_is_drawn_is_said_in_words(page, open_page, place):
    """Telemetry is read by the pages that show it, and a conversation when it is asked for: both after the frame was drawn."""
    for path in (place / "checkpoints" / "trained" / "telemetry").glob("*.parquet"):
        path.write_bytes(path.read_bytes()[:-100])
    features = (place / "data" / "small.arrow").read_bytes()
    table = pa.ipc.open_file(features).read_all()
    column = table["features.audio"].combine_chunks()
    values = column.flatten().to_numpy(zero_copy_only=False).copy()
    values[-1] = np.nan  # of the last utterance of the test split; the frame shows the first conversation
    spoilt = pa.FixedSizeListArray.from_arrays(pa.array(values), column.type.list_size)
    with pa.OSFile(str(place / "data" / "small.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as out:
        out.write_table(table.set_column(table.column_names.index("features.audio"), "features.audio", spoilt))
    app = open_page(page)
    assert not app.exception
    if page in ("modulation", "imbalance"):
        assert any("is no telemetry that can be read" in one.value for one in app.error)
    if page in ("robustness", "compare"):
        assert any("NaN or infinite features" in one.value for one in app.error)


def test_every_part_of_a_page_that_runs_by_itself_says_errors_in_words():
    """Streamlit catches what such a part raises before anything around it can."""
    lacking = []
    for path in (*ROOT.glob("pages/*.py"), *ROOT.glob("comp_viz/ui/**/*.py")):
        module = ast.parse(path.read_text())
        functions = {
            one.name: list(map(ast.unparse, one.decorator_list))
            for one in ast.walk(module)
            if isinstance(one, ast.FunctionDef)
        }
        called = re.findall(r"st\.fragment\((\w+),", path.read_text())
        parts = [
            name for name, marks in functions.items() if name in called or any("st.fragment" in mark for mark in marks)
        ]
        lacking += [f"{path.name}: {name}" for name in parts if "errors_in_words()" not in functions[name]]
    assert lacking == []
