"""torchtitan: its TOML, and the same names as flags (`--training.seq_len 2048`)."""

from __future__ import annotations

import re

from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, more_than_nothing, norm, optimizer, rate, text

NAME = "torchtitan"

TABLE = {
    "optimizer.name": ("optimizer.name", optimizer),
    "optimizer.lr": ("optimizer.learning_rate", rate),
    "optimizer.eps": ("optimizer.epsilon", rate),
    "lr_scheduler.warmup_steps": ("schedule.warmup", more_than_nothing),
    "training.warmup_steps": ("schedule.warmup", more_than_nothing),  # before 2025
    "training.local_batch_size": ("batch.per_device", count),
    "training.batch_size": ("batch.per_device", count),  # before July 2025
    "training.seq_len": ("sequence.max_length", count),
    "training.max_norm": ("optimizer.max_grad_norm", norm),
    "training.mixed_precision_param": ("precision.compute", dtype),
    "training.dtype": ("precision.weights", dtype),
    "activation_checkpoint.mode": ("gradient_checkpointing", lambda value: value != "none"),
    "model.hf_assets_path": ("model.name", text),
}

DEFAULTS = Defaults(
    "torchtitan",
    "0.1 to 0.2",
    "torchtitan/config/job_config.py",
    {
        "precision.compute": ("bfloat16", "mixed_precision_param bfloat16"),
        "precision.weights": ("float32", "dtype float32"),
        "optimizer.max_grad_norm": (1.0, "max_norm 1.0"),
        "optimizer.epsilon": (1e-8, "eps 1e-8"),
        "lora.enabled": (False, "torchtitan trains all weights"),
        "quantization.bits": ("none", "no converter quantizes weights"),
        "sequence.max_length": (2048, "seq_len 2048"),
        "deepspeed.enabled": (False, "torchtitan does not use DeepSpeed"),
        "training.method": ("pretraining", "torchtitan pre-trains"),
    },
)


def recognises(paths: Paths) -> bool:
    """Two of the sections, with names that only torchtitan has in them."""
    own = ("local_batch_size", "seq_len", "max_norm", "mixed_precision_param")
    parts = ("job.dump_folder", "activation_checkpoint.mode", "parallelism.data_parallel_shard_degree")
    known = (*parts, *(f"training.{name}" for name in own))
    return sum(path in paths for path in known) >= 2


def read(paths: Paths, found: Findings) -> None:
    """Facts of a config or of flags. torchtitan pre-trains with FSDP2, in bfloat16 round float32 weights."""
    found.say("framework.name", "torch", next(iter(paths.settings.values())))
    name, flavor = paths.get("model.name"), paths.value("model.flavor")
    if name:
        found.say("model.name", " ".join(filter(None, (text(name.value), text(flavor)))), name)
    converters = next((s for p, s in paths.settings.items() if p.startswith("model.converters")), None)
    if converters and re.search(r"float8|mx", str(converters.value)):
        found.say("precision.compute", "float8", converters)
    found.look_up(paths, TABLE)
    if "model.name" in paths and "optimizer.lr" in paths:
        assume(found, DEFAULTS)
        if paths.value("training.global_batch_size") in (None, -1):
            found.assume(
                "batch.accumulation", 1, "torchtitan's default: global_batch_size -1, no accumulation"
            )
