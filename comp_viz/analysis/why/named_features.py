"""Attributions read by the names of features, and in groups: what of the voice, what of the face."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from comp_viz.analysis.why.attribution import Attribution
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
    """The names of the features of a data set: from its file, from the clip extractors, else by number."""
    named = named_in(data.sources) or ()
    clips = {modality: extractors for modality, extractors in named if set(extractors) <= set(EXTRACTORS)}
    names = {}
    for name, width in data.widths.items():
        known = data.feature_names.get(name) or (feature_names(clips[name]) if name in clips else ())
        names[name] = known if len(known) == width else tuple(f"{name} {i + 1}" for i in range(width))
    return names


def group_of(name: str, modality: str) -> str:
    """Which group a feature belongs to; features without a known name are their modality's."""
    return next((group for pattern, group in GROUPS if re.search(pattern, name)), f"{modality}: not named")


def feature_label(name: str) -> str:
    """A feature's name for people: action units with what they do."""
    unit = UNITS.get(name[:4])
    return f"{name} ({unit})" if unit else name


def feature_table(attribution: Attribution, names: Names) -> pd.DataFrame:
    """One row for every observed feature of the explained utterance: its attribution, the largest first.

    Raises `ValueError` for a method that explains masks and not features.
    """
    if attribution.features is None:
        raise ValueError(f"{attribution.method} explains cells, not features")
    tables = []
    for u, modality in enumerate(attribution.modalities):
        if not attribution.observed[attribution.target, u]:
            continue
        values, labels = attribution.features[modality][attribution.target], names[modality]
        groups = [group_of(name, modality) for name in labels]
        if set(groups) == {group_of("", modality)}:
            groups = [f"{modality} as a whole"] * len(labels)
        tables.append(pd.DataFrame({"modality": modality, "feature": labels, "group": groups, "attribution": values}))
    columns = ["modality", "feature", "group", "attribution"]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    order = np.argsort(-table["attribution"].abs().to_numpy(float), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def group_table(features: pd.DataFrame) -> pd.DataFrame:
    """One row for every group: the sum of its features' attributions, and the sum of their sizes; the largest sum first."""
    rows = features.assign(size=features["attribution"].abs()).groupby(
        ["modality", "group"], as_index=False, sort=False
    )
    table = rows.agg(attribution=("attribution", "sum"), size=("size", "sum"), features=("attribution", "size"))
    return table.iloc[np.argsort(-table["attribution"].abs().to_numpy(float), kind="stable")].reset_index(drop=True)
