"""Attributions read by the names of features, and in groups: what of the voice, what of the face."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from comp_viz.analysis.why.attribution import Attribution
from comp_viz.analysis.why.target import explained_amount
from comp_viz.clips.extractors.registry import EXTRACTORS, feature_names
from comp_viz.clips.source import named_in
from comp_viz.data.dataset import DataSet

Names = Mapping[str, tuple[str, ...]]  # modality -> [D_u]

# What a name contains -> its group; the first that fits. Names of eGeMAPS, openSMILE's IS09, OpenFace, MediaPipe.
GROUPS = (
    (r"^F0|^logRelF0-H1-H2", "voice: pitch"),
    (r"^F[123](frequency|bandwidth|amplitude)", "voice: formants"),
    (r"jitter|shimmer|HNR|logRelF0|voiceProb", "voice: quality"),
    (r"loudness(?!Peaks)|RMSenergy|equivalentSoundLevel", "voice: loudness"),
    (r"PerSec|SegmentLength", "voice: rhythm and pauses"),
    (r"mfcc|spectral|alphaRatio|hammarberg|slope[UV]|zcr", "voice: spectrum"),
    (r"^Whisper ", "voice: Whisper embedding"),
    (r"^AU0[1245]|^(17|21|22|26)_|^brow", "face: brows and lids"),
    (r"^AU(06|07|45)|^(36|39|42|45)_|^eye(Blink|Squint|Wide)|^cheek", "face: eyes and cheeks"),
    (r"^eyeLook", "face: gaze"),
    (r"^AU|^(48|51|54|57)_|^(mouth|jaw|nose)", "face: nose, mouth and jaw"),
    (r"^head", "face: head"),
    (r"^MiniLM |^DeBERTa ", "words: sentence embedding"),
)
# Ekman's action units, as OpenFace numbers them.
UNITS = {
    "AU01": "inner brow raiser", "AU02": "outer brow raiser", "AU04": "brow lowerer", "AU05": "upper lid raiser",
    "AU06": "cheek raiser", "AU07": "lid tightener", "AU09": "nose wrinkler", "AU10": "upper lip raiser",
    "AU12": "lip corner puller", "AU14": "dimpler", "AU15": "lip corner depressor", "AU17": "chin raiser",
    "AU20": "lip stretcher", "AU23": "lip tightener", "AU25": "lips part", "AU26": "jaw drop", "AU28": "lip suck",
    "AU45": "blink",
}  # fmt: skip


def names_of(data: DataSet) -> Names:
    """What the features of a data set are called: as its file says, as the clip extractors say, else by number."""
    named = named_in(data.sources) or ()
    clips = {modality: names for modality, names in named if set(names) <= set(EXTRACTORS)}
    found = {}
    for name, width in data.widths.items():
        known = data.feature_names.get(name) or (feature_names(clips[name]) if name in clips else ())
        found[name] = known if len(known) == width else tuple(f"{name} {i + 1}" for i in range(width))
    return found


def group_of(name: str, modality: str) -> str:
    """Which group a feature belongs to; features without a name that tells are their modality's."""
    return next((group for pattern, group in GROUPS if re.search(pattern, name)), f"{modality}: not named")


def feature_label(name: str) -> str:
    """A feature's name for people: action units with what they do."""
    unit = UNITS.get(name[:4])
    return f"{name} ({unit})" if unit else name


def feature_table(found: Attribution, names: Names) -> pd.DataFrame:
    """One row for every observed feature of the explained utterance: its part in the prediction, the largest first.

    Raises `ValueError` for a method that explains masks and says nothing of features.
    """
    if found.features is None:
        raise ValueError(f"{found.method} explains cells, not features")
    tables = []
    for u, modality in enumerate(found.modalities):
        if not found.observed[found.target, u]:
            continue
        values, called = found.features[modality][found.target], names[modality]
        groups = [group_of(name, modality) for name in called]
        if set(groups) == {group_of("", modality)}:
            groups = [f"{modality} as a whole"] * len(called)
        tables.append(pd.DataFrame({"modality": modality, "feature": called, "group": groups, "part": values}))
    columns = ["modality", "feature", "group", "part"]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    order = np.argsort(-table["part"].abs().to_numpy(float), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def group_table(features: pd.DataFrame) -> pd.DataFrame:
    """One row for every group: the sum of its features' parts, and the sum of their sizes; the largest sum first."""
    rows = features.assign(size=features["part"].abs()).groupby(["modality", "group"], as_index=False, sort=False)
    table = rows.agg(part=("part", "sum"), size=("size", "sum"), features=("part", "size"))
    return table.iloc[np.argsort(-table["part"].abs().to_numpy(float), kind="stable")].reset_index(drop=True)


def describe_features(found: Attribution, features: pd.DataFrame) -> str:
    """Which feature and which group say most, in a sentence."""
    if features.empty:
        return "No feature of this utterance is observed"
    if not features["part"].any():
        return "No feature of this utterance has a part"
    top, group = features.iloc[0], group_table(features).iloc[0]
    return (
        f"Of its own features {feature_label(str(top['feature']))} says most, {explained_amount(found.task, float(top['part']), signed=True)}; "
        f"of the groups {group['group']}, {explained_amount(found.task, float(group['part']), signed=True)}"
    )
