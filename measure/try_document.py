"""The document on trial: what it recommends, as experiments on its own fault and four others.

    .venv/bin/python -m measure.try_document --plan PLAN.jsonl  the runs that it takes, for measure/run_lab.py
    .venv/bin/python -m measure.try_document --take RUNS.jsonl  counts them into app/trial.json
    .venv/bin/python -m measure.try_document --write            writes the page in docs and its curves

The document's run is float16 with a loss that is normal at first and NaN later, under ZeRO-2, AdamW, clipping
at 1. Cured is what measure/prove_lab.py calls so.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from app.trial import AS_IT_IS, CLIPPED, HEALTHY, SECTIONS, Tried, merit, trials
from measure import prove_lab
from measure.tables import put
from probes.lab import FAULTS, FIXES, Settings, applied, possible

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
RESULTS, PAGE = ROOT / "app" / "trial.json", DOCS / "document_on_trial.md"
SEEDS = 5

# What a recommendation of app.trial.SECTIONS does to a run, where it is no fix of the knowledge. The
# document's wording means a higher clipping threshold; the lower one stands beside it.
CHANGES: dict[str, Callable[[Settings], Settings]] = {
    "zero-stage-1": lambda s: s.but(zero_stage=1) if s.zero_stage == 2 else s,
    "zero-stage-3": lambda s: s.but(zero_stage=3) if s.zero_stage == 2 else s,
    "raise-clipping-threshold": lambda s: s.but(max_grad_norm=s.max_grad_norm and 10 * s.max_grad_norm),
    "lower-clipping-threshold": FIXES["clip-gradients"],
}
# The first is the document's run. Stage 2 alone, without a race, is one more name for the same arithmetic.
BASES: dict[str, Settings] = {
    "fp16-drift": FAULTS["fp16-drift"].settings.but(zero_stage=2),
    "fp16-rare-batch": FAULTS["fp16-rare-batch"].settings.but(zero_stage=2),
    "zero2-garbage": FAULTS["zero2-garbage"].settings,
    "exploding-gradients": FAULTS["exploding-gradients"].settings,
    "lr-too-high": FAULTS["lr-too-high"].settings,
}
WIDE, HIGH, TOP = 900, 300, 5.0
COLOURS = (
    "#d62728",
    "#2ca02c",
    "#1f77b4",
    "#ff7f0e",
    "#9467bd",
    "#8c564b",
    "#e377c2",
    "#7f7f7f",
    "#bcbd22",
    "#17becf",
)
THRESHOLDS = (None, 100.0, 10.0, 1.0, 0.1, 0.01)


def variants(base: str) -> Iterator[tuple[str, Settings]]:
    """The run as it is, with each recommendation that changes it, and at each clipping threshold."""
    settings = BASES[base]
    yield "", settings
    for name in SECTIONS:
        change = CHANGES.get(name) or FIXES[name]
        if change(settings) != settings:
            yield name, change(settings)
    if base in ("fp16-drift", "exploding-gradients"):
        for threshold in THRESHOLDS:
            yield f"{CLIPPED}{threshold}", settings.but(max_grad_norm=threshold)


def plan() -> Iterator[dict[str, Any]]:
    """All runs that the proof does not hold already."""
    for seed in range(SEEDS):
        for base, fault in FAULTS.items():
            if base in BASES:
                proved = {plain(settings) for settings, _ in map(partial(applied, fault), possible(fault))}
                for name, settings in variants(base):
                    if plain(settings) not in {*proved, fault.settings}:
                        task = {"fault": base, "fix": "", "seed": seed, "name": name}
                        yield {**task, "settings": dataclasses.asdict(plain(settings))}


def plain(settings: Settings) -> Settings:
    """The settings without what makes no difference: a stage of ZeRO where there is one rank."""
    return settings.but(zero_stage=0) if settings.ranks == 1 else settings


def ran(line: dict[str, Any]) -> Settings:
    """The settings of a run that measure/run_lab.py wrote down."""
    fault = FAULTS[line["fault"]]
    if "settings" in line:
        return plain(Settings(**line["settings"]))
    if line["fix"] in ("", HEALTHY):
        return plain(fault.healthy if line["fix"] else fault.settings)
    return plain(applied(fault, line["fix"])[0])


def taken(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """By base and variant: in how many seeds it was cured, where it broke, and the first seed's curve."""
    found: dict[str, Any] = {}
    healthy = [line for line in lines if line["fix"] == HEALTHY]
    for base, fault in FAULTS.items():
        if base not in BASES:
            continue
        damaged = [
            line for line in lines if line["fault"] == base and line["fix"] not in (HEALTHY, *fault.undone_by)
        ]
        runs = {
            name: {line["seed"]: line for line in damaged if ran(line) == plain(settings)}
            for name, settings in variants(base)
        }
        runs = {HEALTHY: {row["seed"]: row for row in healthy if ran(row) == plain(fault.healthy)}, **runs}
        brief = {
            name: {seed: prove_lab.brief(row) for seed, row in rows.items()} for name, rows in runs.items()
        }
        found[base] = {
            name or AS_IT_IS: tried(brief, runs, name)
            for name in runs
            if brief[name].keys() & brief[""].keys() & brief[HEALTHY].keys()
        }
    return {base: found[base] for base in BASES}


def tried(brief: dict[str, Any], runs: dict[str, Any], name: str) -> dict[str, Any]:
    seeds = sorted(brief[name].keys() & brief[""].keys() & brief[HEALTHY].keys())
    helped = [prove_lab.cured(brief[name][seed], brief[""][seed], brief[HEALTHY][seed]) for seed in seeds]
    losses = [float(loss) for loss in runs[name][seeds[0]]["loss"]]
    return {
        "runs": len(seeds),
        "cured": sum(helped),
        "onset": [brief[name][seed]["first_bad_step"] for seed in seeds],
        "curve": [float(f"{loss:.3g}") if math.isfinite(loss) else None for loss in losses],
    }


def share(tried: Tried | None) -> str:
    return f"{tried.cured}/{tried.runs}" if tried else "–"


def page() -> str:
    """The tables and curves of docs/document_on_trial.md."""
    faults = list(trials())
    places = {name: str(place) for place, name in enumerate(SECTIONS, start=1) if SECTIONS[name]}
    head = ("recommendation", "document", "its place there", *faults)
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for name in merit():
        found = [share(trials()[f].get(name)) for f in faults]
        lines.append(
            f"| {name} | {SECTIONS[name] or '(not in it)'} | {places.get(name, '–')} | {' | '.join(found)} |"
        )
    clipped = [f for f in faults if any(name.startswith(CLIPPED) for name in trials()[f])]
    lines += ["", "The clipping threshold, raised and lowered (None: no clipping), cured of runs:", ""]
    lines += [f"| threshold | {' | '.join(clipped)} |", "|" + "---|" * (1 + len(clipped))]
    for threshold in THRESHOLDS:
        cells = [share(trials()[f].get(f"{CLIPPED}{threshold}")) for f in clipped]
        lines.append(f"| {threshold} | {' | '.join(cells)} |")
    for fault in faults:
        lines += ["", f"### {fault}", "", f"![losses of {fault}](trial-{fault}.svg)"]
    return "\n".join(lines)


def drawing(fault: str) -> str:
    """An SVG of the first seed's losses: as it is, healthy, and with each recommendation; a cross is NaN."""
    rows = {name: run for name, run in trials()[fault].items() if not name.startswith(CLIPPED)}
    steps = max(len(run.curve) for run in rows.values())
    text = ""
    for place, (name, run) in enumerate(rows.items()):
        hue = COLOURS[place % len(COLOURS)]
        points = [(at, loss) for at, loss in enumerate(run.curve) if loss is not None]
        line = " ".join(f"{x(at, steps):.1f},{y(loss):.1f}" for at, loss in points)
        broad = 3 if name in (AS_IT_IS, HEALTHY) else 1.2
        text += f'<polyline fill="none" stroke="{hue}" stroke-width="{broad}" points="{line}"/>\n'
        if len(points) < len(run.curve):
            at, loss = points[-1] if points else (0, 1.0)
            text += f'<text x="{x(at, steps):.1f}" y="{y(loss):.1f}" fill="{hue}" font-size="16">×</text>\n'
        text += f'<text x="{WIDE - 220}" y="{20 + 18 * place}" fill="{hue}" font-size="13">{name}</text>\n'
    for loss in (1, 2, 3, 4):
        text += f'<text x="4" y="{y(loss):.1f}" font-size="12" fill="#777">{loss}</text>\n'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" font-family="sans-serif">\n'
        f'<rect width="{WIDE}" height="{HIGH}" fill="#fff"/>\n{text}</svg>\n'
    )


def x(step: int, steps: int) -> float:
    return 24 + step / steps * (WIDE - 260)


def y(loss: float) -> float:
    return HIGH - 20 - min(loss, TOP) / TOP * (HIGH - 30)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--plan", type=Path)
    parser.add_argument("--take", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.plan:
        arguments.plan.write_text("".join(json.dumps(task) + "\n" for task in plan()))
    if arguments.take:
        lines = [json.loads(line) for line in arguments.take.read_text().splitlines()]
        RESULTS.write_text(json.dumps(taken(lines)) + "\n")
    if arguments.write:
        put("trial", page(), PAGE)
        for fault in trials():
            (DOCS / f"trial-{fault}.svg").write_text(drawing(fault), encoding="utf-8")


if __name__ == "__main__":
    main()
