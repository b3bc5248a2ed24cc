"""What a fact and a framework are called, in a few words: ids are for programs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from app.session import TRIED
from app.words import word
from kb.model import Knowledge

VERSION = "version."
FRAMEWORKS = {
    "accelerate": "Accelerate",
    "axolotl": "Axolotl",
    "command": "torchrun / python",
    "deepspeed": "DeepSpeed",
    "lightning": "Lightning",
    "lightning-yaml": "Lightning (YAML)",
    "llamafactory": "LLaMA-Factory",
    "megatron": "Megatron-LM",
    "mmengine": "MMEngine",
    "ms-swift": "ms-swift",
    "ms-swift-yaml": "ms-swift (YAML)",
    "nemo": "NeMo",
    "torch": "PyTorch",
    "torchtune": "torchtune",
    "transformers": "Hugging Face Trainer",
    "trl": "TRL",
    "unsloth": "Unsloth",
    "xtuner": "XTuner",
    "xtuner-hf": "XTuner (Hugging Face Trainer)",
}


@cache
def names() -> dict[str, dict[str, str]]:
    """Fact -> its name in each language, but for the versions of libraries."""
    with Path(__file__).with_name("fact_names.yaml").open(encoding="utf-8") as file:
        found: dict[str, dict[str, str]] = yaml.safe_load(file)
    return found


def fact_name(knowledge: Knowledge, fact: str, lang: str) -> str:
    """A fact in a few words; its id where this knowledge has a fact that nobody has named."""
    if fact.startswith(VERSION):
        return word("fact.version", lang, library=fact.removeprefix(VERSION))
    if fact.startswith(TRIED):
        fix = knowledge.fixes.get(fact.removeprefix(TRIED))
        return word("fact.tried", lang, fix=fix.title[lang]) if fix else fact
    return names()[fact][lang] if fact in names() else fact


def framework(style: str) -> str:
    """A framework, or the style of a change, as its makers write it."""
    return FRAMEWORKS.get(style, style)
