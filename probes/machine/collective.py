"""Do the ranks of a job agree: each computes the same product, and each receives what the others sent.

    torchrun --nproc-per-node 8 probe.pyz

The data are whole numbers, whose sums float32 holds exactly in any order: one wrong bit is an error, with
no tolerance. What each rank saw is exchanged by gloo over TCP, a way that is not under test.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import hashlib
import os
import platform
import typing

from probes.machine import accelerator, arithmetic
from probes.machine.numerics import as_found
from probes.machine.verdict import OK, UNSTABLE, WRONG
from probes.report import Fact, Unknown

SIZE, REPEATS = 2**18, {"quick": 3, "full": 20}
SECONDS = 300  # rank 0 probes the machine first, the others wait for it
PRIME = 1009
HOW = "torchrun --nproc-per-node N probe.pyz --tests quick"


@dataclasses.dataclass(frozen=True)
class Seen:
    """What one rank saw, a number a repeat: its product's hash; whether the sum of all ranks was right.

    `received[r][s]` is whether what rank s sent in repeat r arrived here as it was; `device` is the hash of
    the device's name, for only equal GPUs must give equal bits.
    """

    device: int
    products: tuple[int, ...]
    sums: tuple[bool, ...]
    received: tuple[tuple[bool, ...], ...]


def rank() -> int | None:
    """This process's rank under torchrun; None elsewhere.

    A cluster's scheduler may set RANK and WORLD_SIZE for the job that runs here: whoever met at its address
    would disturb it. torchrun alone sets an id of its own.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ or int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return None
    return int(os.environ["RANK"])


def probe(tests: str) -> list[Fact | Unknown]:
    """numerics.collective, under torchrun; by NCCL where each rank has a GPU, else by gloo."""
    if rank() is None or tests == "none":
        return []
    try:
        torch = accelerator.load_torch()
        import torch.distributed as dist
    except ImportError as error:
        return [Unknown("numerics.collective", str(error), HOW)]
    place, here = int(os.environ["LOCAL_RANK"]), int(os.environ["LOCAL_WORLD_SIZE"])
    nvidia = torch.cuda.is_available() and torch.cuda.device_count() >= here and dist.is_nccl_available()
    backend, device = ("nccl", f"cuda:{place}") if nvidia else ("gloo", "cpu")
    try:
        if nvidia:
            torch.cuda.set_device(device)
        dist.init_process_group(backend, timeout=datetime.timedelta(seconds=SECONDS))
        try:
            with as_found(torch):
                seen = share(torch, dist, look(torch, dist, device, REPEATS[tests]))
        finally:
            dist.destroy_process_group()
    except (RuntimeError, ValueError) as error:
        return [Unknown("numerics.collective", f"{backend}: {accelerator.one_line(error)}", HOW)]
    state, said = judge(seen)
    return [Fact("numerics.collective", state, f"self-test over {len(seen)} ranks by {backend}: {said}")]


def look(
    torch: typing.Any,
    dist: typing.Any,
    device: str,
    repeats: int,
    arrived: typing.Callable[[str, int, typing.Any], typing.Any] = lambda what, repeat, tensor: tensor,
) -> Seen:
    """What this rank sees. `arrived(what, repeat, tensor)` stands where a fault would be: tests make one."""
    world, me = dist.get_world_size(), dist.get_rank()
    case = arithmetic.everywhere(torch, torch.float32, seed=20)
    inputs = [tensor.to(device) for tensor in case.inputs]
    name = torch.cuda.get_device_name(device) if device != "cpu" else processor()
    products, sums, received = [], [], []
    for repeat in range(repeats):
        product = arrived("product", repeat, case.compute(*inputs)).cpu().contiguous()
        products.append(_hash(product.view(torch.uint8).numpy().tobytes()))
        mine = arrived("sent", repeat, _numbers(torch, me, repeat).to(device))
        total = mine.clone()
        dist.all_reduce(total)
        expected = sum(_numbers(torch, other, repeat) for other in range(world))
        sums.append(torch.equal(arrived("sum", repeat, total).cpu(), expected))
        blocks = [torch.empty_like(mine) for _ in range(world)]
        dist.all_gather(blocks, mine)
        received.append(
            tuple(
                torch.equal(arrived(f"from {other}", repeat, block).cpu(), _numbers(torch, other, repeat))
                for other, block in enumerate(blocks)
            )
        )
    return Seen(
        _hash(f"{name} torch {torch.__version__}".encode()), tuple(products), tuple(sums), tuple(received)
    )


def processor() -> str:
    """The CPU's model: another one may take other instructions, which round in another order."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return next((line for line in file if line.startswith("model name")), platform.machine())
    except OSError:
        return platform.processor()


def _numbers(torch: typing.Any, rank: int, repeat: int) -> typing.Any:
    """Whole numbers below PRIME, other ones for each rank and repeat."""
    return ((torch.arange(SIZE) * (rank + 2) + 31 * repeat + rank) % PRIME).float()


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=7).digest(), "big")  # fits int64


def share(torch: typing.Any, dist: typing.Any, seen: Seen) -> list[Seen]:
    """What every rank saw, in the order of ranks."""
    talk = dist.new_group(backend="gloo")
    world, repeats = dist.get_world_size(), len(seen.products)
    flags = [int(flag) for row in (seen.sums, *seen.received) for flag in row]
    row = torch.tensor([seen.device, *seen.products, *flags], dtype=torch.int64)
    rows = [torch.empty_like(row) for _ in range(world)]
    dist.all_gather(rows, row, group=talk)
    everyone = []
    for device, *numbers in (row.tolist() for row in rows):
        right = [bool(flag) for flag in numbers[repeats:]]
        received = [tuple(right[start : start + world]) for start in range(repeats, len(right), world)]
        everyone.append(Seen(device, tuple(numbers[:repeats]), tuple(right[:repeats]), tuple(received)))
    return everyone


def judge(seen: typing.Sequence[Seen]) -> tuple[str, str]:
    """The verdict, and a sentence that names the rank that differs: the same in every repeat, or not."""
    repeats = len(seen[0].products)
    faults: dict[str, list[int]] = {}
    for repeat in range(repeats):
        for fault in (_product(seen, repeat), _transfer(seen, repeat)):
            if fault:
                faults.setdefault(fault, []).append(repeat)
    if not faults:
        return OK, f"equal in every bit, {repeats} times"
    said = "; ".join(f"{fault} ({len(where)} of {repeats} times)" for fault, where in faults.items())
    return (WRONG if any(len(where) == repeats for where in faults.values()) else UNSTABLE), said


def _product(seen: typing.Sequence[Seen], repeat: int) -> str:
    """Who computes other bits than most on the same kind of device, or than itself before."""
    for device in dict.fromkeys(one.device for one in seen):
        alike = [number for number, one in enumerate(seen) if one.device == device]
        bits = collections.Counter(product for number in alike for product in seen[number].products)
        (usual, count), *others = bits.most_common()
        odd = [number for number in alike if seen[number].products[repeat] != usual]
        if odd and others[0][1] == count:
            return f"ranks {', '.join(map(str, alike))} compute different products"
        if odd:
            return f"rank {', '.join(map(str, odd))} computes another product than the others"
    return ""


def _transfer(seen: typing.Sequence[Seen], repeat: int) -> str:
    """Whose data arrive changed, or who receives them changed: the rank with most of the damage."""
    damage = [
        (receiver, sender)
        for receiver, one in enumerate(seen)
        for sender, fine in enumerate(one.received[repeat])
        if not fine
    ]
    if damage:
        count = collections.Counter(rank for pair in damage for rank in set(pair))
        (first, most), *others = count.most_common()
        if others and others[0][1] == most:
            receiver, sender = damage[0]
            return f"what rank {sender} sends to rank {receiver} arrives changed"
        sends = any(sender == first and receiver != first for receiver, sender in damage)
        return f"what rank {first} {'sends' if sends else 'receives'} arrives changed"
    odd = [number for number, one in enumerate(seen) if not one.sums[repeat]]
    return f"rank {', '.join(map(str, odd))} gets another sum than the ranks' numbers have" if odd else ""
