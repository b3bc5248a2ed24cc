"""Training arguments as transformers names them, which LLaMA-Factory, axolotl, ms-swift and scripts share."""

from __future__ import annotations

from probes.configs import deepspeed
from probes.configs.defaults import Defaults
from probes.configs.findings import Findings, Paths
from probes.configs.words import (
    count,
    dtype,
    given,
    if_on,
    kernel,
    more_than_nothing,
    norm,
    optimizer,
    packed,
    rate,
    switch,
    text,
)

TABLE = {
    "learning_rate": ("optimizer.learning_rate", rate),
    "max_grad_norm": ("optimizer.max_grad_norm", norm),
    "optim": ("optimizer.name", optimizer),
    "adam_epsilon": ("optimizer.epsilon", rate),
    "per_device_train_batch_size": ("batch.per_device", count),
    "per_gpu_train_batch_size": ("batch.per_device", count),
    "gradient_accumulation_steps": ("batch.accumulation", count),
    "gradient_checkpointing": ("gradient_checkpointing", switch),
    "activation_checkpointing": ("gradient_checkpointing", switch),  # its name since transformers 5
    "max_seq_length": ("sequence.max_length", count),
    "model_max_length": ("sequence.max_length", count),
    "max_length": ("sequence.max_length", count),
    "model_name_or_path": ("model.name", text),
    "pretrained_model_name_or_path": ("model.name", text),
    "model_name": ("model.name", text),
    "model_id": ("model.name", text),
    "model": ("model.name", text),
    "base_model": ("model.name", text),
    "attn_implementation": ("attention.kernel", kernel),
    "_attn_implementation": ("attention.kernel", kernel),
    "use_flash_attention_2": ("attention.kernel", kernel),
    "use_flash_attn": ("attention.kernel", kernel),
    # of diffusers' scripts
    "enable_xformers_memory_efficient_attention": ("attention.kernel", if_on("xformers")),
    "bnb_4bit_compute_dtype": ("quantization.compute_dtype", dtype),
    "use_liger_kernel": ("kernel.fused", switch),
    "use_liger": ("kernel.fused", switch),
    "packing": ("data.padding", packed),
    "fsdp": ("fsdp.enabled", given),
    "use_lora": ("lora.enabled", switch),
    "lora_enable": ("lora.enabled", switch),
    "use_peft": ("lora.enabled", switch),
    "use_qlora": ("lora.enabled", switch),
}

TRANSFORMERS = Defaults(
    "transformers",
    "4.36 to 5.23",
    "transformers/training_args.py",
    {
        "optimizer.learning_rate": (5e-5, "learning_rate 5e-5"),
        "optimizer.max_grad_norm": (1.0, "max_grad_norm 1.0"),
        "optimizer.name": ("adamw", "optim adamw_torch"),  # adamw_torch_fused with torch 2.8 and later
        "optimizer.epsilon": (1e-8, "adam_epsilon 1e-8"),
        "schedule.warmup": (False, "warmup_steps 0"),
        "batch.per_device": (8, "per_device_train_batch_size 8"),
        "batch.accumulation": (1, "gradient_accumulation_steps 1"),
        "gradient_checkpointing": (False, "gradient_checkpointing false"),
    },
)

IN_COMMON = {  # with a rate and checkpointing of their own
    fact: value
    for fact, value in TRANSFORMERS.values.items()
    if fact not in ("optimizer.learning_rate", "gradient_checkpointing")
}


_HALF = (("bf16", "bfloat16"), ("pure_bf16", "bfloat16"), ("fp16", "float16"))
MASTER_WEIGHTS = "DeepSpeed's fp16 and bf16 keep float32 master weights"


def bf16_or_fp16(paths: Paths, found: Findings) -> None:
    """The two switches, of which the first that is on decides."""
    found.take("precision.compute", if_on("bfloat16"), paths.get("bf16"))
    found.take("precision.compute", if_on("float16"), paths.get("fp16"))


def precision(arguments: Paths, found: Findings) -> None:
    """bf16 and fp16 decide; with neither the loaded format computes."""
    for option, value in _HALF:
        setting = arguments.get(option)
        found.take("precision.compute", if_on(value), setting)
        if option in arguments.undecided or (setting and setting.value == "auto"):
            found.leave_open("precision.compute", "precision.weights")
    _loaded(arguments, found)
    tf32 = arguments.get("tf32")
    if tf32 and switch(tf32.value) and not found.is_open("precision.compute"):
        found.say("precision.compute", "tf32", tf32)


def _loaded(arguments: Paths, found: Findings) -> None:
    """torch_dtype is the trained weights' format, unless an adapter is trained or DeepSpeed copies them."""
    loaded = arguments.get("torch_dtype") or arguments.get("dtype") or arguments.get("model_dtype")
    if {"torch_dtype", "dtype"} & arguments.undecided:
        found.leave_open("precision.compute", "precision.weights")
    if loaded is None or found.value("quantization.bits") in (4, 8):
        return
    autocast = loaded is arguments.get("dtype") and "block_size" in arguments.settings  # nanoGPT and its kin
    if found.value("lora.enabled") is not True and not autocast:
        master_weights(found)
        found.say("precision.weights", dtype(loaded.value), loaded)
    if "deepspeed.enabled" not in found.facts:
        found.say("precision.compute", dtype(loaded.value), loaded)


def master_weights(found: Findings) -> None:
    """DeepSpeed updates a float32 copy of weights in half precision, whatever they are loaded in."""
    if found.value("deepspeed.enabled") and found.value("precision.compute") in ("float16", "bfloat16"):
        found.assume("precision.weights", "float32", MASTER_WEIGHTS)


def warmup(arguments: Paths, found: Findings) -> None:
    """Any warmup above 0 counts; a 0 counts when nothing else is above it."""
    settings = [arguments.get(name) for name in ("warmup_ratio", "warmup_steps", "warmup_num_steps")]
    known = [setting for setting in settings if setting and more_than_nothing(setting.value) is not None]
    known.sort(key=lambda setting: not more_than_nothing(setting.value))
    if known:
        found.say("schedule.warmup", more_than_nothing(known[0].value), known[0])
    if {"warmup_ratio", "warmup_steps"} & arguments.undecided:
        found.leave_open("schedule.warmup")


def quantization(arguments: Paths, found: Findings) -> None:
    """load_in_4bit, load_in_8bit, or a number of bits."""
    for bits, names in ((4, ("load_in_4bit", "use_4bit")), (8, ("load_in_8bit", "use_8bit"))):
        for name in names:
            found.take("quantization.bits", if_on(bits), arguments.get(name))
    for name in ("quantization_bit", "bits", "quant_bits", "wbits", "w_bit"):
        known = count(arguments.value(name))
        found.say("quantization.bits", known if known in (4, 8) else None, arguments.get(name))
    if quantized_name(found.value("model.name")):
        found.leave_open("quantization.bits")


def quantized_name(name: object) -> bool:
    """Whether a checkpoint's name says that whoever published it quantized it."""
    words = ("awq", "gptq", "aqlm", "int4", "int8", "4bit", "8bit", "fp8")
    return any(word in str(name).lower() for word in words)


def quantized_compute(found: Findings, source: str) -> None:
    """A 4-bit base computes in the format of the run, where the framework itself passes it on."""
    compute = found.value("precision.compute")
    if found.value("quantization.bits") == 4 and compute:
        found.assume("quantization.compute_dtype", compute, source)


def refer_to_deepspeed(arguments: Paths, found: Findings) -> None:
    """`deepspeed` names a JSON, or holds one."""
    block = arguments.under("deepspeed.")
    if deepspeed.recognises(block):
        deepspeed.read(block, found)
        return
    reference = arguments.get("deepspeed") or arguments.get("deepspeed_config")
    if reference and text(reference.value):
        found.say("deepspeed.enabled", True, reference)
        deepspeed.refer(str(reference.value), found)
    if "deepspeed" in arguments.undecided:
        found.leave_open("deepspeed.enabled")
