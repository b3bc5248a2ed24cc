"""The rows of an embedding, one a token: the largest magnitude of each, and which of them are the same."""

from __future__ import annotations

import collections
import dataclasses
import functools
import itertools
import statistics
import typing

from probes.checkpoints.bits import Values

try:
    import numpy
except ImportError:
    numpy = None  # type: ignore[assignment]

_KEY, _MIXED = 16, 0x9E3779B97F4A7C15  # the bytes by which rows are told apart, and what mixes their halves


@dataclasses.dataclass(frozen=True, eq=False)
class Rows:
    """Of each row its largest magnitude (as bits), and a key that only equal rows share.

    Lists, or arrays where numpy is there.
    """

    largest: typing.Any
    keys: typing.Any

    @property
    def peak(self) -> int:
        """The largest magnitude of all."""
        return max(self.largest) if numpy is None else int(self.largest.max())

    @functools.cached_property
    def median(self) -> int:
        """Of the largest magnitudes that are not 0; 0 where there is none."""
        if numpy is None:
            return statistics.median_low(list(filter(None, self.largest)) or [0])
        rows = self.largest[self.largest > 0]
        middle = (len(rows) - 1) // 2
        return int(numpy.partition(rows, middle)[middle]) if len(rows) else 0

    def below(self, magnitude: int) -> list[int]:
        """The rows whose largest magnitude is smaller."""
        if numpy is None:
            return [row for row, largest in enumerate(self.largest) if largest < magnitude]
        return _where(self.largest < magnitude)

    def reaching(self, magnitude: int) -> list[int]:
        """The rows whose largest magnitude is as large, or larger."""
        if numpy is None:
            return [row for row, largest in enumerate(self.largest) if largest >= magnitude]
        return _where(self.largest >= magnitude)

    def shared(self) -> list[int]:
        """The rows of which there is another one that is the same."""
        if numpy is None:
            times = collections.Counter(self.keys)
            return [row for row, key in enumerate(self.keys) if times[key] > 1]
        keys = numpy.sort(self.keys)
        again = keys[1:][keys[1:] == keys[:-1]]
        return _where(numpy.isin(self.keys, again)) if len(again) else []


def look(values: Values, row: int) -> Rows:
    """The rows in a window, each of `row` values."""
    line = row * values.dtype.width
    if numpy is None:
        rows = [values.window[begin : begin + line] for begin in range(0, len(values.window), line)]
        peaks = [Values(one, values.dtype).largest() for one in rows]
        return Rows(peaks, [_key(one, peak) for one, peak in zip(rows, peaks)])
    starts = numpy.arange(0, len(values.signed), row)
    signed, unsigned = (numpy.maximum.reduceat(view, starts) for view in (values.signed, values.unsigned))
    largest = numpy.maximum(signed, (unsigned & values.mask).view(signed.dtype)).astype("<i8")
    heads = numpy.frombuffer(values.window, "u1").reshape(-1, line)[:, :_KEY]
    if line < _KEY:
        heads = numpy.pad(heads, ((0, 0), (0, _KEY - line)))
    one, two = numpy.ascontiguousarray(heads).view("<u8").T
    mixed = numpy.uint64(_MIXED)
    return Rows(largest, (one * mixed ^ two) + largest.view("<u8") * mixed)


def joined(pieces: typing.Sequence[Rows]) -> Rows:
    """The rows of all pieces, one behind the other."""
    if numpy is None:
        flat = itertools.chain.from_iterable
        return Rows(list(flat(one.largest for one in pieces)), list(flat(one.keys for one in pieces)))
    join = numpy.concatenate
    return Rows(join([one.largest for one in pieces]), join([one.keys for one in pieces]))


def _where(mask: typing.Any) -> list[int]:
    rows: list[int] = numpy.flatnonzero(mask).tolist()
    return rows


def _key(row: memoryview, peak: int) -> int:
    head = bytes(row[:_KEY]).ljust(_KEY, b"\0")
    one, two = int.from_bytes(head[:8], "little"), int.from_bytes(head[8:], "little")
    return ((one * _MIXED & 2**64 - 1 ^ two) + peak * _MIXED) & 2**64 - 1
