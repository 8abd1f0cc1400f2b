"""Everything that is wrong with a data set."""

from pathlib import Path

from comp_viz.data.dataset import content_digest
from comp_viz.data.findings import Findings
from comp_viz.data.source import data_path, is_lab, is_mapped, open_data
from comp_viz.data.table.format import ALTERED
from comp_viz.data.table.reader import map_table, open_table


def check_data(name: str) -> Findings:
    """What the reader notices; of a mapped table of ours, all features and the digest too. Raises `CompVizError`."""
    if not is_lab(name) and is_mapped(path := data_path(name)):
        return check_table(path)
    return open_data(name).findings


def check_table(path: Path) -> Findings:
    """What was noticed when the table was made, and what is wrong with it now."""
    about, task, conversations = map_table(path)
    found = about.findings()
    known = len(found.rows)
    for row, conversation in enumerate(conversations.utterances.ids):
        for utterance, modality, reason in conversations.faults(row, conversations.features(row)):
            found.problem(path.name, reason, conversation, utterance, modality)
    if len(found.rows) == known and content_digest(task, open_table(path).conversations) != about.digest:
        found.problem(path.name, ALTERED)
    return found
