"""The lab: its settings as text, the generating model, and the conversations drawn from it."""

from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comp_viz.data.lab.make import lab, lab_truth
from comp_viz.data.lab.model import FAINT, JITTER, LAB_WIDTHS, SCORE_LEVELS, SPREAD, LabModel, directions
from comp_viz.data.lab.phrases import PHRASES as WORDS
from comp_viz.data.lab.phrases import TONES
from comp_viz.data.lab.settings import LAB_EMOTIONS, LAB_PRESETS, RANGES, LabSettings
from comp_viz.errors import CompVizError

SHARES = st.floats(0, 1)
LAB_SETTINGS = st.builds(
    LabSettings,
    seed=st.integers(0, 2**32 - 1),
    conversations=st.tuples(*[st.integers(1, 100)] * 3),
    lengths=st.tuples(st.integers(1, 90), st.integers(90, 200)),
    strengths=st.tuples(*[st.floats(0, 10)] * 3),
    consensus=SHARES,
    hard=SHARES,
    context=st.floats(0, 0.99),
    label_noise=SHARES,
    classes=st.sampled_from([0, 2, 3, 4, 5, 6]),
)
FEW = LabSettings(conversations=(6, 2, 2))
MANY = LabSettings(conversations=(600, 1, 1))


# The settings as text


@given(LAB_SETTINGS)
@settings(max_examples=200, deadline=None)
def test_text_gives_the_same_settings_back(lab_settings):
    assert LabSettings.parse(str(lab_settings)) == lab_settings


def test_text_names_only_what_differs():
    assert str(LabSettings()) == "lab"
    made = LabSettings(strengths=(1.1, 1.1, 1.1), hard=0.2, classes=4)
    assert str(made) == "lab(strengths=1.1/1.1/1.1, hard=0.2, classes=4)"
    assert LabSettings.parse("lab(classes=4,hard=0.2, strengths=1.1/1.1/1.1)") == made
    assert LabSettings.parse("lab()") == LabSettings()
    assert str(LabSettings(strengths=(1, np.float64(0.5), 0.0))) == "lab(strengths=1/0.5/0)"


def test_every_dial_has_a_range():
    assert list(RANGES) == [f.name for f in fields(LabSettings)]


REFUSED = {
    "": "expected lab or lab(name=value",
    "lab(": "expected lab or lab(name=value",
    "lab(hard=0.2)x": "expected lab or lab(name=value",
    "lab((hard=0.2))": "expected lab or lab(name=value",
    "lab(" + "hard=0.1, " * 100 + ")": "expected lab or lab(name=value",
    "lab(hard)": "hard should be numbers such as 0.1, got ''",
    "lab(hard=)": "hard should be numbers such as 0.1, got ''",
    "lab(hard=0.2,)": "no setting ''",
    "lab(harder=0.2)": "no setting 'harder', only seed, conversations",
    "lab(__class__=1)": "no setting '__class__'",
    "lab(hard=0.2, hard=0.3)": "hard is given twice",
    "lab(hard=nan)": "got 'nan'",
    "lab(hard=inf)": "got 'inf'",
    "lab(hard=1_0)": "got '1_0'",
    "lab(hard=٣)": "got '٣'",
    "lab(hard=1e999)": "hard should be a number from 0 to 1, got inf",
    "lab(hard=-0.1)": "hard should be a number from 0 to 1, got -0.1",
    "lab(hard=0.1/0.2)": "hard should be a number from 0 to 1, got 0.1/0.2",
    "lab(context=1)": "context should be a number from 0 to 0.99, got 1",
    "lab(strengths=1/2)": "strengths should be 3 numbers from 0 to 10, got 1/2",
    "lab(strengths=1)": "strengths should be 3 numbers from 0 to 10, got 1",
    "lab(strengths=1/2/11)": "got 1/2/11",
    "lab(classes=2.5)": "classes should be whole numbers such as 0, got '2.5'",
    "lab(classes=1)": "classes should be 2 or more",
    "lab(classes=7)": "from 0 to 6, got 7",
    "lab(lengths=9/5)": "the shortest and the longest, got 9/5",
    "lab(lengths=5/1000000)": "from 1 to 200, got 5/1000000",
    "lab(conversations=1000000000/1/1)": "from 1 to 20000, got 1000000000/1/1",
    "lab(conversations=20000/1/1)": "more than 60,000 utterances",
    "lab(conversations=0/1/1)": "got 0/1/1",
    "lab(seed=" + "9" * 300 + ")": "seed should be a number from 0",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40])
def test_other_text_is_refused_in_words(text):
    with pytest.raises(CompVizError) as caught:
        LabSettings.parse(text)
    assert REFUSED[text] in str(caught.value)
    assert str(caught.value).startswith("lab: ")


@given(st.text(max_size=60) | st.from_regex(r"lab\(.*\)", fullmatch=True))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text):
    try:
        made = LabSettings.parse(text)
    except CompVizError:
        return
    assert LabSettings.parse(str(made)) == made


def test_presets_differ_and_have_text():
    assert set(LAB_PRESETS) == {"balanced", "one dominant modality", "one useless modality", "conflicting modalities"}
    assert len({*LAB_PRESETS.values(), LabSettings()}) == 5
    assert LAB_PRESETS["one useless modality"].strengths[2] == 0
    assert LAB_PRESETS["conflicting modalities"].consensus <= 0.5
    for preset in LAB_PRESETS.values():
        assert LabSettings.parse(str(preset)) == preset


# The generating model


@pytest.mark.parametrize("classes", [0, 2, 6])
@pytest.mark.parametrize("context", [0, 0.5, 0.99])
def test_the_chain_is_stationary_reversible_and_symmetric(classes, context):
    model = LabModel.of(LabSettings(classes=classes, context=context))
    np.testing.assert_allclose(model.transition.sum(1), 1)
    np.testing.assert_allclose(model.stationary @ model.transition, model.stationary)
    flow = model.stationary[:, None] * model.transition
    np.testing.assert_allclose(flow, flow.T)
    np.testing.assert_allclose(model.stationary, model.stationary[::-1])
    if not context:
        np.testing.assert_allclose(model.transition, np.tile(model.stationary, (len(model.stationary), 1)))


def test_scores_are_an_autoregressive_process_and_classes_stay():
    rho = 0.7
    scores = LabModel.of(LabSettings(context=rho))
    row = scores.transition[4]  # away from the ends of the range, which hold the process back
    mean = row @ SCORE_LEVELS
    assert mean == pytest.approx(rho * SCORE_LEVELS[4], abs=0.02)
    assert np.sqrt(row @ (SCORE_LEVELS - mean) ** 2) == pytest.approx(SPREAD * np.sqrt(1 - rho**2), abs=0.02)
    classes = LabModel.of(LabSettings(context=rho, classes=4)).transition
    np.testing.assert_allclose(classes, np.where(np.eye(4), rho + (1 - rho) / 4, (1 - rho) / 4))


@pytest.mark.parametrize("width", LAB_WIDTHS.values())
def test_strength_is_the_distance_between_emotions(width):
    for classes in (2, 6):
        mu = directions(width, classes)
        apart = np.linalg.norm(mu[:, None] - mu, axis=-1)
        np.testing.assert_allclose(apart[~np.eye(classes, dtype=bool)], 1, atol=1e-6)
        np.testing.assert_array_equal(mu[:2], directions(width, 2))  # whatever the number of classes
    scores = directions(width, 0)
    assert np.linalg.norm(scores[8] - scores[3]) == pytest.approx((SCORE_LEVELS[8] - SCORE_LEVELS[3]) / SPREAD)


# Conversations


def gather(data, name):
    return np.concatenate([c.features[name] for c in data.conversations])


def hidden(lab_settings, name):
    return np.concatenate([getattr(truth, name) for truth in lab_truth(lab_settings).values()])


def test_lab_is_as_described():
    data, lab_settings = lab(), LabSettings()
    assert (data.name, data.task.classes, data.task.low, data.task.high) == ("lab", (), -3, 3)
    assert Counter(data.utterances.splits) == dict(
        zip(("train", "validation", "test"), lab_settings.conversations, strict=True)
    )
    assert set(data.utterances.lengths) == set(range(lab_settings.lengths[0], lab_settings.lengths[1] + 1))
    labels = data.utterances.labels
    assert labels.dtype == np.float32
    assert np.abs(labels).max() <= 3
    assert np.abs(labels).min() > 0  # no sign is open
    assert 0.45 < (labels > 0).mean() < 0.55
    assert data.utterances.observed.all()
    assert all(all(c.words) for c in data.conversations)
    assert data.widths == LAB_WIDTHS
    assert data.sources["text"] == "lab, sentiment in 32 noisy features"


def test_classes_are_named_and_all_there():
    data = lab(replace(FEW, classes=6))
    assert data.task.classes == LAB_EMOTIONS
    assert set(data.utterances.labels) == set(range(6))
    assert lab(replace(FEW, classes=2)).task.classes == ("neutral", "happy")


def test_the_same_settings_make_the_same_conversations_and_others_do_not():
    first = lab(FEW)
    assert first.digest == lab(FEW).digest
    assert [c.words for c in first.conversations] == [c.words for c in lab(FEW).conversations]
    for name, value in {
        "seed": 8, "conversations": (7, 2, 2), "lengths": (14, 30), "strengths": (1, 1, 1), "consensus": 0.5, "hard": 0.5,
        "context": 0.1, "label_noise": 0.5, "classes": 3,
    }.items():  # fmt: skip
        assert lab(replace(FEW, **{name: value})).digest != first.digest, name


def test_a_dial_turns_nothing_but_what_it_says():
    before = lab(FEW).find("lab-test-001")
    more = lab(replace(FEW, conversations=(20, 5, 3))).find("lab-test-001")
    np.testing.assert_array_equal(before.features["audio"], more.features["audio"])
    stronger = lab(replace(FEW, strengths=(3, 2, 0.7))).find("lab-test-001")
    for same in ("text", "video"):
        np.testing.assert_array_equal(before.features[same], stronger.features[same])
    np.testing.assert_array_equal(before.labels, stronger.labels)
    assert not np.array_equal(before.features["audio"], stronger.features["audio"])
    noisy = lab(replace(FEW, label_noise=1)).find("lab-test-001")
    np.testing.assert_array_equal(before.features["audio"], noisy.features["audio"])


@pytest.mark.parametrize("classes", [0, 3])
def test_truth_is_that_of_the_conversations(classes):
    lab_settings = replace(FEW, classes=classes, label_noise=0.3)
    truths = lab_truth(lab_settings)
    data = lab(lab_settings)
    assert list(truths) == [c.id for c in data.conversations]
    for c in data.conversations:
        truth = truths[c.id]
        assert truth.state.shape == truth.hard.shape == truth.mislabelled.shape == (len(c),)
        assert truth.expressed.shape == (len(c), 3)
        off = np.abs(c.labels - truth.state)[~truth.mislabelled]
        assert (off <= (0 if classes else JITTER + 1e-6)).all()


def test_shares_are_those_of_the_settings():
    lab_settings = replace(MANY, consensus=0.6, hard=0.3, label_noise=0.2, context=0.4, classes=4)
    N = len(lab(lab_settings).utterances)
    agreeing = 0.6 + 0.4 / 4  # an emotion of one's own can be the same
    for share, expected in (
        (hidden(lab_settings, "hard").mean(), 0.3),
        (hidden(lab_settings, "mislabelled").mean(), 0.2),
        ((hidden(lab_settings, "expressed")[:, 1] == hidden(lab_settings, "state")).mean(), agreeing),
    ):
        assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / N))
    followed = np.concatenate([t.state[1:] == t.state[:-1] for t in lab_truth(lab_settings).values()])
    assert followed.mean() == pytest.approx(0.4 + 0.6 / 4, abs=0.02)


def test_modalities_disagree_independently():
    lab_settings = replace(MANY, consensus=0.5, classes=6)
    own = hidden(lab_settings, "expressed") != hidden(lab_settings, "state")[:, None]
    both = (own[:, 0] & own[:, 2]).mean()
    assert both == pytest.approx(own[:, 0].mean() * own[:, 2].mean(), abs=0.015)
    assert (hidden(replace(FEW, consensus=1), "expressed") == hidden(replace(FEW, consensus=1), "state")[:, None]).all()


@pytest.mark.parametrize("classes", [0, 4])
def test_features_are_the_expressed_emotion_in_noise_fainter_when_hard(classes):
    lab_settings = replace(MANY, strengths=(1.5, 2.5, 0), hard=0.5, classes=classes)
    data, model, hard = lab(lab_settings), LabModel.of(lab_settings), hidden(lab_settings, "hard")
    for m, u in enumerate(data.modalities):
        emotion = np.searchsorted(model.values, hidden(lab_settings, "expressed")[:, m])
        noise = gather(data, u) - np.where(hard, FAINT, 1)[:, None] * model.means[u][emotion]
        assert np.abs(noise.mean(0)).max() < 5 / np.sqrt(len(noise))
        np.testing.assert_allclose(np.cov(noise.T), np.eye(LAB_WIDTHS[u]), atol=6 / np.sqrt(len(noise)))


def test_words_fit_what_the_text_expresses():
    for lab_settings, fitting in ((FEW, None), (replace(FEW, classes=6), WORDS)):
        truths = lab_truth(lab_settings)
        for c in lab(lab_settings).conversations:
            for spoken, emotion in zip(c.words, truths[c.id].expressed[:, 1], strict=True):
                assert spoken in (fitting[LAB_EMOTIONS[int(emotion)]] if fitting else TONES[int((emotion + 3) / 6 * 5)])


def test_every_emotion_has_words_of_its_own():
    assert tuple(WORDS) == LAB_EMOTIONS
    phrases = [phrase for phrases in WORDS.values() for phrase in phrases]
    assert len(set(phrases)) == len(phrases)
