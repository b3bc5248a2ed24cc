"""torch, and which accelerators it reaches on this machine."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import math
import typing
import warnings

# NVIDIA and AMD, Huawei Ascend, Intel, Apple: the names of torch's modules.
KINDS = ("cuda", "npu", "xpu", "mps")

GIB = 2**30
NEEDED_GIB = 1.0  # so much must be free for a device to be tested


def load_torch() -> typing.Any:
    """torch, with Ascend's plug-in where it is installed. Raises ImportError with a one-line reason."""
    with warnings.catch_warnings():
        # A report has no room for warnings of strangers, and standard error carries the progress.
        warnings.simplefilter("ignore")
        try:
            import torch
        except (ImportError, OSError, RuntimeError, AttributeError) as error:
            if isinstance(error, ModuleNotFoundError) and error.name == "torch":
                raise ImportError("torch is not installed in this Python") from None
            raise ImportError(f"torch does not load: {one_line(error)}") from error
        with contextlib.suppress(ImportError, OSError, RuntimeError, AttributeError):
            if importlib.util.find_spec("torch_npu"):
                importlib.import_module("torch_npu")  # puts torch.npu in place
    return torch


def kind(torch: typing.Any) -> tuple[str, str]:
    """The kind that torch reaches (of KINDS, "" for none), and what torch complained of meanwhile."""
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        for name in KINDS:
            # torch.mps has had its is_available only since 2.5, torch.backends.mps always.
            module = torch.backends.mps if name == "mps" else getattr(torch, name, None)
            if module is not None and module.is_available():
                return name, ""
    return "", one_line(complaints[-1].message) if complaints else ""


def devices(torch: typing.Any) -> tuple[list[str], list[str], str]:
    """The devices with memory to spare, why others are left out, and if it is the CPU alone, why."""
    name, complaint = kind(torch)
    if not name:
        built = "" if torch.version.cuda or torch.version.hip else "this torch is built for the CPU"
        return ["cpu"], [], complaint or built
    found, left_out = [], []
    count = 1 if name == "mps" else getattr(torch, name).device_count()
    for index in range(count):
        device = f"{name}:{index}"
        free = _free_gib(getattr(torch, name), device)
        if free < NEEDED_GIB:
            left_out.append(f"{device} has {free:.1f} GiB free, {NEEDED_GIB:g} is needed")
        else:
            found.append(device)
    return found, left_out, ""


def _free_gib(module: typing.Any, device: str) -> float:
    ask = getattr(module, "mem_get_info", None)  # not everywhere
    try:
        return float(ask(device)[0]) / GIB if ask else math.inf
    except RuntimeError:  # not even enough to ask
        return 0.0


def format_name(dtype: typing.Any) -> str:
    """float16 for torch.float16."""
    return str(dtype).replace("torch.", "")


def one_line(error: object) -> str:
    """The first line of a message, or the error's class where it has none."""
    first = str(error).strip().partition("\n")[0]
    return first[:200] if first else type(error).__name__
