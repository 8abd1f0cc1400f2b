"""Folders of MERTools and MERBench: `label.npz` with dicts by clip, and beside it `features/<extractor>/<clip>.npy`.

As written by zeroQiaoba/MERTools (at fb8dda0): `train_corpus`, `val_corpus`, `test_corpus` (MER2023: `test1_corpus` to
`test3_corpus`; IEMOCAP: `whole_corpus`), each a dict of clip to `emo` and `val`; an `emo` that is always 0 and a `val` of -10
stand for none. Instead of them, the `label.csv` of CH-SIMS or the `meta.csv` of SIMS v2, with a score for each modality.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.clip_labels import LabelledClip, choose_clip_labels, why_no_label
from comp_viz.data.layouts.feature_files import FolderColumn, choose_extractors
from comp_viz.data.layouts.frame import ReaderFrame, rows_of
from comp_viz.data.layouts.given import Given
from comp_viz.data.layouts.layout import FileLayout
from comp_viz.data.layouts.npz_objects import npz_names, read_npz_object
from comp_viz.data.layouts.utterance_ids import place_utterances
from comp_viz.data.layouts.values import text_of
from comp_viz.data.published.labels import SESSION
from comp_viz.data.splits import known_split
from comp_viz.errors import UNREADABLE, CompVizError

CORPUS, WHOLE = "_corpus", "whole"
TABLES = ("label.csv", "meta.csv")  # of CH-SIMS and SIMS v2
TRANSCRIPTS = ("transcription-engchi-polish.csv", "transcription_merge.csv", "transcription.csv")
SPEAKER = re.compile(r"Ses0\d.+_([FM])\d+")


class MertoolsFolder(FileLayout):
    """A label file and a folder of extractors."""

    name = "MERTools folder"
    holds = "label.npz with train_corpus … or label.csv of CH-SIMS, beside features/<extractor>/<clip>.npy"

    def by_name(self, given: Given) -> bool:
        """A folder with such a label file, or the file itself."""
        if given.path.is_dir():
            return bool(labels_in_folder(given.path))
        beside = given.path.parent / "features"
        return given.path.is_file() and (given.suffix == ".npz" or (given.path.name in TABLES and beside.is_dir()))

    def recognise(self, given: Given) -> bool:
        """By the arrays of the archive, or the columns of the table."""
        return any(
            is_label_file(path) for path in ([given.path] if given.path.is_file() else labels_in_folder(given.path))
        )

    def read(self, given: Given, choices: Choices) -> ReaderFrame:
        """All clips of the chosen label file."""
        path, findings = choose_label_file(given.path, choices), Findings()
        table = path.suffix == ".csv"
        clips, unused = clips_of_table(path) if table else clips_of_archive(path, choices)
        if not clips:
            raise CompVizError(f"{path.name} holds no clips.")
        splits, names = [clip.split for clip in clips], [clip.name for clip in clips]
        key, values, task = choose_clip_labels(path, clips, choices, findings)
        places = place_utterances(path.name, [[name] for name in names], splits, choices, findings)
        words = [clip.words for clip in clips] if table else read_transcripts(path.parent, names, choices)
        rows = rows_of(
            conversation=places.conversations, position=places.positions, label=values, split=splits, text=words,
            speaker=[match[1] if (match := SPEAKER.fullmatch(name)) else "" for name in names],
        )  # fmt: skip
        folders = choose_extractors(path.parent / "features", choices)
        others = {name for clip in clips for name in clip.labels if name != key}
        return ReaderFrame(
            path.name, rows,
            {modality: FolderColumn(folder, modality, names, findings) for modality, folder in folders.items()},
            task, findings=findings, name=given.path.name if given.path.is_dir() else path.parent.name,
            sources={modality: f"{folder.name}, mean over frames where there are several" for modality, folder in folders.items()},
            unused=unused | {name: why_no_label(name, choices) for name in sorted(others)},
        )  # fmt: skip


# Label files


def labels_in_folder(folder: Path) -> list[Path]:
    """Files in a folder that have the name of a label file."""
    tables = [folder / name for name in TABLES if (folder / name).is_file() and (folder / "features").is_dir()]
    return [*sorted(folder.glob("label*.npz")), *tables]


def is_label_file(path: Path) -> bool:
    """Whether a file is a label file by the names of what is in it."""
    if path.suffix.lower() == ".npz":
        return any(name.endswith(CORPUS) for name in npz_names(path))
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return {"video_id", "clip_id", "label", "mode"} <= set(file.readline(10_000).strip().split(","))
    except OSError:
        return False


def choose_label_file(path: Path, choices: Choices) -> Path:
    """The label file itself, or the one of a folder that is asked for where it has several."""
    if path.is_file():
        return path
    files = {file.name: file for file in labels_in_folder(path) if is_label_file(file)}
    return files[choices.pick("label file", tuple(files), "which label file of the folder is read")]


def clips_of_archive(path: Path, choices: Choices) -> tuple[list[LabelledClip], dict[str, str]]:
    """The clips of all splits, and which corpora are left out: of several to test on, one is asked for."""
    corpora = [name for name in npz_names(path) if name.endswith(CORPUS)]
    tests = [name.removesuffix(CORPUS) for name in corpora if name.startswith("test")]
    chosen = (
        choices.pick("test", tests, "which of the corpora is tested on; the others are left out")
        if len(tests) > 1
        else ""
    )
    clips, unused = [], {}
    for corpus in corpora:
        name = corpus.removesuffix(CORPUS)
        if chosen and name in tests and name != chosen:
            unused[corpus] = f"choice test={name}"
            continue
        split = "test" if name in tests else known_split(name) or ""
        entries = read_npz_object(path, corpus)
        if not isinstance(entries, dict) or not all(isinstance(labels, dict) for labels in entries.values()):
            raise CompVizError(f"{path.name}: {corpus} holds something else than a dict of labels for each clip.")
        clips += [LabelledClip(text_of(clip, corpus), split, labels) for clip, labels in entries.items()]
    if all(SESSION.match(clip.name) for clip in clips) and not any(clip.split for clip in clips):
        fold = choices.pick("fold", ("5", "1", "2", "3", "4"), "the session of IEMOCAP that is tested on")
        clips = [LabelledClip(clip.name, "test" if clip.name[4] == fold else "train", clip.labels) for clip in clips]
    return clips, unused


def clips_of_table(path: Path) -> tuple[list[LabelledClip], dict[str, str]]:
    """The clips of a table of CH-SIMS or SIMS v2, and which of its columns are not used."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UNREADABLE as error:
        raise CompVizError(f"{path.name} cannot be read as a table ({str(error)[:200]}).") from None
    scores = [name for name in table.columns if name == "label" or name.startswith("label_")]
    clips = [
        LabelledClip(
            f"{row['video_id']}_{row['clip_id']}", known_split(row["mode"]) or row["mode"],
            {name: as_score(row[name]) for name in scores}, row.get("text", ""),
        )
        for row in table.to_dict("records")
    ]  # fmt: skip
    known = {"video_id", "clip_id", "mode", "text", *scores}
    return clips, {name: "" for name in table.columns if name not in known}


def as_score(text: str) -> float | None:
    """A number, None where there is none."""
    try:
        return float(text)
    except ValueError:
        return None


# Words


def read_transcripts(folder: Path, names: Sequence[str], choices: Choices) -> list[str] | None:
    """The words of each clip, of a language that is asked for where there are several; None without a table of them."""
    path = next((folder / name for name in TRANSCRIPTS if (folder / name).is_file()), None)
    if path is None:
        return None
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UNREADABLE as error:
        raise CompVizError(f"{path.name} cannot be read as a table ({str(error)[:200]}).") from None
    columns = [str(name) for name in table.columns if name != "name"]
    if "name" not in table.columns or not columns:
        return None
    column = (
        choices.pick("words", columns, f"which column of {path.name} has the words") if len(columns) > 1 else columns[0]
    )
    words = dict(zip(table["name"], table[column], strict=True))
    return [words.get(name, "") for name in names]
