"""How heavily evidence should weigh: the power to which likelihoods are raised, fitted to real threads.

    .venv/bin/python -m measure.weight ../shared/cases          prints the table
    .venv/bin/python -m measure.weight ../shared/cases --write  puts it into docs/measured.md

Signs are written cautiously, and a fact that is known at all in a thread is rarely beside the point: with
the signs as they stand belief stays too near to the priors. One number mends that, as temperature scaling
does for a classifier (Guo, Pleiss, Sun and Weinberger, 2017): each fact's likelihoods are raised to a power.
Judged by the log loss of the true cause, a proper score. The last line chooses the weight anew for each
repository, from the threads of all others, and so the priors.
"""

from __future__ import annotations

import argparse
import math
import statistics
from pathlib import Path

import yaml

import kb
from kb.model import Knowledge
from measure.cases import Case, calibration, hits, read
from measure.tables import put

WEIGHTS = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
LEAST = 1e-4  # a cause that got less belief than this loses no more


def weighing(knowledge: Knowledge, weight: float) -> Knowledge:
    """The knowledge with another weight of evidence."""
    policy = knowledge.policy.model_copy(update={"evidence_weight": weight})
    return knowledge.model_copy(update={"policy": policy, "version": f"{knowledge.version}-{weight}"})


def loss(case: Case) -> float:
    """Minus the logarithm of the belief in the true cause, in nats."""
    return -math.log(max(case.truth, LEAST))


def row(name: str, cases: list[Case]) -> str:
    """One line of the table."""
    scores = f"{statistics.fmean(map(loss, cases)):.2f} | {calibration(cases):.2f}"
    return f"| {name} | {scores} | {hits(cases, None, 1):.0%} | {hits(cases, None, 3):.0%} |"


def repository(folder: Path) -> str:
    """owner/name of the thread in `folder`."""
    label = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    return "/".join(label["url"].lower().split("/")[3:5])


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    folders = [folder for folder in sorted(arguments.folder.iterdir()) if (folder / "case.yaml").exists()]
    found: dict[float, dict[Path, Case]] = {}
    for weight in WEIGHTS:
        knowledge = weighing(kb.load(), weight)
        read_anew = ((folder, read(knowledge, folder, held_out=True)) for folder in folders)
        found[weight] = {folder: case for folder, case in read_anew if case}
    chosen: dict[Path, float] = {}
    for folder in found[1.0]:
        others = [other for other in found[1.0] if repository(other) != repository(folder)]
        chosen[folder] = min(WEIGHTS, key=lambda w: sum(loss(found[w][other]) for other in others))
    lines = [
        f"{len(chosen)} cases, priors from the other repositories' threads, knowledge {kb.load().version}.",
        "",
        "| weight | log loss of the true cause | calibration error | first fix is right | one of three |",
        "|---|---:|---:|---:|---:|",
        *(row(f"{weight}", list(cases.values())) for weight, cases in found.items()),
        row("chosen from the other repositories", [found[w][folder] for folder, w in chosen.items()]),
    ]
    print("\n".join(lines))
    if arguments.write:
        put("weight", "\n".join(lines))


if __name__ == "__main__":
    main()
