"""unsloth: scripts and notebooks that load the model through FastLanguageModel."""

from __future__ import annotations

import re

from probes.configs import transformers
from probes.configs.defaults import UNSLOTH, UNSLOTH_TRAINER, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, given, switch, text

NAME = "unsloth"

TABLE = {
    "0": ("model.name", text),
    "model_name": ("model.name", text),
    "max_seq_length": ("sequence.max_length", count),
    "load_in_4bit": ("quantization.bits", lambda value: 4 if switch(value) else None),
    "load_in_8bit": ("quantization.bits", lambda value: 8 if switch(value) else None),
    "use_gradient_checkpointing": ("gradient_checkpointing", given),
}

_CALL = re.compile(r"Fast\w*Model\.(?:from_pretrained|get_peft_model)\.(\w+)")


def recognises(paths: Paths) -> bool:
    """A FastLanguageModel, or the import."""
    return any(
        path.startswith(("FastLanguageModel.", "FastModel.", "FastVisionModel."))
        or (path.startswith("import ") and "unsloth" in str(setting.value))
        for path, setting in paths.settings.items()
    )


def read(paths: Paths, found: Findings) -> None:
    """Facts of the loader, then those of the training arguments around it."""
    own = paths.renamed(lambda path: match[1] if (match := _CALL.fullmatch(path)) else None)
    first = next(iter(own.settings.values()), next(iter(paths.settings.values())))
    found.say("framework.name", NAME, first)
    found.look_up(own, TABLE)
    for path in paths.settings:
        if re.fullmatch(r"Fast\w*Model\.get_peft_model\(\)", path):
            found.say("lora.enabled", True, paths.get(path))
    if loaded := own.get("dtype"):
        found.say("precision.compute", dtype(loaded.value), loaded)
    found.leave_open("precision.compute")  # with neither fp16 nor bf16 it is what the model is loaded in
    transformers.read(paths, found, UNSLOTH_TRAINER)
    if not own.settings or "load_in_4bit" in own or "load_in_4bit" in own.undecided:
        found.leave_open("quantization.bits")
    assume(found, UNSLOTH)
