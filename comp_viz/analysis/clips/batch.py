"""Many clips through a checkpoint: one table of utterances, resuming, no bad file stopping the rest."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from comp_viz.analysis.clips.prediction import predict_clip, unlike_modalities, unlike_warning
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.clips.analyse import analyse, file_digest
from comp_viz.clips.clip import Clip
from comp_viz.clips.file_kinds import looks_like_clip
from comp_viz.clips.settings import Settings
from comp_viz.data.atomic_write import atomic_write
from comp_viz.errors import CompVizError

ClipRow = dict[str, Any]
NOTHING_OBSERVED = "nothing is observed, so nothing is predicted"


def clips_in(places: Iterable[Path]) -> list[Path]:
    """Files as they are, and of folders everything below them that is a clip by name or content. Raises `CompVizError`."""
    clips = dict[Path, None]()
    for place in places:
        if place.is_dir():
            clips |= dict.fromkeys(sorted(p for p in place.rglob("*") if p.is_file() and looks_like_clip(p)))
        elif place.exists():
            clips[place] = None
        else:
            raise CompVizError(f"There is no {place}.")
    if not clips:
        raise CompVizError("No clips found; expected files of video or sound, such as mp4, webm or wav.")
    return list(clips)


def clip_rows(path: Path, checkpoint: Checkpoint, settings: Settings) -> list[ClipRow]:
    """A row for each utterance, or one row that says why there is none. Nothing of the clip is kept. Raises nothing."""
    head: ClipRow = {"file": str(path), "digest": "", "checkpoint": checkpoint.digest, "error": ""}
    try:
        head["digest"] = file_digest(path)
        with tempfile.TemporaryDirectory(prefix="comp-viz-") as folder:
            return [head | row for row in prediction_rows(analyse(path, Path(folder), settings), checkpoint)]
    except (CompVizError, OSError) as error:
        return [head | {"error": str(error)}]
    except Exception as error:  # one clip that meets a mistake of ours must not stop the other thousands
        return [head | {"error": f"{type(error).__name__}: {error}"}]


def prediction_rows(clip: Clip, checkpoint: Checkpoint) -> Iterator[ClipRow]:
    """What is known of each utterance and what the model makes of it, which is nothing where nothing is observed.

    `notes` are of the whole file, what was odd in it and mended; `warnings` of the utterance. Raises `CompVizError` when clip
    and checkpoint do not fit.
    """
    if misfit := clip.misfit(checkpoint.card):
        raise CompVizError(misfit)
    task, prediction = checkpoint.card.task, predict_clip(checkpoint, clip.conversation)
    decisions, unlike = prediction.decisions(), unlike_modalities(checkpoint, clip.conversation)
    for i, span in enumerate(clip.spans):
        seen = bool(prediction.anything_observed[i])
        fused, weights = (
            x[i] if seen else np.full_like(x[i], np.nan) for x in (prediction.fused, prediction.coordinator)
        )
        values = dict(zip(task.classes or (task.name,), map(float, fused), strict=True))
        decision = (task.classes[int(decisions[i])] if task.classes else values[task.name]) if seen else None
        yield {
            "utterance": i + 1,
            "start": span.start,
            "end": span.end,
            "words": span.text,
            "confidence": span.confidence,
            "language": clip.language,
            **{f"missing {m}": clip.reasons[m][i] for m in clip.reasons},
            "prediction": decision,
            **{f"p {name}" if task.classes else name: value for name, value in values.items()},
            **{f"weight {m}": float(w) for m, w in zip(prediction.modalities, weights, strict=True)},
            "notes": " ".join(clip.media.notes),
            "warnings": unlike_warning(unlike[i]) if seen else NOTHING_OBSERVED,
        }


def read_rows(out: Path, checkpoint: Checkpoint) -> list[ClipRow]:
    """Rows of an earlier run without an error. Raises `CompVizError` where they are of another checkpoint."""
    if not out.is_file():
        return []
    try:
        table = pd.read_parquet(out)
        others = table["checkpoint"] != checkpoint.digest
        kept = table[table["error"] == ""]
    except (OSError, ValueError, KeyError) as error:
        raise CompVizError(
            f"{out} is no table of analysed clips ({type(error).__name__}). Give another file."
        ) from None
    if others.any():
        raise CompVizError(
            f"{out} holds what another checkpoint made of clips. Give another file, so that nothing is lost."
        )
    return [{str(k): v for k, v in row.items()} for row in kept.to_dict("records")]


def write_rows(rows: list[ClipRow], out: Path) -> None:
    """Write the table, whole or not at all."""
    with atomic_write(out) as temporary:
        pd.DataFrame(rows).to_parquet(temporary, index=False)


def as_json(rows: list[ClipRow]) -> str:
    """The rows as JSON; what a row does not have is null."""
    return json.dumps(json.loads(pd.DataFrame(rows).to_json(orient="records")), indent=1, ensure_ascii=False)
