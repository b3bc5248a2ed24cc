"""The proof of the lab: does each fault show what it should, do the listed fixes cure it, and do others not?

    .venv/bin/python -m measure.prove_lab --plan PLAN.jsonl  the runs that are missing, for measure/run_lab.py
    .venv/bin/python -m measure.prove_lab --take RUNS.jsonl  adds them to measure/lab_results.json
    .venv/bin/python -m measure.prove_lab                    compares claims, counts and knowledge; status 1
    .venv/bin/python -m measure.prove_lab --write            writes docs/lab.md, and the chances into kb

A run is cured when whynan's reader of logs calls it healthy over at least three times the steps in which the
same seed broke without the fix, and its loss falls at least half as far as in that seed's healthy run (not to
half its end, where nothing was to be learnt): warm-up and a lower rate often only put a fault off. An
expert's guess counts as much as `WEIGHT` runs. What lies outside of the lab (whether a release, a driver or a
GPU is a good one) stays a guess.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import kb
from kb.load import HERE
from kb.model import Cause, Knowledge
from measure.proofs import chance, rewritten
from measure.tables import put
from probes.lab import FAULTS, Settings, possible
from probes.lab.fault import Fault

FOLDER = Path(__file__).parent
DOCS = FOLDER.parent / "docs"
RESULTS, PAGE = FOLDER / "lab_results.json", DOCS / "lab.md"
SEEDS, LONGER, LOWEST = 5, 3, 0.5
OUTSIDE = {"upgrade-library", "downgrade-library", "repair-environment", "change-gpu", "disable-p2p"}
CONTROLS = (
    *("lower-learning-rate", "use-fp32", "clip-gradients", "warm-up-learning-rate", "use-bf16"),
    *("raise-adam-epsilon", "monitor-training", "accumulate-gradients"),
)


Brief = dict[str, Any]  # what a run showed
Runs = dict[str, dict[str, Brief]]  # of one fault, by fix and seed
Results = dict[str, Runs]


class Count(NamedTuple):
    """Of so many runs with a fix so many were cured."""

    runs: int
    cured: int


def candidates(knowledge: Knowledge, fault: Fault) -> list[str]:
    """The listed fixes, those that the knowledge knows for the cause, and two that nobody lists."""
    known = {fix for name in (fault.cause, fault.finer) if name for fix in knowledge.causes[name].fixes}
    found = [fix for fix in possible(fault) if fix in known or fix in fault.fixes]
    others = [fix for fix in CONTROLS if fix in possible(fault) and fix not in found]
    return found + others[:2]


def healthy() -> dict[Settings, str]:
    """Each healthy run, and one of the faults that are compared with it."""
    return {fault.healthy: name for name, fault in FAULTS.items()}


def plan(knowledge: Knowledge, results: Results) -> Iterator[dict[str, Any]]:
    """The runs without a fix, healthy, and with each candidate, that `results` does not have yet."""
    for seed in range(SEEDS):
        wanted = [
            (name, fix) for name, fault in FAULTS.items() for fix in ("", *candidates(knowledge, fault))
        ]
        for name, fix in [*wanted, *((name, "healthy") for name in healthy().values())]:
            if str(seed) not in results.get(name, {}).get(fix, {}):
                yield {"fault": name, "fix": fix, "seed": seed}


def brief(run: dict[str, Any]) -> Brief:
    """What a run showed and how far its loss fell, without the curve."""
    losses = [float(loss) for loss in run["loss"]]
    return {
        "symptom": run["symptom"],
        "first_bad_step": run["first_bad_step"],
        "steps": len(losses),
        "first": f"{losses[0]:.3g}",
        "end": f"{statistics.fmean(losses[-10:]):.3g}",
    }


def taken(results: Results, lines: list[dict[str, Any]]) -> Results:
    """The results with more runs; what is no fault or fix any more is left behind."""
    for run in lines:
        if "name" not in run:
            results.setdefault(run["fault"], {}).setdefault(run["fix"], {})[str(run["seed"])] = brief(run)
    well: dict[Settings, dict[str, Brief]] = {}
    for name, fault in FAULTS.items():
        well.setdefault(fault.healthy, {}).update(results.get(name, {}).get("healthy", {}))
    for name, fault in FAULTS.items():
        results.setdefault(name, {}).setdefault("", {})
        results[name]["healthy"] = {**well[fault.healthy], **results[name].get("healthy", {})}
    kept = {name: {"", "healthy", *possible(fault)} for name, fault in FAULTS.items()}
    return {
        name: {fix: dict(sorted(results[name][fix].items())) for fix in results[name] if fix in kept[name]}
        for name in sorted(kept)
    }


def cured(run: Brief, broken: Brief, well: Brief) -> bool:
    """Whether the fix helped, by the criterion above; the three runs are of one seed."""
    long_enough = run["steps"] >= LONGER * (broken["first_bad_step"] or 1)
    end, (top, low) = float(run["end"]), (float(well["first"]), float(well["end"]))
    return run["symptom"] == "healthy" and long_enough and LOWEST * low <= end <= (top + low) / 2


def counts(runs: Runs) -> dict[str, Count]:
    """By fix."""
    found = {}
    for fix, rows in runs.items():
        seeds = [seed for seed in rows if seed in runs[""] and seed in runs["healthy"]]
        if fix not in ("", "healthy") and seeds:
            helped = sum(cured(rows[seed], runs[""][seed], runs["healthy"][seed]) for seed in seeds)
            found[fix] = Count(len(seeds), helped)
    return found


def shown(fault: Fault, runs: Runs) -> int:
    """In how many seeds the symptom is of the stated kind and begins in the stated range."""
    low, high = fault.onset
    return sum(
        run["symptom"] in fault.symptoms
        and (run["first_bad_step"] is None or low <= run["first_bad_step"] <= high)
        for run in runs[""].values()
    )


def gaps(results: Results) -> Iterator[str]:
    """Every claim of the lab that the runs do not bear out."""
    for name, fault in FAULTS.items():
        runs = results.get(name)
        if not runs or not runs.get(""):
            yield f"{name}: was not run"
            continue
        if shown(fault, runs) < len(runs[""]):
            seen = [(run["symptom"], run["first_bad_step"]) for run in runs[""].values()]
            yield f"{name}: {fault.symptoms} in {fault.onset} in {shown(fault, runs)}: {seen}"
        if any(run["symptom"] != "healthy" for run in runs["healthy"].values()):
            yield f"{name}: its healthy run is not: {[run['symptom'] for run in runs['healthy'].values()]}"
        found = counts(runs)
        for fix in fault.fixes:
            count = found.get(fix, Count(0, 0))
            if not count.runs or count.cured < count.runs:
                tried = [(run["symptom"], run["first"], run["end"]) for run in runs.get(fix, {}).values()]
                yield f"{name}: {fix} is listed and cures {count.cured} of {count.runs}: {tried}"
        for fix, count in found.items():
            if fix not in fault.fixes and count.cured == count.runs:
                yield f"{name}: {fix} cures every time and is not listed"
        if sum(count.cured == 0 for fix, count in found.items() if fix not in fault.fixes) < 2:
            yield f"{name}: fewer than two other fixes fail every time"


def proofs(results: Results) -> dict[str, dict[str, Count]]:
    """By entry of the knowledge and fix, over all faults of the entry; what lies outside of the lab is left
    out.
    """
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for name, fault in FAULTS.items():
        for fix, count in counts(results[name]).items():
            entry = fault.finer or fault.cause
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


def page(results: Results) -> str:
    """The table of docs/lab.md."""
    rows = [
        "| fault | cause | shows | onset (step) | as stated | listed: cured/runs | others: cured/runs |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, fault in FAULTS.items():
        found, broken = counts(results[name]), results[name][""].values()
        onsets = [run["first_bad_step"] for run in broken if run["first_bad_step"]]
        cells = (
            f"{name}{' (simulated)' if fault.simulated else ''}",
            fault.finer or fault.cause,
            ", ".join(sorted({run["symptom"] for run in broken})),
            f"{min(onsets)} to {max(onsets)}" if onsets else "the whole run",
            f"{shown(fault, results[name])}/{len(broken)}",
            shares({fix: found[fix] for fix in found if fix in fault.fixes}),
            shares({fix: found[fix] for fix in found if fix not in fault.fixes}),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def shares(found: dict[str, Count]) -> str:
    ordered = sorted(found.items(), key=lambda item: -item[1].cured)
    return ", ".join(f"{fix} {count.cured}/{count.runs}" for fix, count in ordered)


def main() -> int:
    """The status is 1 where a claim does not hold, or something would change and is not written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--plan", type=Path)
    parser.add_argument("--take", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    knowledge = kb.load()
    results: Results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    if arguments.plan:
        arguments.plan.write_text("".join(json.dumps(task) + "\n" for task in plan(knowledge, results)))
        return 0
    if arguments.take:
        lines = [json.loads(line) for line in arguments.take.read_text().splitlines()]
        results = taken(results, lines)
        RESULTS.write_text(json.dumps(results, indent=0) + "\n")
    problems = list(gaps(results))
    print(*problems, sep="\n")
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
        put("proof", page(results), PAGE)
    return 1 if problems or (stale and not arguments.write) else 0


if __name__ == "__main__":
    raise SystemExit(main())
