"""Addresses of every page as they were before its options got other names: each still opens, on what it names."""

import pytest
from page_cases import APP, mend_navigation
from streamlit.testing.v1 import AppTest

from comp_viz.resources import shipped
from comp_viz.stories import read_story
from comp_viz.ui.frame.address_state import OLD_VALUES
from comp_viz.ui.frame.sidebar import OF_NO_CONVERSATION

VIEW = {"checkpoint": "lab", "conversation": "lab-test-003", "pattern": "uniform(0.3)", "seed": "4", "utterance": "5"}
# Page, and the parameters of its own that its addresses had, none of them at its default.
ADDRESSES = [
    ("live", {}),
    ("overview", {"compare": "nothing missing"}),
    (
        "prototypes",
        {
            "look_at": "Space",
            "colour": "correctness",
            "ways": "nobody",
            "features": "all modalities",
            "method": "t-SNE",
            "dimensions": "3-D",
            "aligned": "true",
        },
    ),
    ("prototypes", {"look_at": "Space", "ways": "utterance in hand", "method": "PCA"}),
    ("prototypes", {"look_at": "Assignment", "modality": "video", "block": "2", "singly": "true"}),
    (
        "prototypes",
        {"look_at": "Stand for", "prototypes_of": "lab-train-289", "prototype": "10", "modality": "video"},
    ),
    ("prototypes", {"look_at": "Prompts", "modality": "video", "momentum": "0.25"}),
    (
        "propagation",
        {"propagation": "Attention", "attention_of": "video", "attention_map": "block 2, layer 2, head 2"},
    ),
    ("propagation", {"propagation": "Attention", "attention_map": "mean of all layers and heads"}),
    ("propagation", {"propagation": "Attention", "attention_map": "rollout"}),
    (
        "propagation",
        {"propagation": "Cross-modal flow", "flow_on": "fused prediction", "flow_where": "receiver missing"},
    ),
    ("coordinator", {"weighing": "Learned weights", "fitted": "true"}),
    ("coordinator", {"weighing": "By group", "fitted": "true", "compare": "nothing missing"}),
    (
        "coordinator",
        {"weighing": "Other weights", "weight_audio": "0.25", "weight_text": "0.75", "weight_video": "0.5"},
    ),
    ("why", {"why": "Contributions", "why_of": "video", "further_tests": "true"}),
    ("why", {"why": "Features", "why_method": "Occlusion"}),
    ("why", {"why": "Features", "why_method": "Shapley sampling"}),
    ("why", {"why": "Features", "why_method": "Gradient × Input"}),
    ("why", {"why": "Context", "why_order": "attention rollout"}),
    (
        "why",
        {"why": "Counterfactuals", "compare": "another missing pattern", "compare_pattern": "only(audio)"},
    ),
    ("modulation", {"list": "easiest"}),
    ("imbalance", {"judged_on": "training split", "measure": "true"}),
    ("robustness", {"metric": "CORR", "split": "validation", "share": "two thirds"}),
    ("robustness", {"references": "published, other data: CMU-MOSEI, ComP"}),
    ("compare", {"split": "validation", "compared": "lab-dominant: video head"}),
    ("data", {}),
    ("lab", {"lab": "lab(seed=7, strengths=1/2/0.5)"}),
    ("lecture", {}),
    ("clips", {}),
]


def opened(page, **parameters):
    """The page as an address opens it, in a session of its own."""
    app = AppTest.from_file(APP, default_timeout=300).switch_page(f"pages/{page}.py")
    app.query_params.update(VIEW | parameters)
    return app.run()


@pytest.fixture(autouse=True)
def _navigation(monkeypatch):
    mend_navigation(monkeypatch)


def shown(app, key):
    """What the control called `key` shows."""
    kinds = ("selectbox", "segmented_control", "button_group", "toggle", "slider", "multiselect", "text_input")
    values = [one.value for kind in kinds for one in app.get(kind) if one.key == key]
    assert values, f"there is no control for {key}"
    return values[0]


def as_text(value):
    return str(value).lower() if isinstance(value, bool) else "".join(value) if isinstance(value, list) else str(value)


@pytest.mark.parametrize(
    ("page", "own"), ADDRESSES, ids=lambda part: part if isinstance(part, str) else " ".join(part.values())
)
def test_an_old_address_opens_what_it_names(page, own):
    app = opened(page, **own)
    assert not app.exception
    assert not app.error
    assert app.sidebar.selectbox(key="checkpoint").value == "lab"
    if page.capitalize() in {*OF_NO_CONVERSATION, "Modulation"}:  # kept for the next page that looks at one
        assert not [box for box in app.sidebar.selectbox if box.key == "conversation"]
        app.switch_page("pages/why.py").run()
    assert app.sidebar.selectbox(key="conversation").value == VIEW["conversation"]
    assert app.sidebar.code[0].value == VIEW["pattern"]
    assert app.sidebar.number_input(key="pattern_draw").value == int(VIEW["seed"])
    app = opened(page, **own)
    numbers = [one.value for one in app.main.number_input if one.key == "utterance"]
    assert numbers in ([], [int(VIEW["utterance"])])
    for name, value in own.items():
        if name == "lab":
            assert app.number_input(key="lab seed").value == 7
            assert app.slider(key="lab strength video").value == 0.5
        else:
            assert as_text(shown(app, name)) == OLD_VALUES.get(name, {}).get(value, value)


def test_an_option_is_found_in_any_capitals():
    app = opened("why", why="counterfactuals")
    assert shown(app, "why") == "Counterfactuals"
    assert not app.main.warning


def test_a_part_that_became_a_page_opens_as_one():
    app = opened("propagation", propagation="Reconstruction", compare="checkpoint lab-dominant")
    assert not app.exception
    assert app.segmented_control(key="reconstruction").value == "This conversation"
    assert app.selectbox(key="compare").value == "checkpoint lab-dominant"
    assert app.sidebar.code[0].value == VIEW["pattern"]
    app.switch_page("pages/propagation.py").run()
    assert app.segmented_control(key="propagation").value == "Attention"


def test_an_old_address_of_a_lab_opens_that_lab():
    app = opened("live", data="lab(seed=9, conversations=4/3/3)", conversation="lab-test-002")
    assert app.sidebar.selectbox(key="data").value == "lab(seed=9, conversations=4/3/3)"
    assert app.sidebar.selectbox(key="conversation").value == "lab-test-002"
    assert len(app.sidebar.selectbox(key="conversation").options) == 10


def test_an_old_address_of_a_story_opens_its_step():
    app = opened("live", story="missing", step="3")
    assert app.subheader[0].value == read_story(shipped("stories/missing.yaml")).steps[2].say
    assert (
        app.sidebar.selectbox(key="conversation").value == VIEW["conversation"]
    )  # what it names goes before the story


def test_old_values_are_no_options_any_more():
    """Else an address with one would be given another meaning."""
    for page, own in ADDRESSES:
        for name, value in own.items():
            if value in OLD_VALUES.get(name, {}):
                control = next(
                    w
                    for kind in ("segmented_control", "button_group", "selectbox")
                    for w in opened(page, **own).get(kind)
                    if w.key == name
                )
                assert value not in control.options
