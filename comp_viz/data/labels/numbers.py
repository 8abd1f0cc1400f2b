"""Which task numbers set: scores, or classes by number; what is open is asked by an error."""

import numpy as np

from comp_viz.data.conversation import Task
from comp_viz.data.dataset import Doubles
from comp_viz.data.labels.fit import FROM_ONE, one_sided
from comp_viz.errors import CompVizError

MOST_CLASSES = 1000
IGNORED = (255.0, -100.0)  # what masks and PyTorch's losses call "ignore"
LARGEST_SCALE = 3.0  # of sentiment in whole numbers: -1 beside a larger one can only mean "none"
FARTHEST = 10.0  # times the other magnitudes: what lies farther is no score of the same scale
LEAST_MARK = 50.0  # the smallest magnitude that is taken for a mark rather than for a score


def ignored_numbers(values: Doubles, whole: bool) -> list[float]:
    """Which of the different labels `[K]`, in order, mean "no label" where they are whole: 255, -100, or -1 below classes.

    Raises `CompVizError` for what may be such a mark or a label.
    """
    marks = [mark for mark in IGNORED if mark in values]
    rest = values[~np.isin(values, marks)]
    if not len(rest):
        return []
    if marks and whole and np.abs(rest).max() < LEAST_MARK:
        return [*marks, *ignored_numbers(rest, whole)]
    if rest[0] == -1 and len(rest) > 2 and (whole or is_whole(rest)) and rest[1] >= 0:
        if whole and rest[-1] > LARGEST_SCALE:
            return [-1.0]
        if whole or rest[-1] > LARGEST_SCALE:
            raise CompVizError(
                f"labels are the numbers {listed(rest)}. Does -1 mean that there is no label (--unknown=-1), or are these "
                f"scores (--scale {-rest[-1]:g} 0 {rest[-1]:g})?"
            )
    check_marks(values)
    return []


def check_marks(values: Doubles) -> None:
    """Raise `CompVizError` when the largest of the different labels is so far from all others that it may be a mark."""
    magnitudes = np.sort(np.abs(values))
    if len(values) < 3 or magnitudes[-1] < LEAST_MARK or magnitudes[-1] < FARTHEST * max(magnitudes[-2], 1):
        return
    mark = values[np.abs(values).argmax()]
    raise CompVizError(
        f"labels are the numbers {listed(values)}. {mark:g} lies far from the others: if it means that there is no label, "
        f"give --unknown={mark:g}; if it is one, give --scale LOW NEUTRAL HIGH"
    )


def task_of_numbers(values: Doubles, whole: bool) -> tuple[Task, str]:
    """The task that the different finite labels `[K]`, in order, set, and a remark on what is open, "" for none.

    Whole numbers with negative ones among them are scores around 0; from 0 or 1 on without a gap they are classes. Others
    are scores. Raises `CompVizError` where neither is plain.
    """
    if not whole or not len(values) or values[0] < 0:
        reach = float(np.ceil(np.abs(values).max(initial=1)))
        return Task("score", low=-reach, high=reach), one_sided(values)
    first, last = int(values[0]), int(values[-1])
    if len(values) < 2 or len(values) > MOST_CLASSES:
        raise CompVizError(
            f"labels are whole numbers from {first} to {last}, {len(values):,} different ones; expected class numbers, at least "
            f"two and at most {MOST_CLASSES:,}, or scores, given with --scale LOW NEUTRAL HIGH"
        )
    if first > 1 or len(values) < last - first + 1:
        raise CompVizError(
            f"labels are the whole numbers {listed(values)}, which do not count from 0 or 1 without a gap. If they are classes, "
            f"name all {last + 1} from 0 to {last} with --classes a,b,…; if scores, give --scale LOW NEUTRAL HIGH; "
            "if one of them means that there is no label, give --unknown=NUMBER"
        )
    return Task("emotion", tuple(f"class {n}" for n in range(first, last + 1))), FROM_ONE if first else ""


def is_whole(values: Doubles) -> bool:
    """Whether all of some finite numbers are whole."""
    return bool((values == np.floor(values)).all())


def listed(values: Doubles) -> str:
    """Numbers for a message, the first and the last where they are many."""
    texts = [f"{value:g}" for value in values]
    return ", ".join(texts if len(texts) <= 8 else [*texts[:4], "…", *texts[-3:]])
