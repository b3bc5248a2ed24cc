"""DeepSpeed's JSON, as a file, inside another config, or known by its name alone."""

from __future__ import annotations

import re

from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, mode, norm, optimizer, rate, stage, switch

NAME = "deepspeed"

TABLE = {
    "zero_optimization.stage": ("deepspeed.stage", stage),
    "zero_optimization.overlap_comm": ("deepspeed.overlap_comm", switch),
    "zero_optimization.zero_hpz_partition_size": ("deepspeed.hpz", lambda size: (count(size) or 1) > 1),
    "zero_optimization.contiguous_gradients": ("deepspeed.contiguous_gradients", switch),
    "fp16.enabled": ("deepspeed.fp16", mode),
    "bf16.enabled": ("deepspeed.bf16", mode),
    "bfloat16.enabled": ("deepspeed.bf16", mode),
    "gradient_clipping": ("optimizer.max_grad_norm", norm),
    "optimizer.type": ("optimizer.name", optimizer),
    "optimizer.params.lr": ("optimizer.learning_rate", rate),
    "optimizer.params.eps": ("optimizer.epsilon", rate),
    "train_micro_batch_size_per_gpu": ("batch.per_device", count),
    "gradient_accumulation_steps": ("batch.accumulation", count),
}


DEFAULTS = Defaults(
    "DeepSpeed",
    "0.17",
    "deepspeed/runtime",
    {
        "deepspeed.fp16": ("off", "fp16 is off"),
        "deepspeed.bf16": ("off", "bf16 is off"),
        "deepspeed.stage": (0, "stage 0 without zero_optimization"),
        "deepspeed.contiguous_gradients": (True, "contiguous_gradients true"),
        "deepspeed.hpz": (False, "zero_hpz_partition_size 1"),
    },
)


def recognises(paths: Paths) -> bool:
    """A block that only DeepSpeed has."""
    return any(
        path.startswith(("zero_optimization.", "fp16.", "bf16.")) or path == "train_micro_batch_size_per_gpu"
        for path in paths.settings
    )


def read(paths: Paths, found: Findings) -> None:
    """Facts of the JSON. The number format is a fact only where one block is plainly on."""
    found.say("deepspeed.enabled", True, paths.first)
    found.look_up(paths, TABLE)
    for fact, value in (("deepspeed.bf16", "bfloat16"), ("deepspeed.fp16", "float16")):
        if found.value(fact) == "on":
            enabled = paths.get("fp16.enabled") if value == "float16" else paths.get("bf16.enabled")
            found.say("precision.compute", value, enabled or paths.get("bfloat16.enabled"))
    if scale := paths.get("fp16.loss_scale"):
        found.say("precision.loss_scale", "static" if scale.value else "dynamic", scale)
    scheduler = paths.get("scheduler.type")
    if scheduler:
        found.say("schedule.warmup", str(scheduler.value).startswith("Warmup"), scheduler)
    _offload(paths, found)
    assume(found, DEFAULTS)
    overlaps = found.value("deepspeed.stage") == 3
    written = "DeepSpeed's default (0.17): overlap_comm is true at stage 3 only"
    found.assume("deepspeed.overlap_comm", overlaps, written)


def _offload(paths: Paths, found: Findings) -> None:
    places = {
        "optimizer": ("zero_optimization.offload_optimizer.device", "zero_optimization.cpu_offload"),
        "param": ("zero_optimization.offload_param.device", "zero_optimization.cpu_offload_params"),
    }
    settings = {
        kind: setting
        for kind, options in places.items()
        for option in options
        if (setting := paths.get(option)) and setting.value in ("cpu", "nvme", True)
    }
    value = "both" if len(settings) == 2 else next(iter(settings), "none")
    anything = next(iter(settings.values()), paths.get("zero_optimization.stage"))
    found.say("deepspeed.offload", value, anything)


def refer(reference: str, found: Findings) -> None:
    """What the name of a JSON that was not given lets expect: ds_z3_offload_config.json, zero2.json."""
    named = re.search(r"(?:zero|z|stage)[_\-]?([0-3])(?!\d)", reference.rpartition("/")[2].lower())
    source = f"the name {reference}"
    if not named:
        found.elsewhere("deepspeed.stage", reference)
        return
    found.assume("deepspeed.stage", int(named[1]), source)
    if "offload" in reference.lower():
        found.assume("deepspeed.offload", "both" if named[1] == "3" else "optimizer", source)
