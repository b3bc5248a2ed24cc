"""A LoRA adapter as PEFT saves it: a few small tensors and adapter_config.json."""

from __future__ import annotations

import dataclasses
import pathlib

from probes.checkpoints import model_config, single
from probes.checkpoints.listing import ABNORMAL, DAMAGE, Finding, Listing

NAME = "adapter"
CONFIG = "adapter_config.json"


def recognises(path: pathlib.Path, head: bytes) -> bool:
    """Whether the folder has PEFT's config."""
    return (path / CONFIG).is_file()


def read(path: pathlib.Path) -> Listing:
    """The adapter's tensors; findings where their rank is not the config's, or where there are none."""
    files = [file for file in single.files_in(path) if file.name.startswith("adapter_model")]
    found = single.read_all(files)
    findings = [*found.findings]
    if not files:
        findings.append(Finding(DAMAGE, CONFIG, "", "is there, and no adapter_model.safetensors beside it"))
    config = model_config.json_object(path / CONFIG)
    rank = config.get("r")
    if type(rank) is int and not config.get("rank_pattern"):
        for tensor in found.tensors:
            if ".lora_A." in tensor.name and tensor.shape and tensor.shape[0] not in (0, rank):
                what = f"has rank {tensor.shape[0]}, {CONFIG} says {rank}"
                findings.append(Finding(ABNORMAL, tensor.path.name, tensor.name, what))
    return dataclasses.replace(found, kind=NAME, findings=tuple(findings))
