"""The proof of the lab: does each fault show what it should, do the listed fixes cure it, and do others not?

    .venv/bin/python docs/prove_lab.py --plan PLAN.jsonl     writes the runs that the proof takes, for docs/run_lab.py
    .venv/bin/python docs/prove_lab.py --take RUNS.jsonl     counts them into docs/lab_results.json
    .venv/bin/python docs/prove_lab.py                       compares claims, counts and the knowledge; status 1
    .venv/bin/python docs/prove_lab.py --write               writes docs/lab.md, and the chances into kb/causes

A run is cured when whynan's reader of logs calls it healthy over at least three times the steps in which the
same seed broke without the fix, and its loss falls at least half as far as in the healthy run of that seed:
warm-up and a lower rate often only put a fault off. An expert's guess counts as much as `WEIGHT` runs. What
lies outside of the lab (whether a release, a driver or a GPU is a good one) stays a guess.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from proofs import chance, rewritten

import kb
from kb.load import HERE
from kb.model import Cause, Knowledge
from probes.lab import FAULTS, possible
from probes.lab.fault import Fault

FOLDER = Path(__file__).parent
RESULTS, PAGE = FOLDER / "lab_results.json", FOLDER / "lab.md"
SEEDS, LONGER, FALL = 5, 3, 0.5
OUTSIDE = {"upgrade-library", "downgrade-library", "repair-environment", "change-gpu", "disable-p2p"}
CONTROLS = (
    *("lower-learning-rate", "use-fp32", "clip-gradients", "warm-up-learning-rate", "use-bf16"),
    *("raise-adam-epsilon", "monitor-training", "accumulate-gradients"),
)


class Count(NamedTuple):
    """Of so many runs with a fix so many were cured."""

    runs: int
    cured: int


def entries(fault: Fault) -> tuple[str, ...]:
    """The entries of the knowledge that a fault speaks for."""
    return tuple(name for name in (fault.finer, fault.cause) if name)


def candidates(knowledge: Knowledge, fault: Fault) -> list[str]:
    """The listed fixes, those that the knowledge knows for the cause, and two that nobody lists."""
    known = {fix for name in entries(fault) for fix in knowledge.causes[name].fixes}
    found = [fix for fix in possible(fault) if fix in known or fix in fault.fixes]
    others = [fix for fix in CONTROLS if fix in possible(fault) and fix not in found]
    return found + others[:2]


def plan(knowledge: Knowledge) -> Iterator[dict[str, Any]]:
    """All runs: without a fix, healthy, and with each candidate."""
    for seed in range(SEEDS):
        for name, fault in FAULTS.items():
            for fix in ("", "healthy", *candidates(knowledge, fault)):
                yield {"fault": name, "fix": fix, "seed": seed}


def brief(run: dict[str, Any]) -> dict[str, Any]:
    """What a run showed and how far its loss fell, without the curve."""
    losses = [float(loss) for loss in run["loss"]]
    return {
        "symptom": run["symptom"],
        "first_bad_step": run["first_bad_step"],
        "steps": len(losses),
        "first": f"{losses[0]:.3g}",
        "end": f"{statistics.fmean(losses[-10:]):.3g}",
    }


def condensed(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The runs by fault and fix, in the order of the seeds."""
    found: dict[str, Any] = {name: {} for name in FAULTS}
    for run in sorted(lines, key=lambda run: run["seed"]):
        if run["fault"] in found and "name" not in run:
            found[run["fault"]].setdefault(run["fix"], []).append(brief(run))
    return found


def cured(runs: dict[str, Any], fix: str, seed: int) -> bool:
    """Whether the fix helped, by the criterion above."""
    run, broken, well = (runs[name][seed] for name in (fix, "", "healthy"))
    long_enough = run["steps"] >= LONGER * (broken["first_bad_step"] or 1)
    fall = float(run["first"]) - float(run["end"])
    expected = FALL * (float(well["first"]) - float(well["end"]))
    return run["symptom"] == "healthy" and long_enough and fall >= expected


def counts(runs: dict[str, Any]) -> dict[str, Count]:
    """By fix."""
    return {
        fix: Count(len(rows), sum(cured(runs, fix, seed) for seed in range(len(rows))))
        for fix, rows in runs.items()
        if fix not in ("", "healthy")
    }


def shown(fault: Fault, runs: dict[str, Any]) -> int:
    """In how many seeds the symptom is of the stated kind and begins in the stated range."""
    low, high = fault.onset
    return sum(
        run["symptom"] in fault.symptoms
        and (run["first_bad_step"] is None or low <= run["first_bad_step"] <= high)
        for run in runs[""]
    )


def gaps(results: dict[str, Any]) -> Iterator[str]:
    """Every claim of the lab that the runs do not bear out."""
    for name, fault in FAULTS.items():
        runs = results.get(name)
        if not runs:
            yield f"{name}: was not run"
            continue
        if shown(fault, runs) < SEEDS:
            seen = [(run["symptom"], run["first_bad_step"]) for run in runs[""]]
            yield f"{name}: shows {fault.symptoms} in {fault.onset} in {shown(fault, runs)} of {SEEDS}: {seen}"
        if any(run["symptom"] != "healthy" for run in runs["healthy"]):
            yield f"{name}: its healthy run is not: {[run['symptom'] for run in runs['healthy']]}"
        found = counts(runs)
        for fix in fault.fixes:
            if found.get(fix, Count(0, 0)).cured < SEEDS:
                seen = [(run["symptom"], run["first"], run["end"]) for run in runs.get(fix, [])]
                yield f"{name}: {fix} is listed and cures {found.get(fix)}: {seen}"
        for fix, count in found.items():
            if fix not in fault.fixes and count.cured == count.runs:
                yield f"{name}: {fix} cures every time and is not listed"
        if sum(count.cured == 0 for fix, count in found.items() if fix not in fault.fixes) < 2:
            yield f"{name}: fewer than two other fixes fail every time"


def proofs(results: dict[str, Any]) -> dict[str, dict[str, Count]]:
    """By entry of the knowledge and fix, over all faults of the entry; what lies outside of the lab is left
    out.
    """
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for name, fault in FAULTS.items():
        for fix, count in counts(results[name]).items():
            for entry in entries(fault):
                found[entry][fix, "runs"] += count.runs
                found[entry][fix, "cured"] += count.cured
    return {
        entry: {
            fix: Count(tally[fix, "runs"], tally[fix, "cured"])
            for fix in sorted({fix for fix, _ in tally})
            if fix not in OUTSIDE
        }
        for entry, tally in found.items()
    }


def updated(cause: Cause, tallies: dict[str, Count]) -> str:
    """The cause's file with the chances that follow from the counts."""
    (path,) = HERE.glob(f"causes/*/{cause.id}.yaml")
    text = path.read_text(encoding="utf-8")
    rows = {}
    for fix, count in tallies.items():
        if fix in cause.fixes:
            proof = cause.proved.get(fix)
            guess = proof.guess if proof else cause.fixes[fix]
            rows[fix] = (count.runs, count.cured, guess, chance(guess, count.runs, count.cured))
    return rewritten(text, rows)


def page(results: dict[str, Any]) -> str:
    """docs/lab.md's table."""
    rows = [
        "| fault | cause | shows | onset | in | cures, of 5 | does not, of 5 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, fault in FAULTS.items():
        found = counts(results[name])
        onsets = [run["first_bad_step"] for run in results[name][""] if run["first_bad_step"]]
        symptoms = sorted({run["symptom"] for run in results[name][""]})
        listed = ", ".join(f"{fix} {found[fix].cured}" for fix in fault.fixes if fix in found)
        others = ", ".join(f"{fix} {count.cured}" for fix, count in found.items() if fix not in fault.fixes)
        onset = f"{min(onsets)} to {max(onsets)}" if onsets else "whole run"
        about = f"{name}{' (simulated)' if fault.simulated else ''}"
        shows = f"{shown(fault, results[name])}/{SEEDS}"
        rows.append(
            f"| {about} | {fault.finer or fault.cause} | {', '.join(symptoms)} | {onset} | {shows} | {listed} | {others} |"
        )
    return "\n".join(rows)


def main() -> int:
    """The status is 1 where a claim does not hold, or something would change and is not written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--plan", type=Path)
    parser.add_argument("--take", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    knowledge = kb.load()
    if arguments.plan:
        arguments.plan.write_text("".join(json.dumps(task) + "\n" for task in plan(knowledge)))
        return 0
    if arguments.take:
        lines = [json.loads(line) for line in arguments.take.read_text().splitlines()]
        RESULTS.write_text(json.dumps(condensed(lines), indent=1) + "\n")
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    problems = list(gaps(results))
    for problem in problems:
        print(problem)
    stale = 0
    for entry, tallies in proofs(results).items():
        cause = knowledge.causes[entry]
        (path,) = HERE.glob(f"causes/*/{entry}.yaml")
        new = updated(cause, tallies)
        if new != path.read_text(encoding="utf-8"):
            stale += 1
            print(f"{path.name}: its chances are not what the runs give")
            if arguments.write:
                path.write_text(new, encoding="utf-8")
    if arguments.write:
        text = PAGE.read_text(encoding="utf-8")
        before, rest = text.split("<!-- proof -->\n")
        PAGE.write_text(
            f"{before}<!-- proof -->\n{page(results)}\n<!-- /proof -->{rest.split('<!-- /proof -->')[1]}",
            encoding="utf-8",
        )
    return 1 if problems or (stale and not arguments.write) else 0


if __name__ == "__main__":
    raise SystemExit(main())
