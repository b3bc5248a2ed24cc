"""ms-swift: `swift sft|pt|rlhf`, `megatron sft|pt|rlhf`, and their arguments as YAML or JSON; versions 2 to 4."""

from __future__ import annotations

from probes.configs import arguments, megatron
from probes.configs.defaults import MEGATRON, MS_SWIFT, MS_SWIFT_2, MS_SWIFT_MEGATRON, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, kernel, method, optimizer, switch, text

NAME = "ms-swift"

_TUNED = ("lora", "qlora", "longlora", "adalora", "lora_llm", "full")

TABLE = {
    "model": ("model.name", text),
    "model_id_or_path": ("model.name", text),
    "model_type": ("model.name", text),
    "max_length": ("sequence.max_length", count),
    "attn_impl": ("attention.kernel", kernel),
    "rlhf_type": ("training.method", method),
    "$1": ("training.method", method),
    "batch_size": ("batch.per_device", count),
    "use_flash_attn": ("attention.kernel", lambda value: "flash_attention_2" if switch(value) else None),
    "use_galore": ("optimizer.name", lambda value: "other" if switch(value) else None),
    **{
        key: ("lora.enabled", lambda value: value != "full" if value in _TUNED else None)
        for key in ("train_type", "tuner_type", "sft_type")
    },
}

# Megatron's attention_backend; "auto" and "fused" leave the choice to Transformer Engine.
_BACKENDS = {"flash": "flash_attention_2", "unfused": "eager", "local": "eager"}

_OWN = ("train_type", "tuner_type", "sft_type", "rlhf_type", "attn_impl")


def recognises(paths: Paths) -> bool:
    """The command, or an argument that only ms-swift has."""
    return paths.value("$0") in ("swift", "megatron") or any(key in paths for key in _OWN)


def read(paths: Paths, found: Findings) -> None:
    """Facts of training arguments under ms-swift's names. torch_dtype is the format of computing too."""
    found.say("framework.name", NAME, next(iter(paths.settings.values())))
    mcore = paths.value("$0") == "megatron" or ("lr" in paths and "learning_rate" not in paths)
    found.look_up(paths, TABLE)
    if mcore:
        found.look_up(paths, megatron.TABLE)
        backend = paths.get("attention_backend")
        found.say("attention.kernel", _BACKENDS.get(str(backend.value)) if backend else None, backend)
        if backend:
            found.leave_open("attention.kernel")
    plugin = paths.get("optimizer")  # "multimodal" and "lorap" are AdamW with rates of their own
    if plugin and not mcore and plugin.value not in ("multimodal", "lorap"):
        found.say("optimizer.name", optimizer(plugin.value), plugin)
    found.look_up(paths, arguments.TABLE)
    arguments.warmup(paths, found)
    arguments.quantization(paths, found)
    arguments.refer_to_deepspeed(paths, found)
    _precision(paths, found, mcore)
    if paths.value("$1") in ("sft", "pt", "rlhf") or ("dataset" in paths or "dataset.0" in paths):
        _assume(paths, found, mcore)


def _precision(paths: Paths, found: Findings, mcore: bool) -> None:
    """bf16 and fp16, else torch_dtype; since version 3, float32 weights compute in float16 too."""
    eight = paths.get("fp8_format")
    found.say("precision.compute", "float8" if eight and eight.value else None, eight)
    for option, value in (("bf16", "bfloat16"), ("fp16", "float16")):
        setting = paths.get(option)
        found.say("precision.compute", value if setting and switch(setting.value) else None, setting)
    for name in ("torch_dtype", "dtype"):
        setting = paths.get(name)
        loaded = dtype(setting.value) if setting else None
        mixed = "float16" if loaded == "float32" and name == "torch_dtype" else loaded
        found.say("precision.compute", mixed, setting)
        if loaded and not mcore and found.value("lora.enabled") is False and "fsdp" not in paths:
            arguments.master_weights(found)
            found.say("precision.weights", loaded, setting)
        if loaded and found.value("quantization.bits") == 4 and paths.value("quant_method") == "bnb":
            written = "ms-swift (3.5 to 4.6): float32 unless torch_dtype is bfloat16"
            half = "bfloat16" if loaded == "bfloat16" else "float32"
            found.assume("quantization.compute_dtype", half, written)


def _assume(paths: Paths, found: Findings, mcore: bool) -> None:
    older = "sft_type" in paths or "model_id_or_path" in paths
    if mcore:
        assume(found, MS_SWIFT_MEGATRON)
        assume(found, MEGATRON)
    else:
        if paths.value("rlhf_type") == "grpo":
            found.assume("batch.accumulation", 1, "ms-swift's default (3.5 to 4.6): 1 for GRPO")
        assume(found, MS_SWIFT_2 if older else MS_SWIFT)
    tuned = paths.get("train_type") or paths.get("tuner_type") or paths.get("sft_type")
    full = tuned.value == "full" if tuned else mcore
    rate, kind = (1e-5, "full") if full else (1e-4, "LoRA")
    found.assume(
        "optimizer.learning_rate", rate, f"ms-swift's default (2.6 to 4.6): {rate} for {kind} training"
    )
