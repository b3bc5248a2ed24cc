"""Numbers judged by their bits, without arithmetic: with numpy at the speed of memory, else in plain Python.

A magnitude is a value's bits without the sign. Read as signed integers, the largest of the positive values
comes first; read as unsigned ones, the largest of the negative values. So two maxima are all that it takes
to find NaN, Inf and the largest magnitude; isfinite() makes copies and is many times slower.
"""

from __future__ import annotations

import dataclasses
import typing

from probes.checkpoints.tensor import Dtype

try:
    import numpy
except ImportError:
    numpy = None  # type: ignore[assignment]

_SIGNED = {1: "b", 2: "h", 4: "i", 8: "q"}
MOST_ROWS = 5  # of those that are named


@dataclasses.dataclass(frozen=True)
class Large:
    """What is above a limit: how many NaN and Inf, where first (MOST_ROWS of them), the largest number."""

    nan: int
    inf: int
    places: tuple[int, ...]
    largest: int


class Values:
    """The values of a number format in a window of memory, which may be filled again and again."""

    def __init__(self, window: memoryview, dtype: Dtype) -> None:
        """Views of the window as signed and as unsigned integers."""
        self.window, self.dtype = window, dtype
        self.mask = (1 << 8 * dtype.width - 1) - 1  # all bits but the sign
        self.signed: typing.Any
        self.unsigned: typing.Any
        if numpy is None:
            code = _SIGNED[dtype.width]
            self.signed, self.unsigned = window.cast(code), window.cast(code.upper())
        else:
            self.signed = numpy.frombuffer(window, f"<i{dtype.width}")
            self.unsigned = numpy.frombuffer(window, f"<u{dtype.width}")

    def largest(self) -> int:
        """The largest magnitude."""
        if numpy is None:
            return max(max(self.signed), max(self.unsigned) & self.mask)
        top = numpy.maximum.reduce  # max() does the same by a detour
        return max(int(top(self.signed)), int(top(self.unsigned)) & self.mask)

    def above(self, limit: int) -> Large:
        """The values from `limit` on, which is at most the first magnitude that is not finite."""
        mask, inf = self.mask, self.dtype.not_finite
        if numpy is None:
            places = [(i, value & mask) for i, value in enumerate(self.unsigned) if value & mask >= limit]
            finite = max((value & mask for value in self.unsigned if value & mask < inf), default=0)
            infinite = sum(value == inf for _, value in places) if self.dtype.has_inf else 0
            bad = sum(value >= inf for _, value in places)
            return Large(bad - infinite, infinite, tuple(i for i, _ in places[:MOST_ROWS]), finite)
        magnitudes = self.unsigned & mask
        first = numpy.flatnonzero(magnitudes >= limit)[:MOST_ROWS].tolist()
        infinite = int((magnitudes == inf).sum()) if self.dtype.has_inf else 0
        finite = int(magnitudes[magnitudes < inf].max(initial=0))
        return Large(int((magnitudes >= inf).sum()) - infinite, infinite, tuple(first), finite)

    def subnormal(self) -> int:
        """How many values are not 0 and below the smallest normal number."""
        mask, normal = self.mask, self.dtype.normal
        if numpy is None:
            return sum(0 < value & mask < normal for value in self.unsigned)
        magnitudes = self.unsigned & mask
        magnitudes -= 1  # 0 becomes the largest of all
        return int(numpy.count_nonzero(magnitudes < normal - 1))
