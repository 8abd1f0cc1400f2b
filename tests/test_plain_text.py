"""Strings of files on every page: whatever markup stands in them is shown as the text it is."""

import re

import pytest
from google.protobuf.json_format import MessageToDict
from marked import MARKUP, write_marked
from page_cases import dashboard

from comp_viz.resources import shipped
from comp_viz.ui.frame.text import code_text, escape_markdown
from comp_viz.ui.lecture import bar as lecture

INTERPRETED = re.compile(r"!\[m\]\(|(?<!\\)<img src=m|\*\*m\*\*|www\.m|:material/home|\$m\$")
PAGES = sorted(path.stem for path in shipped("pages").glob("*.py"))
# Parts of elements that show text as it is, and what is no text on screen.
PLAIN = {
    "selectbox": ("options", "raw_value", "placeholder"),
    "multiselect": ("options", "raw_values", "default"),
    "text_input": ("default", "value"),
    "arrow_data_frame": ("",),
    "plotly_chart": ("",),
    "code": ("code_text",),
    "imgs": ("imgs.alt", "alt"),
    "bidi_component": ("",),
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![b](http://x.example/y.png)", "!\\[b\\](http:\u2060//x.example/y.png)"),
        ("www.x.example me@x.example", "www\u2060.x.example me@\u2060x.example"),
        (
            "<img src=x> `a` *b* _c_ ~d~ $e$ a|b &lt;",
            "\\<img src=x\\> \\`a\\` \\*b\\* \\_c\\_ \\~d\\~ \\$e\\$ a\\|b \\&lt;",
        ),
        (":material/home: :smile:", ":\u2060material/home: :\u2060smile:"),
        ("1. a", "1\\. a"),
        ("- a", "\\- a"),
        ("## a", "\\## a"),
        ("a\n\n# b\n    c", "a # b c"),
        ("\\", "\\\\"),
        ("2-D, −0.5 (95 %): 10:30, well-kept +0.1", "2-D, −0.5 (95 %): 10:30, well-kept +0.1"),
    ],
    ids=["picture", "addresses", "marks", "icons", "numbered", "list", "heading", "lines", "backslash", "plain"],
)
def test_text_is_escaped_where_it_would_be_markup(text, shown):
    assert escape_markdown(text) == shown


def test_code_stays_code():
    assert code_text("a`![b](c)`\nd") == "a'![b](c)' d"


@pytest.fixture
def open_marked(tmp_path, monkeypatch):
    """Opens a page on a machine all of whose files hold markup."""
    write_marked(tmp_path)
    monkeypatch.setattr(lecture, "STORIES", (tmp_path,))

    def opened(page, **address):
        app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
        app.query_params.update({"checkpoint": "marked", "data": "marked.arrow"} | address)
        return app.switch_page(f"pages/{page}.py").run()

    return opened


def strings(value, path=""):
    """Every text in an element, with where it stands."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from strings(part, f"{path}.{key}".strip("."))
    elif isinstance(value, list):
        for part in value:
            yield from strings(part, path)
    elif isinstance(value, str):
        yield path, value


def interpreted(block):
    """Texts on a page that Streamlit takes for Markdown and that hold markup of a file."""
    for child in block.children.values():
        if hasattr(child, "children"):
            yield from interpreted(child)
        if child.proto is not None:
            kind = child.type
            for path, text in strings(MessageToDict(child.proto, preserving_proto_field_name=True)):
                plain = any(path.startswith(part) for part in PLAIN.get(kind, ())) or path.split(".")[-1] in (
                    "id",
                    "key",
                    "alt",
                )
                if not plain and INTERPRETED.search(text):
                    yield kind, path, text


@pytest.mark.parametrize("page", PAGES)
def test_markup_of_files_is_text_on_every_page(page, open_marked):
    app = open_marked(page)
    assert not app.exception
    assert [*interpreted(app.main), *interpreted(app.sidebar)] == []


def test_markup_of_a_story_is_text_above_a_page(open_marked):
    app = open_marked("live", story="story", step="2")
    assert app.subheader[0].value == escape_markdown(MARKUP)
    assert [*interpreted(app.main), *interpreted(app.sidebar)] == []


def test_the_marks_are_found_where_nothing_escapes_them(open_marked, monkeypatch):
    monkeypatch.setattr("comp_viz.ui.frame.sidebar.escape_markdown", str)
    app = open_marked("lecture")
    assert any("![m](" in text for _, _, text in interpreted(app.sidebar))
