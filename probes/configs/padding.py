"""On which side the tokenizer pads, in whatever framework: all of them hand it one."""

from __future__ import annotations

from probes.configs.findings import Findings, Paths


def read(paths: Paths, found: Findings) -> None:
    """`data.padding`, where nothing has said that samples are packed."""
    for path, setting in paths.settings.items():
        if path.rpartition(".")[2] == "padding_side" and setting.value in ("left", "right"):
            found.say("data.padding", str(setting.value), setting)
