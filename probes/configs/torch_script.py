"""Scripts that train with torch itself, or in a loop of accelerate's."""

from __future__ import annotations

import re

from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, more_than_nothing, norm, optimizer, rate

NAME = "torch"

_OPTIMIZER = re.compile(r"(\w*(?:Adam\w*|SGD|Lion|Adafactor)\w*)(?:\(\)|\.(?:lr|eps|1))")

_WARMUP = re.compile(r"(?:get_\w*schedule_with_warmup|get_scheduler)\.(?:num_warmup_steps|1)")
_SHARDED = ("FSDP()", "FullyShardedDataParallel()", "fully_shard()")

TABLE = {
    "autocast.dtype": ("precision.compute", dtype),
    "Accelerator.mixed_precision": ("precision.compute", dtype),
    "Accelerator.gradient_accumulation_steps": ("batch.accumulation", count),
    "MixedPrecision.param_dtype": ("precision.compute", dtype),  # of FSDP
    "MixedPrecisionPolicy.param_dtype": ("precision.compute", dtype),
    "clip_grad_norm_.1": ("optimizer.max_grad_norm", norm),
    "clip_grad_norm_.max_norm": ("optimizer.max_grad_norm", norm),
    "DataLoader.batch_size": ("batch.per_device", count),
}


def recognises(paths: Paths) -> bool:
    """An optimizer's call, a backward pass, autocast, or accelerate's Accelerator."""
    calls = ("backward()", "autocast()", "GradScaler()", "Accelerator()", *_SHARDED)
    return any(path in paths for path in calls) or any(map(_OPTIMIZER.fullmatch, paths.settings))


def read(paths: Paths, found: Findings) -> None:
    """Facts of the calls."""
    found.say("framework.name", NAME, next((s for s in paths.imports if "torch" in str(s.value)), None))
    found.look_up(paths, TABLE)
    for path, setting in paths.settings.items():
        if match := _OPTIMIZER.fullmatch(path):
            found.say("optimizer.name", optimizer(match[1]), setting)
            if path.endswith((".lr", ".1")):
                found.say("optimizer.learning_rate", rate(setting.value), setting)
            if path.endswith(".eps"):
                found.say("optimizer.epsilon", rate(setting.value), setting)
        elif _WARMUP.fullmatch(path):
            found.say("schedule.warmup", more_than_nothing(setting.value), setting)
    if "autocast()" in paths and "autocast.dtype" not in paths and "autocast.dtype" not in paths.undecided:
        found.assume("precision.compute", "float16", "torch's default: autocast computes in float16 on CUDA")
    found.say("precision.loss_scale", "dynamic", paths.get("GradScaler()"))
    for call in _SHARDED:
        found.say("fsdp.enabled", True, paths.get(call))
    for call, value in (("half()", "float16"), ("bfloat16()", "bfloat16")):
        found.say("precision.weights", value, paths.get(call))
