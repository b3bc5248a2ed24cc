"""axolotl: YAML."""

from __future__ import annotations

from probes.configs import arguments
from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import (
    count,
    given,
    if_on,
    kernel,
    method,
    more_than_nothing,
    optimizer,
    packed,
    switch,
    text,
)

NAME = "axolotl"

TABLE = {
    "base_model": ("model.name", text),
    "sequence_len": ("sequence.max_length", count),
    "micro_batch_size": ("batch.per_device", count),
    "optimizer": ("optimizer.name", optimizer),
    "adapter": ("lora.enabled", lambda value: True if value in ("lora", "qlora") else None),
    "gradient_checkpointing": ("gradient_checkpointing", given),  # true, offload, unsloth
    "fp8": ("precision.compute", if_on("float8")),
    "flash_attention": ("attention.kernel", lambda value: kernel(value) if switch(value) else None),
    "sdp_attention": ("attention.kernel", if_on("sdpa")),
    "xformers_attention": ("attention.kernel", if_on("xformers")),
    "eager_attention": ("attention.kernel", if_on("eager")),
    "sample_packing": ("data.padding", packed),
    "rl": ("training.method", method),
    "tokens.0": ("tokens.added", given),
    "fsdp.0": ("fsdp.enabled", given),
    "liger_fused_linear_cross_entropy": ("kernel.fused", switch),
    "liger_rms_norm": ("kernel.fused", switch),
    "unsloth_cross_entropy_loss": ("kernel.fused", switch),
}


DEFAULTS = Defaults(
    "axolotl",
    "0.19",
    "src/axolotl/utils/schemas",
    {
        **arguments.IN_COMMON,
        "lora.enabled": (False, "no adapter"),
        "quantization.bits": ("none", "no adapter on a quantized base"),
        "deepspeed.enabled": (False, "no deepspeed"),
        "training.method": ("sft", "no rl"),
        "schedule.warmup": (True, "3 % of the steps, at most 100"),
        "batch.per_device": (1, "micro_batch_size 1"),
        "sequence.max_length": (512, "sequence_len 512"),
        "gradient_checkpointing": (False, "gradient_checkpointing false"),
    },
)


def recognises(paths: Paths) -> bool:
    """Its own keys."""
    paths = _own(paths)
    own = sum(
        key in paths
        for key in ("base_model", "micro_batch_size", "sequence_len", "adapter", "sample_packing")
    )
    return own >= 2 or "base_model" in paths or "sequence_len" in paths


def _own(paths: Paths) -> Paths:
    """The config; in a script it stands in a call: DictDefault(base_model=…)."""
    return paths.under("DictDefault.") if "DictDefault.base_model" in paths else paths


def read(paths: Paths, found: Findings) -> None:
    """Facts of training arguments under axolotl's names; its defaults where it is a whole config."""
    paths = _own(paths)
    found.say("framework.name", NAME, paths.first)
    found.look_up(paths, TABLE)
    found.look_up(paths, {path: row for path, row in arguments.TABLE.items() if path != "optim"})
    sharded = next((s for path, s in paths.settings.items() if path.startswith("fsdp_config.")), None)
    found.say("fsdp.enabled", True, sharded)
    for name in ("warmup_steps", "warmup_ratio"):  # the number of steps goes first
        found.take("schedule.warmup", more_than_nothing, paths.get(name))
    _quantization(paths, found)
    arguments.refer_to_deepspeed(paths, found)
    _precision(paths, found)
    if "base_model" in paths and "learning_rate" in paths:
        assume(found, DEFAULTS)


def _quantization(paths: Paths, found: Findings) -> None:
    """The base is quantized for an adapter of the kind that goes with it, else load_in_… is passed over."""
    for bits, adapter in ((4, "qlora"), (8, "lora")):
        if paths.value("adapter") == adapter or "base_model" not in paths:
            found.take("quantization.bits", if_on(bits), paths.get(f"load_in_{bits}bit"))
    if switch(paths.value("gptq")) or arguments.quantized_name(found.value("model.name")):
        found.leave_open("quantization.bits")


def _precision(paths: Paths, found: Findings) -> None:
    """bf16, bfloat16, fp16 or float16: the model is loaded in that format, and computes in it."""
    names = ("bf16", "bfloat16", "fp16", "float16")
    on = {name: setting for name in names if (setting := paths.get(name)) and _is_on(setting.value)}
    automatic = paths.value("bf16") == "auto" or ("bf16" not in paths and "base_model" in paths)
    half = on.get("bf16") or on.get("bfloat16")
    if half is None and automatic and "fp16" not in on:
        why = "bf16: auto is decided at launch, bfloat16 where the GPU supports it and float16 elsewhere"
        found.cannot("precision.compute", why, "whynan probe, or: which GPU is it?")
        found.say("precision.auto", True, paths.get("bf16"))
        found.assume("precision.auto", True, "axolotl's default (0.19): bf16 auto")
        if not found.value("lora.enabled") and not found.value("deepspeed.enabled"):
            found.leave_open("precision.weights")
    elif half or on:
        setting = half or next(iter(on.values()))
        found.say("precision.compute", "bfloat16" if half else "float16", setting)
    elif "base_model" in paths:
        off, tf32 = paths.get("bf16"), paths.get("tf32")
        if switch(paths.value("load_in_8bit")):
            found.say("precision.compute", "float16", paths.get("load_in_8bit"))
        exact = "tf32" if tf32 and tf32.value is True else "float32"
        found.say("precision.compute", exact, tf32 if exact == "tf32" else off)
    _weights(paths, found)


def _weights(paths: Paths, found: Findings) -> None:
    loaded = found.value("precision.compute")
    chosen = paths.get("bf16") or paths.get("fp16") or paths.first
    if found.value("quantization.bits") == 4:
        arguments.quantized_compute(found, "axolotl (0.19): a 4-bit base computes in the format of the run")
    if found.value("fsdp.enabled"):
        found.leave_open("precision.weights")
    elif found.value("deepspeed.enabled"):
        found.assume("precision.weights", "float32", arguments.MASTER_WEIGHTS)
    elif found.value("lora.enabled"):
        found.assume("precision.weights", "float32", "PEFT's default (0.12 on): adapters are kept in float32")
    elif loaded in ("bfloat16", "float16"):
        found.say("precision.weights", loaded, chosen)
    elif loaded in ("float32", "tf32"):
        found.say("precision.weights", "float32", chosen)


def _is_on(value: object) -> bool:
    return value in (True, "full", "true")
