"""Do the ranks of a job agree: each computes a product, and each receives what the others sent.

    torchrun --nproc-per-node 8 probe.pyz

All is whole numbers, whose sums float32 holds exactly in any order: one wrong bit is an error, with no
tolerance, on whatever devices the ranks run. What each rank saw is exchanged by gloo over TCP, a way that is
not under test.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import os
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
    """What one rank saw, repeat by repeat: whether its own product and the sum over all ranks were right.

    `received[r][s]` is whether what rank s sent in repeat r arrived here as it was.
    """

    products: tuple[bool, ...]
    sums: tuple[bool, ...]
    received: tuple[tuple[bool, ...], ...]


def rank() -> int | None:
    """This process's rank where torchrun itself started it; None elsewhere.

    The address in another scheduler's environment, and in that of a process which a training script starts,
    is the address of the job that runs: whoever met there would disturb it.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ or int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return None
    started = any(name in parent() for name in ("torchrun", "torch.distributed", "torch/distributed"))
    return int(os.environ["RANK"]) if started else None


def parent() -> str:
    """The command line of the process that started this one; torchrun's name where there is no /proc."""
    try:
        with open(f"/proc/{os.getppid()}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return "torchrun"


def probe(tests: str) -> list[Fact | Unknown]:
    """numerics.collective, under torchrun; by NCCL where each rank has a GPU, else by gloo."""
    if rank() is None or tests == "none":
        return []
    try:
        torch = accelerator.load_torch()
        import torch.distributed as dist
    except ImportError as error:
        return [Unknown("numerics.collective", str(error), HOW)]
    if not dist.is_available():
        return [Unknown("numerics.collective", "this torch is built without torch.distributed", HOW)]
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
    products, sums, received = [], [], []
    for repeat in range(repeats):
        product = arrived("product", repeat, case.compute(*inputs)).cpu()
        products.append(bool((product.double() == case.exact).all()))
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
    return Seen(tuple(products), tuple(sums), tuple(received))


def _numbers(torch: typing.Any, rank: int, repeat: int) -> typing.Any:
    """Whole numbers below PRIME, other ones for each rank and repeat."""
    return ((torch.arange(SIZE) * (rank + 2) + 31 * repeat + rank) % PRIME).float()


def share(torch: typing.Any, dist: typing.Any, seen: Seen) -> list[Seen]:
    """What every rank saw, in the order of ranks."""
    talk = dist.new_group(backend="gloo")
    world, repeats = dist.get_world_size(), len(seen.products)
    row = torch.tensor([flag for part in (seen.products, seen.sums, *seen.received) for flag in part])
    rows = [torch.empty_like(row) for _ in range(world)]
    dist.all_gather(rows, row, group=talk)
    everyone = []
    for flags in (row.tolist() for row in rows):
        received = [tuple(flags[start : start + world]) for start in range(2 * repeats, len(flags), world)]
        everyone.append(Seen(tuple(flags[:repeats]), tuple(flags[repeats : 2 * repeats]), tuple(received)))
    return everyone


def judge(seen: typing.Sequence[Seen]) -> tuple[str, str]:
    """The verdict, and a sentence that names the rank that differs: the same in every repeat, or not."""
    repeats = len(seen[0].products)
    faults: dict[str, list[int]] = {}
    for repeat in range(repeats):
        wrong = [number for number, one in enumerate(seen) if not one.products[repeat]]
        for fault in (_named(wrong, "computes a wrong product"), _transfer(seen, repeat)):
            if fault:
                faults.setdefault(fault, []).append(repeat)
    if not faults:
        return OK, f"right in every bit, {repeats} times"
    said = "; ".join(f"{fault} ({len(where)} of {repeats} times)" for fault, where in faults.items())
    return (WRONG if any(len(where) == repeats for where in faults.values()) else UNSTABLE), said


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
    return _named(odd, "gets a wrong sum over all ranks")


def _named(ranks: typing.Sequence[int], does: str) -> str:
    return f"rank {', '.join(map(str, ranks))} {does}" if ranks else ""
