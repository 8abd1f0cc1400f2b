"""The smallest set of players that reaches a goal: exact where all smaller sets can be tried, else greedy and then pruned."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from comp_viz.data.conversation import Bools, Floats

PAIRS = 150  # most pairs that are tried
GREEDY_WIDTH = 16  # of the greedy search: how many players, the most promising by themselves, are tried at each step
GREEDY_STEPS = 6  # greedy steps, before players are taken in bulk
SMALLEST, IRREDUCIBLE = "smallest", "irreducible"

Goal = Callable[
    [Bools], tuple[Bools, Floats]
]  # sets of players `[K, P]` -> which reach it, and what each still lacks, `[K]`


@dataclass(frozen=True)
class SufficientSet:
    """A set of players that reaches a goal."""

    players: tuple[int, ...]
    proof: (
        str  # `smallest`: every smaller set was tried; `irreducible`: without any one of its players it misses the goal
    )


def smallest_set(goal: Goal, players: int, singles: tuple[Bools, Floats] | None = None) -> SufficientSet | None:
    """Search among `P` players, `singles` being what is known of each alone; None where no such set turns up.

    Players can work against each other, so that a set may reach the goal where all of them together do not.
    """
    if not players:
        return None
    one = np.eye(players, dtype=bool)
    reached, lack = goal(one) if singles is None else singles
    if reached.any():
        return SufficientSet((best_of(reached, lack),), SMALLEST)
    if players == 1:
        return None
    order = np.argsort(lack, kind="stable")
    pairs, all_pairs = promising_pairs(order)
    chosen = one[pairs[:, 0]] | one[pairs[:, 1]]
    reached, lack = goal(chosen)
    best = best_of(reached, lack)
    if reached[best]:
        return SufficientSet(set_members(chosen[best]), SMALLEST)
    enough = greedy(goal, order, chosen[best])
    if enough is None:
        return None
    fewest = pruned(goal, enough)
    tried = 2 if all_pairs else 1  # all sets of so many players miss the goal
    return SufficientSet(set_members(fewest), SMALLEST if fewest.sum() == tried + 1 else IRREDUCIBLE)


def best_of(reached: Bools, lack: Floats) -> int:
    """The set that reaches the goal with most to spare, else the one that lacks least."""
    return int(np.where(reached, lack, np.inf).argmin() if reached.any() else lack.argmin())


def promising_pairs(order: np.ndarray) -> tuple[np.ndarray, bool]:
    """Pairs to be tried `[K, 2]`, of the players that come first in `order`, and whether they are all there are."""
    P = len(order)
    most = P
    while most * (most - 1) // 2 > PAIRS:
        most -= 1
    return np.array(list(combinations(order[:most], 2)), dtype=int).reshape(-1, 2), most == P


def greedy(goal: Goal, order: np.ndarray, start: Bools) -> Bools | None:
    """From a set `[P]` on, add the player that helps most, again and again; after some steps in order and in bulk."""
    chosen: Bools = start.copy()
    for _ in range(GREEDY_STEPS):
        waiting = [i for i in order if not chosen[i]][:GREEDY_WIDTH]
        if not waiting:
            return None
        tried = np.repeat(chosen[None], len(waiting), axis=0)
        tried[np.arange(len(waiting)), waiting] = True
        reached, lack = goal(tried)
        best = best_of(reached, lack)
        chosen = tried[best]
        if reached[best]:
            return chosen
    waiting = [i for i in order if not chosen[i]]
    if not waiting:
        return None
    added = prefixes(chosen, waiting, True)
    reached, _ = goal(added)
    return np.array(added[int(reached.argmax())]) if reached.any() else None


def pruned(goal: Goal, chosen: Bools) -> Bools:
    """Without players it can do without, as many at a time as it can, until it can do without none."""
    while True:
        there = np.flatnonzero(chosen)
        tried = np.repeat(chosen[None], len(there), axis=0)
        tried[np.arange(len(there)), there] = False
        reached, lack = goal(tried)
        if not reached.any():
            return chosen
        spare = there[np.argsort(np.where(reached, lack, np.inf), kind="stable")][: int(reached.sum())]
        fewer = prefixes(chosen, spare.tolist(), False)
        together = goal(fewer)[0]
        # One alone can be spared, but the first prefix may be of several.
        chosen = (
            fewer[np.flatnonzero(together)[-1]] if together.any() else tried[int(np.flatnonzero(there == spare[0])[0])]
        )


def prefixes(chosen: Bools, players: list[int], there: bool) -> Bools:
    """A set with more and more of some players put in or left out, in at most `WIDTH` steps to all of them: `[K, P]`."""
    ends = sorted({-(-len(players) * k // GREEDY_WIDTH) for k in range(1, GREEDY_WIDTH + 1)})
    sets = np.repeat(chosen[None], len(ends), axis=0)
    for row, end in zip(sets, ends, strict=True):
        row[players[:end]] = there
    return sets


def set_members(chosen: Bools) -> tuple[int, ...]:
    """The players in a set `[P]`."""
    return tuple(np.flatnonzero(chosen).tolist())
