"""`python -m recipes.clips.unseen_corpora`: how much surer than right a model is on a corpus that it was not trained on.

Validation by unseen speakers of known corpora flatters, since microphone, room and way of acting are known. So for each
corpus logistic regression is fitted to the others and asked about it, and about unseen groups of those others: the ratio
of the two best temperatures is how much more doubt an unseen corpus calls for (`measured.UNSEEN`).
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from comp_viz.clips.settings import Settings
from comp_viz.commands import exit_status
from comp_viz.evaluation.calibration import fit_temperature
from recipes.clips import dialogues, speech
from recipes.clips.corpus import Item
from recipes.clips.features import Table, read_corpus

STRENGTH = {"audio": 3e-3, "text": 1e-2}  # inverse of the regularisation
HELD_OUT = 5  # one group in so many of the known corpora


def run(options: argparse.Namespace) -> None:
    """Read the corpora, or take what was read before, and print accuracy and temperatures."""
    for corpus in (speech.CORPUS, dialogues.CORPUS):
        table = read_corpus(corpus, options.corpora, options.kept, Settings())
        ratios = [without(table, name) for name in sorted({source(item) for item in table.items})]
        print(f"{corpus.name}: temperatures {np.exp(np.mean(np.log(ratios))):.2f} times as large on an unseen corpus")


def source(item: Item) -> str:
    """The corpus of an item, by its name."""
    first = item.name.replace("/", " ").split(" ")[0]
    return "meld" if first in ("train", "dev") else first


def without(table: Table, name: str) -> float:
    """The ratio of the best temperatures on an unseen corpus and on unseen groups of known ones."""
    from sklearn.linear_model import LogisticRegression

    rows = [n for n, item in enumerate(table.items) if item.label >= 0 and not table.reasons[n]]
    features, labels = table.features[rows], np.array([table.items[n].label for n in rows])
    sources = np.array([source(table.items[n]) for n in rows])
    groups = np.array([table.items[n].group for n in rows])
    unseen = sources == name
    known = np.unique(groups[~unseen])
    held = np.random.default_rng(0).permutation(known)[: max(1, len(known) // HELD_OUT)]
    kept_out = ~unseen & np.isin(groups, held)
    training = ~unseen & ~kept_out
    mean, deviation = features[training].mean(0), features[training].std(0) + 1e-6
    standard = np.clip((features - mean) / deviation, -4, 4)
    kinds = np.char.add(sources[training], labels[training].astype(str))
    _, kind, counts = np.unique(kinds, return_inverse=True, return_counts=True)
    weights = len(kind) / len(counts) / counts[kind]  # each corpus and emotion alike
    model = LogisticRegression(C=STRENGTH[table.corpus.modality], max_iter=300)
    model.fit(standard[training], labels[training], sample_weight=weights)
    temperatures = []
    for what, part in (("unseen groups of the others", kept_out), (name, unseen)):
        logits, truth = model.decision_function(standard[part]).astype(np.float32), labels[part].astype(np.float32)
        recall = np.mean([(logits.argmax(1) == truth)[truth == label].mean() for label in range(4)])
        temperatures.append(fit_temperature(logits, truth))
        print(f"without {name}, on {what}: UA {recall:.1%}, temperature {temperatures[-1]:.2f} ({len(truth):,})")
    return temperatures[1] / temperatures[0]


def main(arguments: list[str] | None = None) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.clips.unseen_corpora",
        description="how much more doubt a corpus calls for that was not trained on",
    )
    parser.add_argument("corpora", type=Path, help="folder of the corpora, as for make_data")
    parser.add_argument("--kept", type=Path, required=True, help="folder that features are kept in")
    return exit_status(run, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
