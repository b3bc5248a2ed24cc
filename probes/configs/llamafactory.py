"""LLaMA-Factory: YAML, JSON and `llamafactory-cli train`."""

from __future__ import annotations

from probes.configs import transformers
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, given, kernel, method, switch

NAME = "llamafactory"

TABLE = {
    "finetuning_type": (
        "lora.enabled",
        lambda value: value == "lora" if value in ("lora", "full", "freeze") else None,
    ),
    "cutoff_len": ("sequence.max_length", count),
    "flash_attn": ("attention.kernel", kernel),
    "stage": ("training.method", method),
    "enable_liger_kernel": ("kernel.fused", switch),
    "use_unsloth": ("kernel.fused", lambda value: True if switch(value) else None),
    "disable_gradient_checkpointing": ("gradient_checkpointing", lambda value: value is not True),
    "resize_vocab": ("tokens.added", switch),
    "add_tokens": ("tokens.added", given),
    "new_special_tokens": ("tokens.added", given),
}

_STAGES = ("pt", "sft", "rm", "ppo", "dpo", "kto")


def recognises(paths: Paths) -> bool:
    """Its own keys, its command, or its old entry script."""
    words = [str(setting.value) for path, setting in paths.settings.items() if path.startswith("$")]
    return (
        "finetuning_type" in paths
        or "cutoff_len" in paths
        or (paths.value("stage") in _STAGES and "template" in paths)
        or any(word in ("llamafactory-cli", "lmf") or word.endswith("train_bash.py") for word in words)
    )


def read(paths: Paths, found: Findings) -> None:
    """Facts of training arguments and of LLaMA-Factory's own; its defaults where it is a whole config."""
    found.say("framework.name", NAME, next(iter(paths.settings.values())))
    found.look_up(paths, TABLE)
    whole = "stage" in paths or "model_name_or_path" in paths
    found.look_up(paths, transformers.TABLE)
    transformers.warmup(paths, found)
    transformers.quantization(paths, found)
    transformers.refer_to_deepspeed(paths, found)
    transformers.precision(paths, found)
    if not whole:
        return
    found.assume("lora.enabled", True, "LLaMA-Factory's default: finetuning_type lora")
    found.assume("quantization.bits", "none", "LLaMA-Factory's default: no quantization_bit")
    found.assume("gradient_checkpointing", True, "LLaMA-Factory's default: on unless disabled")
    found.assume("deepspeed.enabled", False, "no deepspeed in the config")
    if found.value("lora.enabled") is False:
        if setting := paths.get("pure_bf16"):
            found.say("precision.weights", "bfloat16" if switch(setting.value) else None, setting)
        found.assume("precision.weights", "float32", "LLaMA-Factory's default: trained weights in float32")
    transformers.assume_defaults(paths, found)
