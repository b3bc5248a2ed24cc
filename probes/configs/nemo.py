"""NeMo's YAML for Megatron models (1.x), and overrides of it: `trainer`, `model.optim`, `model.peft`."""

from __future__ import annotations

import re

from probes.configs import launch, megatron
from probes.configs.defaults import assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, if_on, more_than_nothing, norm, optimizer, rate, text

NAME = "nemo"

TABLE = {
    "trainer.precision": ("precision.compute", dtype),
    "trainer.gradient_clip_val": ("optimizer.max_grad_norm", norm),
    "trainer.sft.gradient_clip_val": ("optimizer.max_grad_norm", norm),  # NeMo-Aligner
    "trainer.dpo.gradient_clip_val": ("optimizer.max_grad_norm", norm),
    "model.optim.lr": ("optimizer.learning_rate", rate),
    "model.optim.eps": ("optimizer.epsilon", rate),
    "model.optim.name": ("optimizer.name", lambda value: _adam(value)),
    "model.optim.sched.warmup_steps": ("schedule.warmup", more_than_nothing),
    "model.optim.sched.warmup_ratio": ("schedule.warmup", more_than_nothing),
    "model.micro_batch_size": ("batch.per_device", count),
    "model.data.train_ds.micro_batch_size": ("batch.per_device", count),
    "model.data.train_ds.max_seq_length": ("sequence.max_length", count),
    "model.encoder_seq_length": ("sequence.max_length", count),
    "model.restore_from_path": ("model.name", text),
    "model.peft.peft_scheme": ("lora.enabled", lambda value: str(value).lower() in ("lora", "qlora")),
    "model.activations_checkpoint_granularity": ("gradient_checkpointing", lambda value: value is not None),
    "model.use_flash_attention": ("attention.kernel", if_on("flash_attention_2")),
    "model.fp8": ("precision.compute", if_on("float8")),
}


def _adam(value: object) -> str | None:
    """NeMo's fused and distributed Adam decouple weight decay."""
    name = str(value)
    return "adamw" if "adam" in name and name != "adam" else optimizer(name)


def recognises(paths: Paths) -> bool:
    """An optimizer of the model beside a trainer, or a part of Megatron below `model`."""
    own = ("model.optim.lr", "model.optim.name", "model.tensor_model_parallel_size", "model.micro_batch_size")
    return any(path in _bare(paths) for path in own)


def _bare(paths: Paths) -> Paths:
    """Without the launcher's name of the stage before each path: peft.trainer.precision."""
    return paths.renamed(lambda path: re.sub(r"^(?:peft|training)\.(?=(?:trainer|model)\.)", "", path))


def read(paths: Paths, found: Findings) -> None:
    """Facts of the YAML, or of overrides on a command line. NeMo is Megatron with Lightning's trainer."""
    found.say("framework.name", "megatron", paths.first)
    paths = _bare(paths)
    found.look_up(paths, TABLE)
    launch.gpus(paths.get("trainer.devices"), paths.value("trainer.num_nodes"), found)
    chosen = paths.get("trainer.precision")
    scaled = found.value("precision.compute") == "float16" and "true" not in str(chosen and chosen.value)
    found.say("precision.loss_scale", "dynamic" if scaled else None, chosen)
    if "model.optim.lr" in paths and "trainer.precision" in paths:
        found.assume("lora.enabled", False, "no peft_scheme in the config")
        found.leave_open("optimizer.max_grad_norm")  # Lightning's trainer clips, or does not
        assume(found, megatron.DEFAULTS)
