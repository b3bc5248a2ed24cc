"""How the shipped examples and the sources of the frameworks are read, without whynan's readers."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

Facts = dict[str, Any]
Reader = Callable[[str], Facts | None]  # of an example's text; None where nothing is trained
Arguments = dict[str, Any]

ADAM = {
    "adamw_torch": "adamw",
    "adamw_torch_fused": "adamw",
    "adamw_hf": "adamw",
    "adamw_bnb_8bit": "adamw_8bit",
    "adamw_8bit": "adamw_8bit",
    "adamw_torch_8bit": "adamw_8bit",
    "paged_adamw_8bit": "paged_adamw_8bit",
    "paged_adamw_32bit": "paged_adamw_32bit",
    "adafactor": "adafactor",
    "sgd": "sgd",
}

UNKNOWN = "UNDECIDED"  # what only the user's machine decides: the home, the folder
KERNELS = ("eager", "sdpa", "xformers", "flash_attention_2", "flash_attention_3")
HUB = {
    "kernels-community/vllm-flash-attn3": "flash_attention_3",
    "kernels-community/flash-attn3": "flash_attention_3",
    "flash_attn": "flash_attention_2",
    "flash": "flash_attention_2",
}


def defaults(*sources: Path) -> Arguments:
    """The plain defaults of all dataclasses and pydantic models in the files; of one name the last."""
    found: Arguments = {}
    for source in sources:
        tree = ast.parse(source.read_text(encoding="utf-8"))
        named = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                found[node.target.id] = _plain(node.value, named)
    return found


def _plain(value: ast.expr, named: Arguments) -> Any:
    """`3`, `field(default=3)`, `default_optim`, `AttentionFunction.AUTO` (its name is its value)."""
    if isinstance(value, ast.Call):
        words = {word.arg: word.value for word in value.keywords}
        return _plain(words["default"], named) if "default" in words else None
    if isinstance(value, ast.Name):
        return named.get(value.id)
    if isinstance(value, ast.Attribute):
        return value.attr.lower()
    try:
        return ast.literal_eval(value)
    except ValueError:
        return None


def load(text: str) -> Arguments:
    """YAML's one mapping. PyYAML takes 1e-4 for text; `number` mends that where a number is due."""
    found = yaml.safe_load(text)
    return found if isinstance(found, dict) else {}


def number(value: Any) -> float:
    return float(value)


def stage(file: Path) -> int | None:
    """The ZeRO stage in a DeepSpeed JSON."""
    if not file.is_file():
        return None
    found = json.loads(file.read_text(encoding="utf-8")).get("zero_optimization", {}).get("stage", 0)
    return int(found)


def clean(facts: Facts) -> Facts:
    """Without what is not decided."""
    return {fact: value for fact, value in facts.items() if value is not None and UNKNOWN not in str(value)}


_SAY_WORDS = r"""
PWD=$HOME
expr() { echo $(($*)); }
command_not_found_handle() { printf '\n\001'; printf '%s\002' "$@"; printf '\n'; return 0; }
"""


def commands(script: str) -> Iterator[list[str]]:
    """The words of each command that the script would start.

    Nothing is started, no command is on the path; redirections go first, bash -r refuses those.
    """
    script = re.sub(r"(?<=\s)(?:[12&]?>{1,2}|<(?!<))\s*[^\s&|;'\"]+", "", script)
    ran = subprocess.run(
        ["/usr/bin/bash", "-r", "-c", _SAY_WORDS + script],
        env={"PATH": "/nonexistent", "HOME": UNKNOWN},
        capture_output=True,
        text=True,
        timeout=20,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    for line in re.findall(r"\x01([^\x01]*)\x02", ran.stdout):
        yield line.split("\x02")


def flags(words: list[str]) -> Arguments:
    """argparse's: a flag's value is the word behind it, True where that is none."""
    found: Arguments = {}
    name = ""
    for word in words:
        if re.match(r"--?[A-Za-z]", word):
            name, _, value = word.lstrip("-").partition("=")
            found[name] = value or True
        elif name and found[name] is True:
            found[name] = {"true": True, "false": False}.get(word.lower(), word)
    return found
