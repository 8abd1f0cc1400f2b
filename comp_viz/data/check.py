"""Everything that is wrong with a data set."""

from dataclasses import replace

from comp_viz.data.dataset import content_digest
from comp_viz.data.findings import Finding, Findings
from comp_viz.data.reading import PLAIN_READING, FileReading
from comp_viz.data.source import data_path, is_lab, is_mapped, open_data
from comp_viz.data.table.format import ALTERED
from comp_viz.data.table.reader import map_table


def check_data(name: str, reading: FileReading = PLAIN_READING) -> Findings:
    """What the reader notices, reading as is said; of a mapped table of ours, all features and the digest too.

    The labels of a damaged table are not compared with a task. Raises `CompVizError` for what cannot be opened.
    """
    if damaged := damage(name):
        then = map_table(data_path(name))[0].findings()  # what was noticed when it was made
        return replace(then, rows=[*then.rows, *damaged])
    return open_data(name, reading).findings


def damage(name: str) -> list[Finding]:
    """What is wrong with a mapped table of ours that was not when it was written; nothing for other data sets."""
    if is_lab(name) or not is_mapped(path := data_path(name)):
        return []
    about, task, conversations = map_table(path)
    findings = Findings()
    for row, conversation in enumerate(conversations.utterances.ids):
        for utterance, modality, reason in conversations.faults(row, conversations.features(row)):
            findings.problem(path.name, reason, conversation, utterance, modality)
    if not findings.rows and content_digest(task, conversations) != about.digest:
        findings.problem(path.name, ALTERED)
    return findings.rows
