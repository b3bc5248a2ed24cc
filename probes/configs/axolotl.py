"""axolotl: YAML."""

from __future__ import annotations

from probes.configs import transformers
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, given, kernel, method, optimizer, packed, switch, text

NAME = "axolotl"

TABLE = {
    "base_model": ("model.name", text),
    "sequence_len": ("sequence.max_length", count),
    "micro_batch_size": ("batch.per_device", count),
    "optimizer": ("optimizer.name", optimizer),
    "adapter": ("lora.enabled", lambda value: True if value in ("lora", "qlora") else None),
    "flash_attention": ("attention.kernel", lambda value: kernel(value) if switch(value) else None),
    "sdp_attention": ("attention.kernel", lambda value: "sdpa" if switch(value) else None),
    "xformers_attention": ("attention.kernel", lambda value: "xformers" if switch(value) else None),
    "eager_attention": ("attention.kernel", lambda value: "eager" if switch(value) else None),
    "sample_packing": ("data.padding", packed),
    "rl": ("training.method", method),
    "tokens.0": ("tokens.added", given),
    "fsdp.0": ("fsdp.enabled", given),
    "fsdp_config.fsdp_offload_params": ("fsdp.enabled", lambda value: True),
    "liger_fused_linear_cross_entropy": ("kernel.fused", switch),
    "liger_rms_norm": ("kernel.fused", switch),
    "unsloth_cross_entropy_loss": ("kernel.fused", switch),
}


def recognises(paths: Paths) -> bool:
    """Its own keys."""
    own = sum(
        key in paths
        for key in ("base_model", "micro_batch_size", "sequence_len", "adapter", "sample_packing")
    )
    return own >= 2 or "base_model" in paths or "sequence_len" in paths


def read(paths: Paths, found: Findings) -> None:
    """Facts of training arguments under axolotl's names; its defaults where it is a whole config."""
    found.say("framework.name", NAME, next(iter(paths.settings.values())))
    found.look_up(paths, TABLE)
    found.look_up(paths, {path: row for path, row in transformers.TABLE.items() if path != "optim"})
    transformers.warmup(paths, found)
    transformers.quantization(paths, found)
    transformers.refer_to_deepspeed(paths, found)
    for option in ("bfloat16", "float16"):  # the whole model in that format, without a float32 copy
        setting = paths.get(option)
        if setting and switch(setting.value):
            found.say("precision.compute", dtype(option), setting)
            found.say("precision.weights", dtype(option), setting)
    full = paths.get("bf16")
    if full and full.value == "full":
        found.say("precision.compute", "bfloat16", full)
        found.say("precision.weights", "bfloat16", full)
    if full and full.value == "auto":
        why = "bf16: auto is decided at launch, bfloat16 where the GPU supports it and float16 elsewhere"
        found.cannot("precision.compute", why, "whynan probe, or: which GPU is it?")
    transformers.precision(paths, found)
    if "base_model" not in paths or "learning_rate" not in paths:
        return
    found.assume("lora.enabled", False, "no adapter in the config")
    found.assume("quantization.bits", "none", "no load_in_4bit or load_in_8bit in the config")
    found.assume("deepspeed.enabled", False, "no deepspeed in the config")
    found.assume("training.method", "sft", "no rl in the config")
    found.assume("schedule.warmup", True, "axolotl's default: 3 % of the steps, at most 100")
    transformers.assume_defaults(paths, found)
