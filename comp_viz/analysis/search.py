"""The smallest set of players that reaches a goal: exact where all smaller sets can be tried, else greedy and then pruned."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from comp_viz.data.conversation import Bools, Floats

PAIRS = 150  # most pairs that are tried
WIDTH = 16  # of the greedy search: how many players, the most promising by themselves, are tried at each step
STEPS = 6  # greedy steps, before players are taken in bulk
SMALLEST, IRREDUCIBLE = "smallest", "irreducible"

Goal = Callable[
    [Bools], tuple[Bools, Floats]
]  # sets of players `[K, P]` -> which reach it, and what each still lacks, `[K]`


@dataclass(frozen=True)
class FoundSet:
    """A set of players that reaches a goal."""

    players: tuple[int, ...]
    proof: (
        str  # `smallest`: every smaller set was tried; `irreducible`: without any one of its players it misses the goal
    )


def smallest_set(goal: Goal, players: int, singles: tuple[Bools, Floats] | None = None) -> FoundSet | None:
    """Find it among `P` players, `singles` being what is known of each alone; None where not even all together reach it."""
    one = np.eye(players, dtype=bool)
    reached, lack = goal(one) if singles is None else singles
    if reached.any():
        return FoundSet((int(np.where(reached, lack, np.inf).argmin()),), SMALLEST)
    if not players or not goal(np.ones((1, players), dtype=bool))[0][0]:
        return None
    order = np.argsort(lack, kind="stable")
    pairs, all_pairs = promising_pairs(order)
    if len(pairs):
        chosen = one[pairs[:, 0]] | one[pairs[:, 1]]
        reached, lack = goal(chosen)
        best = int(np.where(reached, lack, np.inf).argmin() if reached.any() else lack.argmin())
        if reached[best]:
            return FoundSet(members(chosen[best]), SMALLEST)
        found = pruned(goal, greedy(goal, order, chosen[best]))
        return FoundSet(members(found), SMALLEST if all_pairs and found.sum() == 3 else IRREDUCIBLE)
    return FoundSet(tuple(range(players)), SMALLEST)  # a single player, which all together are


def promising_pairs(order: np.ndarray) -> tuple[np.ndarray, bool]:
    """Pairs to be tried `[K, 2]`, of the players that come first in `order`, and whether they are all there are."""
    P = len(order)
    most = P
    while most * (most - 1) // 2 > PAIRS:
        most -= 1
    return np.array(list(combinations(order[:most], 2)), dtype=int).reshape(-1, 2), most == P


def greedy(goal: Goal, order: np.ndarray, start: Bools) -> Bools:
    """From a set `[P]` on, add the player that helps most, again and again; after some steps in order and in bulk."""
    chosen = start.copy()
    for _ in range(STEPS):
        open_ = [i for i in order if not chosen[i]][:WIDTH]
        if not open_:
            return chosen
        tried = np.repeat(chosen[None], len(open_), axis=0)
        tried[np.arange(len(open_)), open_] = True
        reached, lack = goal(tried)
        best = int(np.where(reached, lack, np.inf).argmin() if reached.any() else lack.argmin())
        chosen = tried[best]
        if reached[best]:
            return chosen
    rest = [i for i in order if not chosen[i]]
    ends = sorted({-(-len(rest) * k // WIDTH) for k in range(1, WIDTH + 1)})
    tried = np.repeat(chosen[None], len(ends), axis=0)
    for row, end in zip(tried, ends, strict=True):
        row[rest[:end]] = True
    return np.asarray(tried[int(goal(tried)[0].argmax())])


def pruned(goal: Goal, chosen: Bools) -> Bools:
    """Without the players it can do without, one after the other, until it can do without none."""
    while True:
        there = np.flatnonzero(chosen)
        tried = np.repeat(chosen[None], len(there), axis=0)
        tried[np.arange(len(there)), there] = False
        reached, lack = goal(tried)
        if not reached.any():
            return chosen
        chosen = tried[int(np.where(reached, lack, np.inf).argmin())]


def members(chosen: Bools) -> tuple[int, ...]:
    """The players in a set `[P]`."""
    return tuple(np.flatnonzero(chosen).tolist())
