"""GPUs of AMD and Ascend by their makers' own tools, where torch is not here to be asked."""

from __future__ import annotations

import io
import json
import re

from probes import shell
from probes.machine.accelerator import GIB, one_line
from probes.machine.sight import AbsentError, BlindError, Gpu, Sight

SECONDS = 30
ROCM = ("rocm-smi", "--showproductname", "--showmeminfo", "vram", "--showdriverversion", "--json")
NPU = ("npu-smi", "info")
OLD_ASCEND_GIB = 32  # the Ascend 910 (A) has so much; later chips of that bare name have more, and bfloat16


def look_with_rocm_smi() -> Sight:
    """Ask AMD's tool on this machine."""
    return from_rocm_smi(_said(ROCM))


def look_with_npu_smi() -> Sight:
    """Ask Ascend's tool on this machine."""
    return from_npu_smi(_said(NPU))


def _said(command: tuple[str, ...]) -> str:
    done = shell.run(command, SECONDS)
    if done.status == shell.MISSING:
        raise AbsentError(done.err)
    if done.status != 0:
        raise BlindError(f"{command[0]}: {one_line(done.err.strip() or done.out)}")
    return done.out


def from_rocm_smi(text: str) -> Sight:
    """What `rocm-smi … --json` prints. Raises BlindError for anything else.

    {"card0": {"Card Series": "AMD Instinct MI300X", "VRAM Total Memory (B)": "206141652992"},
     "system": {"Driver version": "6.10.5"}}
    """
    try:
        data = json.loads(text[text.index("{") :])  # warnings may stand above it
        cards = [data[name] for name in sorted(data, key=_number) if re.fullmatch(r"card\d+", name)]
        driver = data.get("system", {}).get("Driver version")
    except (ValueError, AttributeError) as error:
        raise BlindError(f"rocm-smi: {one_line(text)}") from error
    gpus = []
    for card in cards:
        told = {key.lower(): str(value) for key, value in card.items()}  # older ones write "Card series"
        names = [told.get(key, "") for key in ("card series", "card model", "gfx version")]
        total = told.get("vram total memory (b)", "")
        gpus.append(
            Gpu(
                name=next((name for name in names if name and not name.startswith(("0x", "N/A"))), "AMD GPU"),
                memory_gib=round(int(total) / GIB, 1) if total.isdigit() else None,
            )
        )
    return Sight("rocm-smi", tuple(gpus), driver)


def from_npu_smi(text: str) -> Sight:
    """What `npu-smi info` prints: two lines a chip. Raises BlindError for anything else.

    | npu-smi 25.2.0                   Version: 25.2.0                                               |
    | 0     910B4-1             | OK            | 91.3        33                0    / 0             |
    | 0                         | 0000:C1:00.0  | 0           0    / 0          3197 / 65536         |
    """
    version = re.search(r"npu-smi \S+\s+Version: (\S+)", text)
    if not version:
        raise BlindError(f"npu-smi: {one_line(text)}")
    gpus = []
    name = ""
    for line in map(str.rstrip, io.StringIO(text)):
        head = re.match(r"\| *\d+ +([A-Za-z0-9][\w.-]*) *\| *[A-Za-z]+ *\|", line)
        memory = re.match(r"\| *\d+(?: +\d+)? *\| *[0-9A-Fa-f:.xX]+ *\|.*?(\d+) *\|$", line)
        if head:
            name = head[1]
        elif memory and name:
            total = round(int(memory[1]) / 1024, 1)
            full = name if name.lower().startswith("ascend") else f"Ascend {name}"
            newer = name.lower() == "ascend910" and total > OLD_ASCEND_GIB
            gpus.append(Gpu(full, total or None, bf16=True if newer else None))
            name = ""
    return Sight("npu-smi", tuple(gpus), version[1])


def _number(name: str) -> int:
    return int(name[4:]) if name[4:].isdigit() else -1
