"""torchtitan: its TOML, and the same names as flags (`--training.seq_len 2048`)."""

from __future__ import annotations

from probes.configs.defaults import TORCHTITAN, assume
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


def recognises(paths: Paths) -> bool:
    """Two of the sections, with names that only torchtitan has in them."""
    own = ("local_batch_size", "seq_len", "max_norm", "mixed_precision_param")
    parts = ("job.dump_folder", "activation_checkpoint.mode", "parallelism.data_parallel_shard_degree")
    known = (*parts, *(f"training.{name}" for name in own))
    return sum(path in paths for path in known) >= 2


def read(paths: Paths, found: Findings) -> None:
    """Facts of a config or of flags. torchtitan pre-trains with FSDP2, in bfloat16 round float32 weights."""
    found.say("framework.name", "torch", next(iter(paths.settings.values())))
    found.look_up(paths, TABLE)
    name, flavor = paths.get("model.name"), paths.value("model.flavor")
    if name:
        found.say("model.name", " ".join(filter(None, (text(name.value), text(flavor)))), name)
    if "training.seq_len" in paths and "optimizer.lr" in paths:
        assume(found, TORCHTITAN)
