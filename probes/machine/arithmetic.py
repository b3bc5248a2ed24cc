"""Five operations of training, their exact results, and the largest error that rounding explains.

The bounds hold element by element and are the usual first-order ones (N. Higham, Accuracy and
Stability of Numerical Algorithms, 2nd ed., SIAM 2002, chapters 2 to 4). u is the unit roundoff of the
format: 2^-11 in float16, 2^-8 in bfloat16, 2^-24 = V in float32, in which all kernels add up.
"""

from __future__ import annotations

import dataclasses
import math
import typing

V = 2.0**-24
LAMBDA = 9  # a bound of `growth` then fails with a chance of about exp(-40) a rounding
EXP = 8 * V  # exp and log, which GPUs take in fast forms: a few units in the last place
HEADS, WIDTH, SCALE = 2, 64, 0.25  # attention; unfused kernels multiply by sqrt(SCALE), here without rounding


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


def cases(torch: typing.Any, dtype: typing.Any, n: int, seed: int) -> typing.Iterator[Case]:
    """The five cases of size n in one format, on the CPU; torch's own random numbers stay untouched."""
    random = torch.Generator().manual_seed(seed)
    label = f"in {str(dtype).replace('torch.', '')}, size {n}"
    u, tiny = torch.finfo(dtype).eps / 2, torch.finfo(dtype).tiny

    def normal(*shape: int, mean: float = 0.0, deviation: float = 1.0) -> typing.Any:
        return (mean + deviation * torch.randn(shape, generator=random, dtype=torch.float64)).to(dtype)

    def case(
        name: str, compute: typing.Any, inputs: typing.Any, exact: typing.Any, error: typing.Any
    ) -> Case:
        # The last rounding is not to the nearest everywhere, and some devices take less than tiny for 0.
        return Case(f"{name} {label}", inputs, compute, exact, error + 2 * u * (exact.abs() + error) + tiny)

    a, b = normal(n, n), normal(n, n)
    a64, b64 = a.double(), b.double()
    yield case("matmul", torch.matmul, (a, b), a64 @ b64, growth(n, V) * (a64.abs() @ b64.abs()))
    yield case("sum", lambda x: x.sum(1), (a,), a64.sum(1), growth(n, V) * a64.abs().sum(1))

    x = normal(n, n, deviation=4.0)  # as wide as the logits of a language model
    x64 = x.double()
    high = x64.amax(1)
    # Rounding x - max makes a relative error of exp(x - max).
    shift = 2 * V * (high - x64.amin(1)) + EXP + growth(n, V)
    exact = x64.softmax(1)
    yield case("softmax", lambda x: x.softmax(1), (x,), exact, shift.unsqueeze(1) * exact)

    def losses(x: typing.Any, target: typing.Any) -> typing.Any:
        return torch.nn.functional.cross_entropy(x, target, reduction="none")

    target = torch.randint(n, (n,), generator=random)
    exact = losses(x64, target)
    # log_softmax is rounded to the format, and torch's CPU kernel rounds the logarithm of the sum before.
    error = 2 * shift + u * (exact + x64.logsumexp(1).abs())
    yield case("cross entropy", losses, (x, target), exact, error)

    def attention(q: typing.Any, k: typing.Any, v: typing.Any) -> typing.Any:
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, scale=SCALE)

    shape = (1, HEADS, n, WIDTH)
    q, k, v = normal(*shape, deviation=0.25), normal(*shape), normal(*shape, mean=1.0)
    q64, k64, v64 = q.double(), k.double(), v.double()
    scores = SCALE * (q64 @ k64.mT)
    weights = scores.softmax(-1)
    # Unfused kernels round the scores to the format, and all round the weights.
    error = (u * scores.abs() + growth(WIDTH, V) * SCALE * (q64.abs() @ k64.abs().mT)).amax(-1)
    error = torch.expm1(2 * error) + 2 * u + 2 * growth(n, V) + EXP
    yield case("attention", attention, (q, k, v), weights @ v64, error.unsqueeze(-1) * (weights @ v64.abs()))
