"""The Claims page in the dashboard: verdicts at a glance, a card with a chart for each, tests that measure, one report."""

import pytest
from page_cases import APP, figures, mend_navigation
from streamlit.testing.v1 import AppTest

from comp_viz.analysis.claims.measured import claim_sums, sums_evidence
from comp_viz.analysis.claims.shipped_claims import RULES, shipped_claims
from comp_viz.analysis.claims.verdict import judge_claims
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.source import open_data
from comp_viz.figures.claims.heading import claims_heading, verdict_table, verdict_words
from comp_viz.figures.claims.testing import TEST_ALL
from comp_viz.figures.claims.words import CLAIM_WORDS
from comp_viz.report.html import render
from comp_viz.resources import shipped
from comp_viz.ui.claims.verdicts import list_html
from recipes.claims import measure_split


@pytest.fixture(scope="module")
def judgements():
    return {key: one.judgement for key, one in shipped_claims(shipped("results")).items()}


@pytest.fixture
def opened(monkeypatch):
    """Open the page: `opened(**address)`."""
    mend_navigation(monkeypatch)

    def claims(**address):
        app = AppTest.from_file(APP, default_timeout=300)
        app.query_params.update({"checkpoint": "lab"} | address)
        app.run()
        return app.switch_page("pages/claims.py").run()

    return claims


def markdown(app):
    return "\n".join(one.value for one in app.main.markdown)


def charts_of_tests(app):
    """The charts of tests."""
    return {name for name in figures(app) if name.startswith("tested_")}


def finished(app):
    """The page once nothing is measured any more."""
    for _ in range(100):
        if not app.main.get("progress"):
            return app
        app.run()
    raise AssertionError("it never came to an end")


def test_all_verdicts_are_in_a_list_and_on_a_card_each(opened, judgements):
    app = opened()
    assert not app.exception
    assert app.main.subheader[0].value == claims_heading(judgements)
    body = app.main.get("html")[0].proto.body
    for number, (key, one) in enumerate(judgements.items(), 1):
        assert f'href="#{key}"' in body
        assert body.index(f"{number}. {CLAIM_WORDS[key].name}") > 0
        assert (app.main.subheader[number].value, app.main.subheader[number].anchor) == (
            f"{number}. {CLAIM_WORDS[key].name}",
            key,
        )
        assert f"**{verdict_words(one.verdict)}.**" in markdown(app)
    assert list(figures(app)) == [f"claim_{key}_effects" for key in judgements]
    assert "when some are" not in markdown(app)  # rules are folded
    assert not app.main.get("progress")


def test_a_card_shows_its_effects_and_unfolded_the_rule_and_the_data(opened, judgements):
    app = opened(claim_components="true")
    traces = figures(app)["claim_components_effects"]["data"]
    assert [100 * one.value for one in judgements["components"].evidence.effects] == pytest.approx(
        [one["x"][0] for one in traces]
    )
    assert "results/ablation.parquet" in markdown(app)
    assert "when some are" in markdown(app)
    assert any("No checkpoint here was trained as lab was" in one.value for one in app.main.caption)
    assert [one.key for one in app.toggle] == ["test_reconstruction", "test_separation", "test_coordinator"]


def test_a_test_measures_the_open_checkpoint_and_judges_it(opened):
    app = opened()
    app.toggle(key="test_coordinator").set_value(True).run()
    assert not app.exception
    finished(app)
    assert charts_of_tests(app) == {"tested_coordinator"}
    checkpoint = load_checkpoint(shipped("checkpoints/lab"))
    sums = claim_sums(measure_split(checkpoint, open_data("lab")))
    judged = judge_claims({"coordinator": sums_evidence(sums["coordinator"])}, RULES)["coordinator"]
    assert f"**lab on lab: {verdict_words(judged.verdict)}.**" in markdown(app)
    assert verdict_words(judged.verdict) in app.main.get("html")[0].proto.body.split("Tested here")[1]
    drawn = [one["x"][0] for one in figures(app)["tested_coordinator"]["data"]]
    assert drawn == pytest.approx([one.value for one in judged.evidence.effects], abs=1e-6)
    app.toggle(key="test_separation").set_value(True).run()
    assert "tested_separation" in figures(app)  # measured with the other
    assert not app.main.get("progress")


def test_a_test_can_be_cancelled_and_says_no_verdict_meanwhile(opened, monkeypatch):
    monkeypatch.setattr("comp_viz.ui.cache.progressive.MOMENT", 0.0)  # a conversation at a time
    app = opened(checkpoint="lab-balanced", test_reconstruction="true")
    app.run()
    assert app.main.get("progress")
    assert any("no verdict before" in one.value for one in app.caption)
    assert "tested_reconstruction" not in figures(app)
    app.button(key="claims Cancel").click().run()
    before = app.main.get("progress")[0].proto.text
    app.run()
    assert before.startswith("Cancelled after")
    assert app.main.get("progress")[0].proto.text == before


@pytest.mark.parametrize(
    ("name", "reason"),
    [("hazumi-no-prompting", "It has no prompts."), ("hazumi-gcnet", "GCNet has no trace")],
    ids=["part", "method"],
)
def test_a_checkpoint_without_what_is_claimed_says_why_it_is_not_tested(name, reason, opened, real_data):
    app = opened(checkpoint=name)
    assert not app.toggle
    assert sum(reason in one.value for one in app.main.caption) == 7
    assert next(one for one in app.main.button if one.label == TEST_ALL).disabled


def test_a_counterpart_is_found_and_compared(opened, real_data):
    app = opened(checkpoint="hazumi", data="hazumi_online.npz")
    next(one for one in app.main.button if one.label == TEST_ALL).click().run()
    finished(app)
    assert charts_of_tests(app) == {
        f"tested_{key}" for key in RULES if key != "modulator"
    }  # no checkpoint is without it
    assert markdown(app).count("**hazumi on Hazumi: ") == 6
    tested = app.session_state["shown"].sections["tested_prompting"]().about.shows
    assert all(one in tested for one in (load_checkpoint(shipped("checkpoints/hazumi")).digest, "324d3333ae5047"))
    assert "over 38 conversations with 3,033 utterances" in markdown(app)
    assert "Lost by joint training: not measured; seen: gap that ComP closes" in markdown(
        app
    )  # none is of modalities alone


def test_without_any_data_the_verdicts_are_there_and_nothing_can_be_tested(opened, monkeypatch, tmp_path, judgements):
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    app = opened(checkpoint="hazumi")
    assert app.main.subheader[0].value == claims_heading(judgements)
    assert sum("Nothing is open" in one.value for one in app.main.caption) == 7
    assert not app.toggle


def test_two_conversations_cannot_tell(open_case):
    app, _ = open_case("claims", "usual", test_separation="true")
    finished(app)
    assert not app.exception
    assert "**case on Case: ? cannot be told.**" in markdown(app)


def test_the_report_holds_all_cards_with_verdict_rule_caveat_and_data(opened, judgements):
    app = opened()
    page = app.session_state["shown"].report("http://localhost", False, False)
    text = render(page)
    assert [one.key for one in page.sections] == ["verdicts", *(f"claim_{key}_effects" for key in RULES)]
    assert text.count("figure-data") >= 7
    for key, one in judgements.items():
        assert f"{verdict_words(one.verdict)}: {CLAIM_WORDS[key].name}" in text
        assert CLAIM_WORDS[key].caveat.split(",")[0].replace("'", "&#x27;") in text
    assert "results/folds.parquet" in text
    assert "Where these numbers come from" not in text  # not from the open checkpoint: each section says where from
    assert "Holm&#x27;s p is below 0.05" in text


def test_the_list_is_a_table_that_needs_no_colour(judgements):
    body = list_html([*judgements], verdict_table(judgements), {"gap": "✓ holds"})
    assert body.count('scope="col"') == 4
    assert body.count('scope="row"') == 7
    assert "<script" not in body
    assert body.count("✓ holds") == 1 + sum(one.verdict == "holds" for one in judgements.values())


def test_without_the_tables_the_page_says_which_is_missing(monkeypatch, tmp_path, opened):
    monkeypatch.setattr("comp_viz.ui.claims.cached.RESULTS", tmp_path)
    app = opened()
    assert not app.exception
    assert "hazumi.parquet" in app.error[0].value
