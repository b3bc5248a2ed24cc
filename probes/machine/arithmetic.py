"""Operations of training with their exact results: products, sums, softmax, loss, an optimizer's step."""

from __future__ import annotations

import math
import typing

from probes.machine.accelerator import format_name
from probes.machine.rounding import EXP, U_TF32, Case, Random, V, case, growth

LEAST = 1e-50  # below any difference that a format can hold
TILE = 128  # about what one multiprocessor takes of a product
BETA1, BETA2, RATE, DECAY, EPSILON, STEP = 0.9, 0.999, 0.01, 0.1, 1e-8, 10


def cases(torch: typing.Any, dtype: typing.Any, n: int, seed: int) -> typing.Iterator[Case]:
    """The cases of size n in one format, on the CPU."""
    random = Random(torch, dtype, seed)
    label = f"in {format_name(dtype)}, size {n}"
    u = torch.finfo(dtype).eps / 2

    a, b = random.normal(n, n), random.normal(n, n)
    a64, b64 = a.double(), b.double()
    exact, size = a64 @ b64, a64.abs() @ b64.abs()
    yield case(torch, f"matmul {label}", torch.matmul, (a, b), exact, growth(n, V) * size)
    if dtype == torch.float32:
        error = (2 * U_TF32 + U_TF32**2 + growth(n, V)) * size
        yield case(torch, f"matmul in tf32, size {n}", _with_tf32(torch), (a, b), exact, error)

    error = growth(n, V) * a64.abs().sum(1)
    yield case(torch, f"sum {label}", lambda x: x.sum(1), (a,), a64.sum(1), error)
    # Squares, their sum, and a root, which halves relative errors.
    exact = a64.norm().reshape(1)
    yield case(
        torch, f"norm {label}", lambda x: x.norm().reshape(1), (a,), exact, growth(n * n + 4, V) * exact
    )

    x = random.normal(n, n, deviation=4.0)  # as wide as the logits of a language model
    x64 = x.double()
    # Rounding x - max makes a relative error of exp(x - max).
    shift = 2 * V * (x64.amax(1) - x64.amin(1)) + EXP + growth(n, V)
    exact = x64.softmax(1)
    yield case(torch, f"softmax {label}", lambda x: x.softmax(1), (x,), exact, shift.unsqueeze(1) * exact)

    def losses(x: typing.Any, target: typing.Any) -> typing.Any:
        return torch.nn.functional.cross_entropy(x, target, reduction="none")

    target = torch.randint(n, (n,), generator=random.generator)
    target[::8] = -100  # rows that are masked cost exactly 0
    exact = losses(x64, target)
    # log_softmax is rounded to the format, and torch's CPU kernel rounds the logarithm of the sum before.
    error = (2 * shift + u * (exact + x64.logsumexp(1).abs())) * (target >= 0)
    yield case(torch, f"cross entropy {label}", losses, (x, target), exact, error)

    yield _optimizer_step(torch, random, label, n)


def everywhere(torch: typing.Any, dtype: typing.Any, seed: int) -> Case:
    """One product of a tile's size, computed by every multiprocessor of a GPU four times over.

    Of whole numbers so small that every sum of their products is held exactly, in any order, with inputs
    rounded to TF32 or to 8 bits: below 2^24 in float32, below 2^8 in the others (eleven deviations away).
    Here a single wrong bit is an error, also one that is wrong each time.
    """
    random = Random(torch, dtype, seed)
    most = 100 if dtype == torch.float32 else 2
    a, b = random.whole(most, TILE, TILE), random.whole(most, TILE, TILE)

    def compute(a: typing.Any, b: typing.Any) -> typing.Any:
        copies = 2
        if a.device.type == "cuda":
            copies = 4 * torch.cuda.get_device_properties(a.device).multi_processor_count
        return torch.bmm(a.expand(copies, -1, -1), b.expand(copies, -1, -1))

    label = f"exact products on every multiprocessor in {format_name(dtype)}"
    exact = a.double() @ b.double()
    return Case(label, (a, b), compute, exact, torch.full_like(exact, LEAST))


def _with_tf32(torch: typing.Any) -> typing.Callable[..., typing.Any]:
    def compute(a: typing.Any, b: typing.Any) -> typing.Any:
        if a.device.type != "cuda":
            raise RuntimeError("TF32 is not supported here")
        torch.backends.cuda.matmul.allow_tf32 = True
        try:
            return a @ b
        finally:
            torch.backends.cuda.matmul.allow_tf32 = False

    return compute


def _optimizer_step(torch: typing.Any, random: Random, label: str, n: int) -> Case:
    """AdamW's step by the kernels that torch takes it with: new weights, first and second moment.

    With moments and gradients between 1 and 2 in size and of one sign nothing is lost to cancellation
    or to the format's range. Roundings, each of u, scalars counted: 4 in the first moment (relative to
    |m| + |g|, twice its own size at most), 6 in the second, and with root, quotients and product fewer
    than 32 in the update; 3 in the weights.
    """
    u = torch.finfo(random.dtype).eps / 2
    sign = random.normal(n).sign()
    weights, gradient = random.normal(n), random.between_one_and_two(n) * sign
    first, second = random.between_one_and_two(n) * sign, random.between_one_and_two(n)

    def compute(
        weights: typing.Any, gradient: typing.Any, first: typing.Any, second: typing.Any
    ) -> typing.Any:
        m = first.lerp(gradient, 1 - BETA1)
        v = (second * BETA2).addcmul(gradient, gradient, value=1 - BETA2)
        size = (v.sqrt() / math.sqrt(1 - BETA2**STEP)).add(EPSILON)
        new = (weights * (1 - RATE * DECAY)).addcdiv(m, size, value=-RATE / (1 - BETA1**STEP))
        return torch.stack([new, m, v])

    inputs = (weights, gradient, first, second)
    exact = compute(*(tensor.double() for tensor in inputs))
    update = (exact[0] - (1 - RATE * DECAY) * weights.double()).abs()
    error = torch.stack(
        [
            growth(32, u) * update + 3 * u * weights.double().abs(),
            growth(4, u) * (first.double().abs() + gradient.double().abs()),
            growth(6, u) * exact[2],
        ]
    )
    return case(torch, f"optimizer step {label}", compute, inputs, exact, error)
