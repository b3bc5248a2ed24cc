"""Megatron-LM and what is built on it: flags of pretrain_gpt.py and its like."""

from __future__ import annotations

from probes.configs import arguments
from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, given, if_on, more_than_nothing, norm, optimizer, rate, switch

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
    "use_flash_attn": ("attention.kernel", if_on("flash_attention_2")),
    "recompute_activations": ("gradient_checkpointing", switch),
    "recompute_granularity": ("gradient_checkpointing", lambda value: True),
    "cross_entropy_loss_fusion": ("kernel.fused", switch),
    "cross_entropy_fusion_impl": ("kernel.fused", given),
    "loss_scale": ("precision.loss_scale", lambda value: "static"),
}

DEFAULTS = Defaults(
    "Megatron-LM",
    "core 0.20",
    "megatron/training/arguments.py",
    {
        "optimizer.max_grad_norm": (1.0, "--clip-grad 1.0"),
        "optimizer.name": ("adamw", "--optimizer adam, with decoupled weight decay"),
        "optimizer.epsilon": (1e-8, "--adam-eps 1e-8"),
        "schedule.warmup": (False, "no warmup"),
        "precision.weights": ("float32", "the optimizer keeps float32 main weights"),
    },
)


_OWN = ("tensor_model_parallel_size", "pipeline_model_parallel_size", "use_distributed_optimizer")
_USUAL = ("micro_batch_size", "num_layers", "lr_decay_style", "seq_length", "global_batch_size")


def recognises(paths: Paths) -> bool:
    """Flags that only Megatron has, on a command line."""
    usual = sum(name in paths for name in _USUAL)
    return any(name in paths for name in _OWN) or ("micro_batch_size" in paths and usual >= 3)


def read(paths: Paths, found: Findings) -> None:
    """Facts of the flags; without --bf16 and --fp16 Megatron computes in float32."""
    found.say("framework.name", NAME, next(s for path, s in paths.settings.items() if path[0] != "$"))
    arguments.bf16_or_fp16(paths, found)
    found.look_up(paths, TABLE)
    if "lr" not in paths:
        return
    assume(found, DEFAULTS)
    if found.value("precision.compute") == "float16":
        found.assume("precision.loss_scale", "dynamic", "Megatron-LM's default: no --loss-scale")
