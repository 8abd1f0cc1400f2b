"""Claims tested on the open checkpoint and data: measured part by part, kept for all visitors, judged as far as they are."""

import numpy as np

from comp_viz.analysis.claims.accuracies import ACCURACY_CLAIMS, COMP, methods_of_claim
from comp_viz.analysis.claims.counterparts import lacks_parts
from comp_viz.analysis.claims.inside_sums import ConversationEvidence, conversation_evidence
from comp_viz.analysis.claims.measured import claim_sums, sums_evidence
from comp_viz.analysis.claims.predicted import ConversationHits, conversation_hits, predicted_evidence
from comp_viz.analysis.claims.protocol import TEST_PATTERN, TEST_RATES, TEST_SEED, TEST_SPLIT
from comp_viz.analysis.claims.verdict import Evidence
from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.query import Query
from comp_viz.data.dataset import Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.figures.claims.testing import no_counterpart, not_measured_words
from comp_viz.methods.method import absence
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data, keep_resource
from comp_viz.ui.cache.progressive import MeasuredParts, ProgressiveMeasurement
from comp_viz.ui.cache.split_stream import split_stream
from comp_viz.ui.claims.cached import counterparts
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown

InsideMeasurement = ProgressiveMeasurement[int, ConversationEvidence]
HitsMeasurement = ProgressiveMeasurement[float, ConversationHits]


def untestable(view: PageView) -> str:
    """Why nothing can be tested on what is open, as Markdown; "" where something can."""
    if reason := absence(view.checkpoint.method, "trace") or lacks_parts(view.checkpoint.card):
        return not_measured_words(escape_markdown(view.name), reason)
    if TEST_SPLIT not in view.data.utterances.splits:
        return f"The data set {escape_markdown(view.data.name)} names no test split, so it is not known what the model never learned from."
    try:
        check_lengths(Utterances.of(view.data.split(TEST_SPLIT)), view.checkpoint.config.max_length)
    except CompVizError as error:
        return escape_markdown(str(error))
    return ""


def lacking_counterparts(view: PageView, key: str) -> str:
    """Why a claim on accuracy cannot be tested: no other checkpoint to compare with; "" where there is one, or none is needed."""
    if key not in ACCURACY_CLAIMS or set(counterparts(view.name)) & set(methods_of_claim(key)):
        return ""
    return no_counterpart(key, escape_markdown(view.name))


def inside_measurement(view: PageView) -> InsideMeasurement:
    """Two passes over each conversation of the test split, with everything inside."""
    conversations = view.data.split(TEST_SPLIT)
    utterances = Utterances.of(conversations)
    observed = Pattern.parse(TEST_PATTERN)(utterances, view.data.task, np.random.default_rng(TEST_SEED))

    def measure(number: int) -> ConversationEvidence:
        one, rows = conversations[number], slice(*utterances.starts[number : number + 2])
        with INFERENCE:
            here, complete = (look_inside(view.checkpoint, one, shown) for shown in (observed[rows], one.observed))
        return conversation_evidence(here, complete, one.labels)

    return ProgressiveMeasurement(range(len(conversations)), _inside_parts(view.query().of_data_set()), measure)


def hits_measurements(view: PageView, key: str) -> dict[str, HitsMeasurement]:
    """Method -> passes of its checkpoint over the test split, one for each missing rate; the open checkpoint is ComP."""
    beside = counterparts(view.name)
    names = {COMP: view.name} | {role: beside[role] for role in methods_of_claim(key) if role in beside}
    return {role: _hits_measurement(view, name) for role, name in names.items()}


def _hits_measurement(view: PageView, name: str) -> HitsMeasurement:
    checkpoint = open_checkpoint(name, view.device)
    query = Query(
        checkpoint=name, checkpoint_digest=checkpoint.digest, device=view.device, data=view.data_name,
        data_digest=view.data.digest, root=view.query().root,
    )  # fmt: skip

    def measure(rate: float) -> ConversationHits:
        return conversation_hits(checkpoint, view.data.task, split_stream(query, TEST_SPLIT), rate, turn=INFERENCE)

    return ProgressiveMeasurement(TEST_RATES, _hits_parts(query), measure)


def evidence_so_far(view: PageView, key: str) -> Evidence | None:
    """What is measured of a claim; None until all of it is, since nothing is a finding before."""
    if key in ACCURACY_CLAIMS:
        measurements = hits_measurements(view, key)
        if any(len(one.values) < len(one.parts) for one in measurements.values()):
            return None
        lacking = [role for role in methods_of_claim(key) if role not in measurements]
        words = no_counterpart(key, escape_markdown(view.name), lacking) if lacking else ""
        hits = {role: one.values for role, one in measurements.items()}
        return predicted_evidence(key, hits, view.data.modalities, words)
    query = view.query().of_data_set()
    if len(_inside_parts(query).values) < view.data.utterances.splits.count(TEST_SPLIT):
        return None
    return _inside_evidence(query, key)


@keep_data(max_entries=64, show_spinner=False)
def _inside_evidence(query: Query, key: str) -> Evidence:
    """The effects of a claim from all conversations, which are measured."""
    parts = _inside_parts(query).values
    return sums_evidence(claim_sums([parts[number] for number in sorted(parts)])[key])


@keep_resource(max_entries=8, show_spinner=False)
def _inside_parts(query: Query) -> MeasuredParts[int, ConversationEvidence]:
    """Features of a split before and after propagation: up to some tens of megabytes."""
    return MeasuredParts()


@keep_resource(max_entries=64, show_spinner=False)
def _hits_parts(query: Query) -> MeasuredParts[float, ConversationHits]:
    """A few kilobytes a missing rate."""
    return MeasuredParts()
