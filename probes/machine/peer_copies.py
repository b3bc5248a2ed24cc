"""Does what one GPU sends to another arrive as it was: copies both ways between all GPUs of this machine.

A driver that offers peer-to-peer on a machine whose IOMMU or bridges do not let it through copies garbage, or
zeros, without an error (https://github.com/pytorch/pytorch/issues/84803).
"""

from __future__ import annotations

import collections
import itertools
import typing

from probes.machine import accelerator
from probes.machine.numerics import with_torch
from probes.machine.verdict import OK, UNSTABLE, WRONG
from probes.report import Fact, Unknown

NUMBERS, REPEATS = 2**22, {"quick": 2, "full": 10}  # 16 MiB, more than what a driver sends in one piece

Copy = typing.Callable[[typing.Any, str, str], typing.Any]  # a tensor, from a device to another one


def probe(tests: str) -> list[Fact | Unknown]:
    """numerics.peer_copies, where there are two GPUs or more with memory to spare."""
    return [] if tests == "none" else with_torch(tests, "numerics.peer_copies", _probe)


def _probe(torch: typing.Any, tests: str) -> list[Fact | Unknown]:
    devices, _left_out, _no_gpu = accelerator.devices(torch)
    if len(devices) < 2:
        return []
    try:
        return [check(torch, devices, REPEATS[tests])]
    except RuntimeError as error:
        return [Unknown("numerics.peer_copies", accelerator.one_line(error))]


def check(
    torch: typing.Any,
    devices: typing.Sequence[str],
    repeats: int,
    copy: Copy = lambda tensor, source, target: tensor.to(target),
) -> Fact:
    """Copies random bits from each device to each other one, and compares them on the CPU."""
    generator = torch.Generator().manual_seed(20)
    bits = torch.randint(-(2**31), 2**31, (NUMBERS,), generator=generator).to(torch.int32)
    pairs = list(itertools.permutations(devices, 2))
    bad: collections.Counter[tuple[str, str]] = collections.Counter()
    for source, target in pairs:
        sent = bits.to(source)
        for _ in range(repeats):
            if not torch.equal(copy(sent, source, target).cpu(), bits):
                bad[source, target] += 1
    if not bad:
        return Fact("numerics.peer_copies", OK, f"self-test of {len(pairs)} ways between {len(devices)} GPUs")
    (source, target), times = bad.most_common(1)[0]
    said = f"what {source} sends to {target} arrives changed ({times} of {repeats} times)"
    others = f", and {len(bad) - 1} other ways" if len(bad) > 1 else ""
    return Fact("numerics.peer_copies", WRONG if times == repeats else UNSTABLE, f"self-test: {said}{others}")
