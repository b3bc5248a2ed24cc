"""The exact optimum of asking and trying, by dynamic programming over what was tried and what was answered.

A state is a set of tried fixes and an answer, or none, to each question. Its weight for a hypothesis is the
prior times the chance that all tried fixes failed and all answers came out so, hence states need no history.
The table has 2^F rows and product(V + 1) columns; it is filled from the states in which everything was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kb.belief import Array

Whole: TypeAlias = npt.NDArray[np.int64]

# Tables up to this size are filled in some milliseconds. Up to seven fixes all columns have room; the eighth
# and the ninth fix, which seldom come to be tried, halve them.
MOST_FIXES = 9
MOST_COLUMNS = 700
MOST_CELLS = 102_400

_UNASKED, _ANSWERS = 0, slice(1, None)  # along a question's axis of the table


def columns(tables: Sequence[Array]) -> int:
    """The number of ways in which the questions can stand: unasked, or with one of their answers."""
    return int(np.prod([table.shape[1] + 1 for table in tables], dtype=np.int64)) if tables else 1


def fits(fixes: int, tables: Sequence[Array]) -> bool:
    """Whether the table of so many fixes and these questions is small enough."""
    return columns(tables) <= min(MOST_COLUMNS, MOST_CELLS >> fixes)


def optimum(
    belief: Array,
    cure: Array,
    minutes: Array,
    tables: Sequence[Array],
    asking: Sequence[float],
    escalate: float,
) -> tuple[Array, Array]:
    """The least expected minutes when each fix is tried first (F,), and when each fact is asked first (Q,).

    belief: (H,), sums to 1; cure: (H, F); minutes: (F,); tables: P(value | hypothesis), (H, V) each;
    asking: the questions' minutes. Handing the case over costs `escalate` at any time.
    """
    fixes, questions = len(minutes), range(len(tables))
    sets = np.arange(2**fixes)
    failed = np.ones((len(sets), len(belief)))  # (2^F, H): the chance that every tried fix failed
    for f in range(fixes):
        failed[sets >> f & 1 == 1] *= 1 - cure[:, f]
    said = belief[None, :]  # (columns, H): the prior times the chance of the answers
    for table in tables:
        unasked = np.concatenate([np.ones((1, len(belief))), table.T])  # (V + 1, H)
        said = (said[:, None, :] * unasked).reshape(-1, len(belief))
    # One axis for each question (0 is unasked, then its answers), and a last one for the tried fixes.
    shape = (*(table.shape[1] + 1 for table in tables), len(sets))
    weight = (said @ failed.T).reshape(shape)  # P(still broken, and answered so)
    cost = escalate * weight

    for asked in sorted(product((False, True), repeat=len(tables)), key=sum, reverse=True):
        here = tuple(_ANSWERS if known else _UNASKED for known in asked)
        mass = weight[here]
        best = cost[here].copy()
        for q in questions:
            if not asked[q]:
                after = cost[_with(here, q)].sum(axis=sum(asked[:q]))
                after += asking[q] * mass
                np.minimum(best, after, out=best)
        rows = _tried(_rows(best), _rows(mass), minutes)
        cost[here] = rows.T.reshape(mass.shape)

    none = (_UNASKED,) * len(tables)
    trying = np.array([minutes[f] + cost[none][1 << f] for f in range(fixes)])
    first = [asking[q] + cost[_with(none, q)][:, 0].sum() for q in questions]
    return trying, np.array(first)


def _with(here: tuple[int | slice, ...], q: int) -> tuple[int | slice, ...]:
    """The places of the table at which question q has been answered, too."""
    return (*here[:q], _ANSWERS, *here[q + 1 :])


def _rows(block: Array) -> Array:
    """A block of the table (…, 2^F) as (2^F, columns)."""
    return np.ascontiguousarray(block.reshape(-1, block.shape[-1]).T)


def _tried(cost: Array, mass: Array, minutes: Array) -> Array:
    """The cost (2^F, n) of each set of tried fixes, once trying a further one is an option too."""
    for rows, left in _by_size(len(minutes)):
        again = cost[rows[:, None] | 1 << left]  # (rows, fixes left, n)
        again += minutes[left][:, :, None] * mass[rows][:, None]
        cost[rows] = np.minimum(cost[rows], again.min(axis=1))
    return cost


@lru_cache(maxsize=32)
def _by_size(fixes: int) -> tuple[tuple[Whole, Whole], ...]:
    """The sets of tried fixes (n,) by size, largest first, and for each the fixes left (n, F - size)."""
    found = []
    for tried in range(fixes - 1, -1, -1):
        rows = [s for s in range(2**fixes) if s.bit_count() == tried]
        left = [[f for f in range(fixes) if not s >> f & 1] for s in rows]
        found.append((np.array(rows), np.array(left)))
    return tuple(found)
