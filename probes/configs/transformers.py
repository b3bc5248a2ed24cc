"""transformers and TRL: TrainingArguments and its children in scripts, JSON, YAML and on command lines."""

from __future__ import annotations

import re

from probes.configs import deepspeed
from probes.configs.findings import Findings, Paths
from probes.configs.words import (
    count,
    dtype,
    given,
    kernel,
    method,
    more_than_nothing,
    norm,
    optimizer,
    packed,
    rate,
    switch,
    text,
)
from probes.report import Value
from probes.syntax import Setting

NAME = "transformers"

TABLE = {
    "learning_rate": ("optimizer.learning_rate", rate),
    "max_grad_norm": ("optimizer.max_grad_norm", norm),
    "optim": ("optimizer.name", optimizer),
    "adam_epsilon": ("optimizer.epsilon", rate),
    "per_device_train_batch_size": ("batch.per_device", count),
    "per_gpu_train_batch_size": ("batch.per_device", count),
    "gradient_accumulation_steps": ("batch.accumulation", count),
    "gradient_checkpointing": ("gradient_checkpointing", switch),
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

DEFAULTS: dict[str, tuple[Value, str]] = {
    "optimizer.learning_rate": (5e-5, "learning_rate 5e-5"),
    "optimizer.max_grad_norm": (1.0, "max_grad_norm 1.0"),
    "optimizer.name": ("adamw", "optim adamw_torch"),
    "optimizer.epsilon": (1e-8, "adam_epsilon 1e-8"),
    "schedule.warmup": (False, "warmup_steps 0"),
    "batch.per_device": (8, "per_device_train_batch_size 8"),
    "batch.accumulation": (1, "gradient_accumulation_steps 1"),
    "gradient_checkpointing": (False, "gradient_checkpointing false"),
}
_SHARED_BY_TRL = ("optimizer.max_grad_norm", "optimizer.name", "optimizer.epsilon", "batch.per_device")

TRL = r"(?:SFT|DPO|KTO|ORPO|CPO|GRPO|PPO|PPOv2|RLOO|Reward|OnlineDPO|XPO|BCO)"
_ARGUMENTS = re.compile(
    rf"\w*TrainingArguments|{TRL}(?:Config|Trainer)|train(?:ing|er)?(?:_args|_arguments|_config)?|args"
    r"|\w*(?:Arguments|Args)|(?:TrainConfig|TrainingConfig|ModelConfig|Config)"
)
_LOADER = re.compile(r"(\w+)\.from_pretrained\.(\w+)")
_NO_MODEL = re.compile(r"Tokenizer|Processor|Peft|Config|Pipeline|Scheduler|VAE|Vae")
_BLOCKS = re.compile(
    r"(?:.*\.)?(?:BitsAndBytesConfig|quantization_config|model_init_kwargs|model_kwargs)\.(\w+)"
)
# Flags and keys that only the Trainer's world has.
_OWN = (
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "lr_scheduler_type",
    "num_train_epochs",
    "model_name_or_path",
    "max_grad_norm",
    "warmup_ratio",
    "save_total_limit",
    "logging_steps",
    "optim",
    "adam_epsilon",
    "overwrite_output_dir",
    "bnb_4bit_compute_dtype",
    "attn_implementation",
    "gradient_checkpointing",
)
_WEAK = (
    "fp16",
    "bf16",
    "learning_rate",
    "torch_dtype",
    "warmup_steps",
    "load_in_4bit",
    "load_in_8bit",
    "packing",
    "pretrained_model_name_or_path",
)


def bare(path: str) -> str | None:
    """The argument's own name, out of the class, dict or loader that it is given to."""
    if block := _BLOCKS.fullmatch(path):
        return block[1]
    if loader := _LOADER.fullmatch(path):
        if _NO_MODEL.search(loader[1]):
            return None
        return "pretrained_model_name_or_path" if loader[2] == "0" else loader[2]
    head, dot, rest = path.partition(".")
    return path if not dot else rest if _ARGUMENTS.fullmatch(head) else None


def recognises(paths: Paths) -> bool:
    """A class of transformers or TRL, or an argument that goes by its name."""
    arguments = paths.renamed(bare)
    names = arguments.settings.keys() | arguments.undecided
    return any(name in names for name in (*_OWN, *_WEAK)) or _strong(paths, arguments) is not None


def read(paths: Paths, found: Findings) -> None:
    """Facts of training arguments, of how the model is loaded, and of LoRA."""
    arguments = paths.renamed(bare)
    trl = next((s for s in paths.settings.values() if _is_trl(s.path, str(s.value))), None)
    strong = _strong(paths, arguments)
    found.say("framework.name", "trl", trl)
    found.say("framework.name", NAME, strong)
    found.look_up(arguments, TABLE)
    warmup(arguments, found)
    quantization(arguments, found)
    _lora(paths, found)
    _method(paths, found)
    for call, fact in (("gradient_checkpointing_enable()", "gradient_checkpointing"),
                       ("resize_token_embeddings()", "tokens.added")):  # fmt: skip
        found.say(fact, True, paths.get(call))
    refer_to_deepspeed(arguments, found)
    precision(arguments, found)
    if strong and "**" not in arguments.undecided:
        assume_defaults(arguments, found, bool(trl))


def precision(arguments: Paths, found: Findings) -> None:
    """bf16 and fp16 decide; with neither the loaded format computes."""
    for option, value in (
        ("bf16", "bfloat16"),
        ("pure_bf16", "bfloat16"),
        ("fp16", "float16"),
        ("tf32", "tf32"),
    ):
        setting = arguments.get(option)
        found.say("precision.compute", value if setting and switch(setting.value) else None, setting)
        if option in arguments.undecided or (setting and setting.value == "auto"):
            found.leave_open("precision.compute", "precision.weights")
    loaded = arguments.get("torch_dtype") or arguments.get("dtype") or arguments.get("model_dtype")
    if {"torch_dtype", "dtype"} & arguments.undecided:
        found.leave_open("precision.compute", "precision.weights")
    if loaded is None or found.value("quantization.bits") in (4, 8):
        return
    if found.value("lora.enabled") is not True:
        found.say("precision.weights", dtype(loaded.value), loaded)
    if "deepspeed.enabled" not in found.facts:
        found.say("precision.compute", dtype(loaded.value), loaded)


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
            setting = arguments.get(name)
            found.say("quantization.bits", bits if setting and switch(setting.value) else None, setting)
    for name in ("quantization_bit", "bits", "quant_bits"):
        setting = arguments.get(name)
        known = count(setting.value) if setting else None
        found.say("quantization.bits", known if known in (4, 8) else None, setting)


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


def assume_defaults(arguments: Paths, found: Findings, trl: bool = False) -> None:
    """What TrainingArguments (4.x) takes where nobody says anything. TRL changed some between versions."""
    for fact, (value, written) in DEFAULTS.items():
        if not trl or fact in _SHARED_BY_TRL:
            found.assume(fact, value, f"transformers' default (4.x): {written}")
    words = [setting.value for path, setting in arguments.settings.items() if path.startswith("$")]
    elsewhere = found.value("deepspeed.enabled") or found.value("fsdp.enabled") or "accelerate" in words
    if not trl and not elsewhere:
        found.assume("precision.compute", "float32", "transformers' default (4.x): neither fp16 nor bf16")


def _strong(paths: Paths, arguments: Paths) -> Setting | None:
    """What shows that this is surely the Trainer's world, and enough of it to trust its defaults."""
    called = [s for path, s in paths.settings.items() if re.fullmatch(r"\w*TrainingArguments\(\)", path)]
    own = [setting for name in _OWN if (setting := arguments.get(name))]
    return called[0] if called else own[0] if len(own) >= 3 else None


def _is_trl(path: str, value: str) -> bool:
    imported = path.startswith("import ") and re.search(r"\b(?:from|import) trl\b", value)
    return bool(
        imported or re.match(rf"{TRL}(?:Config|Trainer)\b", path) or (path == "$0" and value == "trl")
    )


def _lora(paths: Paths, found: Findings) -> None:
    for path in ("LoraConfig()", "get_peft_model()", "peft_config.r", "FastLanguageModel.get_peft_model()"):
        found.say("lora.enabled", True, paths.get(path))
    for path in ("lora_r", "lora_rank", "lora_alpha", "lora_target_modules"):
        setting = paths.get(path)
        if setting and f"import {path}" not in paths and paths.get("$0"):
            found.say("lora.enabled", True, setting)


def _method(paths: Paths, found: Findings) -> None:
    for setting in paths.settings.values():
        if trl := re.match(rf"({TRL})(?:Config|Trainer)\b", setting.path):
            found.say("training.method", method(trl[1]), setting)
