"""The prototype bank: prototypes of a fixed choice of training conversations, so that a prediction stands on its own."""

import torch
from torch import Tensor

from comp_viz.data.batch import Batch
from comp_viz.network.model import ComP


@torch.no_grad()
def prototype_bank(model: ComP, conversations: Batch) -> Tensor:
    """Prototypes `[M, B, c, d]` of `conversations`, for `model.bank`; computed without dropout."""
    if not model.config.prompting:
        return model.bank[:, :0]
    training = model.training
    model.eval()
    _, encoded, rows = model.begin(conversations.features, conversations.observed, conversations.valid)
    bank = model.compress(*rows.part(encoded), rows)
    model.train(training)
    return bank.to(model.fusion.weight.dtype)
