"""OpenRLHF: `deepspeed --module openrlhf.cli.train_sft …` and its Ray trainers, flags of all versions."""

from __future__ import annotations

import re

from probes.configs import arguments
from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import (
    count,
    dtype,
    if_on,
    kernel,
    more_than_nothing,
    norm,
    packed,
    rate,
    stage,
    switch,
    text,
)

NAME = "openrlhf"

_METHODS = {"sft": "sft", "dpo": "preference", "kto": "preference", "rm": "reward", "prm": "reward"}

TABLE = {
    "learning_rate": ("optimizer.learning_rate", rate),
    "actor_learning_rate": ("optimizer.learning_rate", rate),
    "adam.lr": ("optimizer.learning_rate", rate),
    "actor.adam.lr": ("optimizer.learning_rate", rate),
    "adam.eps": ("optimizer.epsilon", rate),
    "actor.adam.eps": ("optimizer.epsilon", rate),
    "max_norm": ("optimizer.max_grad_norm", norm),
    "actor.max_norm": ("optimizer.max_grad_norm", norm),
    "lr_warmup_ratio": ("schedule.warmup", more_than_nothing),
    "actor.lr_warmup_ratio": ("schedule.warmup", more_than_nothing),
    "micro_train_batch_size": ("batch.per_device", count),
    "train.micro_batch_size": ("batch.per_device", count),
    "max_len": ("sequence.max_length", count),
    "data.max_len": ("sequence.max_length", count),
    "pretrain": ("model.name", text),
    "model.model_name_or_path": ("model.name", text),
    "actor.model_name_or_path": ("model.name", text),
    "zero_stage": ("deepspeed.stage", stage),
    "ds.zero_stage": ("deepspeed.stage", stage),
    "adam_offload": ("deepspeed.offload", if_on("optimizer")),
    "ds.adam_offload": ("deepspeed.offload", if_on("optimizer")),
    "overlap_comm": ("deepspeed.overlap_comm", switch),
    "ds.overlap_comm": ("deepspeed.overlap_comm", switch),
    "bf16": ("precision.compute", if_on("bfloat16")),
    "param_dtype": ("precision.compute", dtype),
    "ds.param_dtype": ("precision.compute", dtype),
    "gradient_checkpointing": ("gradient_checkpointing", switch),
    "model.gradient_checkpointing_enable": ("gradient_checkpointing", switch),
    "actor.gradient_checkpointing_enable": ("gradient_checkpointing", switch),
    "lora_rank": ("lora.enabled", more_than_nothing),
    "ds.lora.rank": ("lora.enabled", more_than_nothing),
    "load_in_4bit": ("quantization.bits", if_on(4)),
    "ds.load_in_4bit": ("quantization.bits", if_on(4)),
    "packing_samples": ("data.padding", packed),
    "ds.packing_samples": ("data.padding", packed),
    "flash_attn": ("attention.kernel", kernel),
    "attn_implementation": ("attention.kernel", kernel),
    "ds.attn_implementation": ("attention.kernel", kernel),
    "use_liger_kernel": ("kernel.fused", switch),
}

DEFAULTS = Defaults(
    "OpenRLHF",
    "0.5 to 0.11",
    "openrlhf/cli",
    {
        "deepspeed.stage": (2, "zero_stage 2"),
        "optimizer.name": ("adamw", "DeepSpeed's Adam with decoupled decay"),
        "optimizer.epsilon": (1e-8, "eps 1e-8"),
        "optimizer.max_grad_norm": (1.0, "max_norm 1.0"),
        "schedule.warmup": (True, "lr_warmup_ratio 0.03"),
        "lora.enabled": (False, "lora rank 0"),
        "gradient_checkpointing": (False, "no gradient_checkpointing"),
        "quantization.bits": ("none", "no load_in_4bit"),
    },
)

# The flags that came with 0.9: before them --bf16 and --flash_attn were off unless given.
NEWER = Defaults(
    "OpenRLHF",
    "0.9 to 0.11",
    "openrlhf/cli",
    {
        "precision.compute": ("bfloat16", "param_dtype bf16"),
        "attention.kernel": ("flash_attention_2", "attn_implementation flash_attention_2"),
    },
)
_NEWER = re.compile(r"(?:ds\.|ref\.|actor\.|model\.).+|param_dtype|attn_implementation")
_BATCH = ("micro_train_batch_size", "train.micro_batch_size")
# The batch is then of so many tokens, not samples.
_BY_TOKENS = ("use_dynamic_batch", "train.dynamic_batch_enable")


def recognises(paths: Paths) -> bool:
    """The module's name on a command line."""
    return _trainer(paths) is not None


def _trainer(paths: Paths) -> re.Match[str] | None:
    words = (str(s.value) for s in paths.settings.values())
    return next((m for word in words if (m := re.search(r"\bopenrlhf[./]cli[./]train_(\w+)", word))), None)


def read(paths: Paths, found: Findings) -> None:
    """Facts of the flags. All trainers run on DeepSpeed."""
    first = paths.first
    found.say("framework.name", "deepspeed", first)
    found.say("deepspeed.enabled", True, first)
    trainer = _trainer(paths)
    kind = trainer[1].partition("_")[0].partition(".")[0] if trainer else ""
    found.say("training.method", _METHODS.get(kind, "reinforcement"), first)
    if any(switch(paths.value(flag)) for flag in _BY_TOKENS if flag in paths):
        found.leave_open("batch.per_device")
        paths = paths.renamed(lambda path: None if path.endswith(_BATCH) else path)
    found.look_up(paths, TABLE)
    if any(map(_NEWER.fullmatch, paths.settings)):
        assume(found, NEWER)
    arguments.master_weights(found)
    assume(found, DEFAULTS)
