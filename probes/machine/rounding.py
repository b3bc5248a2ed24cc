"""The largest errors that rounding explains, by which a result is judged.

The bounds hold element by element and are the usual first-order ones (N. Higham, Accuracy and
Stability of Numerical Algorithms, 2nd ed., SIAM 2002, chapters 2 to 4). u is the unit roundoff of the
format: 2^-11 in float16, 2^-8 in bfloat16, 2^-24 = V in float32, in which all kernels add up.
"""

from __future__ import annotations

import dataclasses
import math
import typing

V = 2.0**-24
U_TF32 = 2.0**-10  # 10 bits of fraction; what is left over may be cut off instead of rounded
EXP = 8 * V  # exp and log, which GPUs take in fast forms: a few units in the last place
LAMBDA = 9  # a bound of `growth` then fails with a chance of about exp(-40) a rounding


@dataclasses.dataclass(frozen=True)
class Case:
    """One operation and its inputs; `exact` (float64) is its result, `bound` each element's largest error."""

    name: str
    inputs: tuple[typing.Any, ...]
    compute: typing.Callable[..., typing.Any]
    exact: typing.Any
    bound: typing.Any


def growth(n: int, u: float) -> float:
    """The largest relative error of a sum of n terms, as a share of the sum of their absolute values.

    gamma_n = nu/(1 - nu) holds always (Higham, section 3.1). Roundings of mean zero add up to about
    LAMBDA sqrt(n) u only (Higham and Mary, "A New Approach to Probabilistic Rounding Error
    Analysis", SIAM J. Sci. Comput. 41(5), 2019, theorem 2.4). The smaller of the two counts.
    """
    return min(n * u / (1 - n * u), math.expm1(LAMBDA * math.sqrt(n) * u + n * u * u / (1 - u)))


def case(
    torch: typing.Any,
    name: str,
    compute: typing.Callable[..., typing.Any],
    inputs: tuple[typing.Any, ...],
    exact: typing.Any,
    error: typing.Any,
) -> Case:
    """The case whose result, before its last rounding to the inputs' format, is off by `error` at most.

    The last rounding is not to the nearest everywhere, and some devices take less than tiny for 0.
    """
    limits = torch.finfo(inputs[0].dtype)
    return Case(name, inputs, compute, exact, error + limits.eps * (exact.abs() + error) + limits.tiny)


class Random:
    """Normal numbers in one format from a generator of its own: torch's random state stays untouched."""

    def __init__(self, torch: typing.Any, dtype: typing.Any, seed: int) -> None:
        self.torch, self.dtype = torch, dtype
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, mean: float = 0.0, deviation: float = 1.0) -> typing.Any:
        """Numbers of this mean and deviation, rounded to the format."""
        numbers = self.torch.randn(shape, generator=self.generator, dtype=self.torch.float64)
        return (mean + deviation * numbers).to(self.dtype)

    def between_one_and_two(self, *shape: int) -> typing.Any:
        """Numbers whose squares no format loses."""
        numbers = self.torch.rand(shape, generator=self.generator, dtype=self.torch.float64)
        return (1 + numbers).to(self.dtype)

    def whole(self, most: int, *shape: int) -> typing.Any:
        """Whole numbers from -most to most."""
        return self.torch.randint(-most, most + 1, shape, generator=self.generator).to(self.dtype)
