"""Where float16 and bfloat16 end, measured on the device: the number at which a sum becomes inf."""

from __future__ import annotations

import math
import typing

from probes.machine import accelerator
from probes.report import Fact, Unknown


class SaturatesError(Exception):
    """The device answers with its largest number where inf is due."""


def overflows_at(torch: typing.Any, dtype: typing.Any, device: str) -> tuple[float, float]:
    """(the largest result that stayed finite, the smallest exact sum that became inf).

    Powers of two are doubled until the next would be inf; then the number to add to the last one
    is bisected. Half a spacing above the largest number, a sum rounds to inf (IEEE 754: ties go to
    the even side), so float16 gives 65504 and 65520, bfloat16 3.3895e38 and 3.3962e38.
    """

    def add(a: float, b: float) -> float:
        terms = torch.tensor([a, b], dtype=dtype, device=device)
        return float((terms[0] + terms[1]).item())

    def rounded(x: float) -> float:
        return float(torch.tensor(x, dtype=torch.float64).to(dtype).item())

    power = 1.0
    while add(power, power) == 2 * power:
        power *= 2
    if math.isfinite(add(power, power)):
        raise SaturatesError(f"{power:g} + {power:g} is {add(power, power):g} on {device}, not inf")
    low, high = 0.0, power
    while True:
        middle = rounded((low + high) / 2)
        if middle in (low, high):
            return add(power, low), power + high
        if math.isfinite(add(power, middle)):
            low = middle
        else:
            high = middle


def facts(torch: typing.Any, device: str) -> list[Fact | Unknown]:
    """numerics.float16_overflows_at and numerics.bfloat16_overflows_at, as measured on `device`."""
    answers: list[Fact | Unknown] = []
    for dtype in (torch.float16, torch.bfloat16):
        name = accelerator.format_name(dtype)
        try:
            finite, infinite = overflows_at(torch, dtype, device)
        except (SaturatesError, RuntimeError, TypeError) as error:  # TypeError: Apple's old systems, bfloat16
            answers.append(Unknown(f"numerics.{name}_overflows_at", accelerator.one_line(error)))
            continue
        source = f"self-test on {device}, largest finite result {finite:.6g}"
        answers.append(Fact(f"numerics.{name}_overflows_at", infinite, source))
    return answers
