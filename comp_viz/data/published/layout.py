"""Reads the published layout of GCNet, MoMKE and ComP: a label file, and beside it `features/<extractor>/<utterance>.npy`.

Instead of an `.npy` an utterance may have a folder of frames, which are averaged. In IEMOCAP the names of frames tell whom
they show, F or M, and each utterance takes its own speaker's.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.data.dataset import DataSet
from comp_viz.data.findings import Findings
from comp_viz.data.infinite import INFINITE, check_left, choose_zero
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.published.features import FeatureFolder, folder_entries, read_modality
from comp_viz.data.published.labels import LAYOUTS, Talk, read_talks
from comp_viz.data.published.unpickle import with_folder
from comp_viz.data.unused import Unused
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

# Modality -> how the names of its extractors begin.
EXTRACTOR_PREFIXES = {
    "audio": ("wav2vec", "hubert", "wavlm", "whisper", "opensmile", "egemaps", "compare", "is09", "is10", "vggish", "panns"),
    "text": ("deberta", "bert", "roberta", "albert", "electra", "xlnet", "sentence"),
    "video": ("manet", "resnet", "senet", "clip", "openface", "emonet", "ferplus", "denseface", "videomae", "dinov2"),
}  # fmt: skip
REPORT_EVERY = 500  # utterances from one report of progress to the next
OnProgress = Callable[[int, int], None]


def is_published(path: Path) -> bool:
    """Whether this is a label file of the published layout or a folder that holds one, by its name alone."""
    if os.path.isdir(path):
        return any(os.path.isfile(path / name) for name in LAYOUTS)
    return path.name in LAYOUTS and os.path.isfile(path)


def data_sets_in(path: Path) -> list[Path]:
    """What data sets are in a folder of the published layout: itself, or the label files where there are several."""
    files = [path / name for name in LAYOUTS if os.path.isfile(path / name)]
    return files if len(files) > 1 else [path]


def read_chosen(path: Path, choices: Mapping[str, str], progress: OnProgress = lambda done, of: None) -> DataSet:
    """Read a data set with `extractor.MODALITY`, `fold` and `infinite` as chosen; see `read_published`."""
    if odd := sorted(set(choices) - {"fold", INFINITE, *(f"extractor.{modality}" for modality in EXTRACTOR_PREFIXES)}):
        raise CompVizError(
            f"choice {shortened(odd[0], 60)!r}: expected extractor.audio, extractor.text, extractor.video, fold or {INFINITE}."
        )
    fold, questions = choices.get("fold", "5"), Choices(choices)
    extractors = {
        name.removeprefix("extractor."): its for name, its in choices.items() if name.startswith("extractor.")
    }
    zero = choose_zero(questions)
    data = read_published(path, extractors, int(fold) if fold.isdigit() else 0, progress, zero)
    return replace(data, choices=questions.made)


def read_published(
    source: Path,
    extractors: Mapping[str, str] | None = None,
    fold: int = 5,
    progress: OnProgress = lambda done, of: None,
    zero: bool = False,
) -> DataSet:
    """Read a data set from its label file, or from the folder that holds just one, noting what is missing or faulty.

    `extractors` says which folder of `features` to take for a modality, "" for none; the others are recognised by their
    names. IEMOCAP is tested on session `fold` (1 to 5). `progress` is called with the utterances done and of all. With
    `zero`, features that are NaN or infinite become 0. Raises `CompVizError` when the files are not what their names say.
    """
    path = label_file(source)
    layout, findings = LAYOUTS[path.name], Findings()
    folders = choose_folders(path.parent / "features", extractors or {})
    findings.not_used(with_folder(path), unused_folders(path.parent / "features", folders))
    talks = read_talks(path, fold, findings)
    step = counter(progress, len(folders) * sum(len(talk.utterances) for talk in talks))
    columns = {
        modality: read_modality(FeatureFolder.of(folder, layout.sessions), modality, talks, findings, step, zero)
        for modality, folder in folders.items()
    }
    spoken = any(text.strip() for talk in talks for text in talk.words)
    conversations = tuple(
        to_conversation(
            with_folder(path), talk, {modality: parts[v] for modality, parts in columns.items()}, spoken, findings
        )
        for v, talk in enumerate(talks)
    )
    check_left(with_folder(path), list(folders), np.concatenate([c.observed for c in conversations]), findings)
    sources = {modality: f"{folder.name}, {columns[modality][0][0].shape[1]}-d" for modality, folder in folders.items()}
    return DataSet(layout.name, layout.task, conversations, sources, layout.licence, findings=findings)


def label_file(source: Path) -> Path:
    """The label file meant by `source`."""
    known = ", ".join(LAYOUTS)
    if not os.path.isdir(source):
        if not is_published(source):
            raise CompVizError(f"{source} is no label file of the published layout: expected one of {known}.")
        return source
    there = [name for name in LAYOUTS if os.path.isfile(source / name)]
    if not there:
        raise CompVizError(f"The folder {source} holds no label file, expected one of {known}.")
    if len(there) > 1:
        raise CompVizError(
            f"The folder {source} holds several label files, {' and '.join(there)}: give the one to read, {source / there[0]}."
        )
    return source / there[0]


def unused_folders(features: Path, chosen: Mapping[str, Path]) -> list[Unused]:
    """The folders of features that are not chosen, with the modality that their names say."""
    names = [name for name in feature_folders(features) if features / name not in chosen.values()]
    return [
        Unused("folder", name, why=f"--choose extractor.{extractor_modality(name)}={name} reads it") for name in names
    ]


def extractor_modality(extractor: str) -> str:
    """The modality of an extractor by its name, MODALITY where that says none."""
    known = (u for u, prefixes in EXTRACTOR_PREFIXES.items() if extractor.lower().startswith(prefixes))
    return next(known, "MODALITY")


def feature_folders(features: Path) -> list[str]:
    """The names of the folders of features. Raises `CompVizError` when there is no such place."""
    try:
        return sorted(
            name for name in folder_entries(features) if os.path.isdir(features / name) and name.isprintable()
        )
    except CompVizError as error:
        raise CompVizError(
            f"The folder {features} {error}. Features are expected in it, a folder for each extractor."
        ) from None


def choose_folders(features: Path, given: Mapping[str, str]) -> dict[str, Path]:
    """The folder of each modality's features: the one that is given, else the only one whose name is known."""
    if odd := sorted(set(given) - set(EXTRACTOR_PREFIXES)):
        raise CompVizError(
            f"extractor: expected {', '.join(EXTRACTOR_PREFIXES)} before the '=', got {shortened(', '.join(odd), 60)!r}."
        )
    there = feature_folders(features)
    chosen = {
        modality: given.get(modality) or choose(modality, there)
        for modality in EXTRACTOR_PREFIXES
        if given.get(modality) != ""
    }
    for modality, name in chosen.items():
        if name not in there:
            raise CompVizError(
                f"extractor: there is no folder {shortened(name, 60)!r} for {modality} in {features}, only {', '.join(there)}."
            )
    if len(chosen) < 2:
        raise CompVizError("extractor: at least two modalities are needed.")
    return {modality: features / name for modality, name in chosen.items()}


def choose(modality: str, there: list[str]) -> str:
    """The only folder that is known to be of this modality."""
    fitting = [name for name in there if name.lower().startswith(EXTRACTOR_PREFIXES[modality])]
    if len(fitting) != 1:
        raise CompVizError(
            f"features: {'several folders are' if fitting else 'no folder is'} known as {modality} features among "
            f"{', '.join(there) or 'none'}. Say which with --extractor {modality}=FOLDER, or --extractor {modality}= to do without."
        )
    return fitting[0]


def counter(progress: OnProgress, total: int) -> Callable[[], None]:
    """What to call after each utterance, so that `progress` is called now and then."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if done % REPORT_EVERY == 0 or done == total:
            progress(done, total)

    return step


def to_conversation(
    file: str, talk: Talk, parts: Mapping[str, tuple[Floats, Bools]], spoken: bool, findings: Findings
) -> Conversation:
    """One conversation from its labels and features; with `spoken`, an empty transcript means that text is missing."""
    features = {modality: x for modality, (x, _) in parts.items()}
    observed = {modality: there for modality, (_, there) in parts.items()}
    if "text" in features and spoken:
        observed["text"] = findings.without_words(file, talk.id, "text", talk.words, observed["text"])
        features["text"] = np.where(observed["text"][:, None], features["text"], np.float32(0))
    length = len(talk.utterances)
    return Conversation(
        id=talk.id,
        features=features,
        observed=np.stack(list(observed.values()), axis=1),
        labels=talk.labels,
        words=talk.words,
        context=("",) * length,
        speakers=talk.speakers,
        durations=np.full(length, np.nan, np.float32),
        split=talk.split,
    )
