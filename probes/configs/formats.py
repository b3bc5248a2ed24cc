"""The frameworks whose settings are understood. The first that recognises a text reads it."""

from __future__ import annotations

import types

from probes.configs import (
    accelerate,
    axolotl,
    deepspeed,
    generic,
    lightning,
    llamafactory,
    megatron,
    ms_swift,
    nemo,
    nemo2,
    openrlhf,
    torch_script,
    torchtitan,
    torchtune,
    transformers,
    unsloth,
    verl,
    xtuner,
)
from probes.configs.findings import Paths

_MODULES = (
    xtuner, verl, openrlhf, torchtitan, deepspeed, accelerate, llamafactory, axolotl, ms_swift, torchtune,
    nemo, nemo2, megatron, unsloth, lightning, transformers, torch_script, generic,
)  # fmt: skip

FORMATS: dict[str, types.ModuleType] = {module.NAME: module for module in _MODULES}


def format_of(paths: Paths) -> types.ModuleType:
    """The module that reads these settings; the generic one where no framework is recognised."""
    return next(module for module in FORMATS.values() if module.recognises(paths))
