"""A loss curve in bounded memory: thinned, its extremes kept, exact where it first goes bad."""

from __future__ import annotations

import collections
import math
import typing

from probes.logs.point import Point

BUCKETS = 6_000  # of at most three points; a log with fewer points is kept whole
AROUND = 100  # points kept on either side of the first bad one

Numbered = tuple[int, Point]  # a point with its place in the log


class Curve:
    """Collects the points of a log of any length.

    When the buckets are full, neighbours are joined, so every bucket always stands for equally many
    points and statistics over them weigh early and late alike.
    """

    def __init__(self) -> None:
        self.added = 0
        self._width = 1
        self._bucket: list[Numbered] = []
        self._buckets: list[list[Numbered]] = []
        self._before: collections.deque[Numbered] = collections.deque(maxlen=AROUND)
        self._after: list[Numbered] = []

    def add(self, point: Point) -> None:
        """Take one more point, in the order of the log."""
        numbered = (self.added, point)
        self.added += 1
        if not self._after and not _is_bad(point):
            self._before.append(numbered)
        elif len(self._after) <= AROUND:
            self._after.append(numbered)
        self._bucket.append(numbered)
        if len(self._bucket) < self._width:
            return
        self._buckets.append(_extremes(self._bucket))
        self._bucket = []
        if len(self._buckets) == BUCKETS:
            pairs = zip(self._buckets[::2], self._buckets[1::2])
            self._buckets = [_extremes(one + two) for one, two in pairs]
            self._width *= 2

    def points(self) -> list[Point]:
        """What was kept, in the order of the log."""
        kept = {place: point for bucket in (*self._buckets, self._bucket) for place, point in bucket}
        if self._after:
            kept.update((*self._before, *self._after))
        return [point for _, point in sorted(kept.items())]


def in_order(*curves: Curve) -> list[Point]:
    """What several curves of one log kept, by the points' lines."""
    return sorted((point for curve in curves for point in curve.points()), key=lambda point: point.line)


def thin(points: typing.Sequence[Point], limit: int, bad: int | None) -> list[Point]:
    """At most `limit` of the points, evenly, and exactly those around index `bad`."""
    if len(points) <= limit:
        return list(points)
    around = range(0) if bad is None else range(max(0, bad - AROUND), min(len(points), bad + AROUND))
    stride = math.ceil(len(points) / (limit - len(around)))
    return [points[index] for index in sorted({*range(0, len(points), stride), *around})]


def _is_bad(point: Point) -> bool:
    return point.loss is not None and (point.loss == 0 or not math.isfinite(point.loss))


def _extremes(points: list[Numbered]) -> list[Numbered]:
    """The lowest, the highest and the one with the largest gradient; NaN is higher than anything."""
    if len(points) == 1:
        return points
    lowest = min(points, key=lambda numbered: _height(numbered[1].loss))
    highest = max(points, key=lambda numbered: _height(numbered[1].loss))
    steepest = max(points, key=lambda numbered: _height(numbered[1].grad_norm))
    return [numbered for _, numbered in sorted({one[0]: one for one in (lowest, highest, steepest)}.items())]


def _height(number: float | None) -> tuple[bool, float]:
    if number is None:
        return (False, -math.inf)
    return (math.isnan(number), 0.0 if math.isnan(number) else number)
