"""LoRA's scaling, alpha over rank, which every framework writes with two settings of its own names."""

from __future__ import annotations

from probes.configs.findings import Findings, Paths

ALPHA = ("lora_alpha", "adapter_alpha")
RANK = ("r", "lora_r", "lora_rank", "adapter_rank")


def read(paths: Paths, found: Findings) -> None:
    """`lora.scaling`, where alpha and rank stand in the same dict, call or block."""
    for path, alpha in paths.settings.items():
        holder, dot, name = path.rpartition(".")
        if name.lstrip("-") not in ALPHA:
            continue
        flag = name[: len(name) - len(name.lstrip("-"))]
        beside = (f"{holder}{dot}{flag}{rank}" for rank in RANK)
        rank = next((paths.value(option) for option in beside if option in paths), None)
        if _number(alpha.value) and _number(rank) and rank:
            found.say("lora.scaling", float(alpha.value) / float(rank), alpha)  # type: ignore[arg-type]


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
