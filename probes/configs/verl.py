"""verl: hydra's YAML and overrides of it, of the actor in reinforcement learning and of supervised tuning."""

from __future__ import annotations

from probes.configs import launch
from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, kernel, more_than_nothing, norm, packed, rate, switch, text
from probes.report import Value

NAME = "verl"

_ACTOR = "actor_rollout_ref."  # reinforcement learning; supervised tuning has the same parts without it

_BATCH = "actor.ppo_micro_batch_size_per_gpu"

TABLE = {
    "actor.optim.lr": ("optimizer.learning_rate", rate),
    "optim.lr": ("optimizer.learning_rate", rate),
    "actor.grad_clip": ("optimizer.max_grad_norm", norm),
    "actor.optim.clip_grad": ("optimizer.max_grad_norm", norm),
    "optim.clip_grad": ("optimizer.max_grad_norm", norm),
    "actor.optim.lr_warmup_steps": ("schedule.warmup", more_than_nothing),
    "actor.optim.lr_warmup_steps_ratio": ("schedule.warmup", more_than_nothing),
    "optim.warmup_steps_ratio": ("schedule.warmup", more_than_nothing),
    "optim.lr_warmup_steps_ratio": ("schedule.warmup", more_than_nothing),
    "actor.ppo_micro_batch_size_per_gpu": ("batch.per_device", count),
    "data.micro_batch_size_per_gpu": ("batch.per_device", count),
    "data.micro_batch_size": ("batch.per_device", count),
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

_SAME: dict[str, tuple[Value, str]] = {
    "optimizer.name": ("adamw", "AdamW, or Megatron's adam, which decouples the decay too"),
    "optimizer.max_grad_norm": (1.0, "grad_clip 1.0, clip_grad 1.0"),
    "precision.compute": ("bfloat16", "param_dtype bf16"),
    "precision.weights": ("float32", "model_dtype fp32, or Megatron's main weights"),
    "quantization.bits": ("none", "verl quantizes nothing that it trains"),
    "deepspeed.enabled": (False, "verl does not use DeepSpeed"),
}
DEFAULTS = Defaults(
    "verl",
    "0.4 to 0.8",
    "verl/workers/fsdp_workers.py and verl/trainer/config",
    {
        **_SAME,
        "optimizer.epsilon": (1e-8, "torch's AdamW: eps 1e-8"),
        "lora.enabled": (False, "lora_rank 0"),
        "gradient_checkpointing": (True, "enable_gradient_checkpointing true"),
        "attention.kernel": ("flash_attention_2", "attn_implementation flash_attention_2"),
        "fsdp.enabled": (True, "strategy fsdp"),
    },
)
MEGATRON = Defaults("verl", "0.4 to 0.8", "verl/trainer/config/ppo_megatron_trainer.yaml", _SAME)
# Reinforcement learning does not warm up unless told to; supervised tuning does.
ACTOR = Defaults(
    "verl",
    "0.4 to 0.8",
    "verl/trainer/config/actor/actor.yaml",
    {
        "schedule.warmup": (False, "lr_warmup_steps -1, lr_warmup_steps_ratio 0"),
        "optimizer.learning_rate": (1e-6, "actor.optim.lr 1e-6"),
    },
)
TUNING = Defaults(
    "verl",
    "0.4 to 0.8",
    "verl/trainer/config/sft_trainer.yaml",
    {"schedule.warmup": (True, "lr_warmup_steps_ratio 0.1"), "optimizer.learning_rate": (1e-5, "lr 1e-5")},
)


def recognises(paths: Paths) -> bool:
    """The actor's part, the command, or the model's part of supervised tuning."""
    own = any(path.startswith(_ACTOR) for path in paths.settings) or "model.partial_pretrain" in paths
    return own or any(str(word.value).startswith("verl.") for word in paths.command)


def read(paths: Paths, found: Findings) -> None:
    """Facts of the actor; the critic and the reference model have settings of their own."""
    found.say("framework.name", "torch", paths.first)
    actor = next((s for path, s in paths.settings.items() if path.startswith(_ACTOR)), None)
    found.say("training.method", "reinforcement", actor)
    paths = paths.renamed(lambda path: path.removeprefix(_ACTOR))
    if "actor.use_dynamic_bsz" in paths and switch(paths.value("actor.use_dynamic_bsz")):
        paths = paths.renamed(lambda path: None if path == _BATCH else path)  # it is of so many tokens
    found.look_up(paths, TABLE)
    launch.gpus(paths.get("trainer.n_gpus_per_node"), paths.value("trainer.nnodes"), found)
    prompt, answer = paths.get("data.max_prompt_length"), paths.get("data.max_response_length")
    parts = [count(part.value) for part in (prompt, answer) if part]
    if len(parts) == 2 and parts[0] and parts[1]:
        found.say("sequence.max_length", parts[0] + parts[1], answer)
    megatron = (
        found.value("fsdp.enabled") is False
        or "megatron" in str(paths.value("config_name"))
        or any(path.startswith("actor.megatron.") for path in paths.settings)
    )
    if "model.name" in found.facts or "optimizer.learning_rate" in found.facts:
        assume(found, MEGATRON if megatron else DEFAULTS)
        assume(found, ACTOR if actor else TUNING)
