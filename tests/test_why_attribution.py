"""Why: attributions of cells and features, against Captum and slopes, and the names that features have."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import Occlusion

from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.why.attribution import (
    ATTRIBUTION_METHODS,
    GRADIENT,
    INTEGRATED,
    OCCLUSION,
    SAMPLING,
    attribute,
    blocks,
)
from comp_viz.analysis.why.masking import Masked
from comp_viz.analysis.why.named_features import feature_label, feature_table, group_of, group_table, names_of
from comp_viz.clips.extractors.registry import feature_names
from comp_viz.data.batch import Batch
from comp_viz.data.source import open_data
from comp_viz.figures.why.attribution import feature_groups_title, features_title


def test_occlusion_is_captums(masked, checkpoint, conversation, observed):
    result = attribute(checkpoint, conversation, observed, 2, OCCLUSION)
    shown = torch.from_numpy(masked.observed).float()[None]
    expected = Occlusion(lambda masks: torch.from_numpy(masked.fused(masks.numpy() > 0.5)[:, 2, 0].copy())).attribute(
        shown, sliding_window_shapes=(1, 1)
    )
    np.testing.assert_allclose(result.cells, expected[0].numpy(), atol=1e-6)


@pytest.mark.parametrize("method", ATTRIBUTION_METHODS)
def test_missing_cells_have_no_part(method, checkpoint, conversation, observed):
    result = attribute(checkpoint, conversation, observed, 2, method)
    assert not result.cells[~(observed & conversation.observed)].any()
    assert result.cells[2].any()


def test_integrated_gradients_are_complete_and_features_sum_to_cells(checkpoint, conversation, observed):
    result = attribute(checkpoint, conversation, observed, 2, INTEGRATED)
    assert result.missing_sum < 0.01
    for u, name in enumerate(result.modalities):
        np.testing.assert_allclose(result.features[name].sum(1), result.cells[:, u], atol=1e-5)
    zeros = replace(conversation, features={u: np.tile(m, (len(observed), 1)) * conversation.observed[:, [i]] for i, (u, m) in enumerate(checkpoint.standardise.mean.items())})  # fmt: skip
    assert result.start == pytest.approx(float(predict_conversation(checkpoint, zeros, observed).fused[2, 0]), abs=1e-4)


def test_gradient_times_input_is_the_slope(checkpoint, conversation, observed):
    """Against a finite difference along the features of one cell."""
    result = attribute(checkpoint, conversation, observed, 2, GRADIENT)
    batch = Batch.of([conversation], checkpoint.standardise)
    ends = []
    for scale in (0.99, 1.01):
        features = {u: x.double().clone() for u, x in batch.features.items()}
        features["audio"][0, 2] *= scale
        model = load_double(checkpoint)
        ends.append(float(model(features, observed[None], batch.valid).fused[0, 2, 0]))
    assert result.cells[2, 0] == pytest.approx((ends[1] - ends[0]) / 0.02, rel=0.02, abs=1e-4)


def load_double(checkpoint):
    return copy.deepcopy(checkpoint.model).double()


def test_sampled_shapley_values_sum_to_the_change_and_repeat(checkpoint, conversation, observed):
    result = attribute(checkpoint, conversation, observed, 2, SAMPLING)
    assert result.missing_sum < 1e-4
    np.testing.assert_array_equal(attribute(checkpoint, conversation, observed, 2, SAMPLING).cells, result.cells)
    assert (result.error >= 0).all()
    assert result.steps >= 4


def test_sampled_orders_are_nobody_elses_random_numbers(checkpoint, conversation, observed, monkeypatch):
    """Another thread may draw from PyTorch's global generator meanwhile."""
    first = attribute(checkpoint, conversation, observed, 1, SAMPLING, seed=3)
    fused = Masked.fused

    def beside(*given):
        torch.rand(1)
        return fused(*given)

    monkeypatch.setattr(Masked, "fused", beside)
    second = attribute(checkpoint, conversation, observed, 1, SAMPLING, seed=3)
    np.testing.assert_array_equal(first.cells, second.cells)


def test_distant_cells_share_a_player():
    numbers = blocks(np.ones((60, 3), bool), 20)
    assert len(np.unique(numbers[16:25])) == 27
    assert len(np.unique(numbers)) == 3 * (9 + 8)
    assert len(np.unique(blocks(np.ones((2, 2), bool), 0))) == 4


def test_features_have_the_names_of_the_file(real_data):
    data = open_data("hazumi_online.npz")
    names = names_of(data)
    assert names["video"][-1] == "AU45_c_mean"
    assert feature_label(names["video"][-10]) == "AU12_c_mean (lip corner puller)" or "AU12" in " ".join(names["video"])
    assert len(names["audio"]) == 384
    assert names["text"][0] == "text 1"
    groups = {group_of(name, "audio") for name in names["audio"]}
    assert groups == {"voice: loudness", "voice: spectrum", "voice: quality", "voice: pitch"}
    assert {group_of(name, "video") for name in names["video"]} == {
        "face: brows and lids",
        "face: eyes and cheeks",
        "face: nose, mouth and jaw",
    }


def test_features_of_clips_have_the_names_of_their_extractors():
    groups = {group_of(name, "audio") for name in feature_names(("whisper-base encoder", "eGeMAPS v02"))}
    assert "voice: pitch" in groups
    assert "audio: not named" not in groups
    faces = [name for name in feature_names(("MediaPipe blendshapes",)) if not name.startswith("_neutral")]
    assert all(group_of(name, "video").startswith("face:") for name in faces)


def test_features_without_any_name_are_their_modality_as_a_whole(checkpoint, conversation, observed, small_lab):
    table = feature_table(attribute(checkpoint, conversation, observed, 2, GRADIENT), names_of(small_lab))
    assert set(table["group"]) == {f"{name} as a whole" for name in table["modality"]}


def test_groups_keep_the_sum_of_their_features(checkpoint, conversation, observed, small_lab):
    result = attribute(checkpoint, conversation, observed, 2, GRADIENT)
    table = feature_table(result, names_of(small_lab))
    assert table["attribution"].sum() == pytest.approx(float(result.cells[2].sum()), abs=1e-5)
    assert group_table(table)["attribution"].sum() == pytest.approx(float(result.cells[2].sum()), abs=1e-5)
    assert table["attribution"].abs().is_monotonic_decreasing
    top, group = table.iloc[0], group_table(table).iloc[0]
    assert features_title(table, small_lab.task).startswith(
        f"Of the utterance's own features, {top['feature']} has the largest attribution: "
    )
    assert features_title(table[:0], small_lab.task) == "No feature of this utterance is observed"
    assert f"{group['group']} has the largest sum: " in feature_groups_title(group_table(table), small_lab.task)
    with pytest.raises(ValueError, match="cells"):
        feature_table(attribute(checkpoint, conversation, observed, 2, OCCLUSION), names_of(small_lab))
