"""The documentation: its examples run, its links lead somewhere, and the site is whole without a network."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from pymdownx.slugs import slugify

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
NOT_OURS = {".venv", "site", "test-output", "runs", "data", "node_modules"}
MARKDOWN = [
    path for path in sorted(ROOT.rglob("*.md")) if NOT_OURS.isdisjoint(path.relative_to(ROOT).parts) and ".hypothesis" not in path.parts
]  # fmt: skip
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```\s*$", re.DOTALL | re.MULTILINE)
LOADS = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src"), ("audio", "src")}
SHEETS = {"stylesheet", "icon", "preload", "preconnect", "modulepreload"}  # what a browser fetches of <link rel=…>
slug = slugify(case="lower")


# Links in the repository


@cache
def headings(path: Path) -> set[str]:
    """Anchors of a Markdown file, as the pages of repositories make them."""
    lines = FENCE.sub("", path.read_text()).splitlines()
    return {slug(re.sub(r"[`*]", "", line.lstrip("#").strip()), "-") for line in lines if line.startswith("#")}


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_files_lead_somewhere(path):
    for link in LINK.findall(FENCE.sub("", path.read_text())):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in ("http", "https", "mailto")
            continue
        target = (path.parent / parts.path).resolve() if parts.path else path
        assert target.is_file(), f"{link} leads nowhere"
        if parts.fragment and target.suffix == ".md":
            assert parts.fragment in headings(target), f"{link}: there is no such heading"


# Examples


@pytest.mark.parametrize("name", ["index", "python", "own-extractor", "own-checkpoint"])
def test_examples_run(name, monkeypatch):
    """Those marked `python`; `py` marks what needs files of the reader's."""
    monkeypatch.chdir(ROOT)
    known: dict[str, object] = {}
    blocks = [code for language, code in FENCE.findall((DOCS / f"{name}.md").read_text()) if language == "python"]
    assert blocks
    for number, code in enumerate(blocks, 1):
        exec(compile(code, f"{name}.md, example {number}", "exec"), known)
    if name == "python":
        match = re.search(r"view\.finding\(\)  # '(.+) …'", blocks[0])
        assert known["view"].finding().startswith(match[1])
    if name == "own-extractor":
        import numpy as np

        result = known["EXTRACTOR"].load()(np.sin(2 * np.pi * 440 * np.arange(16000) / 16000).astype(np.float32))
        assert result.shape == (known["EXTRACTOR"].dims,)
        assert result.argmax() == 1  # 440 Hz is in the second band
        assert np.isfinite(result).all()


# The site


@dataclass
class Html(HTMLParser):
    """What a page refers to and what can be referred to in it."""

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def __post_init__(self):
        super().__init__()
        self.feed(self.path.read_text())

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag == "link" and given.get("href") and SHEETS & set(given.get("rel", "").split()):
            self.loads.append(given["href"])
        self.loads += [value for name, value in attributes if (tag, name) in LOADS and value]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> dict[Path, Html]:
    """Every page of the site, built strictly: a warning is an error."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    silent = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=silent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {path: Html(path) for path in sorted(folder.rglob("*.html"))}


def folder_of(site: dict[Path, Html]) -> Path:
    return next(path for path in site if path.name == "404.html").parent


def test_every_link_of_the_site_leads_somewhere(site):
    broken = []
    for path, page in site.items():
        for link in {*page.links, *page.loads}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or (
                target in site and parts.fragment and unquote(parts.fragment) not in site[target].ids
            ):
                broken.append(f"{path.name}: {link}")
    assert not broken


def test_the_site_loads_nothing_from_elsewhere(site):
    assert not [load for page in site.values() for load in page.loads if urlsplit(load).netloc]
    for sheet in folder_of(site).rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", sheet.read_text()), sheet


def test_formulas_are_drawn_by_the_browser_alone(site):
    for path in folder_of(site).glob("concepts/*.html"):
        text = path.read_text()
        assert text.count('display="block"') >= 1, path
        assert "arithmatex" not in text.split("<article", 1)[1]


def test_every_module_is_in_the_reference_with_what_its_comments_say(site):
    reference = folder_of(site) / "reference"
    ids = set().union(*(page.ids for path, page in site.items() if path.parent == reference))
    for path in (ROOT / "comp_viz").rglob("*.py"):
        inside = path.relative_to(ROOT)
        if {"ui", "commands"} & set(inside.parts) or path.name in ("__main__.py", "__init__.py", "decode_worker.py"):
            continue
        assert ".".join(inside.with_suffix("").parts) in ids
    assert "comp_viz.view.View.predictions" in ids
    text = (reference / "comp_viz.network.html").read_text()
    assert "λ, share of the old prompt (eq. 9)" in text  # a comment behind a field
    assert "per conversation and modality" in text


def test_every_page_has_a_title_and_pictures_have_words(site):
    for path in site:
        text = path.read_text()
        assert "<h1" in text, path
        assert not re.search(r"<img (?![^>]*\balt=)[^>]*>", text), path
