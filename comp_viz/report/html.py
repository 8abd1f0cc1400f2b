"""A report as one HTML file: charts drawn by Plotly, which the file brings along, and everything else as plain text."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from comp_viz.figures.chart import About
from comp_viz.report.light import in_light
from comp_viz.report.origin import OriginFacts
from comp_viz.report.section import Section
from comp_viz.report.words import Redaction

HERE = Path(__file__).parent
MOST_TABLE_ROWS = 200  # of a table that are written out
OPEN = 12  # rows up to which a table stands open
CHART_BYTES = 2_500_000  # bytes that all charts may take together; with Plotly's 4.8 MB a report stays below 8 MB
TABLE_BYTES = 400_000  # bytes of all tables
POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"


@dataclass(frozen=True)
class Report:
    """What a page shows or a command measured."""

    page: str
    finding: str
    sections: Sequence[Section]
    facts: OriginFacts
    link: str  # that opens the same view
    made: str  # the date
    dark: bool = False  # whether the charts were made for a dark ground
    transcripts: frozenset[str] = frozenset()  # to be left out
    words: bool = False  # whether to keep them


@dataclass
class ByteBudget:
    """Bytes that are left."""

    charts: int
    tables: int

    def claim(self, kind: str, size: int) -> bool:
        """Whether there is room for so many more bytes, which are then taken."""
        left: int = getattr(self, kind) - size
        if left >= 0:
            setattr(self, kind, left)
        return left >= 0


def render(report: Report) -> str:
    """The whole file."""
    redaction = Redaction(frozenset() if report.words else report.transcripts)
    budget = ByteBudget(CHART_BYTES, TABLE_BYTES)
    parts = [section_html(one, report, redaction, budget) for one in report.sections]
    style, script = ((HERE / f"report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    library = f"<script>{get_plotlyjs()}</script>" if any("figure-data" in part for part in parts) else ""
    finding = escape(redaction.text(report.finding))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>ComP Viz: {escape(report.page)}</title>
<style>{style}</style>
</head>
<body>
<header>
<p class="kicker">ComP Viz · {escape(report.page)} · {escape(report.made)}</p>
<h1>{finding}</h1>
<p class="link">{link_html(report.link)}</p>
<p class="note">{words_note(report)}</p>
</header>
<main>
{"".join(parts)}
</main>
{origin_html(report.facts)}
{library}
<script>{script}</script>
</body>
</html>
"""


def origin_html(facts: OriginFacts) -> str:
    """Where the numbers of a page come from; nothing where each section says it of its own."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f'<section class="origin"><h2>Where these numbers come from</h2><dl>{rows}</dl></section>' if facts else ""


def link_html(address: str) -> str:
    """The address that opens the same view; clickable where it is one of the web."""
    text = escape(address)
    if not address.startswith(("http://", "https://")):
        return f"Opens again on a dashboard at <code>{text}</code>"
    return f'<a href="{text}" rel="noreferrer">Open this view in the dashboard</a><br><code>{text}</code>'


def words_note(report: Report) -> str:
    """How much of the recordings is in the file."""
    if report.words:
        return (
            "This file holds transcripts of the recordings, on hover and in tables. It holds no sound and no picture."
        )
    return "This file holds no transcript of the recordings, and no sound or picture either."


def section_html(one: Section, report: Report, redaction: Redaction, budget: ByteBudget) -> str:
    """One section: title, chart, what it shows and does not, numbers."""
    title = redaction.text(one.title)
    alt = escape(f"{title}. {one.about.shows}")
    return f"""<section id="{escape(one.key)}">
<h2>{escape(title)}</h2>
{figure_html(one, alt, report, redaction, budget)}
{about_html(one.about)}
{table_html(one.numbers() if report.words else redaction.table(one.numbers()), budget)}
</section>
"""


def figure_html(one: Section, alt: str, report: Report, redaction: Redaction, budget: ByteBudget) -> str:
    """The chart with its description, or nothing for a table alone."""
    if one.figure is None:
        return ""
    if isinstance(one.figure, str):
        return f'<figure role="img" aria-label="{alt}">{in_light(one.figure, report.dark)}</figure>'
    data = in_light(figure_json(one.figure, redaction, report.words), report.dark)
    if not budget.claim("charts", len(data)):
        return '<p class="note">The chart is too large for this file. Its link opens it.</p>'
    height = int(one.figure.layout.height or 400)
    return (
        f'<figure role="img" aria-label="{alt}"><div class="chart" style="height:{height}px"></div>'
        f'<script type="application/json" class="figure-data">{data}</script></figure>'
    )


def figure_json(figure: go.Figure, redaction: Redaction, words: bool) -> str:
    """A chart as JSON that no script element ends early."""
    spec = json.loads(figure.to_json())
    spec["layout"].pop("template", None) if figure.layout.template == go.Figure().layout.template else None
    kept = spec if words else redaction.figure(spec)
    return (
        json.dumps(kept, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")
    )


def prose_html(text: str) -> str:
    """Our own words as HTML: names of files and settings, in backticks, as code, and blank lines between paragraphs."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)).replace("\n\n", "</p><p>")


def about_html(about: About) -> str:
    """What a chart shows, with its equation, and what it does not show."""
    equation = f'<p class="equation">In LaTeX: <code>{escape(about.equation)}</code></p>' if about.equation else ""
    shows = f"<p><strong>What it shows.</strong> {prose_html(about.shows)}</p>" if about.shows else ""
    limits = f"<p><strong>What it does not show.</strong> {prose_html(about.not_shows)}</p>" if about.not_shows else ""
    return f'<div class="about">{shows}{equation}{limits}</div>'


def table_html(numbers: pd.DataFrame, budget: ByteBudget) -> str:
    """The numbers of a chart: all of them, or as many as there is room for, and how many there are."""
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in numbers)
    rows, written = numbers.head(MOST_TABLE_ROWS), list[str]()
    for row in rows.itertuples(index=False):
        line = "<tr>" + "".join(f"<td>{cell_html(value)}</td>" for value in row) + "</tr>"
        if not budget.claim("tables", len(line)):
            break
        written.append(line)
    few = len(written) < len(numbers)
    count = (
        f"the first {len(written):,} of {len(numbers):,} rows; the page saves them all"
        if few
        else f"{len(numbers):,} rows"
    )
    return (
        f"<details{' open' if len(numbers) <= OPEN else ''}><summary>Numbers ({count})</summary>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(written)}</tbody></table></div></details>'
    )


def cell_html(value: object) -> str:
    """One number or word of a table: six significant digits."""
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return "–"
    if isinstance(value, bool) or not hasattr(value, "__float__") or isinstance(value, int):
        return escape(str(value))
    return f"{float(value):.6g}"
