"""A log file of any size, by the lines of it that matter.

A small one is read line by line. A large one is looked through in stretches, and the lines that matter go
through the same formats; whole are read the beginning, the end, and where the loss goes bad or steps go back.
"""

from __future__ import annotations

import bisect
import math
import pathlib
import typing

from probes.logs.reading import FORMATS, Reading
from probes.logs.source import Piece, Source
from probes.logs.stretches import Stretch, look_through
from probes.logs.survey import survey
from probes.report import Report

SMALL = 8_000_000  # bytes; so much is read line by line in a few seconds
STRETCHES, LONGEST = 200, 5_000_000  # so many at least, of so many bytes at most
OFTEN = 1_000_000  # bytes from one word of progress to the next
EDGE = 8 * 1024  # bytes that are read whole at both ends
AROUND = 32 * 1024  # bytes that are read whole on either side of where the loss goes bad
JUMP, BESIDE = 2.0, 4 * 1024  # a loss so many times the last one that was looked at; bytes beside it
BAD, BACK = 8, 60  # how often it is read whole where the loss goes bad or jumps, and where steps go back

Progress = typing.Callable[[int, int], None]  # is told how many bytes are done, and of how many


def read_file(
    path: pathlib.Path,
    encoding: str = "utf-8",
    small: int = SMALL,
    stretches: int = STRETCHES,
    progress: Progress = lambda done, of: None,
) -> Report:
    """What the log in a file says, in bounded memory. Raises OSError.

    Up to `small` bytes are read line by line, a larger file in so many `stretches` at least.
    """
    with path.open("rb", buffering=0) as file:
        source = Source(file, path.stat().st_size, encoding)
        kind = survey(source) if source.size > small else None
        if kind is None or not kind.named:
            reading = Reading(path.name)
            told = 0
            for piece in source.pieces(0, source.size):
                reading.add(piece.text, piece.lines + 1)
                if piece.end > told + OFTEN:
                    told = piece.end
                    progress(told, source.size)
            return reading.report()
        reader = _Reader(source, kind.format, path.name)
        previous: Stretch | None = None
        for stretch in look_through(path, source, kind, min(source.size // stretches + 1, LONGEST)):
            reader.look(stretch)
            if previous:  # looking at the next one may have shown that more of it is wanted
                reader.read(previous)
                progress(previous.end, source.size)
            previous = stretch
        if previous:
            reader.read(previous)
        return reader.reading.report()


class _Reader:
    """Decides which bytes are read whole, and reads a file in order: these, and the pieces that matter."""

    def __init__(self, source: Source, key: str, name: str) -> None:
        self.reading = Reading(name)
        self._source, self._format = source, key
        self._whole = [(0, EDGE), (source.size - EDGE, source.size)]
        self._lines = 1  # the line that the stretch to be read begins in
        self._upto = self._counted = 0  # what was read, and up to where losses that were not are counted
        self._point_of = FORMATS[key].reader()
        self._bad = (False, False)  # the last loss, the last gradient norm
        self._gone_bad = self._jumped = self._gone_back = 0  # how often
        self._loss = math.inf  # the last one
        self._last: tuple[float, int] = (0, 0)  # the last step, or epoch where no step is printed, and where

    def look(self, stretch: Stretch) -> None:
        """Decides what is read whole in a stretch, and in the end of the one before."""
        broken = False
        for piece in stretch.pieces:
            point = self._point_of(piece.text, 0)
            if point is None:
                continue
            bad = _is_bad(point.loss) or point.loss == 0, _is_bad(point.grad_norm)
            broken |= any(bad)
            if any(bad) and bad != self._bad and self._gone_bad < BAD:
                self._gone_bad += 1
                self._whole.append((piece.start - AROUND, piece.start + AROUND))
            if point.loss is not None:
                if point.loss > JUMP * self._loss > 0 and self._jumped < BAD:
                    self._jumped += 1
                    self._whole.append((piece.start - BESIDE, piece.start + BESIDE))
                self._bad, self._loss = bad, point.loss
            counter = point.epoch if point.step is None else point.step
            if counter is not None:
                last, place = self._last
                if counter < last and self._gone_back < BACK:
                    self._gone_back += 1
                    self._whole.append((place, piece.start))
                self._last = (counter, piece.start)
        if stretch.crowded and not broken:
            self._whole.append((stretch.start, stretch.end))

    def read(self, stretch: Stretch) -> None:
        """Reads what was decided of a stretch, and what matters in it besides."""
        wanted: list[tuple[int, int, Piece | None]] = [
            (max(start, stretch.start), min(end, stretch.end), None)
            for start, end in self._whole
            if start < stretch.end and stretch.start < end
        ]
        wanted += [(piece.start, piece.end, piece) for piece in stretch.pieces]
        for start, end, piece in sorted(wanted, key=lambda item: item[:2]):
            if piece is None:
                self._all(stretch, max(start, self._upto), end)
            elif start >= self._upto:
                self._one(stretch, piece, self._lines)
        self._pass(stretch, stretch.end)
        self._lines += stretch.lines

    def _all(self, stretch: Stretch, start: int, end: int) -> None:
        before = self._lines + self._source.newlines(stretch.start, start)
        for piece in self._source.pieces(start, end):
            self._one(stretch, piece, before)
        self._upto = max(self._upto, end)

    def _one(self, stretch: Stretch, piece: Piece, before: int) -> None:
        self._pass(stretch, piece.start)
        self.reading.add(piece.text, before + piece.lines)
        self._upto = self._counted = piece.end

    def _pass(self, stretch: Stretch, place: int) -> None:
        """Counts the losses that are not read, up to a place."""
        if place > self._counted and self.reading.counts(self._format):
            first, last = (
                bisect.bisect_left(stretch.own, at - stretch.base) for at in (self._counted, place)
            )
            self.reading.passed(self._format, last - first)
        self._counted = max(self._counted, place)


def _is_bad(number: float | None) -> bool:
    return number is not None and not math.isfinite(number)
