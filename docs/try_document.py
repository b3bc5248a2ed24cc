"""The document on trial: what it recommends, as experiments on the fault that it describes and on four
others.

    .venv/bin/python docs/try_document.py --plan PLAN.jsonl     adds the runs that it takes, for docs/run_lab.py
    .venv/bin/python docs/try_document.py --take RUNS.jsonl     counts them into app/trial.json
    .venv/bin/python docs/try_document.py --write               writes docs/document_on_trial.md and its curves

The document's run is float16 with a loss that is normal at first and NaN later, under ZeRO-2, AdamW, clipping
at 1. Cured is what docs/prove_lab.py calls so.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import prove_lab

from probes.lab import FAULTS, FIXES, Settings

FOLDER = Path(__file__).parent
RESULTS, PAGE = FOLDER.parent / "app" / "trial.json", FOLDER / "document_on_trial.md"
SEEDS = 5

# In the document's order. Its wording "增加梯度裁剪阈值" means a higher threshold; the lower one stands beside it.
TRIALS: dict[str, tuple[str, Callable[[Settings], Settings]]] = {
    "use-bf16": ("solutions-1", FIXES["use-bf16"]),
    "zero-stage-1": ("solutions-2", lambda s: s.but(zero_stage=1)),
    "zero-stage-3": ("solutions-2", lambda s: s.but(zero_stage=3)),
    "lower-learning-rate": ("solutions-3", FIXES["lower-learning-rate"]),
    "raise-clipping-threshold": (
        "solutions-3",
        lambda s: s.but(max_grad_norm=10 * (s.max_grad_norm or 10.0)),
    ),
    "lower-clipping-threshold": ("", FIXES["clip-gradients"]),
    "use-adamw": ("solutions-3", FIXES["use-adamw"]),
    "warm-up-learning-rate": ("practice-2", FIXES["warm-up-learning-rate"]),
    "monitor-training": ("practice-3", FIXES["monitor-training"]),
    "accumulate-gradients": ("practice-4", FIXES["accumulate-gradients"]),
    "use-fp32": ("", FIXES["use-fp32"]),
}
# The first is the document's run. ZeRO's stages need ranks to differ.
BASES: dict[str, Settings] = {
    "fp16-drift": FAULTS["fp16-drift"].settings.but(zero_stage=2, ranks=2, batch=4),
    "fp16-rare-batch": FAULTS["fp16-rare-batch"].settings.but(zero_stage=2, ranks=2, batch=4),
    "zero2-garbage": FAULTS["zero2-garbage"].settings,
    "exploding-gradients": FAULTS["exploding-gradients"].settings,
    "lr-too-high": FAULTS["lr-too-high"].settings,
}
THRESHOLDS = (None, 100.0, 10.0, 1.0, 0.1, 0.01)


def variants(base: str) -> Iterator[tuple[str, Settings]]:
    """The run as it is, with each recommendation that changes it, and at each clipping threshold."""
    settings = BASES[base]
    yield "", settings
    for name, (_, change) in TRIALS.items():
        staged = name.startswith("zero-stage") and settings.zero_stage != 2
        if change(settings) != settings and not staged:
            yield name, change(settings)
    if base in ("fp16-drift", "exploding-gradients"):
        for threshold in THRESHOLDS:
            yield f"clip-at-{threshold}", settings.but(max_grad_norm=threshold)


def plan() -> Iterator[dict[str, Any]]:
    """All runs."""
    for seed in range(SEEDS):
        for base in BASES:
            yield {"fault": base, "fix": "healthy", "seed": seed}
            for name, settings in variants(base):
                task = {"fault": base, "fix": "", "seed": seed, "name": name}
                yield {**task, "settings": dataclasses.asdict(settings)}


def taken(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """By base and variant: in how many seeds it was cured, where it broke, and the first seed's curve."""
    found: dict[str, Any] = {}
    for base in BASES:
        runs: dict[str, list[dict[str, Any]]] = {}
        for line in sorted(lines, key=lambda line: line["seed"]):
            if line["fault"] == base and ("name" in line or line["fix"] == "healthy"):
                runs.setdefault(line.get("name", "healthy"), []).append(line)
        brief = {name: [prove_lab.brief(line) for line in rows] for name, rows in runs.items()}
        found[base] = {
            name or "as-it-is": {
                "runs": len(rows),
                "cured": sum(prove_lab.cured(brief, name, seed) for seed in range(len(rows))),
                "onset": [row["first_bad_step"] for row in brief[name]],
                "curve": [float(f"{float(loss):.3g}") if loss != "nan" else None for loss in rows[0]["loss"]],
            }
            for name, rows in runs.items()
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--plan", type=Path)
    parser.add_argument("--take", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.plan:
        with arguments.plan.open("a") as file:
            file.writelines(json.dumps(task) + "\n" for task in plan())
    if arguments.take:
        lines = [json.loads(line) for line in arguments.take.read_text().splitlines()]
        RESULTS.write_text(json.dumps(taken(lines)) + "\n")


if __name__ == "__main__":
    main()
