"""How unlike what a checkpoint learned from features are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from comp_viz.analysis.clips.prediction import UNLIKE, unlike_modalities, unlike_warning
from comp_viz.checkpoint.familiarity import Surroundings, familiarity_tensors, read_familiarity
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.errors import CompVizError
from recipes.clips.corpus_conversations import conversation

D = 40


@pytest.fixture(scope="module")
def drawn():
    """Features in which a few directions vary much, and surroundings of the first half of them."""
    rng = np.random.default_rng(0)
    features = (rng.normal(size=(3000, D)) * np.linspace(3, 0.1, D)).astype(np.float32)
    return features, Surroundings.of(features[:1500], features[1500:2500])


def test_what_was_learned_from_is_familiar_and_what_is_far_away_is_not(drawn):
    features, known = drawn
    unlike = known.unlike(features[2500:])
    assert (unlike >= UNLIKE).mean() < 0.03
    assert unlike.mean() == pytest.approx(0.5, abs=0.05)
    far = features[2500:2520] + 30 * np.eye(D, dtype=np.float32)[0]  # along what varies most
    aside = features[2500:2520] + 12 * np.eye(D, dtype=np.float32)[-1]  # along what hardly varies
    assert (known.unlike(far) >= UNLIKE).all()
    assert (known.unlike(aside) >= UNLIKE).all()


def test_distances_are_mahalanobis_where_all_directions_are_kept(drawn):
    features, _ = drawn
    few = features[:, :8]
    known = Surroundings.of(few, few)
    expected = np.einsum("nd,de,ne->n", few, np.linalg.inv(np.cov(few, rowvar=False)), few) / 8
    np.testing.assert_allclose(2 * known.distances(few) ** 2, expected, rtol=1e-2, atol=1e-2)


def test_it_is_kept_in_a_checkpoints_tensors_and_refused_when_it_does_not_fit(drawn):
    features, known = drawn
    tensors = familiarity_tensors({"audio": known})
    again = read_familiarity(tensors, {"audio": D, "text": 3})
    assert set(again) == {"audio"}
    np.testing.assert_array_equal(again["audio"].unlike(features), known.unlike(features))
    assert read_familiarity({}, {"audio": D}) == {}
    with pytest.raises(CompVizError, match="damaged"):
        read_familiarity(tensors, {"audio": D + 1})
    with pytest.raises(CompVizError, match="damaged"):
        read_familiarity(tensors | {"familiarity.audio.spread": torch.zeros(20)}, {"audio": D})


def test_the_shipped_checkpoint_names_what_it_does_not_know():
    checkpoint = load_checkpoint(Path(__file__).parents[1] / "checkpoints" / "clips")
    widths = checkpoint.config.widths
    assert set(checkpoint.familiarity) == set(widths)
    blank = conversation("a clip", "", [{}] * 2, [np.nan] * 2, widths)
    mean = {name: np.tile(checkpoint.standardise.mean[name], (2, 1)) for name in widths}
    mean["audio"][1] += 4 * checkpoint.standardise.std["audio"]
    known = replace(blank, features=mean, observed=np.array([[True, True, True], [True, False, False]]))
    first, second = unlike_modalities(checkpoint, known)
    assert "audio" not in first
    assert second == ("audio",)
    assert unlike_warning(second).startswith("audio unlike")
    assert unlike_warning(()) == ""
    assert unlike_modalities(replace(checkpoint, familiarity={}), known) == [(), ()]
