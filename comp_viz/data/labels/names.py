"""Which task texts set: the names of classes, spelled alike or not."""

from collections import Counter, defaultdict

from comp_viz.data.labels.column import label_key
from comp_viz.data.labels.numbers import MOST_CLASSES
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

OPEN_NAMES = ("none", "unknown", "unk", "undefined")  # may be a class, or the lack of one
FREE_TEXT = 20  # names that come less than twice each, of which there are more than this, are no classes


def spellings(counts: Counter[str]) -> dict[str, str]:
    """Each text that occurs -> the name of its class: the most frequent of the spellings that differ in capitals and blanks."""
    alike: dict[str, Counter[str]] = defaultdict(Counter)
    for text, count in counts.items():
        alike[label_key(text)][" ".join(text.split())] += count
    name = {key: min(forms, key=lambda form: (-forms[form], form)) for key, forms in alike.items()}
    return {text: name[label_key(text)] for text in counts}


def classes_of_names(counts: Counter[str]) -> tuple[str, ...]:
    """The classes, sorted, that labels spelled so and so often set. Raises `CompVizError` when they are no classes."""
    classes = tuple(sorted(set(spellings(counts).values())))
    if not 2 <= len(classes) <= MOST_CLASSES or len(classes) > max(FREE_TEXT, counts.total() / 2):
        raise CompVizError(
            f"labels are {len(classes):,} different texts, such as {shortened(min(counts, default=''), 60)!r}, "
            f"expected the names of 2 to {MOST_CLASSES:,} classes, each with several utterances"
        )
    if doubtful := [name for name in classes if label_key(name) in OPEN_NAMES]:
        raise CompVizError(
            f"{counts[doubtful[0]]:,} labels are {shortened(doubtful[0], 60)!r}, which may be a class or mean that there is none. "
            f"Give --unknown={shortened(doubtful[0], 60)}, or name all classes: --classes {shortened(','.join(classes), 200)}"
        )
    return classes
