"""The health of NVIDIA's GPUs and of what joins them: NVML is asked first, nvidia-smi second."""

from __future__ import annotations

import os
import typing

from probes import gpu_condition
from probes.gpu_condition import Condition, Links
from probes.machine import nvml, smi
from probes.machine.smi import number
from probes.report import Fact, Unknown

FIELDS = (
    "index", "uuid", "memory.free", "ecc.mode.current", "ecc.errors.corrected.volatile.total",
    "ecc.errors.uncorrected.volatile.total", "retired_pages.pending", "clocks_throttle_reasons.active",
    "temperature.gpu", "power.draw", "power.limit", "clocks.current.sm", "clocks.max.sm",
    "pcie.link.gen.current", "pcie.link.width.current", "pcie.link.gen.max", "pcie.link.width.max",
)  # fmt: skip
ROWS = tuple(f"remapped_rows.{name}" for name in ("correctable", "uncorrectable", "pending", "failure"))
PROGRAMS = ("gpu_uuid", "pid", "process_name", "used_memory")
# What `nvidia-smi topo -m` writes between two GPUs: several NVLinks, PCIe switches, host bridges, …
WAYS = {"PSB": "board", "PIX": "switch", "PXB": "switch", "PHB": "bridge", "NODE": "node", "SYS": "sockets"}


def probe(tests: str) -> list[Fact | Unknown]:
    """ECC, worn rows, throttling, clocks, power, PCIe, who holds memory, and the way between GPUs.

    Nothing where neither NVML nor nvidia-smi answers: that step of the probe which looks for GPUs says why.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    try:
        library = nvml.load()
    except ImportError:
        library = None
    if library is not None:
        try:
            return gpu_condition.facts(*nvml.read(library, visible), "NVML")
        except (library.NVMLError, AttributeError):
            pass  # nvidia-smi may do, and is asked
    return gpu_condition.facts(*read(smi.run, visible), "nvidia-smi")


def read(run: smi.Run, visible: str | None = None) -> tuple[list[Condition], Links]:
    """What nvidia-smi says through `run(*options)`; nothing where it is missing or fails."""
    rows = smi.ask(run, "gpu", FIELDS)
    if not rows:
        return [], Links()
    uuids = [row.get("uuid", "") for row in rows]
    worn = smi.ask(run, "remapped-rows", ("gpu_uuid", *ROWS)) or []
    programs = smi.ask(run, "compute-apps", PROGRAMS)
    chosen = nvml.selected(uuids, visible)
    found = [
        _condition(
            rows[i],
            next((row for row in worn if row.get("gpu_uuid") == uuids[i]), {}),
            None if programs is None else [row for row in programs if row.get("gpu_uuid") == uuids[i]],
        )
        for i in chosen
    ]
    if len(found) < 2:
        return found, Links()
    return found, _links(smi.matrix(run("topo", "-m").out), smi.matrix(run("topo", "-p2p", "r").out), chosen)


def _condition(row: dict[str, str], worn: dict[str, str], programs: list[dict[str, str]] | None) -> Condition:
    def numbers(*names: str) -> typing.Any:
        """All of them, or None."""
        found = tuple(number(row.get(name)) for name in names)
        return None if None in found else found

    def count(name: str) -> int | None:
        value = number(row.get(name))
        return None if value is None else int(value)

    free, limits = number(row.get("memory.free")), row.get("clocks_throttle_reasons.active", "")
    pcie = numbers(*(f"pcie.link.{what}.{when}" for when in ("current", "max") for what in ("gen", "width")))
    return Condition(
        index=count("index") or 0,
        free_gib=None if free is None else round(free / 1024, 1),
        programs=None if programs is None else tuple(map(_program, programs)),
        ecc={"Enabled": True, "Disabled": False}.get(row.get("ecc.mode.current", "")),
        corrected=count("ecc.errors.corrected.volatile.total"),
        uncorrected=count("ecc.errors.uncorrected.volatile.total"),
        remapped=gpu_condition.remapped_in_words(
            [worn.get(name, "") for name in ROWS], row.get("retired_pages.pending", "")
        ),
        limits=int(limits, 16) if limits.startswith("0x") else None,
        celsius=number(row.get("temperature.gpu")),
        watts=numbers("power.draw", "power.limit"),
        megahertz=numbers("clocks.current.sm", "clocks.max.sm"),
        pcie=pcie and tuple(map(int, pcie)),
    )


def _program(held: dict[str, str]) -> str:
    used = number(held.get("used_memory"))
    path, pid = held.get("process_name", ""), held.get("pid", "?")
    return gpu_condition.program(path, pid, None if used is None else used / 1024)


def _links(
    ways: dict[tuple[int, int], str], peers: dict[tuple[int, int], str], chosen: typing.Sequence[int]
) -> Links:
    pairs = [(a, b) for a in chosen for b in chosen if a < b]
    cells = [ways.get(pair, "") for pair in pairs]
    names = ["nvlink" if cell.startswith("NV") else WAYS.get(cell) for cell in cells]
    between = [peers.get(pair, "U") for pair in pairs]
    return Links(
        topology=None if None in names else max(filter(None, names), key=gpu_condition.TOPOLOGY.index),
        p2p=None if "U" in between else set(between) == {"OK"},
    )
