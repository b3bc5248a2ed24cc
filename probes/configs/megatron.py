"""Megatron-LM and what is built on it: flags of pretrain_gpt.py and its like."""

from __future__ import annotations

from probes.configs.defaults import MEGATRON, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, given, more_than_nothing, norm, optimizer, rate, switch

NAME = "megatron"

TABLE = {
    "lr": ("optimizer.learning_rate", rate),
    "clip_grad": ("optimizer.max_grad_norm", norm),
    "adam_eps": ("optimizer.epsilon", rate),
    "optimizer": ("optimizer.name", lambda value: "adamw" if value == "adam" else optimizer(value)),
    "micro_batch_size": ("batch.per_device", count),
    "seq_length": ("sequence.max_length", count),
    "lr_warmup_fraction": ("schedule.warmup", more_than_nothing),
    "lr_warmup_iters": ("schedule.warmup", more_than_nothing),
    "lr_warmup_samples": ("schedule.warmup", more_than_nothing),
    "use_flash_attn": ("attention.kernel", lambda value: "flash_attention_2" if switch(value) else None),
    "recompute_activations": ("gradient_checkpointing", switch),
    "recompute_granularity": ("gradient_checkpointing", lambda value: True),
    "cross_entropy_loss_fusion": ("kernel.fused", switch),
    "cross_entropy_fusion_impl": ("kernel.fused", given),
    "loss_scale": ("precision.loss_scale", lambda value: "static"),
}

_OWN = (
    "tensor_model_parallel_size",
    "pipeline_model_parallel_size",
    "use_distributed_optimizer",
    "micro_batch_size",
)


def recognises(paths: Paths) -> bool:
    """Flags that only Megatron has, on a command line."""
    flags = sum(
        name in paths for name in (*_OWN, "num_layers", "lr_decay_style", "seq_length", "global_batch_size")
    )
    return any(name in paths for name in _OWN[:3]) or ("micro_batch_size" in paths and flags >= 3)


def read(paths: Paths, found: Findings) -> None:
    """Facts of the flags; without --bf16 and --fp16 Megatron computes in float32."""
    found.say("framework.name", NAME, next(s for path, s in paths.settings.items() if path[0] != "$"))
    for option, value in (("bf16", "bfloat16"), ("fp16", "float16")):
        setting = paths.get(option)
        found.say("precision.compute", value if setting and switch(setting.value) else None, setting)
    found.look_up(paths, TABLE)
    if "lr" not in paths:
        return
    assume(found, MEGATRON)
    if found.value("precision.compute") == "float16":
        found.assume("precision.loss_scale", "dynamic", "Megatron-LM's default: no --loss-scale")
