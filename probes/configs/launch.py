"""What any launch command says, whatever it launches: processes, DeepSpeed, files that it names."""

from __future__ import annotations

import re

from probes.configs import deepspeed
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, switch
from probes.syntax.setting import Setting

_PROCESSES = ("nproc_per_node", "NPROC_PER_NODE", "num_gpus", "num_processes", "nproc")
_CONFIG = re.compile(r".+\.(?:ya?ml|json|toml|py)")


def read(paths: Paths, found: Findings) -> None:
    """Facts of the launcher; what stands in a config that was not given is unknown."""
    words = [setting for path, setting in paths.settings.items() if path.startswith("$")]
    if not words:
        return
    _entry(words, found)
    _processes(paths, found)
    _deepspeed(paths, words, found)
    if any(setting.value == "accelerate" for setting in words):
        mixed = paths.get("mixed_precision")
        found.say("precision.compute", dtype(mixed.value) if mixed else None, mixed)
        for flag, fact in (("use_deepspeed", "deepspeed.enabled"), ("use_fsdp", "fsdp.enabled")):
            found.say(fact, True if switch(paths.value(flag)) else None, paths.get(flag))
    config = next((name for setting in words[1:] if (name := _named_config(setting))), None) or next(
        (str(paths.value(flag)) for flag in ("config", "config_file", "c") if paths.get(flag)), None
    )
    if config:
        for fact in ("precision.compute", "optimizer.learning_rate"):
            found.cannot(fact, f"it stands in {config}, which was not given", f"give {config} too")
    elif (
        not any(setting.value == "accelerate" for setting in words)
        and "optimizer.learning_rate" in found.facts
    ):
        found.assume("deepspeed.enabled", False, "no --deepspeed in the command")


def _entry(words: list[Setting], found: Findings) -> None:
    """The script, or the program with its subcommand: train.py, `xtuner train`."""
    script = next((word for word in words if re.fullmatch(r".+\.(?:py|sh)", str(word.value))), None)
    own = words[0].value in ("xtuner", "llamafactory-cli", "swift", "axolotl", "tune", "trl", "megatron")
    if own and len(words) > 1:
        found.say("framework.entry", f"{words[0].value} {words[1].value}", words[0])
    elif script:
        found.say("framework.entry", str(script.value), script)


def _processes(paths: Paths, found: Findings) -> None:
    """One process a GPU, on each node."""
    nodes = count(paths.value("nnodes") or paths.value("num_nodes")) or 1
    for flag in _PROCESSES:
        setting = paths.get(flag)
        processes = count(setting.value) if setting else None
        all_nodes = 1 if flag == "num_processes" else nodes
        found.say("gpu.count", processes * all_nodes if processes else None, setting)
    visible = paths.get("CUDA_VISIBLE_DEVICES")
    if visible and re.fullmatch(r"\d+(?:,\d+)*", str(visible.value)):
        found.say("gpu.count", len(str(visible.value).split(",")) * nodes, visible)


def _deepspeed(paths: Paths, words: list[Setting], found: Findings) -> None:
    launcher = next((word for word in words if word.value == "deepspeed"), None)
    flag = paths.get("deepspeed") or paths.get("deepspeed_config")
    found.say("deepspeed.enabled", True if flag and flag.value is not False else None, flag)
    found.say("deepspeed.enabled", True, launcher)
    reference = paths.value("deepspeed_config") or paths.value("deepspeed")
    if isinstance(reference, str):
        deepspeed.refer(reference, found)


def _named_config(word: Setting) -> str | None:
    name = str(word.value)
    script = name.endswith((".py", ".sh")) and word.path != "$2"
    return name if _CONFIG.fullmatch(name) and not script else None
