"""Reads published parameters of DiCMoR's flows into ours; sizes follow from the shapes."""

from collections.abc import Mapping
from typing import Any

import torch

from comp_viz.methods.dicmor.flow import Flows


def load_flows(parameters: Mapping[str, Any]) -> Flows:
    """Flows with published weights, in evaluation mode: one for each `flow0/…`, `flow1/…`."""
    state = {name: torch.as_tensor(value) for name, value in parameters.items()}
    flows = len({name.partition("/")[0] for name in state})
    steps = len({name.split("coupling")[0] for name in state}) // flows
    prefix = "blocks.0.flows.{}.coupling.net."
    hidden, half = state["flow0/" + prefix.format(0) + "0.weight"].shape[:2]
    model = Flows(flows, 2 * half, steps, "published", hidden).to(next(iter(state.values())))
    linears = {"first": "0.", "second": "2.", "last": "4.conv."}
    with torch.no_grad():
        for flow in range(flows):
            for step, coupling in enumerate(model.couplings):
                at = f"flow{flow}/{prefix.format(step)}"
                for ours, published in linears.items():
                    weight = state[f"{at}{published}weight"].flatten(1)
                    coupling.get_parameter(f"{ours}.weight")[flow].copy_(weight.T)
                    coupling.get_parameter(f"{ours}.bias")[flow, 0].copy_(state[f"{at}{published}bias"])
                coupling.last.scale[flow, 0].copy_(state[f"{at}4.scale"].flatten())
    return model.eval()
