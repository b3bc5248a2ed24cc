"""The exact optimum of asking and trying, by dynamic programming over what was tried and what was answered.

A state is a set of tried fixes and an answer, or none, to each question. Its weight for a hypothesis is the
prior times the chance that all tried fixes failed and all answers came out so, hence states need no history.
The table has 2^F rows and product(V + 1) columns; it is filled from the states in which everything was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from kb.belief import Array

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
    answers = np.array(list(product(*[range(t.shape[1] + 1) for t in tables]))).reshape(
        columns(tables), len(tables)
    )
    radix = np.array([columns(tables[q + 1 :]) for q in range(len(tables))], dtype=np.int64)
    sets = np.arange(2**fixes)
    size = np.array([int(s).bit_count() for s in sets])

    failed = np.ones((len(sets), len(belief)))  # (2^F, H): the chance that every tried fix failed
    for f in range(fixes):
        failed[sets >> f & 1 == 1] *= 1 - cure[:, f]
    said = np.ones((len(answers), len(belief)))  # (columns, H): the chance of the answers
    for q, table in enumerate(tables):
        said *= np.concatenate([np.ones((len(belief), 1)), table], axis=1).T[answers[:, q]]
    weight = (failed * belief) @ said.T  # (2^F, columns): P(still broken, and answered so)
    cost = escalate * weight

    answered = (answers > 0).sum(axis=1)
    for level in range(len(tables), -1, -1):
        here = np.flatnonzero(answered == level)
        for q, table in enumerate(tables):
            column = here[answers[here, q] == 0]
            after = sum(cost[:, column + (v + 1) * radix[q]] for v in range(table.shape[1]))
            cost[:, column] = np.minimum(cost[:, column], asking[q] * weight[:, column] + after)
        for tried in range(fixes - 1, -1, -1):
            for f in range(fixes):
                row = np.flatnonzero((size == tried) & (sets >> f & 1 == 0))
                cell = np.ix_(row, here)
                again = np.ix_(row | 1 << f, here)
                cost[cell] = np.minimum(cost[cell], minutes[f] * weight[cell] + cost[again])

    trying = np.array([minutes[f] + cost[1 << f, 0] for f in range(fixes)])
    first = [
        asking[q] + sum(cost[0, (v + 1) * radix[q]] for v in range(t.shape[1])) for q, t in enumerate(tables)
    ]
    return trying, np.array(first)
