"""What every method promises, held against three small conversations before it is trained: mistakes show then, not on a page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace

import torch
from torch import Tensor

from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Task
from comp_viz.errors import CompVizError
from comp_viz.methods.contract_checks import check_entry_names, check_kind, check_shape, running, speaking_of
from comp_viz.methods.learning import Learning, Objective, Stage, StagePredictions
from comp_viz.methods.method import CAPABILITIES, EVERY_MODALITY, SHARED, Capability, Method, Ownership
from comp_viz.methods.recipe import Recipe
from comp_viz.network.base import Network
from comp_viz.network.config import NetworkConfig
from comp_viz.network.model import ComP
from comp_viz.network.trace import Messages, Output, PerModality

UTTERANCES = 5  # of the longest conversation that is tried
NEAR = 1e-3  # of the largest number, how far apart sums in another order may lie
HIDDEN = 7.0  # stands in the features of what is missing, where nothing may depend on it
OUTPUTS = "conversations, utterances, outputs"
SHAPES = f"Mend it there; it was given three conversations of at most {UTTERANCES} utterances."


def check_method(
    method: Method, config: NetworkConfig, task: Task, recipe: Recipe, others: Iterable[Method] = ()
) -> None:
    """Raise `CompVizError` where a method does not keep, in this configuration, what docs/own-method.md asks for.

    Random numbers are drawn from a state of its own, so that a training is the same with this check and without.
    """
    with torch.random.fork_rng(devices=[]), speaking_of(method.name):
        for other in others:
            check_beside(method, other)
        torch.manual_seed(0)
        with running(method.name, "build", "Let the configuration's __post_init__ refuse what cannot be built."):
            network = method.build(config)
        check_kind("build", network, Network)
        check_owners(method, network)
        probe = make_probe(config, task)
        check_predictions(method, network.eval(), probe)
        check_training(method, network.train(), probe, task, recipe)


def check_beside(method: Method, other: Method) -> None:
    """Two methods are told apart on screen, and mean the same kind of value by an option that both have."""
    if other.name == method.name:
        return
    if other.title == method.title:
        raise CompVizError(f"title: {method.title!r} is that of the method {other.name!r} already. Take another one.")
    theirs = {each.name: type(each.default) for each in fields(other.config)}
    for each in fields(method.config):
        if theirs.get(each.name, type(each.default)) is not type(each.default):
            raise CompVizError(
                f"{method.config.__name__}.{each.name}: expected {theirs[each.name].__name__}, since the method {other.name!r} "
                f"has a field of this name and one option sets both, got {type(each.default).__name__}. Rename the field."
            )


def check_owners(method: Method, network: Network) -> None:
    """Every parameter has a module and an owner."""
    modalities = network.config.modalities
    if not any(True for _ in network.parameters()):
        raise CompVizError("its network has no parameters: there is nothing to train.")
    for name, parameter in network.named_parameters():
        question = f"ownership({name!r})"
        with running(method.name, question, "Give an Ownership for every name in network.named_parameters()."):
            its = method.ownership(name)
        check_kind(question, its, Ownership)
        if its.owner not in (EVERY_MODALITY, SHARED, *range(len(modalities))):
            raise CompVizError(
                f"{question}: expected as owner SHARED, EVERY_MODALITY or the number of a modality, 0 to {len(modalities) - 1} "
                f"for {', '.join(modalities)}, got {its.owner!r}."
            )
        if its.owner == EVERY_MODALITY and parameter.shape[:1] != (len(modalities),):
            raise CompVizError(
                f"{question}: EVERY_MODALITY is for tensors whose first axis is the {len(modalities)} modalities, got the shape "
                f"{list(parameter.shape)}. Give SHARED, or the number of the modality it belongs to."
            )


def make_probe(config: NetworkConfig, task: Task) -> Batch:
    """Three conversations: of one some is missing, of an utterance of the next all, and of the last everything."""
    S, M = min(UTTERANCES, config.max_length), len(config.modalities)
    lengths = torch.tensor([S, max(1, S - 2), max(1, S - 1)])
    valid = torch.arange(S) < lengths[:, None]
    recorded = valid[..., None].expand(-1, -1, M).clone()
    observed = recorded.clone()
    observed[0, ::2, 0] = False
    observed[1, min(1, S - 1)] = observed[2] = False
    draw = torch.Generator().manual_seed(1)
    features = {
        name: torch.randn(3, S, width, generator=draw) * valid[..., None] for name, width in config.widths.items()
    }
    places = torch.arange(3 * S).view(3, S)
    labels = places % task.outputs if task.classes else task.low + (task.high - task.low) * places / (3 * S)
    return Batch(features, observed, valid, labels.float().masked_fill(~valid, torch.nan), recorded)


@torch.no_grad()
def check_predictions(method: Method, network: Network, probe: Batch) -> None:
    """What is predicted has its shape and is finite, what is declared is there, and nothing counts that must not."""
    out = output_of(method, network, probe)
    check_output(method, out, probe, network.config)
    given = tensors_of(out)
    check_numbers(given, probe)
    for need in sorted(method.capabilities & DELIVERED.keys()):
        advice = f"Mend it there, or take {need!r} out of `capabilities`."
        with running(method.name, f"what the capability {need!r} stands for", advice):
            try:
                DELIVERED[need](network, probe)
            except CompVizError as error:
                raise CompVizError(
                    f"capabilities: {need!r} promises {CAPABILITIES[need]}, but: {error} {advice}"
                ) from None
    check_same(
        given, tensors_of(output_of(method, network, probe)),
        "change from one call to the next in evaluation mode", "Draw at random in training only, `if self.training`.",
    )  # fmt: skip
    masks = {name: ~probe.observed[..., u, None] for u, name in enumerate(network.config.modalities)}
    hidden = replace(probe, features={name: x.masked_fill(masks[name], HIDDEN) for name, x in probe.features.items()})
    check_same(
        given, tensors_of(output_of(method, network, hidden)),
        "depend on features that are missing, or on padding", "Read what `boundary.admit` gives in place of `features`.",
    )  # fmt: skip
    for b, length in enumerate([] if method.reads_batch(network.config) else probe.valid.sum(1).tolist()):
        place = slice(b, b + 1), slice(0, length)
        features = {name: x[place] for name, x in probe.features.items()}
        one = replace(probe, features=features, observed=probe.observed[place], valid=probe.valid[place])
        check_same(
            {name: x[place] for name, x in given.items()}, tensors_of(output_of(method, network, one)),
            "depend on what shares the batch: a conversation by itself gets other ones",
            "Let nothing run over all rows of a batch (a mean, nn.BatchNorm), nor a recurrence begin in padding.",
        )  # fmt: skip


def output_of(method: Method, network: Network, batch: Batch) -> Output:
    """The network's output."""
    with running(method.name, "forward", SHAPES):
        out = network(batch.features, batch.observed, batch.valid, trace=False)
    check_kind("forward", out, Output)
    predicted: Output = out
    return predicted


def tensors_of(out: Output) -> dict[str, Tensor]:
    """The tensors of an output, as messages call them."""
    heads = {f"heads[{name!r}]": y for name, y in out.heads.items()}
    weights = {} if out.weights is None else {"weights": out.weights}
    rebuilt = {f"reconstruction[{name!r}]": x for name, x in (out.reconstruction or {}).items()}
    return {"fused": out.fused} | heads | weights | rebuilt


def check_output(method: Method, out: Output, probe: Batch, config: NetworkConfig) -> None:
    """Everything has its shape, and what is there is what the capabilities name."""
    (B, S), C, names = probe.valid.shape, config.outputs, config.modalities
    check_shape("fused", out.fused, (B, S, C), OUTPUTS)
    there: dict[Capability, bool] = {"heads": bool(out.heads), "weights": out.weights is not None}
    for need, given in there.items():
        if given and need not in method.capabilities:
            raise CompVizError(
                f"{need}: its Output has them, `capabilities` does not name them, so that no page would show them. "
                f"Add {need!r} to `capabilities`, or leave them out of the Output."
            )
        if not given and need in method.capabilities:
            raise CompVizError(
                f"capabilities: {need!r} promises {CAPABILITIES[need]}, but its Output has no `{need}`. "
                f"Give them, or take {need!r} out of `capabilities`."
            )
    if out.heads:
        check_entry_names("heads", out.heads, names)
    for name, y in out.heads.items():
        check_shape(f"heads[{name!r}]", y, (B, S, C), OUTPUTS)
    if out.weights is not None:
        check_shape("weights", out.weights, (B, S, len(names)), "conversations, utterances, modalities")
        sums = out.weights.sum(-1)[probe.observed.any(-1)]
        if out.weights.min() < -1e-4 or not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
            raise CompVizError(
                "weights: expected none below 0, and the sum 1 over the modalities of every utterance of which something is "
                f"observed, got sums from {sums.min():.3g} to {sums.max():.3g} and {out.weights.min():.3g} as the least. "
                "Divide them by their sum, or take the softmax."
            )


def check_numbers(given: Mapping[str, Tensor], probe: Batch) -> None:
    """No NaN and no infinity, also where nothing is observed."""
    for name, x in given.items():
        odd = ~x.isfinite().all(-1)
        if odd.any():
            unseen = ", all of them without anything observed" if not (odd & probe.observed.any(-1)).any() else ""
            raise CompVizError(
                f"{name}: expected finite numbers, got NaN or infinity in {int(odd.sum())} of {odd.numel()} places{unseen}. "
                "Where nothing is observed a sum is 0 and a softmax has no entries: hold a divisor with .clamp(min=1), "
                "or let all modalities into the softmax."
            )


def check_same(first: Mapping[str, Tensor], second: Mapping[str, Tensor], problem: str, mend: str) -> None:
    """Raise `CompVizError` with the problem and how to mend it where two outputs differ."""
    for name, x in first.items():
        most = float((x - second[name]).abs().max())
        if most > NEAR * float(x.abs().max()) + 1e-6:
            raise CompVizError(f"{name}: its numbers {problem} (by up to {most:.2g}; expected the same). {mend}")


def check_rebuilt(network: Network, probe: Batch) -> None:
    """What is rebuilt has the shape of what it is held against."""
    rebuilt = network.reconstruct(probe.features, probe.observed, probe.valid)
    truth = network.rebuilt_from(probe.features, probe.observed, probe.valid)
    check_entries("reconstruct", rebuilt, truth, network.config)


def check_samples(network: Network, probe: Batch) -> None:
    """A sample has the shape of what is rebuilt."""
    sample = network.draw_sample(probe.features, probe.observed, probe.valid, seed=1)
    truth = network.rebuilt_from(probe.features, probe.observed, probe.valid)
    check_entries("draw_sample", sample, truth, network.config)


def check_entries(what: str, given: PerModality, truth: PerModality, config: NetworkConfig) -> None:
    """One finite entry for each modality, in the shape of what `rebuilt_from` gives."""
    check_entry_names(what, given, config.modalities)
    for name, x in given.items():
        check_shape(f"{what}[{name!r}]", x, tuple(truth[name].shape), "that of rebuilt_from")
        if not x.isfinite().all():
            raise CompVizError(f"{what}[{name!r}]: expected finite numbers, got NaN or infinity.")


def check_routing(network: Network, probe: Batch) -> None:
    """Every modality of every utterance has weights of experts with the sum 1."""
    routes, shape = network.routing(probe.features, probe.observed, probe.valid), (*probe.observed.shape,)
    check_shape("routing", routes, (*shape, routes.shape[-1]), "conversations, utterances, modalities, experts")
    sums = routes.sum(-1)[probe.valid]
    if not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        raise CompVizError(f"routing: expected the sum 1 over experts, got {sums.min():.3g} to {sums.max():.3g}.")


def check_graph(network: Network, probe: Batch) -> None:
    """There is a graph, and its messages fit the batch."""
    graphs = network.messages(probe.features, probe.observed, probe.valid)
    if not graphs:
        raise CompVizError("messages: expected at least one graph by its name, got none.")
    for name, each in graphs.items():
        check_kind(f"messages[{name!r}]", each, Messages)
        shape = (*probe.valid.shape, len(each.offsets))
        check_shape(f"messages[{name!r}].strength", each.strength, shape, "conversations, utterances, neighbours")


def check_comp(network: Network, probe: Batch) -> None:
    """Prototypes and the trace are read off ComP alone."""
    if not isinstance(network, ComP):
        raise CompVizError(
            f"prototypes and the trace are read off a network of the class ComP, got {type(network).__name__}."
        )


# Capability -> what looks whether the network has what it promises; heads and weights are looked at with the output.
DELIVERED: dict[Capability, Callable[[Network, Batch], None]] = {
    "reconstruction": check_rebuilt,
    "samples": check_samples,
    "routing": check_routing,
    "graph": check_graph,
    "prototypes": check_comp,
    "trace": check_comp,
}


def check_training(method: Method, network: Network, probe: Batch, task: Task, recipe: Recipe) -> None:
    """There are stages, and each has an objective that can be minimised."""
    stages = check_stages(method, recipe)
    with running(method.name, "learning", "Let it take a network, a task and a recipe, as Learning does."):
        learning = method.learning(network, task, recipe)
    check_kind("learning", learning, Learning)
    if "modulation" in method.capabilities and type(learning).modulate is Learning.modulate:
        raise CompVizError(
            f"capabilities: 'modulation' promises a {CAPABILITIES['modulation']}, but {type(learning).__name__} has no "
            "`modulate` of its own. Override it, or take 'modulation' out of `capabilities`."
        )
    targets = probe.labels if task.classes else probe.labels - task.neutral
    for stage in stages:
        batch = replace(probe, observed=probe.recorded) if stage.complete else probe
        advice = f"Mend it there; it was called for stage {stage.number}. {SHAPES}"
        with running(method.name, f"{type(learning).__name__}.objective or begin", advice):
            learning.begin(stage)
            learned = learning.objective(stage, batch, targets, ~targets.isnan())
            check_objective(learned, stage, batch, network.config)
            learned.losses["loss"].backward()


def check_stages(method: Method, recipe: Recipe) -> tuple[Stage, ...]:
    """The stages of a training, once there are some."""
    with running(method.name, "stages", "Let it give a tuple of Stage for every recipe."):
        stages = method.stages(recipe)
    if not isinstance(stages, tuple) or not all(isinstance(stage, Stage) for stage in stages):
        raise CompVizError(f"stages: expected a tuple of Stage, such as (Stage(2, 60),), got {stages!r}.")
    if not any(stage.epochs for stage in stages):
        raise CompVizError("stages: expected at least one with epochs, got none. Count both of the recipe's numbers.")
    return stages


def check_objective(learned: Objective, stage: Stage, batch: Batch, config: NetworkConfig) -> None:
    """The sum of the terms is there and finite, and so are the predictions that choose the epoch."""
    check_kind("objective", learned, Objective)
    check_kind("objective: its predictions", learned.predictions, StagePredictions)
    if "loss" not in learned.losses:
        raise CompVizError(f"objective: expected the sum that is minimised under 'loss', got {list(learned.losses)}.")
    for name, value in learned.losses.items():
        if not isinstance(value, Tensor) or value.dim() or not value.isfinite():
            shown = value if not isinstance(value, Tensor) or not value.dim() else f"the shape {list(value.shape)}"
            raise CompVizError(f"objective: expected one finite number as a tensor under {name!r}, got {shown}.")
    if not learned.losses["loss"].requires_grad:
        raise CompVizError("objective: nothing can be learned from its 'loss': no parameter has a part in it.")
    by, choosing = learned.predictions.by, ("fused",) if stage.chosen_by == "fused" else config.modalities
    for name in choosing:
        if name not in by:
            raise CompVizError(
                f"objective: stage {stage.number} is chosen by {', '.join(choosing)}, but its predictions are only "
                f"{', '.join(by) or 'empty'}. Give them, or change `chosen_by`."
            )
    for name, y in by.items():
        check_shape(f"objective: predictions.by[{name!r}]", y, (*batch.valid.shape, config.outputs), OUTPUTS)
