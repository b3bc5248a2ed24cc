"""Runs of the fault lab by the hundred, on all cores: a plan in, a line for each run out.

    .venv/bin/python -m measure.run_lab PLAN.jsonl RESULTS.jsonl [WORKERS]

A line of the plan is {"fault": …, "fix": … or "", "seed": …}, or with "settings" in place of a fault's own,
as prove_lab and try_document write it. What stands in RESULTS already is not run again. Needs torch and
nothing else, so that it can run on any machine with cores to spare.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from probes.lab import FAULTS, Settings, applied, run

DIGITS = 4


def one(task: dict[str, Any]) -> dict[str, Any]:
    """The task with what came of it; the losses as text, as JSON has no NaN."""
    fault = FAULTS[task["fault"]]
    if task["fix"] == "healthy":
        settings, damage = fault.healthy, None
    elif task["fix"]:
        settings, damage = applied(fault, task["fix"])
    else:
        settings, damage = fault.settings, fault.damage
    if "settings" in task:
        settings = Settings(**task["settings"])
    began = time.monotonic()
    settings = settings.but(seed=task["seed"])
    trace = run(settings, damage) if damage is not None else run(settings)
    return {
        **task,
        "symptom": trace.symptom,
        "first_bad_step": trace.first_bad_step,
        "skipped": len(trace.skipped),
        "loss": [f"{loss:.{DIGITS}g}" for loss in trace.loss],
        "seconds": round(time.monotonic() - began, 1),
    }


def key(task: dict[str, Any]) -> str:
    """What tells a task from the others."""
    return json.dumps([task["fault"], task["fix"], task["seed"], task.get("name"), task.get("settings")])


def main(plan: Path, results: Path, workers: int) -> None:
    done = set()
    if results.is_file():
        done = {key(json.loads(line)) for line in results.read_text().splitlines()}
    tasks = [json.loads(line) for line in plan.read_text().splitlines()]
    tasks = list({key(task): task for task in tasks if key(task) not in done}.values())
    with ProcessPoolExecutor(workers) as pool, results.open("a") as out:
        for future in as_completed([pool.submit(one, task) for task in tasks]):
            if error := future.exception():
                print(error, file=sys.stderr)
                continue
            out.write(json.dumps(future.result()) + "\n")
            out.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
