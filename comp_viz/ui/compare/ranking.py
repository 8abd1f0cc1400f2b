"""The ranking of all methods on the Compare page, where shipped tables have one of the open data: by seeds, and by cuts."""

import streamlit as st

from comp_viz.analysis.compare.ranking import RANKED, rank_methods
from comp_viz.analysis.results import read_published_results
from comp_viz.analysis.shipped_results import ResultsTable
from comp_viz.figures.chart import About
from comp_viz.figures.compare.ranking import ABOUT_CUTS, ABOUT_RANKING, ranking_facts, ranking_table, ranking_title
from comp_viz.report.section import Section
from comp_viz.ui.cache.training import RESULTS, results_table
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import table_panel


def method_ranking(view: PageView) -> None:
    """On the data's own split, then on other speakers."""
    table = results_table(RANKED, view.data.digest)
    if table is None:
        return
    one_ranking(view, table, "ranking", ABOUT_RANKING)
    if (cuts := results_table(RANKED, None, table.data)) is not None:
        one_ranking(view, cuts, "ranking-by-cut", ABOUT_CUTS)


def one_ranking(view: PageView, table: ResultsTable, key: str, about: About) -> None:
    """A table, with what it rests on."""
    published = RESULTS / "published.csv"
    paper = read_published_results(published, bool(view.data.task.classes)) if published.exists() else None
    ranking = rank_methods(table, paper)
    table_panel(Section(key, ranking_title(ranking), about, ranking.rows.copy), ranking_table(ranking))
    st.caption(escape_markdown(f"{ranking_facts(ranking)} On {table.protocol}."))
