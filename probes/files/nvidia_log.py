"""`nvidia-smi -q`: how each GPU was doing when it was asked, out of the log's indented lines.

    GPU 00000000:00:06.0
        ECC Errors
            Volatile
                DRAM Uncorrectable                         : 0

Driver 515 renamed some headings ("Clocks Throttle Reasons", "Power Readings"), and both are read.
"""

from __future__ import annotations

import re
import typing

from probes import gpu_condition
from probes.gpu_condition import Condition, Links
from probes.report import Fact, Unknown

_GPU = re.compile(r"^GPU [0-9A-Fa-f]{8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.\d\s*$")
_LINE = re.compile(r"^(?P<indent> {4,40})(?P<name>[A-Z][^:\n]{0,60}?) *(?:: (?P<value>[^\n]{0,200}))?$")
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
# The headings of the reasons, and the bit of NVML that each stands for.
_REASONS = {
    "SW Power Cap": gpu_condition.POWER,
    "HW Thermal Slowdown": 0x40,
    "SW Thermal Slowdown": 0x20,
    "HW Slowdown": 0x8,
    "HW Power Brake Slowdown": 0x80,
}
_MOST_GPUS = 64

Values = typing.Mapping[str, str]


def facts(text: str, source: str) -> list[Fact | Unknown]:
    """ECC, worn rows, throttling, heat, power, clocks and PCIe; nothing where the text is no such log."""
    found = [_condition(index, values) for index, values in enumerate(_gpus(text))]
    return gpu_condition.facts(found, Links(), source)


def _gpus(text: str) -> typing.Sequence[Values]:
    """Of each GPU its values by their whole name, as "ECC Errors/Volatile/DRAM Uncorrectable"."""
    gpus: list[dict[str, str]] = []
    path: list[tuple[int, str]] = []
    for line in text.splitlines():
        if _GPU.match(line):
            if len(gpus) == _MOST_GPUS:
                break
            gpus.append({})
            path = []
            continue
        match = _LINE.match(line)
        if not match or not gpus:
            continue
        depth = len(match["indent"])
        while path and path[-1][0] >= depth:
            path.pop()
        path.append((depth, match["name"]))
        if match["value"] is not None:
            gpus[-1].setdefault("/".join(name for _, name in path), match["value"].strip())
    return gpus


def _condition(index: int, values: Values) -> Condition:
    free = _number(values, "FB Memory Usage/Free")
    return Condition(
        index=index,
        free_gib=None if free is None else round(free / 1024, 1),
        programs=() if values.get("Processes") == "None" else None,
        ecc={"Enabled": True, "Disabled": False}.get(values.get("ECC Mode/Current", "")),
        corrected=_errors(values, "Correctable", "Single Bit/Total"),
        uncorrected=_errors(values, "Uncorrectable", "Double Bit/Total"),
        remapped=_remapped(values),
        limits=_limits(values),
        celsius=_number(values, "Temperature/GPU Current Temp"),
        watts=_both(
            (
                "GPU Power Readings/Average Power Draw",
                "GPU Power Readings/Power Draw",
                "Power Readings/Power Draw",
            ),
            ("GPU Power Readings/Current Power Limit", "Power Readings/Power Limit"),
            values,
        ),
        megahertz=_both(("Clocks/SM",), ("Max Clocks/SM",), values),
        pcie=_pcie(values),
    )


def _limits(values: Values) -> int | None:
    for heading in ("Clocks Event Reasons", "Clocks Throttle Reasons"):
        states = {
            bit: values.get(f"{heading}/{name}", values.get(f"{heading}/HW Slowdown/{name}"))
            for name, bit in _REASONS.items()
        }
        if any(states.values()):
            return sum(bit for bit, state in states.items() if state == "Active")
    return None


def _errors(values: Values, kind: str, old: str) -> int | None:
    """ECC errors since the driver was loaded, of all memories together."""
    prefix = "ECC Errors/Volatile/"
    counter = re.compile(rf"{prefix}.* {kind}\b")
    names = [name for name in values if counter.match(name)]
    counts = [_number(values, name) for name in names or [prefix + old]]
    known = [int(count) for count in counts if count is not None]
    return sum(known) if known else None


def _remapped(values: Values) -> str | None:
    words = [
        values.get(f"Remapped Rows/{name}", "")
        for name in ("Correctable Error", "Uncorrectable Error", "Pending", "Remapping Failure Occurred")
    ]
    pages = values.get("Retired Pages/Pending Page Blacklist", values.get("Retired Pages/Pending", ""))
    return gpu_condition.remapped_in_words(words, pages)


def _pcie(values: Values) -> tuple[int, int, int, int] | None:
    prefix = "PCI/GPU Link Info/"
    cells = [
        _number(values, f"{prefix}{what}/{when}")
        for when in ("Current", "Max")
        for what in ("PCIe Generation", "Link Width")
    ]
    if None in cells:
        return None
    now, lanes, most, most_lanes = (int(cell) for cell in cells if cell is not None)
    return now, lanes, most, most_lanes


def _both(
    now: typing.Sequence[str], most: typing.Sequence[str], values: Values
) -> tuple[float, float] | None:
    first, second = (
        next((n for n in (_number(values, name) for name in names) if n is not None), None)
        for names in (now, most)
    )
    return None if first is None or second is None else (first, second)


def _number(values: Values, name: str) -> float | None:
    """The number at the head of a value ("81079 MiB", "16x", "72.39 W"); None for "N/A" and the like."""
    found = _NUMBER.match(values.get(name, ""))
    return float(found[0]) if found else None
