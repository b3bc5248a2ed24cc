"""LLaMA-Factory: YAML, JSON and `llamafactory-cli train`."""

from __future__ import annotations

from probes.configs import arguments, deepspeed
from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, given, if_on, kernel, method, norm, rate, switch, text

NAME = "llamafactory"

TABLE = {
    "finetuning_type": (
        "lora.enabled",
        lambda value: value == "lora" if value in ("lora", "oft", "full", "freeze") else None,
    ),
    "fp8": ("precision.compute", if_on("float8")),
    **{
        f"use_{name}": ("optimizer.name", if_on("other"))
        for name in ("galore", "apollo", "adam_mini", "muon")
    },
    "cutoff_len": ("sequence.max_length", count),
    "flash_attn": ("attention.kernel", kernel),
    "stage": ("training.method", method),
    "enable_liger_kernel": ("kernel.fused", switch),
    "use_unsloth": ("kernel.fused", if_on(True)),
    "disable_gradient_checkpointing": ("gradient_checkpointing", lambda value: value is not True),
    "resize_vocab": ("tokens.added", switch),
    "add_tokens": ("tokens.added", given),
    "new_special_tokens": ("tokens.added", given),
}

# The trainer that is to follow the classic one (USE_V1=1) has names of its own.
V1 = {
    "model": ("model.name", text),
    "learning_rate": ("optimizer.learning_rate", rate),
    "max_grad_norm": ("optimizer.max_grad_norm", norm),
    "optim_config.name": ("optimizer.name", lambda value: "other" if value == "muon" else None),
    "micro_batch_size": ("batch.per_device", count),
    "cutoff_len": ("sequence.max_length", count),
    "enable_activation_checkpointing": ("gradient_checkpointing", switch),
    "flash_attn": ("attention.kernel", kernel),
    "peft_config.name": ("lora.enabled", lambda value: value == "lora"),
    "quant_config.quantization_bit": ("quantization.bits", count),
    "quant_config.compute_dtype": ("quantization.compute_dtype", dtype),
    "dist_config.name": ("deepspeed.enabled", lambda value: value == "deepspeed"),
}

DEFAULTS = Defaults(
    "LLaMA-Factory",
    "0.9",
    "src/llamafactory/hparams",
    {
        "lora.enabled": (True, "finetuning_type lora"),
        "sequence.max_length": (2048, "cutoff_len 2048"),
        "gradient_checkpointing": (True, "on unless disable_gradient_checkpointing"),
        "precision.weights": ("float32", "trained weights are turned into float32 unless pure_bf16"),
        "deepspeed.enabled": (False, "no deepspeed"),
        "optimizer.learning_rate": arguments.TRANSFORMERS.values["optimizer.learning_rate"],
        **arguments.IN_COMMON,
    },
)

V1_DEFAULTS = Defaults(
    "LLaMA-Factory",
    "1.0 development",
    "src/llamafactory/v1/config",
    {
        "optimizer.learning_rate": (1e-4, "learning_rate 1e-4"),
        "optimizer.name": ("adamw", "AdamW without optim_config"),
        "optimizer.max_grad_norm": (1.0, "max_grad_norm 1.0"),
        "schedule.warmup": (False, "a constant rate without lr_scheduler_config"),
        "batch.per_device": (1, "micro_batch_size 1"),
        "batch.accumulation": (1, "no global_batch_size, no accumulation"),
        "sequence.max_length": (2048, "cutoff_len 2048"),
        "gradient_checkpointing": (True, "enable_activation_checkpointing true"),
        "attention.kernel": ("sdpa", "flash_attn sdpa"),
        "lora.enabled": (False, "no peft_config"),
        "quantization.bits": ("none", "no quant_config"),
        "deepspeed.enabled": (False, "no dist_config"),
    },
)


_V1_NAMES = {
    "model_name_or_path": "model",
    "per_device_train_batch_size": "micro_batch_size",
    "gradient_checkpointing": "enable_activation_checkpointing",
    **dict.fromkeys(("gradient_accumulation_steps", "warmup_ratio", "warmup_steps")),
    **dict.fromkeys(("optim", "adam_epsilon", "fp16", "deepspeed")),
}

_STAGES = ("pt", "sft", "rm", "ppo", "dpo", "kto")
_USES = ("do_predict", "infer_backend", "export_dir", "adapter_name_or_path")  # a model that is there already


def names(paths: Paths) -> dict[str, str | None]:
    """What the arguments of transformers are called in this text; None where it does not take one."""
    return _V1_NAMES if _is_v1(paths) else {}


def _is_v1(paths: Paths) -> bool:
    return "train_dataset" in paths and "model" in paths


def recognises(paths: Paths) -> bool:
    """Its own keys, its command, or its old entry script."""
    words = [str(word.value) for word in paths.command]
    return (
        "finetuning_type" in paths
        or "cutoff_len" in paths
        or (paths.value("stage") in _STAGES and "template" in paths)
        or any(word in ("llamafactory-cli", "lmf") or word.endswith("train_bash.py") for word in words)
    )


def read(paths: Paths, found: Findings) -> None:
    """Facts of training arguments and of LLaMA-Factory's own; its defaults where it is a whole config."""
    found.say("framework.name", NAME, paths.first)
    if _is_v1(paths):
        _read_v1(paths, found)
        return
    found.look_up(paths, TABLE)
    found.look_up(paths, arguments.TABLE)
    arguments.warmup(paths, found)
    arguments.quantization(paths, found)
    arguments.refer_to_deepspeed(paths, found)
    arguments.precision(paths, found)
    used = any(name in paths for name in _USES) or paths.value("$1") in ("chat", "api", "webchat", "eval")
    trains = switch(paths.value("do_train")) or not used
    if not trains or not ("stage" in paths or "model_name_or_path" in paths):
        return
    _weights(paths, found)
    if paths.value("quantization_method") not in ("hqq", "eetq"):
        written = "bnb_4bit_compute_dtype is what bf16 and fp16 say"
        arguments.quantized_compute(found, f"LLaMA-Factory's default (0.9): {written}")
    found.assume("quantization.bits", "none", "LLaMA-Factory's default (0.9): no quantization_bit")
    assume(found, DEFAULTS)
    if found.value("lora.enabled") is False and paths.value("use_badam") is not True:
        written = "neither bf16 nor fp16, and trained weights in float32"
        found.assume("precision.compute", "float32", f"LLaMA-Factory's default (0.9): {written}")


def _weights(paths: Paths, found: Findings) -> None:
    """Trained weights are turned into float32, adapters' too; pure_bf16 and BAdam keep them in half."""
    for option in ("pure_bf16", "use_badam"):
        setting = paths.get(option)
        if setting and switch(setting.value):
            half = "bfloat16" if option == "pure_bf16" else found.value("precision.compute")
            found.say("precision.weights", half, setting)
            found.leave_open("precision.weights")


def _read_v1(paths: Paths, found: Findings) -> None:
    found.look_up(paths, V1)
    reference, dist = paths.value("dist_config.config_file"), paths.get("dist_config.name")
    if isinstance(reference, str):
        deepspeed.refer(reference, found)
    if dist and str(dist.value).startswith("fsdp"):
        found.say("fsdp.enabled", True, dist)
        half = switch(paths.value("bf16")) is not False
        found.assume("precision.compute", "bfloat16" if half else "float32", "LLaMA-Factory v1: bf16 true")
    if found.value("quantization.bits") == 4:
        written = "LLaMA-Factory's default (1.0 development): compute_dtype float16"
        found.assume("quantization.compute_dtype", "float16", written)
    assume(found, V1_DEFAULTS)
