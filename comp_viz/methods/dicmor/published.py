"""Reads published parameters of DiCMoR's flows into ours; sizes follow from the shapes."""

import re
from collections.abc import Mapping
from typing import Any

import torch

from comp_viz.errors import CompVizError
from comp_viz.methods.dicmor.flow import Flows
from comp_viz.methods.published_parameters import as_state


def load_flows(parameters: Mapping[str, Any]) -> Flows:
    """Flows with published weights, in evaluation mode: one for each `flow0/…`, `flow1/…`.

    Of a whole state dict what the published step never calls is left out: normalisation, products, priors. Raises
    `CompVizError` when a parameter is missing or does not fit.
    """
    state = as_state(parameters)
    matches = [re.match(r"flow(\d+)/blocks\.(\d+)\.flows\.(\d+)\.coupling\.", name) for name in state]
    numbers = {(int(m[1]), int(m[2]), int(m[3])) for m in matches if m}
    flows, blocks, steps = (1 + max((each[i] for each in numbers), default=-1) for i in range(3))
    if not numbers or blocks > 1:
        raise CompVizError(
            f"flows: expected names as flow0/blocks.0.flows.0.coupling.net.0.weight, of one block, got {blocks} blocks."
        )
    prefix = "blocks.0.flows.{}.coupling.net."
    first = f"flow0/{prefix.format(0)}0.weight"
    hidden, half, *_ = state.shape(first, 4)
    model = Flows(flows, 2 * half, steps, "published", hidden).to(state[first])
    linears = {"first": "0.", "second": "2.", "last": "4.conv."}
    with torch.no_grad():
        for flow in range(flows):
            for step, coupling in enumerate(model.couplings):
                at = f"flow{flow}/{prefix.format(step)}"
                for ours, published in linears.items():
                    weight = coupling.get_parameter(f"{ours}.weight")[flow]
                    bias = coupling.get_parameter(f"{ours}.bias")
                    weight.copy_(state.fitting(f"{at}{published}weight", (*weight.mT.shape, 1, 1)).flatten(1).T)
                    bias[flow, 0].copy_(state.fitting(f"{at}{published}bias", bias.shape[2:]))
                coupling.last.scale[flow, 0].copy_(state.fitting(f"{at}4.scale", coupling.last.scale.shape[2:]))
    return model.eval()
