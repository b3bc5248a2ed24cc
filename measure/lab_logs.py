"""A run of the lab as a trainer's log: what it prints before it trains, and its lines.

XTuner's log begins with the environment and the whole config (mmengine's runner prints both), DeepSpeed's
engine prints its JSON; the Trainer itself prints no setting. Both print the library's own warnings.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

import torch

from measure.lab_texts import config, rate, scales_by_deepspeed
from probes.lab import Settings, Trace

OVERFLOW = (
    "[2026-11-24 03:12:07,411] [INFO] [loss_scaler.py:190:update_scale] [deepspeed] OVERFLOW! "
    "Rank 0 Skipping step. Attempted loss scale: {}, reducing to {}"
)
MINIMUM = "Exception: Current loss scale already at minimum - cannot decrease scale anymore. Exiting run."
ENVIRONMENT = """11/24 03:12:01 - mmengine - INFO -
------------------------------------------------------------
System environment:
    sys.platform: linux
    Python: 3.10.14 (main, May  6 2024, 19:42:50) [GCC 11.2.0]
    CUDA available: True
    GPU {gpus}: NVIDIA A100-SXM4-80GB
    PyTorch: {torch}

Runtime environment:
    cudnn_benchmark: False
    seed: None
    Distributed launcher: {launcher}
    GPU number: {ranks}
------------------------------------------------------------

11/24 03:12:01 - mmengine - INFO - Config:"""
TORCH = torch.__version__.partition("+")[0]
DEEPSPEED = "[2026-11-24 03:12:03,105] [INFO] [config.py:991:print_user_config]   json = "
# What the libraries warn of, by the fault that makes them.
WARNINGS = {
    "fresh-layer": (
        "Some weights of LlamaForCausalLM were not initialized from the model checkpoint at ./base and are "
        "newly initialized: ['lm_head.weight']\nYou should probably TRAIN this model on a down-stream task "
        "to be able to use it for predictions and inference."
    ),
    "frozen-inputs": (
        "/opt/conda/lib/python3.10/site-packages/torch/utils/checkpoint.py:91: UserWarning: None of the "
        "inputs have requires_grad=True. Gradients will be None\n  warnings.warn("
    ),
}


def log(
    settings: Settings, trace: Trace, framework: str, every: int, epochs: float, steps: Sequence[int]
) -> str:
    """The lines that are printed each `every` steps; `epochs` is what a step is of one, `steps` are those
    that ran.
    """
    windows = [steps[start : start + every] for start in range(0, len(steps) - every + 1, every)]
    lines = list((_trainer if framework == "transformers" else _mmengine)(settings, trace, windows, epochs))
    return "\n".join(lines) + "\n"


def head(settings: Settings, framework: str, name: str) -> str:
    """What stands above them. `name` is the fault's, or that of a healthy run."""
    files = config(settings, framework, name)
    lines = []
    if framework == "xtuner":
        gpus = ",".join(map(str, range(settings.ranks)))
        launcher = "pytorch" if settings.ranks > 1 else "none"
        lines += [ENVIRONMENT.format(gpus=gpus, launcher=launcher, ranks=settings.ranks, torch=TORCH)]
        lines += [_dumped(files["config.py"]), ""]
    if name in WARNINGS:
        lines += [WARNINGS[name]]
    if "ds_config.json" in files:
        lines += [DEEPSPEED + files["ds_config.json"]]
    return "\n".join([*lines, ""]) if lines else ""


def _dumped(text: str) -> str:
    """A config as mmengine prints it: without imports, names put in, a class as its name in quotes."""
    imports = {
        name.strip(): f"{module}.{name.strip()}"
        for module, names in re.findall(r"(?m)^from (\S+) import (.+)$", text)
        for name in names.split(",")
    }
    body = re.sub(r"(?m)^(?:from|import) .*\n", "", text)
    values: dict[str, str] = dict(re.findall(r"(?m)^(\w+) = ([^(\n#]+?)(?:  #.*)?$", body))
    body = re.sub(r"=(\w+)\b(?=[,)])", lambda found: f"={values.get(found[1], found[1])}", body)
    body = re.sub(r"\btype=(\w+(?:\.\w+)?)", lambda found: f"type='{_path(found[1], imports)}'", body)
    return re.sub(r"dtype=(torch\.\w+)", r"dtype='\1'", body).strip()


def _path(name: str, imports: dict[str, str]) -> str:
    start, _, rest = name.partition(".")
    return imports.get(start, start) + (f".{rest}" if rest else "")


def _trainer(
    settings: Settings, trace: Trace, windows: Sequence[Sequence[int]], epochs: float
) -> Iterator[str]:
    """A mean without NaN (logging_nan_inf_filter), and the last step's norm and rate."""
    for window in windows:
        total, end = 0.0, window[-1]
        for place, one in enumerate((trace.loss[step - 1] for step in window), 1):
            total += one if math.isfinite(one) else total / place
        if scales_by_deepspeed(settings, "transformers"):
            for step in sorted(set(window) & set(trace.skipped)):
                scale = trace.loss_scale[step - 1]
                yield OVERFLOW.format(
                    f"{scale:g}", f"{scale / 2 if settings.loss_scale == 'dynamic' else scale:g}"
                )
        yield f"{100 * end // settings.steps:3d}%|█▏        | {end}/{settings.steps} [05:00<36:40,  2.50s/it]"
        pairs = {
            "loss": round(total / len(window), 4),
            "grad_norm": trace.grad_norm[end - 1],
            "learning_rate": rate(settings, trace.lr[end - 1]),
            "epoch": round(end * epochs, 4),
        }
        yield str(pairs)
    if (
        scales_by_deepspeed(settings, "transformers")
        and settings.loss_scale == "dynamic"
        and trace.loss_scale[-1] <= 1
    ):
        yield MINIMUM


def _mmengine(
    settings: Settings, trace: Trace, windows: Sequence[Sequence[int]], epochs: float
) -> Iterator[str]:
    """Means of the window, NaN and all. mmengine has a gradient norm where it clips."""
    for window in windows:
        end = window[-1]
        loss = sum(trace.loss[step - 1] for step in window) / len(window)
        norm = sum(trace.grad_norm[step - 1] for step in window) / len(window)
        norms = "" if settings.max_grad_norm is None else f"  grad_norm: {norm:.4f}"
        yield (
            f"11/24 03:12:07 - mmengine - INFO - Iter(train) [{end:>6}/{settings.steps}]  "
            f"lr: {rate(settings, trace.lr[end - 1]):.4e}  eta: 0:52:48  time: 0.3213  data_time: 0.0080  "
            f"memory: 11964  loss: {loss:.4f}{norms}"
        )
