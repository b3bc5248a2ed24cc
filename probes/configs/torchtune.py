"""torchtune: YAML recipes and `tune run`."""

from __future__ import annotations

from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, more_than_nothing, norm, optimizer, packed, rate, switch, text

NAME = "torchtune"

TABLE = {
    "dtype": ("precision.compute", dtype),
    "optimizer.lr": ("optimizer.learning_rate", rate),
    "optimizer.eps": ("optimizer.epsilon", rate),
    "optimizer._component_": ("optimizer.name", optimizer),
    "clip_grad_norm": ("optimizer.max_grad_norm", norm),
    "batch_size": ("batch.per_device", count),
    "gradient_accumulation_steps": ("batch.accumulation", count),
    "tokenizer.max_seq_len": ("sequence.max_length", count),
    "enable_activation_checkpointing": ("gradient_checkpointing", switch),
    "lr_scheduler.num_warmup_steps": ("schedule.warmup", more_than_nothing),
    "dataset.packed": ("data.padding", packed),
    "checkpointer.checkpoint_dir": ("model.name", text),
}


DEFAULTS = Defaults(
    "torchtune",
    "0.3 to 0.6",
    "recipes",
    {
        "optimizer.max_grad_norm": ("none", "no clip_grad_norm"),
        "schedule.warmup": (False, "no lr_scheduler"),
        "gradient_checkpointing": (False, "no enable_activation_checkpointing"),
        "deepspeed.enabled": (False, "torchtune does not use DeepSpeed"),
        "optimizer.epsilon": (1e-8, "torch's AdamW: eps 1e-8"),
    },
)


def recognises(paths: Paths) -> bool:
    """Components, or the command."""
    components = any(path.endswith("._component_") for path in paths.settings)
    return components or (paths.value("$0") == "tune" and paths.value("$1") == "run")


def read(paths: Paths, found: Findings) -> None:
    """Facts of a recipe's config. torchtune keeps all weights, adapters too, in its dtype."""
    found.say("framework.name", NAME, paths.first)
    found.look_up(paths, TABLE)
    found.take("precision.weights", dtype, paths.get("dtype"))
    model = paths.get("model._component_") or paths.get("policy_model._component_")
    if model:
        name = str(model.value).rpartition(".")[2]
        found.say("lora.enabled", "lora" in name, model)
        found.say("quantization.bits", 4 if name.startswith("qlora") else "none", model)
    if "optimizer._component_" in paths:
        assume(found, DEFAULTS)
