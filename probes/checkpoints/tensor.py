"""Tensors as they lie in a file: their number format, their shape, where their bytes are."""

from __future__ import annotations

import dataclasses
import functools
import math
import pathlib


@dataclasses.dataclass(frozen=True)
class Dtype:
    """A number format of `width` bytes a value: a sign, `exponent` bits, `mantissa` bits.

    A format without exponent bits holds whole numbers, truth values, or what whynan does not judge.
    A magnitude below is a value's bits without its sign: larger magnitudes are larger bits.
    """

    name: str
    width: int
    exponent: int = 0
    mantissa: int = 0
    has_inf: bool = True

    @property
    def is_float(self) -> bool:
        """Whether the values of this format are judged."""
        return self.exponent > 0

    @property
    def not_finite(self) -> int:
        """The smallest magnitude that is no number: Inf, or NaN in a format without Inf."""
        if self.has_inf:
            return ((1 << self.exponent) - 1) << self.mantissa
        return (1 << self.exponent + self.mantissa) - 1

    @property
    def normal(self) -> int:
        """The smallest magnitude that is not subnormal."""
        return 1 << self.mantissa

    def value(self, magnitude: int) -> float:
        """The number that a magnitude stands for (IEEE 754-2019, section 3.4)."""
        if magnitude >= self.not_finite:
            return math.inf if self.has_inf and magnitude == self.not_finite else math.nan
        exponent, fraction = divmod(magnitude, self.normal)
        hidden = self.normal if exponent else 0
        return math.ldexp(hidden + fraction, max(exponent, 1) - self._bias - self.mantissa)

    def magnitude(self, value: float) -> int:
        """The smallest magnitude of `value` or more; `not_finite` where this format ends below it."""
        if not value:
            return 0
        exponent = max(math.frexp(value)[1] - 1, 1 - self._bias)
        steps = math.ceil(math.ldexp(value, self.mantissa - exponent))
        return min(steps + (exponent + self._bias - 1) * self.normal, self.not_finite)

    @property
    def _bias(self) -> int:
        return (1 << self.exponent - 1) - 1


# By the names that safetensors gives them.
DTYPES = {
    dtype.name: dtype
    for dtype in (
        Dtype("F64", 8, 11, 52),
        Dtype("F32", 4, 8, 23),
        Dtype("F16", 2, 5, 10),
        Dtype("BF16", 2, 8, 7),
        Dtype("F8_E5M2", 1, 5, 2),
        Dtype("F8_E4M3", 1, 4, 3, has_inf=False),
        Dtype("F8_E8M0", 1),
        Dtype("C64", 8),
        *(Dtype(f"{sign}{8 * width}", width) for sign in "IU" for width in (8, 4, 2, 1)),
        Dtype("BOOL", 1),
    )
}


@dataclasses.dataclass(frozen=True)
class Tensor:
    """A tensor in a file: its bytes begin at `offset`.

    `dense` is False for a view whose values do not lie one behind the other (a transposed matrix): all of its
    storage is looked at, and its rows are not known.
    """

    name: str
    dtype: Dtype
    shape: tuple[int, ...]
    path: pathlib.Path
    offset: int
    size: int
    dense: bool = True

    @functools.cached_property
    def row(self) -> int:
        """How many values make a row, which is all but the first dimension."""
        return math.prod(self.shape[1:]) if self.dense else 0
