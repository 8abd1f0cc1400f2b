"""The architecture as rules. Each is one test that lists what breaks it."""

import ast
import re
import subprocess
import sys
from collections import defaultdict

from code_map import (
    BESIDE,
    MODULES,
    PAGES,
    ROOT,
    SOURCES,
    circles,
    identifiers,
    imports,
    our_imports,
    public_names,
    tree,
)

import comp_viz
from comp_viz.network.trace import TRACE_FIELDS, Trace

# Who may import whom. Data flows down this table: each row may import from those above it that it names, and all may
# import from the base. `python -m pytest tests/test_structure.py` says what breaks it.
BASE = {
    "errors", "wording", "validation", "yaml_file", "resources", "versions", "device", "last_change", "background_job",
    "child_process", "ray_start",
}  # fmt: skip
ARCHITECTURE = {
    # the library: no screen
    "data": set(),  # conversations, readers, missing patterns
    "network": {"data"},  # ComP, in the order of the paper, and what networks share
    "methods": {"data", "network"},  # what is trained and compared, by name: networks, objectives, capabilities
    "checkpoint": {"data", "network", "methods"},  # weights and card in a folder
    "evaluation": {"data", "network", "methods", "checkpoint"},  # metrics under missing patterns
    "training": {"data", "network", "methods", "checkpoint", "evaluation"},
    "sweep": {"data", "network", "methods", "checkpoint", "evaluation", "training"},  # many runs, one table
    "export": {"data", "network", "methods", "checkpoint"},  # a checkpoint -> a graph for use elsewhere
    "browser": {"data", "checkpoint", "export"},  # the engine that answers in a browser, and what is sent to it
    "clips": {"data", "checkpoint"},  # a video -> a conversation, by the extractors that a checkpoint names
    "analysis": {"data", "network", "methods", "checkpoint", "evaluation", "training", "sweep", "clips"},  # arrays -> result or DataFrame
    # what is seen
    "figures": {"data", "methods", "checkpoint", "clips", "analysis"},  # result -> Plotly figure and its words
    "report": {"data", "methods", "checkpoint", "browser", "analysis", "figures"},  # figures -> one HTML file
    "view": {"data", "methods", "checkpoint", "analysis", "figures"},  # the entry for notebooks: tables
    "view_figures": {"network", "analysis", "figures", "view"},  # and charts by their names
    "story_settings": {"data"},  # what a step of a lecture may set
    "page_parts": set(),  # what is on which part of a page
    "stories": {"story_settings", "page_parts"},  # lectures as files
    "lecture": {"data", "checkpoint", "analysis", "report", "story_settings", "stories"},  # a story for a hall of phones
    # what people start
    "ui": {"data", "network", "methods", "checkpoint", "evaluation", "training", "sweep", "export", "browser", "clips", "analysis", "figures", "report", "story_settings", "page_parts", "stories", "lecture"},
    "commands": {"data", "network", "methods", "checkpoint", "evaluation", "training", "sweep", "clips", "export", "analysis", "report", "stories", "lecture"},
    "pages": {"data", "methods", "analysis", "figures", "report", "page_parts", "ui"},  # layout and cached calls only
}  # fmt: skip
# Within ui: a page's folder imports from these three, each of them from those before it, no page from another page.
UI_SHARED = ("cache", "frame", "widgets")
# Libraries that only some rooms import.
ONLY = {
    "streamlit": {"ui", "pages"},
    "plotly": {"figures", "report", "view_figures", "ui"},
    "torch": ARCHITECTURE.keys() - {"figures", "report", "pages"} | {"device"},
}
SHARED_FOLDERS = {"stats", *UI_SHARED}  # of analysis, figures and ui, that are no page's
NAMES_IN_SEVERAL_FILES = 20
NO_NAMES = {"said", "told", "found", "would", "came_to", "asked", "taken", "stands_for"}  # a value is named by a noun
REGISTERED = {"main", "add", "run", "load"}  # what every command or extractor has


def room(module: str) -> str:
    """The folder of comp_viz that a module is in, or the module itself where it is in none; `pages` for pages."""
    parts = module.split(".")
    return parts[1] if parts[0] == "comp_viz" and len(parts) > 1 else parts[0]


def page_of(module: str, top: str) -> str | None:
    """The folder of `top` (analysis, figures, ui) that a module is in; None for the files beside them and for others."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["comp_viz", top] and len(parts) > 3 else None


def test_imports_go_one_way():
    wrong = [
        f"{module} imports {other}"
        for module in MODULES
        if room(module) not in ("comp_viz", "__main__")  # the entries, which open everything
        for other in our_imports(module)
        if room(other) not in {room(module), *BASE, *ARCHITECTURE.get(room(module), ())}
    ]
    assert wrong == []


def test_every_room_is_in_the_table():
    rooms = {room(module) for module in MODULES} - {"comp_viz", "__main__"}
    assert rooms == BASE | ARCHITECTURE.keys()
    for name, allowed in ARCHITECTURE.items():
        assert allowed <= set(list(ARCHITECTURE)[: list(ARCHITECTURE).index(name)]), (
            f"{name} may import from below itself"
        )


def test_libraries_are_imported_where_they_may_be():
    wrong = [
        f"{module} imports {name}"
        for module in MODULES
        for name in imports(module)
        if (library := name.partition(".")[0]) in ONLY and room(module) not in ONLY[library]
    ]
    assert wrong == []


def test_nothing_imports_itself_by_way_of_others():
    assert circles({module: set(our_imports(module)) for module in MODULES}) == []


def test_no_two_folders_of_analysis_import_each_other():
    folders = defaultdict(set)
    for module in MODULES:
        if folder := page_of(module, "analysis"):
            folders[folder] |= {page_of(other, "analysis") for other in our_imports(module)} - {None, folder}
    assert circles(folders) == []


def test_no_page_imports_another():
    """Its drawings and widgets are its own; analyses may build on each other, see below."""
    shared = {name: set(UI_SHARED[:place]) for place, name in enumerate(UI_SHARED)}
    wrong = []
    for module in MODULES:
        own = {top: page_of(module, top) for top in ("figures", "ui")}
        if room(module) == "pages":
            own = dict.fromkeys(("analysis", "figures", "ui"), module.removeprefix("pages."))
        for top, page in own.items():
            allowed = {None, page, *shared.get(page, SHARED_FOLDERS)}
            wrong += [f"{module} imports {x}" for x in our_imports(module) if page and page_of(x, top) not in allowed]
    assert wrong == []


def test_a_page_has_folders_of_its_name():
    pages = {path.stem for path in PAGES}
    for top in ("analysis", "figures", "ui"):
        folders = {path.name for path in (ROOT / "comp_viz" / top).iterdir() if any(path.glob("*.py"))}
        assert folders - SHARED_FOLDERS <= pages, f"a folder of {top} is no page's"
    assert {path.name for path in (ROOT / "comp_viz" / "ui").iterdir() if any(path.glob("*.py"))} >= pages


def test_names_mean_one_thing():
    files = defaultdict(list)
    for path in SOURCES:
        for name in set(public_names(path)) - REGISTERED:
            files[name].append(str(path.relative_to(ROOT)))
    several = {name: where for name, where in files.items() if len(where) > 1}
    assert len(several) <= NAMES_IN_SEVERAL_FILES, several


def test_values_are_named_by_nouns():
    files = (*SOURCES, *BESIDE)
    wrong = [f"{path.relative_to(ROOT)}: {name}" for path in files for name in sorted(identifiers(path) & NO_NAMES)]
    assert wrong == []


def test_every_file_says_what_it_is():
    assert [str(path.relative_to(ROOT)) for path in SOURCES if not ast.get_docstring(tree(path))] == []


def test_every_place_named_for_an_equation_exists():
    text = (ROOT / "docs" / "equations.md").read_text()
    places = re.findall(r"`(comp_viz/[\w/]+\.py)`: ((?:`[\w.]+`(?:, )?)+)", text)
    assert len(places) >= 12
    for file, names in places:
        defined = {
            node.name for node in ast.walk(tree(ROOT / file)) if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        for name in re.findall(r"`([\w.]+)`", names):
            assert set(name.split(".")) <= defined, f"{file} has no {name}"


def test_every_equation_of_the_paper_is_named_beside_its_code():
    code = " ".join(path.read_text() for path in SOURCES)
    named: set[int] = set()
    for first, rest in re.findall(r"eq\. (\d+)((?:, \d+| to \d+)*)", code):
        numbers = [int(first), *map(int, re.findall(r"\d+", rest))]
        named |= set(range(numbers[0], numbers[-1] + 1)) if " to " in rest else set(numbers)
    assert named >= set(range(1, 18))


def test_pages_write_by_name_only():
    """Streamlit would write the value of any other bare expression on the page, `None` too."""
    bare = [
        f"{path.name}: {ast.unparse(statement)}"
        for path in (*PAGES, ROOT / "app.py")
        for statement in ast.walk(tree(path))
        if isinstance(statement, ast.Expr) and not isinstance(statement.value, (ast.Call, ast.Constant))
    ]
    assert bare == []


def test_public_names_are_there():
    for name in ("load_published", "load_checkpoint", "ComP", "ComPConfig", "Output", "Trace", "CompVizError"):
        assert hasattr(comp_viz, name)
    assert set(TRACE_FIELDS) == set(Trace.__dataclass_fields__)


def test_command_line_lists_its_commands():
    done = subprocess.run([sys.executable, "-m", "comp_viz", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    for command in ("train", "evaluate", "convert"):
        assert command in done.stdout
