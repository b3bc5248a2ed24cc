"""verl: hydra's YAML and overrides of it, of the actor in reinforcement learning and of supervised tuning."""

from __future__ import annotations

import re

from probes.configs.defaults import VERL, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, kernel, more_than_nothing, norm, packed, rate, switch, text

NAME = "verl"

_ACTOR = "actor_rollout_ref."  # reinforcement learning; supervised tuning has the same parts without it

TABLE = {
    "actor.optim.lr": ("optimizer.learning_rate", rate),
    "optim.lr": ("optimizer.learning_rate", rate),
    "actor.grad_clip": ("optimizer.max_grad_norm", norm),
    "actor.optim.clip_grad": ("optimizer.max_grad_norm", norm),
    "optim.clip_grad": ("optimizer.max_grad_norm", norm),
    "actor.optim.lr_warmup_steps": ("schedule.warmup", more_than_nothing),
    "actor.optim.lr_warmup_steps_ratio": ("schedule.warmup", more_than_nothing),
    "optim.warmup_steps_ratio": ("schedule.warmup", more_than_nothing),
    "actor.ppo_micro_batch_size_per_gpu": ("batch.per_device", count),
    "data.micro_batch_size_per_gpu": ("batch.per_device", count),
    "data.max_length": ("sequence.max_length", count),
    "model.path": ("model.name", text),
    "model.partial_pretrain": ("model.name", text),
    "model.enable_gradient_checkpointing": ("gradient_checkpointing", switch),
    "model.lora_rank": ("lora.enabled", more_than_nothing),
    "model.use_liger": ("kernel.fused", switch),
    "model.use_remove_padding": ("data.padding", packed),
    "model.override_config.attn_implementation": ("attention.kernel", kernel),
    "actor.fsdp_config.mixed_precision.param_dtype": ("precision.compute", dtype),
    "actor.fsdp_config.dtype": ("precision.compute", dtype),
    "actor.fsdp_config.model_dtype": ("precision.weights", dtype),
    "model.fsdp_config.model_dtype": ("precision.weights", dtype),
    "actor.strategy": ("fsdp.enabled", lambda value: str(value).startswith("fsdp")),
    "model.strategy": ("fsdp.enabled", lambda value: str(value).startswith("fsdp")),
}


def recognises(paths: Paths) -> bool:
    """The actor's part, the command, or the model's part of supervised tuning."""
    own = any(path.startswith(_ACTOR) for path in paths.settings) or "model.partial_pretrain" in paths
    return own or any(re.match(r"verl\.", str(s.value)) for p, s in paths.settings.items() if p[0] == "$")


def read(paths: Paths, found: Findings) -> None:
    """Facts of the actor; the critic and the reference model have settings of their own."""
    found.say("framework.name", "torch", next(iter(paths.settings.values())))
    actor = next((s for path, s in paths.settings.items() if path.startswith(_ACTOR)), None)
    found.say("training.method", "reinforcement", actor)
    paths = paths.renamed(lambda path: path[len(_ACTOR) :] if path.startswith(_ACTOR) else path)
    found.look_up(paths, TABLE)
    devices, nodes = paths.get("trainer.n_gpus_per_node"), count(paths.value("trainer.nnodes")) or 1
    known = count(devices.value) if devices else None
    found.say("gpu.count", known * nodes if known else None, devices)
    prompt, answer = paths.get("data.max_prompt_length"), paths.get("data.max_response_length")
    parts = [count(part.value) for part in (prompt, answer) if part]
    if len(parts) == 2 and parts[0] and parts[1]:
        found.say("sequence.max_length", parts[0] + parts[1], answer)
    megatron = found.value("fsdp.enabled") is False or any(".megatron." in path for path in paths.settings)
    if "optimizer.learning_rate" in found.facts and not megatron:
        assume(found, VERL)
