"""Every page says of every kind of data set and checkpoint what the library says, and what to do where there is none."""

from itertools import chain

import numpy as np
import pytest
from page_cases import CASES, dashboard, figures, on_wire

from comp_viz.analysis.claims.shipped_claims import shipped_claims
from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.live.change import change
from comp_viz.analysis.overview.overview import build_overview
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.propagation.attention import entropy_by_head
from comp_viz.analysis.prototypes.assignment import measure_assignments
from comp_viz.analysis.reconstruction.entries import compare_rebuilt
from comp_viz.analysis.reconstruction.rebuilt import rebuild_conversation
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.analysis.why.contribution import contribution
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.summary import summarise_data
from comp_viz.figures.claims.heading import claims_heading
from comp_viz.figures.data.heading import data_title
from comp_viz.figures.live.timeline import timeline_title
from comp_viz.figures.overview.heading import overview_heading
from comp_viz.figures.propagation.heading import attention_heading
from comp_viz.figures.prototypes.heading import prototypes_heading
from comp_viz.figures.reconstruction.heading import reconstruction_heading
from comp_viz.figures.why.heading import contributions_heading
from comp_viz.resources import shipped
from comp_viz.wording import decimal, percent

PATTERN = "uniform(0.3)"
# Page -> charts that it has whatever the data are.
PAGES = {
    "live": {"timeline"},
    "clips": set(),
    "overview": set(),
    "prototypes": set(),
    "propagation": set(),
    "reconstruction": {"reconstruction_entries"},
    "coordinator": set(),
    "why": {"contributions", "contribution_steps", "contribution_pairs", "contribution_curves"},
    "modulation": set(),
    "imbalance": set(),
    "robustness": {"rates", "kept"},
    "compare": {"by pattern"},
    "data": {"labels", "missing"},
    "claims": set(),
}
# Every case on some pages, so that each is with each kind of page; all on all, as figures and titles, in test_headings.py.
OTHERS = [case for case in CASES if case not in ("usual", "500 utterances")]
SEEN = [
    (page, case)
    for number, page in enumerate(PAGES)
    for case in ("usual", "500 utterances", OTHERS[number % len(OTHERS)], OTHERS[(number + 3) % len(OTHERS)])
]


@pytest.fixture
def library(tmp_path):
    """What the library says of the case that is open: checkpoint, conversation, pattern, and everything inside."""

    def asked(data):
        checkpoint = load_checkpoint(tmp_path / "checkpoints" / "case")
        conversation = data.split("test")[0]
        utterances = Utterances.of([conversation])
        observed = Pattern.parse(PATTERN)(utterances, data.task, np.random.default_rng(1))
        return checkpoint, conversation, observed, look_inside(checkpoint, conversation, observed)

    return asked


def live(app, data, checkpoint, conversation, observed, inside):
    complete = predict_conversation(checkpoint, conversation, conversation.observed)
    changed = change(inside.prediction, complete, conversation.labels)
    entries = int(conversation.observed.sum())
    missing = entries - int(observed.sum())
    assert ("a single entry" if missing == 1 else percent(missing / entries)) in timeline_title(changed)
    decided = [p.argmax(1) if data.task.classes else p[:, 0] > 0 for p in (inside.prediction.fused, complete.fused)]
    recorded = conversation.observed.any(axis=1)  # the others have no prediction
    flips = int((decided[0] != decided[1])[recorded].sum())
    assert f"{flips or 'none'} of {recorded.sum()} predictions flip" in timeline_title(changed)
    return timeline_title(changed)


def overview(app, data, checkpoint, conversation, observed, inside):
    selected = next(one.value for one in app.number_input if one.label == "Utterance") - 1
    title = overview_heading(build_overview(inside, conversation.labels), selected)
    weights = inside.prediction.coordinator[selected]
    if weights.max() - 1 / len(weights) >= 0.02:
        assert data.modalities[int(weights.argmax())] in title.lower()
        assert decimal(float(weights.max())) in title
    return title


def prototypes(app, data, checkpoint, conversation, observed, inside):
    assert ("no prompts" in app.subheader[0].value) == (not checkpoint.config.prompting)
    return prototypes_heading([measure_assignments(checkpoint, inside, l) for l in range(checkpoint.config.blocks)])


def propagation(app, data, checkpoint, conversation, observed, inside):
    assert bool(inside.attention) == checkpoint.config.propagation == ("attention_matrix" in figures(app))
    return attention_heading(entropy_by_head(inside) if inside.attention else {})


def reconstruction(app, data, checkpoint, conversation, observed, inside):
    return reconstruction_heading(compare_rebuilt(rebuild_conversation(checkpoint, conversation, observed)))


def coordinator(app, data, checkpoint, conversation, observed, inside):
    title, weights = app.subheader[0].value, inside.prediction.coordinator
    if not checkpoint.config.coordination:
        assert "without a coordinator" in title
        assert figures(app).keys() == {"other weights", "accuracy"}
    else:
        assert decimal(float(weights.min())) in title
        assert decimal(float(weights.max())) in title
        assert "weights" in figures(app)
    return title


def why(app, data, checkpoint, conversation, observed, inside):
    result = contribution(predict_coalitions(checkpoint, conversation, observed))
    shares = np.abs(result.values).sum(0) if result.values.shape[0] == len(observed) else np.abs(result.values).sum(1)
    title = contributions_heading(result)
    assert data.modalities[int(shares.argmax())] in title.lower()
    assert percent(float(shares.max() / shares.sum())) in title
    return title


def modulation(app, data, checkpoint, conversation, observed, inside):
    assert "writes telemetry beside" in app.main.info[0].value
    return "The training of case was not recorded" if checkpoint.config.prompting else app.subheader[0].value


def imbalance(app, data, checkpoint, conversation, observed, inside):
    assert any("so there is no accuracy by epoch" in one.value for one in app.main.info)
    return "The training of this checkpoint was not recorded"


def robustness(app, data, checkpoint, conversation, observed, inside):
    assert any("the fused prediction reaches ACC" in one.value for one in app.main.markdown)
    return app.subheader[0].value


def compare(app, data, checkpoint, conversation, observed, inside):
    heading = app.subheader[0].value.removeprefix("So far, ")
    assert heading.startswith(("case and case: ", "case ", "The first "))
    return app.subheader[0].value


def data(app, data, checkpoint, conversation, observed, inside):
    shown = {one.label: one.value for one in app.metric}
    assert shown["Conversations"] == "7"
    assert shown["Utterances"].replace(",", "") == str(sum(map(len, data.conversations)))
    return data_title(data.name, summarise_data(data))


def claims(app, data, checkpoint, conversation, observed, inside):
    assert len(app.main.subheader) == 8
    return claims_heading({key: one.judgement for key, one in shipped_claims(shipped("results")).items()})


def clips(app, data, checkpoint, conversation, observed, inside):
    return "Bring a clip of someone talking, to see what the model predicts from it"


@pytest.mark.parametrize(("page", "case"), SEEN)
def test_a_page_says_what_the_library_says(page, case, open_case, library):
    app, data = open_case(page, case, pattern=PATTERN)
    assert not app.exception
    assert not app.error
    expected = globals()[page](app, data, *library(data))
    assert expected == next(one.value for one in chain(app.header, app.subheader))
    assert figures(app).keys() >= PAGES[page]
    assert max(on_wire(app).values(), default=0) < 2_000_000


def test_every_case_is_seen_on_some_pages():
    assert {case for _, case in SEEN} == set(CASES)


@pytest.mark.parametrize("page", [*PAGES, "lab"])
def test_a_page_without_anything_to_show_says_what_to_do(page, tmp_path, monkeypatch):
    app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert "comp-viz train" in app.sidebar.info[0].value


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_trained_checkpoint_compares(page, open_trained):
    app = open_trained(page)
    assert not app.exception
    assert not app.error
    before = figures(app).keys()
    if any(box.key == "compare" and len(box.options) > 1 for box in app.selectbox):
        app.selectbox(key="compare").set_value("nothing missing").run()
        assert not app.exception
        assert not app.error
        assert "nothing missing" in app.query_params["compare"]
        named = [one.value for one in app.main.markdown if one.value.startswith("**")]
        assert any("as recorded" in one for one in named)  # as the page calls it
        assert len(figures(app)) >= len(before)
