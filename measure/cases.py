"""How often whynan is right on real threads with a known resolution, beside what takes no thought.

    .venv/bin/python -m measure.cases ../shared/cases          prints the table
    .venv/bin/python -m measure.cases ../shared/cases --write  puts it into docs/measured.md

Each case goes through the real readers, from its artifacts alone. A fix is right when the thread accepted it;
cases whose label is doubtful do not count. The baselines: an order at random (its expected value), the fixes
that are most common among these very cases, and the founding document's own order. A second row leaves the
threads of the case's own repository out of the counts that the priors come from; what a person learnt from
them about signs and wordings cannot be left out.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from math import comb
from pathlib import Path

import yaml

import kb
from app import inputs
from app.conclusion import conclude
from app.session import Session
from kb.model import Knowledge
from measure.count_priors import recounted, threads
from measure.tables import put

DOCUMENT_ORDER = ("use-bf16", "change-zero-stage", "lower-learning-rate", "clip-gradients", "use-adamw")


@dataclass(frozen=True)
class Case:
    """One thread: what it accepted, and what whynan says of its artifacts, best first."""

    name: str
    accepted: frozenset[str]
    cause: str
    fixes: tuple[str, ...]
    causes: tuple[str, ...]
    belief: float
    truth: float  # the belief in the cause that it was


def read(knowledge: Knowledge, folder: Path, held_out: bool = False) -> Case | None:
    """The case in `folder`, or None when its label is doubtful; `held_out`: its repository taught nothing."""
    label = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    if label.get("label_check") == "doubtful":
        return None
    if held_out:
        repository = "/".join(label["url"].lower().split("/")[3:5])
        others = [thread for thread in threads() if thread.repository != repository]
        knowledge = recounted(knowledge, others, repository)
    found = inputs.read(sorted((folder / "artifacts").iterdir()))
    conclusion = conclude(knowledge, Session().read(*found.reports))
    return Case(
        name=folder.name,
        accepted=frozenset(label["accepted_fixes"]),
        cause=label["cause"],
        fixes=tuple(fix.entry.id for fix in conclusion.fixes),
        causes=tuple(cause.entry.id for cause in conclusion.causes),
        belief=conclusion.causes[0].probability,
        truth=next((c.probability for c in conclusion.causes if c.entry.id == label["cause"]), 0.0),
    )


def hits(cases: list[Case], order: tuple[str, ...] | None, most: int) -> float:
    """The share of cases with an accepted fix among the first `most`: of `order`, or of whynan's own."""
    return sum(bool(case.accepted & set((order or case.fixes)[:most])) for case in cases) / len(cases)


def random_hits(cases: list[Case], fixes: int, most: int) -> float:
    """The same share, in expectation, when all `fixes` are shuffled."""
    missed = (comb(fixes - len(case.accepted), most) / comb(fixes, most) for case in cases)
    return 1 - sum(missed) / len(cases)


def calibration(cases: list[Case], bins: int = 5) -> float:
    """The expected calibration error of the first cause's probability, in `bins` bins of equal width."""
    error = 0.0
    for i in range(bins):
        chosen = [
            case
            for case in cases
            if i / bins <= case.belief < (i + 1) / bins or (case.belief == 1 and i == bins - 1)
        ]
        if chosen:
            right = sum(case.causes[0] == case.cause for case in chosen) / len(chosen)
            error += len(chosen) / len(cases) * abs(right - sum(case.belief for case in chosen) / len(chosen))
    return error


def table(cases: list[Case], held_out: list[Case], knowledge: Knowledge) -> str:
    """The figures as Markdown."""
    common = tuple(fix for fix, _ in Counter(fix for case in cases for fix in case.accepted).most_common())
    right = sum(case.causes[0] == case.cause for case in cases) / len(cases)
    among = sum(case.cause in case.causes[:3] for case in cases) / len(cases)
    rows = [
        ("whynan", hits(cases, None, 1), hits(cases, None, 3)),
        (
            "whynan, priors without the case's repository",
            hits(held_out, None, 1),
            hits(held_out, None, 3),
        ),
        (
            "most common fixes first (counted on the same cases)",
            hits(cases, common, 1),
            hits(cases, common, 3),
        ),
        ("the document's order", hits(cases, DOCUMENT_ORDER, 1), hits(cases, DOCUMENT_ORDER, 3)),
        (
            "random order (expected)",
            random_hits(cases, len(knowledge.fixes), 1),
            random_hits(cases, len(knowledge.fixes), 3),
        ),
    ]
    lines = [
        f"{len(cases)} cases, knowledge {knowledge.version}.",
        "",
        "| order of fixes | first is right | one of three is right |",
        "|---|---:|---:|",
    ]
    lines += [f"| {name} | {one:.0%} | {three:.0%} |" for name, one, three in rows]
    lines += [
        "",
        f"Cause: first is right {right:.0%}, one of three {among:.0%}; expected calibration error of the first {calibration(cases):.2f}.",  # noqa: E501
    ]
    return "\n".join(lines)


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--misses", action="store_true", help="list the cases whose first fix is wrong")
    arguments = parser.parse_args()
    knowledge = kb.load()
    folders = [folder for folder in sorted(arguments.folder.iterdir()) if (folder / "case.yaml").exists()]
    cases = [case for folder in folders if (case := read(knowledge, folder))]
    held_out = [case for folder in folders if (case := read(knowledge, folder, held_out=True))]
    text = table(cases, held_out, knowledge)
    print(text)
    if arguments.misses:
        for case in cases:
            if case.fixes[0] not in case.accepted:
                print(
                    f"{case.name}: {', '.join(case.fixes[:3])}; accepted {', '.join(sorted(case.accepted))}; cause {case.cause}, held {case.causes[0]} {case.belief:.2f}"  # noqa: E501
                )
    if arguments.write:
        put("cases", text)


if __name__ == "__main__":
    main()
