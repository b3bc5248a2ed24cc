"""The numeric self-test: do the GPUs compute right, and the same each time?

It runs on every GPU that torch reaches, else on the CPU, beside whatever runs there: it takes less
than half a GiB, draws its random numbers from a generator of its own and puts every setting back.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import time
import typing
import warnings

from probes.machine import accelerator, arithmetic, attention, formats
from probes.machine.rounding import Case
from probes.machine.verdict import AGAIN, MISSING, Outcome, judge, verdict
from probes.report import Fact, Unknown


@dataclasses.dataclass(frozen=True)
class Effort:
    """Matrices of these sizes; each operation runs `repeats` times.

    After `seconds` no further size is begun: the first one, which is small, holds every operation.
    """

    sizes: tuple[int, ...]
    repeats: int
    seconds: float


# A CPU without float16 arithmetic is slow at it; a large GPU is all at work from size 2048 on.
EFFORTS = {
    ("quick", "cpu"): Effort((128,), 3, 5),
    ("quick", "gpu"): Effort((512, 1024), 5, 5),
    ("full", "cpu"): Effort((64, 128, 256, 512), 10, 30),
    ("full", "gpu"): Effort((256, 512, 1024, 2048), 20, 30),
}


class DeviceError(Exception):
    """The device failed in the middle of the test; the text is one line."""


def probe_formats(tests: str) -> list[Fact | Unknown]:
    """Where float16 and bfloat16 end on the first device."""
    return with_torch(tests, "numerics.device", _formats)


def probe_arithmetic(tests: str) -> list[Fact | Unknown]:
    """gpu.numerics, unknown where there is no GPU to check."""
    return with_torch(tests, "gpu.numerics", _arithmetic)


def with_torch(
    tests: str, name: str, answer: typing.Callable[[typing.Any, str], list[Fact | Unknown]]
) -> list[Fact | Unknown]:
    """What `answer(torch, tests)` says, in plain arithmetic; without a torch to ask, `name` is unknown."""
    if tests == "none":
        return [Unknown(name, "the self-test was not asked for", AGAIN)]
    try:
        torch = accelerator.load_torch()
    except ImportError as error:
        return [Unknown(name, str(error), "run the probe with the Python that trains")]
    if torch.__version__.startswith(("0.", "1.")):
        return [
            Unknown(name, f"torch {torch.__version__} is too old for the self-test, 2.0 is needed", AGAIN)
        ]
    with as_found(torch):
        return answer(torch, tests)


def _formats(torch: typing.Any, _tests: str) -> list[Fact | Unknown]:
    devices, left_out, _no_gpu = accelerator.devices(torch)
    if not devices:
        return [Unknown("numerics.device", "; ".join(left_out), AGAIN)]
    return [Fact("numerics.device", devices[0], "torch"), *formats.facts(torch, devices[0])]


def _arithmetic(torch: typing.Any, tests: str) -> list[Fact | Unknown]:
    devices, left_out, no_gpu = accelerator.devices(torch)
    effort = EFFORTS[tests, "cpu" if devices == ["cpu"] else "gpu"]
    outcomes, failed = check(torch, devices, effort)
    row = [attention.masked_row(torch, devices[0])] if devices and not failed else []
    return [*verdict(outcomes, [*left_out, *failed], no_gpu), *row]


@contextlib.contextmanager
def as_found(torch: typing.Any) -> typing.Iterator[None]:
    """Plain float32, sums in float32, one thread, no gradients; afterwards everything is as it was."""
    matmul = torch.backends.cuda.matmul
    names = ("allow_tf32", "allow_fp16_reduced_precision_reduction", "allow_bf16_reduced_precision_reduction")
    with warnings.catch_warnings():
        # Newer versions of torch warn of these names, and a kernel that is missing explains itself at length.
        warnings.simplefilter("ignore")
        before, threads = {name: getattr(matmul, name) for name in names}, torch.get_num_threads()
        try:
            torch.set_num_threads(1)  # the last bits of a sum depend on how threads share it
            for name in names:
                setattr(matmul, name, False)
            with torch.no_grad():
                yield
        finally:
            for name, value in before.items():
                setattr(matmul, name, value)
            torch.set_num_threads(threads)


def measure(case: Case, device: str, repeats: int) -> list[typing.Any]:
    """The results of the case on the device, brought to the CPU."""
    inputs = [tensor.to(device) for tensor in case.inputs]
    return [case.compute(*inputs).cpu() for _ in range(repeats)]


def check(
    torch: typing.Any,
    devices: typing.Sequence[str],
    effort: Effort,
    seed: int = 20,
    measure: typing.Callable[[Case, str, int], list[typing.Any]] = measure,
) -> tuple[list[Outcome], list[str]]:
    """All cases on all devices; and why devices dropped out on the way."""
    outcomes: list[Outcome] = []
    failed: dict[str, str] = {}
    until = time.monotonic() + effort.seconds
    for size in effort.sizes:
        if size != effort.sizes[0] and time.monotonic() > until:
            break
        for case in _cases(torch, size, seed, first=size == effort.sizes[0]):
            if len(failed) == len(devices):
                break
            for device in devices:
                if device in failed:
                    continue
                try:
                    outcomes.append(_outcome(torch, case, device, effort.repeats, measure))
                except DeviceError as error:
                    failed[device] = str(error)
    return outcomes, list(failed.values())


def _cases(torch: typing.Any, size: int, seed: int, first: bool) -> typing.Iterator[Case]:
    dtypes = [torch.float32, torch.bfloat16, torch.float16]
    if os.environ.get("NVIDIA_TF32_OVERRIDE") == "1":
        dtypes.remove(torch.float32)  # it is TF32 then, whatever torch is told
    for dtype in dtypes:
        yield from arithmetic.cases(torch, dtype, size, seed)
        yield from attention.cases(torch, dtype, size, seed)
        if first:
            yield arithmetic.everywhere(torch, dtype, seed)


def _outcome(torch: typing.Any, case: Case, device: str, repeats: int, measure: typing.Any) -> Outcome:
    # NVIDIA's libraries promise the same bits for the same call, and a CPU with one thread keeps to it.
    exact_repeats = device == "cpu" or (device.startswith("cuda") and not torch.version.hip)
    try:
        return Outcome(device, case.name, *judge(torch, measure(case, device, repeats), case, exact_repeats))
    except (RuntimeError, TypeError, AttributeError, ImportError, OSError) as error:
        lacking = re.search("(?i)not implemented|not support|unsupported|no (?:available|viable)", str(error))
        if lacking or not isinstance(error, RuntimeError):
            return Outcome(device, case.name, MISSING)
        raise DeviceError(f"{device} failed at {case.name}: {accelerator.one_line(error)}") from error
