"""The term that draws the modalities' features together as distributions, with labels or without."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from comp_viz.data.dataset import DataSet
from comp_viz.errors import CompVizError
from comp_viz.methods.comp.objective import KERNEL_WIDTHS, matching
from comp_viz.methods.recipe import Recipe
from comp_viz.network.rows import Rows


def made(observed, offset=0.0, seed=0):
    """Features `[M, N + B, 4]` of conversations with these `observed [B, S, M]` entries, of the second modality moved away."""
    generator = torch.Generator().manual_seed(seed)
    B, S, M = observed.shape
    rows = Rows.of(observed, torch.ones(B, S, dtype=torch.bool), S + 1)
    x = torch.randn(M, B * S + B, 4, dtype=torch.float64, generator=generator)
    x[1] += offset
    return x, rows


def naive_matching(x, rows):
    """Kernel by kernel, pair by pair, over observed utterances alone; the scale is the mean of the modalities' mean distances."""
    M, N = len(x), len(rows)
    seen = [part for u in range(M) if len(part := x[u, :N][rows.keys[u]])]
    scale = np.mean([np.mean([((a - b) ** 2).sum().item() for a in one for b in two]) for one in seen for two in seen])

    def kernel(a, b):
        return np.mean([np.exp(-((a - b) ** 2).sum().item() / (width * scale)) for width in KERNEL_WIDTHS])

    total = 0.0
    for u in range(M):
        for v in range(u + 1, M):
            first, second = x[u, :N][rows.keys[u]], x[v, :N][rows.keys[v]]
            if len(first) and len(second):
                total += np.mean([kernel(a, b) for a in first for b in first])
                total += np.mean([kernel(a, b) for a in second for b in second])
                total -= 2 * np.mean([kernel(a, b) for a in first for b in second])
    return total


@pytest.mark.parametrize("absent", [None, 2], ids=["all modalities", "one nowhere observed"])
def test_it_is_the_discrepancy_written_out(absent):
    observed = torch.rand(2, 4, 3, generator=torch.Generator().manual_seed(3)) > 0.4
    if absent is not None:
        observed[..., absent] = False
    x, rows = made(observed, offset=0.7)
    assert matching(x, rows).item() == pytest.approx(naive_matching(x, rows), rel=1e-7)


def test_it_is_nothing_for_the_same_features_and_grows_with_their_distance():
    observed = torch.ones(1, 20, 3, dtype=torch.bool)
    x, rows = made(observed)
    same = x[:1].expand(3, -1, -1)
    assert matching(same, rows).item() == pytest.approx(0, abs=1e-12)
    values = [matching(made(observed, offset)[0], rows).item() for offset in (0, 1, 2)]
    assert values == sorted(values)
    assert values[2] > 3 * values[0]


def test_what_is_missing_has_no_part_in_it():
    observed = torch.ones(1, 6, 3, dtype=torch.bool)
    observed[0, 2, 1] = False
    x, rows = made(observed)
    x.requires_grad_()
    matching(x, rows).backward()
    assert not x.grad[1, 2].any()
    assert x.grad[0, 2].any()
    assert not x.grad[:, 6:].any()  # blank utterances


def test_conversations_without_labels_teach_it(small_lab, trainer):
    """Of two trainings on labelled and unlabelled conversations only the one with the term depends on the unlabelled features."""
    train = small_lab.split("train")
    bare = [replace(c, labels=np.full(len(c), np.nan, np.float32)) for c in train[4:]]
    moved = [replace(c, features={u: 3 * x for u, x in c.features.items()}) for c in bare]

    def gradient(unlabelled, weight):
        others = (*train[:4], *unlabelled, *small_lab.split("validation"), *small_lab.split("test"))
        data = DataSet("Mixed", small_lab.task, others, dict(small_lab.sources), "none")
        one = trainer(
            data, matching_weight=weight, reconstruction_weight=0, disentanglement_weight=0, average=0, feature_noise=0
        )
        torch.manual_seed(0)
        one.model.eval()  # no dropout
        batch = one.train.pick(range(4, len(train)))
        targets = batch.labels
        learned = one.learning.objective(one.stages[0], batch, targets, ~targets.isnan())
        assert ("matching" in learned.losses) == bool(weight)
        learned.losses["loss"].backward()
        return one.model.encoder.fc1.weight.grad.abs().sum().item()

    assert gradient(bare, 0.0) == 0
    assert gradient(bare, 1.0) > 0
    assert gradient(moved, 1.0) != gradient(bare, 1.0)


def test_a_weight_below_nothing_is_refused():
    with pytest.raises(CompVizError, match="matching_weight: expected a number from 0 on, got -1"):
        Recipe(matching_weight=-1)
