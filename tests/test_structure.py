import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import comp_viz
from comp_viz.network.trace import TRACE_FIELDS, Trace

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "comp_viz").rglob("*.py"))
# Folder -> what nothing in it may import: data flows one way.
FORBIDDEN = {
    "data": ("comp_viz.network", "comp_viz.analysis", "comp_viz.figures", "comp_viz.ui", "streamlit", "plotly"),
    "network": ("comp_viz.analysis", "comp_viz.checkpoint", "comp_viz.training", "comp_viz.ui", "streamlit", "plotly"),
    "analysis": ("comp_viz.figures", "comp_viz.ui", "streamlit", "plotly"),
    "figures": ("comp_viz.network", "comp_viz.ui", "streamlit", "torch"),
    "clips": ("comp_viz.figures", "comp_viz.ui", "comp_viz.training", "streamlit", "plotly"),
    "training": ("comp_viz.analysis", "comp_viz.figures", "comp_viz.ui", "streamlit", "plotly"),
}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_one_direction(path):
    room = path.relative_to(ROOT / "comp_viz").parts[0]
    for name in FORBIDDEN.get(room, () if room == "ui" else ("streamlit",)):
        assert not [found for found in imports(path) if found == name or found.startswith(name + ".")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_every_place_named_for_an_equation_exists():
    text = (ROOT / "docs" / "equations.md").read_text()
    places = re.findall(r"`(comp_viz/[\w/]+\.py)`: ((?:`[\w.]+`(?:, )?)+)", text)
    assert len(places) >= 12
    for file, names in places:
        tree = ast.parse((ROOT / file).read_text())
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        for name in re.findall(r"`([\w.]+)`", names):
            assert set(name.split(".")) <= defined, f"{file} has no {name}"


def test_every_equation_of_the_paper_is_named_beside_its_code():
    code = " ".join(path.read_text() for path in SOURCES)
    named: set[int] = set()
    for first, rest in re.findall(r"eq\. (\d+)((?:, \d+| to \d+)*)", code):
        numbers = [int(first), *map(int, re.findall(r"\d+", rest))]
        named |= set(range(numbers[0], numbers[-1] + 1)) if " to " in rest else set(numbers)
    assert named >= set(range(1, 18))


def test_public_names_are_there():
    for name in ("load_published", "load_checkpoint", "ComP", "ComPConfig", "Output", "Trace", "CompVizError"):
        assert hasattr(comp_viz, name)
    assert set(TRACE_FIELDS) == set(Trace.__dataclass_fields__)


def test_command_line_lists_its_commands():
    done = subprocess.run([sys.executable, "-m", "comp_viz", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    for command in ("train", "evaluate", "convert"):
        assert command in done.stdout
