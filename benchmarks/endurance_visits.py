"""What the visitors of an endurance run do: walk from page to page, hand files over, bring clips, follow a lecture, compare."""

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np
from websockets.exceptions import ConnectionClosed

from benchmarks.endurance_files import Damaged
from benchmarks.visitor import PageShown, Visitor, chart_values
from comp_viz import View
from comp_viz.analysis.compare.comparison import compare_predictors
from comp_viz.analysis.compare.predictions import drawings_of, predict_drawing
from comp_viz.analysis.prediction import FUSED
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.clips.analyse import analyse
from comp_viz.clips.settings import settings_for
from comp_viz.data.batch import Stream
from comp_viz.data.dataset import DataSet, Utterances, cut_into_windows
from comp_viz.data.source import open_data
from comp_viz.figures.compare.paired import by_group_title, paired_chart
from comp_viz.figures.style import LIGHT
from comp_viz.view_figures import figure

PAGES = (
    "live", "overview", "prototypes", "propagation", "coordinator", "why", "modulation", "imbalance", "robustness", "compare",
    "claims", "clips", "example", "lab", "lecture", "data",
)  # fmt: skip
# Page -> the chart of it that is compared with the library's.
COMPARED = {"coordinator": "coordinator weights", "propagation": "attention row", "why": "contributions"}
ROUNDING = 1e-4  # of single precision, with another number of threads
CLIP, RECORDED = "clip: example.mp4", "as recorded"  # the data set and the conversation that the example becomes
UPLOADER, CLIP_UPLOADER = "One file, several parts, or a .zip", "Video or audio of someone talking"
EXAMPLE, STOP = "Take the example clip", "Stop"  # buttons; the latter is there while a clip is analysed
LONGEST = 900  # seconds that a clip may wait for others and be analysed
Address = dict[str, str]


@dataclass
class Seen:
    """What happened, from all visitors."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # by page
    compared: Counter[str] = field(default_factory=Counter)  # answers, by page
    different: int = 0  # of them
    counts: Counter[str] = field(default_factory=Counter)  # of what visitors did, in words
    wrong: list[str] = field(default_factory=list)  # in words
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, shown: PageShown, address: Mapping[str, str]) -> None:
        """A page that came."""
        with self.lock:
            self.seconds[shown.page].append(shown.seconds)
            self.wrong += [f"{shown.page} {dict(address)}: {message}" for message in shown.exceptions]

    def count(self, what: str) -> None:
        """Something that a visitor did."""
        with self.lock:
            self.counts[what] += 1

    def fault(self, what: str) -> None:
        """Something that is wrong."""
        with self.lock:
            self.wrong.append(what)

    def compare(self, shown: PageShown, address: Mapping[str, str], expected: str) -> None:
        """What a page drew, with what the library draws."""
        with self.lock:
            self.compared[shown.page] += 1
            if not draws(shown, expected):
                self.different += 1
                self.wrong.append(f"{shown.page} {dict(address)}: another chart than the library's")


def draws(shown: PageShown, expected: str) -> bool:
    """Whether a page drew the numbers of a figure, given as JSON."""
    numbers = chart_values(expected)
    drawn = (values for spec in shown.charts if (values := chart_values(spec)).shape == numbers.shape)
    return any(np.allclose(values, numbers, atol=ROUNDING, equal_nan=True) for values in drawn)


class Library:
    """The same answers by the library, of the product in a folder."""

    def __init__(self, product: Path, clips: Path) -> None:
        """Analyse the example; `clips` is a folder for what is worked out on the way."""
        self.checkpoints = product / "checkpoints"
        self.reader = load_checkpoint(self.checkpoints / "clips")
        card = self.reader.card
        clip = analyse(product / "examples" / "example.mp4", clips, settings_for(card.sources, card.name))
        parts = cut_into_windows([replace(clip.conversation, id=RECORDED)], card.architecture.max_length)
        self.clip = DataSet(CLIP, card.task, list(parts), clip.sources, "")

    def view(self, address: Address) -> View | None:
        """What pages show at an address, to which data and conversation are added; None where its checkpoint is of no lab."""
        checkpoint = load_checkpoint(self.checkpoints / address["checkpoint"])
        if checkpoint.card.data is None or not checkpoint.card.data.name.startswith("lab"):
            return None
        data = open_data(checkpoint.card.data.name)
        address |= {"data": checkpoint.card.data.name, "conversation": data.split("test")[0].id}
        return View.of(checkpoint, data, address["conversation"], address["pattern"], int(address["seed"]))

    def clip_view(self, pattern: str, seed: int) -> View:
        """What pages show of the example clip."""
        return View.of(self.reader, self.clip, self.clip.utterances.ids[0], pattern, seed)

    def comparison(self, names: list[str], pattern: str, seed: int) -> str:
        """The chart by utterances' truth on Compare, of checkpoints that were trained on the same lab."""
        checkpoints = {name: load_checkpoint(self.checkpoints / name) for name in names}
        data = open_data("lab")
        predictions = {
            name: np.stack([
                predict_drawing(one, data.task, Stream(data.split("test"), one.standardise, one.bank.device), drawing).predictions[FUSED]
                for drawing in drawings_of(pattern, seed)
            ])
            for name, one in checkpoints.items()
        }  # fmt: skip
        table = compare_predictors(data.task, predictions, Utterances.of(data.split("test")), None).by_truth
        return str(paired_chart(table, LIGHT, by_group_title(table)).to_json())


@dataclass(frozen=True)
class Crowd:
    """What all visitors share."""

    address: str  # of the dashboard
    checkpoints: list[str]
    stories: list[str]
    damaged: Damaged
    library: Library
    seen: Seen
    end: float  # on the clock of `time.monotonic`

    @property
    def over(self) -> bool:
        """Whether it is time to go."""
        return time.monotonic() > self.end


def visit(crowd: Crowd, rng: random.Random) -> None:
    """One visitor after another, until the time is over."""
    kinds: dict[Callable[[Crowd, Visitor, random.Random], None], int] = {
        walk: 70, hand_over: 12, lecture: 8, compare: 5, bring_clip: 5
    }  # fmt: skip
    while not crowd.over:
        (kind,) = rng.choices([*kinds], [*kinds.values()])
        crowd.seen.count(kind.__name__.replace("_", " "))
        try:
            with Visitor(crowd.address) as visitor:
                kind(crowd, visitor, rng)
        except (OSError, TimeoutError, ConnectionClosed, KeyError) as error:
            crowd.seen.fault(
                f"{kind.__name__}: a visitor was cut off or found no widget: {type(error).__name__} {error}"
            )


def random_address(crowd: Crowd, rng: random.Random) -> Address:
    """What the address of a visitor names; a damaged thing now and then."""
    damaged = crowd.damaged
    address = {"checkpoint": rng.choice(damaged.checkpoints if rng.random() < 0.07 else crowd.checkpoints)}
    if rng.random() < 0.8:
        address |= random_pattern(rng)
    if rng.random() < 0.15:
        address["compare"] = rng.choice(damaged.checkpoints if rng.random() < 0.2 else crowd.checkpoints)
    if rng.random() < 0.1:
        address |= {"story": rng.choice([*crowd.stories, *damaged.stories]), "step": str(rng.randint(1, 7))}
    if rng.random() < 0.1:
        address["data"] = rng.choice(damaged.data)
    return address


def random_pattern(rng: random.Random) -> Address:
    """A missing pattern, as an address names it."""
    kind = rng.choice(("uniform({})", "uniform({})", "only(text)", "rates(audio={},video={})"))
    return {"pattern": kind.format(*[rng.randint(1, 7) / 10 for _ in range(2)]), "seed": str(rng.randint(1, 50))}


def walk(crowd: Crowd, visitor: Visitor, rng: random.Random) -> None:
    """From page to page, at one address."""
    address = random_address(crowd, rng)
    plain = not {"data", "compare", "story"} & address.keys() and "uniform" in address.get("pattern", "")
    view = crowd.library.view(address) if plain and address["checkpoint"] in crowd.checkpoints else None
    for page in islice(iter(lambda: rng.choice(PAGES), ""), rng.randint(1, 8)):
        shown = visitor.open(page, **address)
        crowd.seen.note(shown, address)
        if view and page in COMPARED:
            crowd.seen.compare(shown, address, figure(view, COMPARED[page]).to_json())
        if crowd.over:
            return


def hand_over(crowd: Crowd, visitor: Visitor, rng: random.Random) -> None:
    """Damaged files to the import dialog of Data, one after the other."""
    address = {"checkpoint": rng.choice(crowd.checkpoints)}
    crowd.seen.note(visitor.open("data", **address), address)
    visitor.press("Import …")
    for name, content in rng.sample(crowd.damaged.uploads, rng.randint(1, 3)):
        shown = visitor.upload(UPLOADER, name, content)
        crowd.seen.note(shown, {"upload": name})
        crowd.seen.count("file refused with a sentence" if shown.errors else "file read all the same")


def bring_clip(crowd: Crowd, visitor: Visitor, rng: random.Random) -> None:
    """A damaged clip, or the example, whose weights are compared with the library's; some leave while it is analysed."""
    pattern, example = random_pattern(rng), rng.random() < 0.4
    address = {"checkpoint": rng.choice(crowd.checkpoints), **pattern}
    crowd.seen.note(visitor.open("clips", **address), address)
    name, content = rng.choice(crowd.damaged.clips)
    shown = visitor.press(EXAMPLE) if example else visitor.upload(CLIP_UPLOADER, name, content)
    crowd.seen.note(shown, {"clip": "example" if example else name})
    seconds = rng.uniform(0, 20) if rng.random() < 0.3 else LONGEST
    begin = time.monotonic()
    settled = (
        visitor.wait(lambda shown: STOP not in shown.widgets or crowd.over, seconds)
        and STOP not in visitor.shown.widgets
    )
    crowd.seen.note(visitor.shown, {"clip": "example" if example else name})
    if not settled:
        crowd.seen.count("clip left while it was analysed")
        if time.monotonic() - begin > LONGEST:
            crowd.seen.fault(f"clips: {'the example' if example else name} is not ready after {LONGEST} s")
        return
    crowd.seen.count("clip refused with a sentence" if visitor.shown.errors else "clip analysed")
    if example:
        shown = visitor.open("coordinator", **address)  # the session knows what is open by now
        crowd.seen.note(shown, address)
        view = crowd.library.clip_view(pattern["pattern"], int(pattern["seed"]))
        crowd.seen.compare(shown, address, figure(view, COMPARED["coordinator"]).to_json())


def lecture(crowd: Crowd, visitor: Visitor, rng: random.Random) -> None:
    """A story from its first step on, for as long as one likes."""
    address = {"story": rng.choice(crowd.stories)}
    crowd.seen.note(visitor.open("lecture", **address), address)
    steps = rng.randint(1, 8)
    while steps and "Next" in visitor.shown.widgets and not crowd.over:
        crowd.seen.note(visitor.press("Next"), address)
        steps -= 1


def compare(crowd: Crowd, visitor: Visitor, rng: random.Random) -> None:
    """Two checkpoints of the same lab, until what is compared under the pattern in force is the library's."""
    names, pattern, seed = rng.sample(crowd.checkpoints, 2), f"uniform(0.{rng.randint(1, 7)})", rng.randint(1, 50)
    expected = crowd.library.comparison(names, pattern, seed)
    address = {
        "checkpoint": names[0],
        "data": "lab",
        "pattern": pattern,
        "seed": str(seed),
        "compare_part": "By utterances",
    }
    crowd.seen.note(visitor.open("compare", compared=names, **address), address)
    visitor.wait(lambda shown: draws(shown, expected) or crowd.over, LONGEST)
    if not crowd.over:
        crowd.seen.compare(visitor.shown, address, expected)
