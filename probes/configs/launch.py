"""What any launch command says, whatever it launches: processes, DeepSpeed, files that it names."""

from __future__ import annotations

import re

from probes.configs import deepspeed
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, if_on
from probes.syntax.setting import Plain, Setting

_PROCESSES = ("nproc_per_node", "NPROC_PER_NODE", "num_gpus", "num_processes", "nproc")
_CONFIG = re.compile(r".+\.(?:ya?ml|json|toml|py)")


def read(paths: Paths, found: Findings) -> None:
    """Facts of the launcher; what stands in a config that was not given is unknown."""
    words = paths.command
    if not words:
        return
    _entry(words, found)
    _processes(paths, found)
    _deepspeed(paths, words, found)
    accelerated = any(setting.value == "accelerate" for setting in words)
    if accelerated:
        found.take("precision.compute", dtype, paths.get("mixed_precision"))
        found.take("deepspeed.enabled", if_on(True), paths.get("use_deepspeed"))
        found.take("fsdp.enabled", if_on(True), paths.get("use_fsdp"))
    named = [name for word in words[1:] if (name := _named_config(word))]
    given = [str(paths.value(flag)) for flag in ("config", "config_file", "c") if flag in paths]
    if config := next(iter(named + given), ""):
        for fact in ("precision.compute", "optimizer.learning_rate"):
            found.elsewhere(fact, config)
    elif not accelerated and "optimizer.learning_rate" in found.facts:
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
        gpus(paths.get(flag), 1 if flag == "num_processes" else nodes, found)
    visible = paths.get("CUDA_VISIBLE_DEVICES")
    if visible and re.fullmatch(r"\d+(?:,\d+)*", str(visible.value)):
        found.say("gpu.count", len(str(visible.value).split(",")) * nodes, visible)


def gpus(devices: Setting | None, nodes: Plain, found: Findings) -> None:
    """`gpu.count`, of the devices on a node and the number of nodes."""
    known = count(devices.value) if devices else None
    found.say("gpu.count", known * (count(nodes) or 1) if known else None, devices)


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
