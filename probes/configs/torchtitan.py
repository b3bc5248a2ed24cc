"""torchtitan: its TOML, the same names as flags (`--training.seq_len 2048`), its Python configs since 0.3."""

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
    "training.max_context_length": ("sequence.max_length", count),  # since 2026
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

# A config of config_registry.py: a function that returns Trainer.Config(…), or changes what another returned.
_CONFIG = "Trainer.Config()"
_PARTS = re.compile(
    r"(?:default_adamw|\w*OptimizersContainer\.Config)\.(?P<optimizer>\w+)|TrainingConfig\.(?P<training>\w+)"
    r"|\w*LRSchedulersContainer\.Config\.(?P<lr_scheduler>\w+)|Trainer\.Config\.(?P<model>hf_assets_path)"
    r"|config\.(?P<path>(?:training|lr_scheduler)\.\w+)"
)
REGISTRY = Defaults(
    "torchtitan",
    "0.3",
    "torchtitan/config/configs.py and torchtitan/components",
    {
        **DEFAULTS.values,
        "batch.per_device": (8, "local_batch_size 8"),
        "schedule.warmup": (True, "warmup_steps 200"),
        "gradient_checkpointing": (True, "activation_checkpoint SelectiveAC"),
    },
)


def recognises(paths: Paths) -> bool:
    """Two of the sections, with names that only torchtitan has in them; or an import of it and its config."""
    if _CONFIG in paths or "TrainingConfig()" in paths:
        return any("torchtitan" in str(one.value) for one in paths.imports)
    own = ("local_batch_size", "seq_len", "max_norm", "mixed_precision_param")
    parts = ("job.dump_folder", "activation_checkpoint.mode", "parallelism.data_parallel_shard_degree")
    known = (*parts, *(f"training.{name}" for name in own))
    return sum(path in paths for path in known) >= 2


def read(paths: Paths, found: Findings) -> None:
    """Facts of a config or of flags. torchtitan pre-trains with FSDP2, in bfloat16 round float32 weights."""
    found.say("framework.name", "torch", paths.first)
    if _CONFIG in paths or "TrainingConfig()" in paths:
        _registry(paths, found)
        return
    name, flavor = paths.get("model.name"), paths.value("model.flavor")
    if name:
        found.say("model.name", " ".join(filter(None, (text(name.value), text(flavor)))), name)
    converters = next((s for p, s in paths.settings.items() if p.startswith("model.converters")), None)
    if converters and re.search(r"float8|mx", str(converters.value)):
        found.say("precision.compute", "float8", converters)
    found.look_up(paths, TABLE)
    if "model.name" in paths and "optimizer.lr" in paths:
        assume(found, DEFAULTS)
        _accumulation(paths, found)


def _accumulation(paths: Paths, found: Findings) -> None:
    if paths.value("training.global_batch_size") in (None, -1):
        found.assume("batch.accumulation", 1, "torchtitan's default: global_batch_size -1, no accumulation")


def _registry(paths: Paths, found: Findings) -> None:
    """Facts of one config in Python; which of several runs is not in the text."""
    if _CONFIG in paths.several:
        why = "it has several configs, and `--config` says which of them runs"
        for fact in ("optimizer.learning_rate", "sequence.max_length", "batch.per_device"):
            found.cannot(fact, why, "give the function of that name alone")
        return
    for path, setting in paths.settings.items():
        if re.fullmatch(r"\w+AC\.Config\(\)", path):
            found.say("gradient_checkpointing", True, setting)
        if re.fullmatch(r"(?:Float8|MXFP8)\w*Converter\.Config\(\)", path):
            found.say("precision.compute", "float8", setting)
        if re.fullmatch(r"NVFP4\w*Converter\.Config\(\)", path):
            found.leave_open("precision.compute")  # partly in 4 bits, which is none of the formats
    if "Trainer.Config.activation_checkpoint" in paths:  # None; a part is a call
        found.say("gradient_checkpointing", False, paths.get("Trainer.Config.activation_checkpoint"))
    adamw = paths.get("default_adamw()")
    found.say("optimizer.name", "adamw", adamw)
    parts = paths.renamed(_part)
    if "training.num_tokens_per_microbatch_per_dp_rank" in parts:
        found.leave_open("batch.per_device")
    found.look_up(parts, TABLE)
    if adamw:
        found.assume("optimizer.learning_rate", 8e-4, "torchtitan's default (0.3): default_adamw's lr 8e-4")
    if _CONFIG in paths:
        assume(found, REGISTRY)
        _accumulation(parts, found)


def _part(path: str) -> str | None:
    """training.seq_len for TrainingConfig.seq_len and config.training.seq_len."""
    match = _PARTS.fullmatch(path)
    if match is None or match["path"]:
        return match and match["path"]
    part = next(part for part in ("optimizer", "training", "lr_scheduler", "model") if match[part])
    return f"{part}.{match[part]}"
