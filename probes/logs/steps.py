"""Where in its run a point stands: counters made to go forward, and attempts told apart."""

from __future__ import annotations

import dataclasses
import math
import typing

from probes.logs.point import Point

# A log in which steps go back more often than this is not one of restarts: ranks print it in turn.
MOST_RESTARTS = 20


class Counter:
    """Gives every training point a step.

    A point without one is one after the last (`counted` says that this happened). A counter that
    starts anew in each epoch goes on from where the last epoch ended.
    """

    def __init__(self) -> None:
        self.counted = False
        self._placed = self._printed = self._offset = self._passed = 0
        self._epoch = 0.0

    def passed(self, points: int) -> None:
        """So many points, which are not placed, come before the next one."""
        self._passed += points

    def place(self, point: Point) -> Point:
        """The point with its step."""
        epoch = point.epoch if point.epoch is not None and 0 <= point.epoch < math.inf else None
        if point.step is None:
            self.counted = True
            if epoch is not None and epoch < self._epoch:  # a restart
                self._placed = int(self._placed * epoch / self._epoch)
            self._placed += 1 + self._passed
        else:
            if point.step < self._printed and epoch is not None and epoch > self._epoch:
                self._offset += self._printed
            self._printed = point.step
            self._placed = self._offset + point.step
        self._passed = 0
        self._epoch = self._epoch if epoch is None else epoch
        return point if point.step == self._placed else dataclasses.replace(point, step=self._placed)


def attempts(points: typing.Sequence[Point]) -> list[list[Point]]:
    """The runs in a log, the newest first, each with the part of the earlier one that it goes on from.

    A restart shows as a step that goes back by more than one logged step.
    """
    runs: list[list[Point]] = []
    current: list[Point] = []
    for point in points:
        if len(current) > 1 and _step(point) < _step(current[-1]) and _step(point) <= _step(current[-2]):
            runs.append(current)
            if len(runs) > MOST_RESTARTS:
                return [list(points)]
            current = [earlier for earlier in current if _step(earlier) < _step(point)]
        current.append(point)
    return [current, *reversed(runs)]


def _step(point: Point) -> int:
    return point.step or 0
