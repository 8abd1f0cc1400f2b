"""Every heading and title of the pages Live, Overview, Propagation and Prototypes is one short sentence, whatever it is of."""

from itertools import product

import numpy as np
import pytest
from page_cases import CASES, write_case

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.live.change import change
from comp_viz.analysis.overview.overview import build_overview
from comp_viz.analysis.prediction import true_decisions
from comp_viz.analysis.propagation.attention import attention, entropy_by_head, map_names
from comp_viz.analysis.propagation.prompt_ablation import ABLATION_MEASURES, UTTERANCE_SETS, ablate_prompts
from comp_viz.analysis.prototypes.assignment import measure_assignments
from comp_viz.analysis.prototypes.feature_space import agreement_by_stage
from comp_viz.analysis.prototypes.momentum import momentum_changes, prompt_momentum, prompt_stages
from comp_viz.analysis.prototypes.nearest import nearest_utterances, own_library
from comp_viz.analysis.reconstruction.entries import reconstruct
from comp_viz.analysis.reconstruction.one_entry import missing_entry
from comp_viz.analysis.reconstruction.rebuilt import rebuilt_inside
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import open_data
from comp_viz.figures.live.heading import weight_sentence
from comp_viz.figures.live.timeline import timeline_title
from comp_viz.figures.overview.diagram import diagram_title
from comp_viz.figures.overview.heading import overview_heading
from comp_viz.figures.propagation.attention import attention_title, head_entropy_title, query_title
from comp_viz.figures.propagation.heading import ablation_heading, attention_heading
from comp_viz.figures.propagation.prompt_ablation import ablation_along_title, ablation_title
from comp_viz.figures.prototypes.assignment import assignment_title, variance_title
from comp_viz.figures.prototypes.feature_space import space_title
from comp_viz.figures.prototypes.heading import prototypes_heading
from comp_viz.figures.prototypes.momentum import momentum_title, rerun_title
from comp_viz.figures.prototypes.nearest import nearest_title
from comp_viz.figures.prototypes.prompts import old_new_title, old_share_title, prompts_title
from comp_viz.figures.reconstruction.entries import entries_title, ranks_title
from comp_viz.figures.reconstruction.heading import reconstruction_heading
from comp_viz.figures.reconstruction.one_entry import entry_title
from comp_viz.resources import shipped
from comp_viz.wording import HEADING

PATTERNS = ("found", "uniform(0.3)", "uniform(0.6)", "only(text)")


def opened(case, tmp_path):
    """A checkpoint and some of its conversations: the shipped `lab`, or one of the cases that a page has to bear."""
    if case == "lab":
        return load_checkpoint(shipped("checkpoints/lab")), open_data("lab").split("test")[:3]
    data = write_case(case, tmp_path)
    return load_checkpoint(tmp_path / "checkpoints" / "case"), data.split("test")[:2]


def live_and_overview(inside, complete, conversation):
    changed = change(inside.prediction, complete.prediction, conversation.labels)
    overview = build_overview(inside, conversation.labels)
    yield timeline_title(changed)
    yield weight_sentence(changed).removesuffix(".")
    for s in range(0, len(conversation), 7):
        yield from (overview_heading(overview, s), diagram_title(overview, s))


def propagation(checkpoint, inside, complete, conversation, observed):
    yield attention_heading(entropy_by_head(inside))
    yield head_entropy_title(entropy_by_head(inside))
    for u, name in product(inside.attention, map_names(inside)):
        shown = attention(inside, u, name)
        yield attention_title(shown)
        yield from (query_title(shown, s) for s in range(0, len(observed), 7))
    compared = reconstruct(inside, complete)
    yield from (reconstruction_heading(compared), entries_title(compared), ranks_title(compared))
    for u, one in compared.items():
        rebuilt = rebuilt_inside(inside, complete)
        for given_back in (None, complete.propagated[u][0]):
            yield from (entry_title(missing_entry(rebuilt, u, int(s), given_back)) for s in one.utterances[:5])
    ablation = ablate_prompts(checkpoint, conversation, observed) if len(observed) < 100 else None
    for measure, where in product(ABLATION_MEASURES, UTTERANCE_SETS):
        yield ablation_heading(ablation, measure, where)
        if ablation:
            yield from (ablation_title(ablation, measure, where), ablation_along_title(ablation, measure))


def prototypes(checkpoint, inside, conversation, observed):
    blocks = [measure_assignments(checkpoint, inside, l) for l in range(checkpoint.config.blocks)]
    yield prototypes_heading(blocks)
    truth = true_decisions(inside.prediction.task, conversation.labels)
    for kept in ((u,) for u in inside.modalities):
        yield space_title(agreement_by_stage(inside, kept, truth), kept[0])
    yield space_title(agreement_by_stage(inside, inside.modalities, truth), "")
    if not checkpoint.config.prompting:
        return
    yield variance_title(blocks)
    yield from (assignment_title(one) for block in blocks for one in block.values())
    for u in inside.modalities:
        yield from (prompts_title(prompt_stages(inside, u, s), u, s) for s in range(0, len(observed), 7))
        nearest = nearest_utterances(inside.prototypes[u], own_library(inside, conversation), u)
        if nearest.rows.size:
            yield from (nearest_title(u, n, conversation.id, int(nearest.rows[n, 0]) + 1, nearest) for n in range(4))
    for l in range(1, checkpoint.config.blocks):
        pairs = prompt_momentum(inside, l, checkpoint.config.momentum)
        yield old_new_title(pairs, l + 1)
        yield from (old_share_title([b for b in pairs if b.receiver == u], u, l + 1) for u in inside.modalities)
    trained = checkpoint.config.momentum
    changes = momentum_changes(checkpoint, conversation, observed, (trained, 0.05, 1.0))
    yield momentum_title(changes)
    classes = bool(inside.prediction.task.classes)
    yield from (rerun_title(at.change, (at.momentum, trained), classes) for at in changes)


@pytest.mark.parametrize("case", ["lab", *CASES])
def test_every_heading_and_title_is_one_short_sentence(case, tmp_path):
    checkpoint, conversations = opened(case, tmp_path)
    titles = set()
    for conversation, pattern in product(conversations, PATTERNS):
        utterances = Utterances.of([conversation])
        observed = Pattern.parse(pattern)(utterances, checkpoint.card.task, np.random.default_rng(1))
        inside = look_inside(checkpoint, conversation, observed)
        complete = look_inside(checkpoint, conversation, conversation.observed)
        titles |= set(live_and_overview(inside, complete, conversation))
        titles |= set(propagation(checkpoint, inside, complete, conversation, observed))
        titles |= set(prototypes(checkpoint, inside, conversation, observed))
    assert len(titles) > 20
    assert sorted(title for title in titles if len(title) > HEADING) == []
    assert (
        sorted(title for title in titles if title.endswith((".", "…")) or "nan" in title.split() or " -" in title) == []
    )
    assert sorted(title for title in titles if not title[:1].isupper() and not title[:1].isdigit()) == []
    if case == "lab":
        assert sorted(title for title in titles if "not defined" in title) == []
