"""What lies in the repository beside docs/ and is linked from its pages: texts become pages, code its reference, files copies."""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from reference import FOLDER, place_of

from comp_viz.resources import PRODUCT

ROOT = PRODUCT
RESULTS = {"Tables and findings": "results/README.md"}
EXAMPLE = {"The example clip": "examples/README.md"}
CARDS = {path.parent.name: path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("checkpoints/*/README.md"))}
TEXTS = {"README.md": "readme.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
PAGES = TEXTS | {path: path.replace("/README.md", ".md") for path in (RESULTS | CARDS | EXAMPLE).values()}
ORIGIN = {page: path for path, page in PAGES.items()}
LINK = re.compile(r"\]\((?![a-z]+:|#)(?P<path>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")
FENCE = re.compile(r"(^```.*?^```\s*$)", re.DOTALL | re.MULTILINE)


def on_config(config: Any) -> Any:
    """Fill the navigation."""
    for entry in config.nav:
        if "Results" in entry:
            cards = {f"Model card: {name}": path for name, path in CARDS.items()}
            entry["Results"] = [{title: PAGES[path]} for title, path in (RESULTS | cards | EXAMPLE).items()]
        if "Project" in entry:
            titles = {"README.md": "The README", "CONTRIBUTING.md": "How to contribute", "CHANGELOG.md": "Changes"}
            entry["Project"] = [{title: TEXTS[path]} for path, title in titles.items()]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add texts that lie elsewhere as pages."""
    for path, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Let links that hold in the repository hold in the site; what no page says is copied into it, or stays broken."""
    here = page.file.src_uri
    origin = ORIGIN.get(here, f"docs/{here}")

    def link(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), match["path"]))
        target = place(path, config, files) + (match["anchor"] or "")
        return f"]({posixpath.relpath(target, posixpath.dirname(here) or '.')})"

    parts = FENCE.split(markdown)  # code blocks stay as they are
    return "".join(part if part.startswith("```") else LINK.sub(link, part) for part in parts)


def place(path: str, config: Any, files: Files) -> str:
    """Where in the site something of the repository is."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path in PAGES:
        return PAGES[path]
    if path.startswith(("..", FOLDER)) or path.endswith(".md"):
        return path
    if path.endswith(".py") and (there := place_of(Path(path))):
        return there
    copied = f"files/{path}"
    if (ROOT / path).is_file() and copied not in files.src_uris:
        files.append(File.generated(config, copied, abs_src_path=str(ROOT / path)))
    return copied
