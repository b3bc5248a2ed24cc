"""Which numbers in a block of a large log are worth reading: the extremes, and those that are not finite."""

from __future__ import annotations

import typing

from probes.logs import figures, figures_numpy

FIGURES: typing.Any = figures_numpy if figures_numpy.THERE else figures
MOST = 4  # odd numbers of each name that are kept, and the last


class Extremes(typing.NamedTuple):
    """Places in a block, in their order.

    `own` are the places of all losses of the log's own kind. `crowded` says that more odd numbers are there
    than were kept: one that matters may be among the others.
    """

    places: tuple[int, ...]
    own: typing.Sequence[int]
    crowded: bool


def extremes(
    block: bytearray, names: typing.Iterable[typing.Any], before: typing.Collection[bytes]
) -> Extremes:
    """The first, lowest and highest loss, the highest norm, the odd ones, the first of another kind of loss.

    `names`: what `FIGURES.names` found in the parts of a block. `before`: the two bytes before "loss" in the
    log's own losses, so that an auxiliary loss in the same lines is not taken for them; none means all.
    """
    own, others, kinds = FIGURES.find(block, names, before)
    norms = FIGURES.near(block, own)
    chosen = {*FIGURES.first(own), *FIGURES.lowest(own), *FIGURES.highest(own), *FIGURES.highest(norms)}
    chosen.update(kinds[:MOST])  # an evaluation's, it may be
    chosen.update(others[:MOST], others[-1:])
    crowded = len(others) > MOST
    for numbers in (own, norms):
        odd, count = FIGURES.odd(numbers, MOST)
        chosen.update(odd)
        crowded |= count > MOST
    return Extremes(tuple(sorted(chosen)), own[0], crowded)
