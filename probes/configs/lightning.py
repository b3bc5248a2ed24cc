"""Lightning: `Trainer(precision=…)` and `Fabric(…)` in scripts, its YAML, and `fit --trainer.precision …`."""

from __future__ import annotations

import re

from probes.configs import deepspeed, torch_script
from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, norm, optimizer, rate, text

NAME = "lightning"

TABLE = {
    "precision": ("precision.compute", dtype),
    "gradient_clip_val": ("optimizer.max_grad_norm", norm),
    "accumulate_grad_batches": ("batch.accumulation", count),
}

# What the model's and the data's own classes take goes by many names; these are the usual ones.
_INIT = re.compile(r"(?:model|data|optimizer)\.(?:init_args\.)?(?:optimizer\.(?:init_args\.)?)?(\w+)")
PARTS = {
    "lr": ("optimizer.learning_rate", rate),
    "learning_rate": ("optimizer.learning_rate", rate),
    "eps": ("optimizer.epsilon", rate),
    "batch_size": ("batch.per_device", count),
    "micro_batch_size": ("batch.per_device", count),
    "train_batch_size": ("batch.per_device", count),
    "max_length": ("sequence.max_length", count),
    "max_seq_length": ("sequence.max_length", count),
    "model_name": ("model.name", text),
    "model_name_or_path": ("model.name", text),
}

DEFAULTS = Defaults(
    "Lightning",
    "2.5",
    "lightning/pytorch/trainer/trainer.py",
    {
        "precision.compute": ("float32", "precision 32-true"),
        "optimizer.max_grad_norm": ("none", "gradient_clip_val None"),
        "batch.accumulation": (1, "accumulate_grad_batches 1"),
    },
)


_TRAINER = re.compile(r"(?:Trainer|Fabric|trainer)\.(.+)")
_OWN = ("gradient_clip_val", "accumulate_grad_batches", "precision", "strategy", "accelerator")


def recognises(paths: Paths) -> bool:
    """The import, or a trainer's arguments that only Lightning has."""
    return _import(paths) or any(name in _trainer(paths) for name in _OWN) or paths.value("$1") == "fit"


def read(paths: Paths, found: Findings) -> None:
    """Facts of the trainer, of its strategy, and of the parts that LightningCLI sets."""
    trainer = _trainer(paths)
    found.say("framework.name", NAME, paths.first)
    if trainer.value("gradient_clip_algorithm") == "value":  # not the norm is clipped, but each element
        found.leave_open("optimizer.max_grad_norm")
        trainer = trainer.renamed(lambda path: None if path == "gradient_clip_val" else path)
    found.look_up(trainer, TABLE)
    _weights(trainer, found)
    _devices(trainer, found)
    _strategy(trainer, found)
    found.look_up(paths.fitting(_INIT), PARTS)
    chosen = paths.get("optimizer.class_path") or paths.get("model.init_args.optimizer.class_path")
    found.take("optimizer.name", optimizer, chosen)
    torch_script.read(paths, found)
    if "Trainer()" in paths or (trainer.settings and "$0" not in paths):
        assume(found, DEFAULTS)


def _trainer(paths: Paths) -> Paths:
    """Its arguments: Trainer.precision, Fabric.precision, trainer.precision, or a whole file of them."""
    if re.search(r"lightning.*\.Trainer", str(paths.value("_target_"))):
        return paths
    return paths.fitting(_TRAINER)


def _import(paths: Paths) -> bool:
    return any(re.search(r"\b(?:pytorch_)?lightning\b", str(one.value)) for one in paths.imports)


def _weights(trainer: Paths, found: Findings) -> None:
    """`16-true` and `bf16-true` turn the model itself; `16-mixed` keeps float32 and scales the loss."""
    chosen = trainer.get("precision")
    words = str(chosen.value) if chosen else ""
    known = dtype(chosen.value) if chosen else None
    found.say("precision.weights", known if words.endswith("-true") else "float32" if known else None, chosen)
    scaled = known == "float16" and "true" not in words
    found.say("precision.loss_scale", "dynamic" if scaled else None, chosen)


def _devices(trainer: Paths, found: Findings) -> None:
    """A number, or a list of their ids."""
    listed = [setting for path, setting in trainer.settings.items() if re.fullmatch(r"devices\.\d+", path)]
    devices, nodes = trainer.get("devices"), count(trainer.value("num_nodes")) or 1
    known = len(listed) or (count(devices.value) if devices else None)
    found.say("gpu.count", known * nodes if known else None, devices or next(iter(listed), None))


def _strategy(trainer: Paths, found: Findings) -> None:
    """By name (deepspeed_stage_2_offload, fsdp), or as a class with arguments (DeepSpeedStrategy)."""
    named = trainer.get("strategy") or trainer.get("strategy.class_path")
    own = trainer.under("strategy.init_args.")
    word = str(named.value).lower() if named else ""
    found.say("fsdp.enabled", True if "fsdp" in word else None, named)
    if "deepspeed" not in word:
        return
    found.say("deepspeed.enabled", True, named)
    found.take("deepspeed.stage", count, own.get("stage"))
    deepspeed.refer(word if "stage" in word else "stage_2", found)  # DeepSpeedStrategy's default stage is 2
