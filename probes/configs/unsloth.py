"""unsloth: scripts and notebooks that load the model through FastLanguageModel."""

from __future__ import annotations

import re

from probes.configs import transformers
from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, given, if_on, text

NAME = "unsloth"

TABLE = {
    "0": ("model.name", text),
    "model_name": ("model.name", text),
    "max_seq_length": ("sequence.max_length", count),
    "load_in_4bit": ("quantization.bits", if_on(4)),
    "load_in_8bit": ("quantization.bits", if_on(8)),
    "use_gradient_checkpointing": ("gradient_checkpointing", given),
}

DEFAULTS = Defaults(
    "unsloth",
    "2024.11 to 2026.10",
    "unsloth/models/loader.py",
    {
        "kernel.fused": (True, "unsloth replaces the model's kernels by its own"),
        "quantization.bits": (4, "load_in_4bit true"),
    },
)

# unsloth compiles TRL's config classes anew, with these in their place
TRAINER_DEFAULTS = Defaults(
    "unsloth",
    "2025.3 to 2026.10",
    "unsloth/models/rl.py",
    {
        "optimizer.learning_rate": (5e-5, "learning_rate 5e-5"),
        "optimizer.name": ("adamw_8bit", "optim adamw_8bit"),
        "schedule.warmup": (True, "warmup over a tenth of the steps"),
        "batch.per_device": (4, "per_device_train_batch_size 4"),
        "batch.accumulation": (2, "gradient_accumulation_steps 2"),
    },
)


_CALL = re.compile(r"Fast\w*Model\.(?:from_pretrained|get_peft_model)\.(\w+)")


def recognises(paths: Paths) -> bool:
    """A FastLanguageModel, or the import."""
    loaders = ("FastLanguageModel.", "FastModel.", "FastVisionModel.")
    imported = any("unsloth" in str(one.value) for one in paths.imports)
    return imported or any(path.startswith(loaders) for path in paths.settings)


def read(paths: Paths, found: Findings) -> None:
    """Facts of the loader, then those of the training arguments around it."""
    own = paths.fitting(_CALL)
    found.say("framework.name", NAME, own.first or paths.first)
    found.look_up(own, TABLE)
    for path in paths.settings:
        if re.fullmatch(r"Fast\w*Model\.get_peft_model\(\)", path):
            found.say("lora.enabled", True, paths.get(path))
    found.take("precision.compute", dtype, own.get("dtype"))
    found.leave_open("precision.compute")  # with neither fp16 nor bf16 it is what the model is loaded in
    transformers.read(paths, found, TRAINER_DEFAULTS)
    if not own.settings or "load_in_4bit" in own or "load_in_4bit" in own.undecided:
        found.leave_open("quantization.bits")
    assume(found, DEFAULTS)
