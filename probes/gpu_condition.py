"""How each NVIDIA GPU is doing, and how they are linked, as facts: the worst GPU decides."""

from __future__ import annotations

import dataclasses
import typing

from probes.report import Fact, Unknown

# Each list from harmless to worst.
ECC = ("clean", "off", "corrected", "uncorrected")
REMAPPED = ("none", "done", "pending", "failed")
THROTTLED = ("none", "power", "heat", "hardware")
TOPOLOGY = ("nvlink", "board", "switch", "bridge", "node", "sockets")

# The bits of NVML's "clocks event reasons" (nvml.h, nvmlClocksEventReason…).
POWER, HEAT, BRAKE = 0x4, 0x20 | 0x40, 0x8 | 0x80


@dataclasses.dataclass(frozen=True)
class Condition:
    """One GPU at this moment; what a way cannot tell is None.

    `corrected` and `uncorrected` count ECC errors since the driver was loaded; `remapped` is one of
    REMAPPED (rows, or on Volta and older pages, that were taken out of use); `limits` are the bits of
    NVML's reasons why the clock is not higher; `programs` names those that hold memory of it.
    """

    index: int
    free_gib: float | None = None
    programs: tuple[str, ...] | None = None
    ecc: bool | None = None
    corrected: int | None = None
    uncorrected: int | None = None
    remapped: str | None = None
    limits: int | None = None
    celsius: float | None = None
    watts: tuple[float, float] | None = None  # now, and the limit
    megahertz: tuple[float, float] | None = None  # now, and at most
    pcie: tuple[int, int, int, int] | None = None  # generation and lanes now, and at most


@dataclasses.dataclass(frozen=True)
class Links:
    """What lies between the GPUs: the longest way (of TOPOLOGY), peer-to-peer between all, NVLink."""

    topology: str | None = None
    p2p: bool | None = None
    nvlinks: int | None = None  # active links, all GPUs together
    nvlink_errors: int | None = None  # since the driver was loaded


def facts(conditions: typing.Sequence[Condition], links: Links, source: str) -> list[Fact | Unknown]:
    """What is known of the GPUs, each from the one that is worst off."""
    if not conditions:
        return []
    answers = [
        _least(conditions, "gpu.memory_free_gib", lambda gpu: gpu.free_gib, source),
        _worst(conditions, "gpu.ecc", ECC, ecc, source),
        _worst(conditions, "gpu.remapped", REMAPPED, lambda gpu: gpu.remapped, source),
        _worst(conditions, "gpu.throttled", THROTTLED, throttled, source),
        _least(conditions, "gpu.temperature", lambda gpu: gpu.celsius, source, sign=-1),
        _each("gpu.power", "{:.0f} of {:.0f} W", [gpu.watts for gpu in conditions], source),
        _each("gpu.clock", "{:.0f} of {:.0f} MHz", [gpu.megahertz for gpu in conditions], source),
        _each("gpu.pcie", "gen {} x{} of gen {} x{}", [gpu.pcie for gpu in conditions], source),
    ]
    programs = [f"GPU {gpu.index}: {name}" for gpu in conditions for name in gpu.programs or ()]
    if all(gpu.programs is not None for gpu in conditions):
        answers.append(Fact("gpu.programs", "; ".join(programs) or "none", source))
    if links.topology:
        answers.append(Fact("gpu.topology", links.topology, source))
    if links.p2p is not None:
        answers.append(Fact("gpu.p2p", links.p2p, source))
    if links.nvlinks is not None:
        errors = "" if links.nvlink_errors is None else f", {links.nvlink_errors} errors"
        answers.append(Fact("gpu.nvlink", f"{links.nvlinks} links up{errors}", source))
    return [answer for answer in answers if answer]


def ecc(gpu: Condition) -> str | None:
    """What the error correction of a GPU's memory has seen, of ECC."""
    if gpu.ecc is None:
        return None
    if not gpu.ecc:
        return "off"
    if gpu.uncorrected is None:
        return None
    return "uncorrected" if gpu.uncorrected else "corrected" if gpu.corrected else "clean"


def throttled(gpu: Condition) -> str | None:
    """Why a GPU's clock is held down, of THROTTLED. At its power limit it is in any hard training."""
    if gpu.limits is None:
        return None
    if gpu.limits & HEAT:
        return "heat"
    return "hardware" if gpu.limits & BRAKE else "power" if gpu.limits & POWER else "none"


def remapped(replaced: bool, pending: bool, failed: bool) -> str:
    """What became of worn memory, of REMAPPED."""
    return "failed" if failed else "pending" if pending else "done" if replaced else "none"


def remapped_in_words(words: typing.Sequence[str], pages_pending: str) -> str | None:
    """The same from nvidia-smi: rows by correctable and uncorrectable errors, pending, failed ("0", "No"); or
    whether pages are pending ("Yes"), on GPUs that have no rows to spare.
    """
    if all(word and word != "N/A" and not word.startswith("[") for word in words):
        corrected, uncorrected, pending, failed = (word not in ("0", "No") for word in words)
        return remapped(corrected or uncorrected, pending, failed)
    return {"Yes": "pending", "No": "none"}.get(pages_pending)


def program(path: str, pid: object, gib: float | None) -> str:
    """A program by the last part of its path, which names neither its owner nor their folders."""
    name = path.split(" ")[0].replace("\\", "/").rpartition("/")[2] or "a program"
    return f"{name} (pid {pid})" + ("" if gib is None else f", {gib:.1f} GiB")


def _worst(
    conditions: typing.Sequence[Condition],
    name: str,
    order: typing.Sequence[str],
    ask: typing.Callable[[Condition], str | None],
    source: str,
) -> Fact | None:
    known = [(order.index(value), gpu.index) for gpu in conditions for value in [ask(gpu)] if value]
    if not known or (len(known) < len(conditions) and max(known)[0] == 0):
        return None  # a GPU that does not tell may be the bad one
    worst, index = max(known, key=lambda pair: (pair[0], -pair[1]))
    return Fact(name, order[worst], _of(source, index, conditions))


def _least(
    conditions: typing.Sequence[Condition],
    name: str,
    ask: typing.Callable[[Condition], float | None],
    source: str,
    sign: int = 1,
) -> Fact | None:
    known = [(sign * value, gpu.index) for gpu in conditions for value in [ask(gpu)] if value is not None]
    if not known or len(known) < len(conditions):
        return None
    value, index = min(known)
    return Fact(name, sign * value, _of(source, index, conditions))


def _each(name: str, form: str, numbers: typing.Iterable[typing.Any], source: str) -> Fact | None:
    """The numbers of each GPU that tells them, in the same words; equal ones once."""
    known = dict.fromkeys(form.format(*told) for told in numbers if told)
    return Fact(name, " + ".join(known), source) if known else None


def _of(source: str, index: int, conditions: typing.Sequence[Condition]) -> str:
    return f"{source}, GPU {index}" if len(conditions) > 1 else source
