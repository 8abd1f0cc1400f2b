"""The API reference: a page for every room of the library, its modules in order of their names, all from the docstrings."""

import ast
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from comp_viz.resources import PACKAGE

PRIVATE = ("ui", "commands", "decode_worker.py", "__main__.py")  # rooms and files that nobody imports
FOLDER = "reference"
BEHIND = "---\nsearch: {boost: 0.3}\n---\n\n"  # in the search, behind the pages that explain


def rooms() -> dict[str, list[str]]:
    """Dotted name of every package -> its modules; what lies directly in the library belongs to `comp_viz`."""
    modules_by_room: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE.parent)
        if not set(inside.parts).isdisjoint(PRIVATE):
            continue
        room = ".".join(inside.parent.parts)
        modules = modules_by_room.setdefault(room, [])
        if path.name != "__init__.py":
            modules.append(f"{room}.{path.stem}")
    return modules_by_room


def page_of(room: str) -> str:
    """Where the page of a room lies in the site."""
    return f"{FOLDER}/{room}.md"


def place_of(path: Path) -> str | None:
    """Page and anchor of a Python file of the library, given from the repository's root; None where it has no page."""
    module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    for room, modules in rooms().items():
        if module in (room, *modules):
            return f"{page_of(room)}#{module}"
    return None


def text_of(room: str, modules: list[str]) -> str:
    """The page of a room as Markdown; the package's own names stand on it where it exports any."""
    source = PACKAGE.parent.joinpath(*room.split("."), "__init__.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    exports = any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
    opening = f"::: {room}\n    options: {{members: {'true' if exports else '[]'}, show_root_heading: false}}"
    return BEHIND + "\n\n".join([f"# {room}", opening, *(f"::: {module}" for module in modules)]) + "\n"


def on_config(config: Any) -> Any:
    """Fill the navigation."""
    for entry in config.nav:
        if "Reference" in entry:
            entry["Reference"] = [{room.removeprefix("comp_viz."): page_of(room)} for room in rooms()]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages."""
    for room, modules in rooms().items():
        files.append(File.generated(config, page_of(room), content=text_of(room, modules)))
    return files
