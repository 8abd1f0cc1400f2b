"""`python -m recipes.clips.real_clips`: a checkpoint on real clips, by part of what it sees, and as their sound gets worse."""

import argparse
import csv
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from comp_viz.analysis.clips.prediction import predict_clip
from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.clips import faces
from comp_viz.clips.analyse import analyse
from comp_viz.clips.clip import Clip
from comp_viz.clips.file_kinds import looks_like_clip
from comp_viz.clips.media import RATE
from comp_viz.clips.reading import read_audio
from comp_viz.clips.settings import Settings
from comp_viz.clips.voice import voiced_share, voiced_stretches
from comp_viz.commands import exit_status
from comp_viz.data.conversation import Conversation, Floats
from comp_viz.wording import percent
from recipes.clips.alterations import CODECS, coded

SURE = 0.9  # probability from which an answer should hardly be wrong
TRUTH = "truth.csv"  # in a folder of clips: columns file, as_four
LEVELS, NOISES = (-10, -20, -30, -40), (30, 20, 10, 0)  # dB softer; dB of the voice over white noise
PARTS = (("audio", "text", "video"), ("audio",), ("text",), ("video",))  # what the checkpoint may see


@dataclass(frozen=True)
class Answers:
    """What was answered for utterances or clips with known emotions."""

    truth: np.ndarray  # [N]
    probabilities: Floats  # [N, C]

    @property
    def right(self) -> np.ndarray:
        """Whether the likeliest is the true one, `[N]`."""
        return np.asarray(self.probabilities.argmax(1) == self.truth)

    @property
    def recall(self) -> float:
        """Mean over the emotions of the share of theirs that is answered rightly (UA)."""
        return float(np.mean([self.right[self.truth == label].mean() for label in np.unique(self.truth)]))

    def line(self, name: str) -> str:
        """A row of the table."""
        sure = self.probabilities.max(1) > SURE
        wrong = f"{(sure & ~self.right).sum()} of {sure.sum()}"
        mean = self.probabilities.max(1).mean()
        return f"| {name} | {len(self.truth)} | {percent(self.right.mean())} | {percent(self.recall)} | {percent(mean)} | {wrong} |"


def run(options: argparse.Namespace) -> None:
    """Analyse the clips, print the tables."""
    checkpoint, settings = load_checkpoint(options.checkpoint), Settings()
    kept = options.kept or Path(tempfile.mkdtemp(prefix="real-clips-"))
    labels = list(checkpoint.card.task.classes)
    for folder in options.folders:
        clips = {p.name: analyse(p, kept, settings) for p in sorted(folder.iterdir()) if looks_like_clip(p)}
        print(f"\n{folder.name}: {len(clips)} clips\n")
        if (folder / TRUTH).is_file():
            with (folder / TRUTH).open(encoding="utf-8", newline="") as file:
                truth = {row["file"]: labels.index(row["as_four"]) for row in csv.DictReader(file)}
            print("\n".join(accuracy_table(checkpoint, clips, truth)))
        else:
            print("\n".join(degraded_table(checkpoint, clips, settings)))
    faces.close()


def accuracy_table(checkpoint: Checkpoint, clips: dict[str, Clip], truth: dict[str, int]) -> Iterator[str]:
    """Accuracy and sure mistakes, utterance by utterance and clip by clip, by what the checkpoint may see."""
    yield "| sees | answers | ACC | UA | mean probability | wrong above 90 % |"
    yield "|---|---|---|---|---|---|"
    for seen in PARTS:
        utterances, whole = list[tuple[int, Floats]](), list[tuple[int, Floats]]()
        for name, label in truth.items():
            conversation = only(clips[name].conversation, seen)
            there = conversation.recorded
            if there.any():
                fused = predict_clip(checkpoint, conversation).fused[there]
                utterances += [(label, one) for one in fused]
                whole.append((label, np.average(fused, axis=0, weights=conversation.durations[there])))
        for what, rows in (("utterances", utterances), ("clips", whole)):
            answers = Answers(np.array([label for label, _ in rows]), np.stack([p for _, p in rows]))
            yield answers.line(f"{', '.join(seen)}: {what}")


def only(conversation: Conversation, seen: Sequence[str]) -> Conversation:
    """The conversation with only some modalities to be seen."""
    columns = np.array([modality in seen for modality in conversation.features])
    return replace(conversation, observed=conversation.observed & columns)


def degraded_table(checkpoint: Checkpoint, clips: dict[str, Clip], settings: Settings) -> Iterator[str]:
    """What is answered for each clip as recorded, softer, in noise and coded; words and faces stay as they are."""
    ways = conditions()
    yield "| clip | " + " | ".join(ways) + " |"
    yield "|---" * (len(ways) + 1) + "|"
    for name, clip in clips.items():
        cells = []
        for change in ways.values():
            conversation = (
                with_sound(clip, change(clip.media.sound), settings) if len(clip.media.sound) else clip.conversation
            )
            there = conversation.recorded
            if not there.any():
                cells.append("nothing")
                continue
            fused = predict_clip(checkpoint, conversation).fused[there]
            mean = np.average(fused, axis=0, weights=conversation.durations[there])
            cells.append(f"{checkpoint.card.task.classes[int(mean.argmax())]} {mean.max():.2f}")
        yield f"| {name} | " + " | ".join(cells) + " |"


def conditions() -> dict[str, Callable[[Floats], Floats]]:
    """Ways in which sound gets worse, by name."""
    rng = np.random.default_rng(0)

    def softer(dB: float) -> Callable[[Floats], Floats]:
        return lambda sound: np.asarray(sound * np.float32(10 ** (dB / 20)), np.float32)

    def noisier(dB: float) -> Callable[[Floats], Floats]:
        def noisy(sound: Floats) -> Floats:
            power = float(np.mean(np.square(sound, dtype=np.float64)))
            hiss = rng.standard_normal(len(sound)) * np.sqrt(power / 10 ** (dB / 10))
            noised: Floats = np.clip(sound + hiss, -1, 1).astype(np.float32)
            return noised

        return noisy

    def through(encoder: str, container: str, bits: int) -> Callable[[Floats], Floats]:
        return lambda sound: coded(sound, encoder, container, bits).astype(np.float32)

    ways: dict[str, Callable[[Floats], Floats]] = {"as recorded": lambda sound: sound}
    ways |= {f"{dB} dB": softer(dB) for dB in LEVELS}
    ways |= {f"noise {dB} dB": noisier(dB) for dB in NOISES}
    return ways | {f"{one[0]} {one[2] // 1000} kbit/s": through(*one) for one in CODECS[::2]}


def with_sound(clip: Clip, sound: Floats, settings: Settings) -> Conversation:
    """The clip's conversation as if it had been recorded with this sound."""
    names = dict(settings.extractors)["audio"]
    voice = voiced_stretches(sound, settings.thresholds.speech)
    reads = [
        read_audio(
            sound[round(span.start * RATE) : round(span.end * RATE)], clip.media.sound_problem, names, settings,
            voiced_share(voice, span.end - span.start, span.start),
        )
        for span in clip.spans
    ]  # fmt: skip
    conversation = clip.conversation
    observed = conversation.observed.copy()
    observed[:, list(conversation.features).index("audio")] = [not read.reason for read in reads]
    features = dict(conversation.features) | {"audio": np.stack([read.features for read in reads])}
    return replace(conversation, features=features, observed=observed)


def main(arguments: list[str] | None = None) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m recipes.clips.real_clips", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="folder of a checkpoint for clips")
    parser.add_argument("folders", type=Path, nargs="+", help=f"folders of clips; with a {TRUTH} accuracy is measured")
    parser.add_argument("--kept", type=Path, help="folder that analysed clips are kept in")
    return exit_status(run, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
