"""ms-swift: `swift sft`, `swift rlhf`, and its arguments as YAML or JSON."""

from __future__ import annotations

from probes.configs import transformers
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, kernel, method, optimizer, switch, text

NAME = "ms-swift"

_TUNED = ("lora", "qlora", "longlora", "adalora", "full")

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
    "optimizer": ("optimizer.name", optimizer),
    **{
        key: ("lora.enabled", lambda value: value != "full" if value in _TUNED else None)
        for key in ("train_type", "tuner_type", "sft_type")
    },
}


def recognises(paths: Paths) -> bool:
    """The command, or an argument that only ms-swift has."""
    return paths.value("$0") in ("swift", "megatron") or any(
        key in paths for key in ("train_type", "tuner_type", "sft_type", "rlhf_type", "attn_impl")
    )


def read(paths: Paths, found: Findings) -> None:
    """Facts of training arguments under ms-swift's names. torch_dtype is the format of computing too."""
    found.say("framework.name", NAME, next(iter(paths.settings.values())))
    found.look_up(paths, TABLE)
    found.look_up(paths, transformers.TABLE)
    transformers.warmup(paths, found)
    transformers.quantization(paths, found)
    transformers.refer_to_deepspeed(paths, found)
    for option, value in (("bf16", "bfloat16"), ("fp16", "float16")):
        setting = paths.get(option)
        found.say("precision.compute", value if setting and switch(setting.value) else None, setting)
    for name in ("torch_dtype", "dtype"):
        setting = paths.get(name)
        known = dtype(setting.value) if setting else None
        found.say("precision.compute", known, setting)
        if known and found.value("lora.enabled") is False:
            found.say("precision.weights", known, setting)
    if paths.value("$0") == "swift":
        found.assume("lora.enabled", True, "ms-swift's default: train_type lora")
        rate, full = (1e-5, "full") if found.value("lora.enabled") is False else (1e-4, "LoRA")
        found.assume("optimizer.learning_rate", rate, f"ms-swift's default: {rate} for {full} training")
        found.assume("gradient_checkpointing", True, "ms-swift's default: gradient_checkpointing true")
        found.assume("deepspeed.enabled", False, "no --deepspeed in the command")
