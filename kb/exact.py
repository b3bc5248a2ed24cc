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

# Tables up to this size are filled in some milliseconds.
MOST_FIXES = 9
MOST_COLUMNS = 700


def columns(tables: Sequence[Array]) -> int:
    """The number of ways in which the questions can stand: unasked, or with one of their answers."""
    return int(np.prod([table.shape[1] + 1 for table in tables], dtype=np.int64)) if tables else 1


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
    fixes = len(minutes)
    sizes = tuple(table.shape[1] for table in tables)
    answers, levels = _answers(sizes)
    radix = [columns(tables[q + 1 :]) for q in range(len(tables))]

    sets = np.arange(2**fixes)
    failed = np.ones((len(sets), len(belief)))  # (2^F, H): the chance that every tried fix failed
    for f in range(fixes):
        failed[sets >> f & 1 == 1] *= 1 - cure[:, f]
    said = np.ones((len(answers), len(belief)))  # (columns, H): the chance of the answers
    for q, table in enumerate(tables):
        said *= np.concatenate([np.ones((len(belief), 1)), table], axis=1).T[answers[:, q]]
    weight = (failed * belief) @ said.T  # (2^F, columns): P(still broken, and answered so)
    cost = escalate * weight

    for here in levels:
        for q, table in enumerate(tables):
            column = here[answers[here, q] == 0]
            after = sum(cost[:, column + (v + 1) * radix[q]] for v in range(table.shape[1]))
            cost[:, column] = np.minimum(cost[:, column], asking[q] * weight[:, column] + after)
        block, mass = cost[:, here], weight[:, here]
        for rows, left in _by_size(fixes):
            for f in range(left.shape[1]):
                fix = left[:, f]
                again = block[rows | 1 << fix]
                again += minutes[fix, None] * mass[rows]
                block[rows] = np.minimum(block[rows], again)
        cost[:, here] = block

    trying = np.array([minutes[f] + cost[1 << f, 0] for f in range(fixes)])
    first = [
        asking[q] + sum(cost[0, (v + 1) * radix[q]] for v in range(t.shape[1])) for q, t in enumerate(tables)
    ]
    return trying, np.array(first)


@lru_cache(maxsize=256)
def _answers(sizes: tuple[int, ...]) -> tuple[Whole, tuple[Whole, ...]]:
    """All ways in which the questions can stand (columns, Q), 0 being unasked; and the columns by how many
    questions are answered, all answered first.
    """
    ways = list(product(*[range(size + 1) for size in sizes]))
    answers = np.array(ways, dtype=np.int64).reshape(len(ways), len(sizes))
    answered = (answers > 0).sum(axis=1)
    return answers, tuple(np.flatnonzero(answered == level) for level in range(len(sizes), -1, -1))


@lru_cache(maxsize=32)
def _by_size(fixes: int) -> tuple[tuple[Whole, Whole], ...]:
    """The sets of tried fixes (n,) by size, largest first, and for each the fixes left (n, F - size)."""
    found = []
    for tried in range(fixes - 1, -1, -1):
        rows = [s for s in range(2**fixes) if s.bit_count() == tried]
        left = [[f for f in range(fixes) if not s >> f & 1] for s in rows]
        found.append((np.array(rows), np.array(left)))
    return tuple(found)
