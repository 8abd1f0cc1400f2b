"""What a page shows in this run, collected while it is drawn, so that it can be kept as a report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlencode

import streamlit as st

from comp_viz.data.conversation import Conversation
from comp_viz.export.template import kept_template, obstacle
from comp_viz.figures.style import DARK
from comp_viz.report.html import Report, render
from comp_viz.report.live_figure.page import live_figure
from comp_viz.report.origin import Origin, origin_facts
from comp_viz.report.section import Section
from comp_viz.report.words import transcripts
from comp_viz.ui.cache.session_clips import session_clips
from comp_viz.ui.frame.theme import palette

REPORT_KEY = "shown"


@dataclass
class PageReport:
    """The finding, charts and origins of the page that is being drawn."""

    page: str
    finding: str = ""
    sections: dict[str, Callable[[], Section]] = field(default_factory=dict)  # by key of the chart, made when needed
    leading: str = ""  # the section whose title is the finding, where the page's own is not the library's
    origins: list[Origin] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # of what stands side by side: ending of its keys -> name

    def report(self, link: str, dark: bool, words: bool, clips: Sequence[Conversation] = ()) -> Report:
        """What is shown as a report; without `words`, it holds no transcript of these conversations and the `clips`."""
        withheld = transcripts([*(one.conversation for one in self.origins), *clips])
        made = {key: self.named(make()) for key, make in self.sections.items()}
        finding = made[self.leading].title if self.leading else self.finding
        return Report(
            self.page.capitalize(), finding, [*made.values()], origin_facts(self.origins) if self.origins else [],
            link, date.today().isoformat(), dark, withheld, words,
        )  # fmt: skip

    def named(self, section: Section) -> Section:
        """A section with the name of its side before its title."""
        name = next((name for ending, name in self.names.items() if section.key.endswith(ending)), "")
        return replace(section, title=f"{name}: {section.title}") if name else section


def begin_report(page: str, *origins: Origin) -> None:
    """Start collecting; the first thing in every run of a page."""
    st.session_state[REPORT_KEY] = PageReport(page, origins=[*origins])


def page_report() -> PageReport:
    """What was shown so far."""
    report: PageReport = st.session_state.setdefault(REPORT_KEY, PageReport(""))
    return report


def add_section(section: Section) -> None:
    """Note a chart that was shown."""
    page_report().sections[section.key] = lambda: section


def add_late_section(key: str, make: Callable[[], Section]) -> None:
    """Note a chart that this part of the page does not show: it is made for the report alone, out of the session."""
    page_report().sections[key] = make


def add_leading_section(key: str, make: Callable[[], Section]) -> None:
    """Note a chart that the browser drew, titled by the page's finding: it is made for the report alone, out of the session."""
    add_late_section(key, make)
    page_report().leading = key


def add_side(origin: Origin, **names: str) -> None:
    """Note a view that is shown beside the first, and where charts are named by their sides the ending of keys of each."""
    page_report().origins.append(origin)
    page_report().names |= names


def page_address(origin: Origin | None) -> str:
    """The address of exactly what is seen, also of what is at its default."""
    parts = (origin.address if origin else {}) | {name: st.query_params.get_all(name) for name in st.query_params}
    return f"{(st.context.url or '').split('?')[0]}?{urlencode(parts, doseq=True)}"


def report_button() -> None:
    """The control that saves the page as it is shown, with everything that is drawn after it in the same run."""
    now = page_report()
    clips = [
        one.conversation for lying in session_clips().clips.values() for one in (lying.clip, lying.degraded) if one
    ]
    link, dark = page_address(now.origins[0] if now.origins else None), palette() is DARK
    with st.popover("Report", icon=":material/description:", type="tertiary"):
        st.markdown(
            "This page as one file: charts, numbers, and where they come from. It opens without a network, and prints."
        )
        words = st.checkbox(
            "With transcripts", key="report words",
            help="Words of the recordings, on hover and in tables. Sound and pictures are never in a report.",
        )  # fmt: skip
        st.download_button(
            "Save report", lambda: render(now.report(link, dark, words, clips)), f"comp-viz-{now.page or 'page'}.html", "text/html",
            key="report", icon=":material/download:", on_click="ignore", width="stretch",
        )  # fmt: skip
        if now.origins:
            figure_button(now.origins[0], words)


def figure_button(origin: Origin, words: bool) -> None:
    """The control that saves the conversation with its model, as a page that answers by itself."""
    reason = obstacle(origin.checkpoint)
    if not reason and kept_template(origin.checkpoint) is None:  # the server itself makes none: that takes seconds
        reason = "The graphs of this checkpoint are made when Live is opened with it, or by `comp-viz figure`."
    st.download_button(
        "Save live figure", lambda: live_figure(origin, words), "comp-viz-live-figure.html", "text/html",
        key="live figure", icon=":material/touch_app:", on_click="ignore", width="stretch", disabled=bool(reason),
        help=reason or "The conversation with its model in one file: everybody can take modalities away in it, without a network.",
    )  # fmt: skip
