"""How many questions it takes until a right fix is first, when nothing is known but what is asked for.

    .venv/bin/python docs/measure_questions.py ../shared/cases          prints the table
    .venv/bin/python docs/measure_questions.py ../shared/cases --write  puts it into docs/measured.md

The facts that a case's artifacts hold are hidden; the wizard gets one when it asks for it, and "don't know"
where the artifacts do not say. Three orders of asking: by value, as whynan asks; as the tree lists the open
questions; at random among them. Cases whose right fix leads before the first question do not count.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from tables import put

import kb
from app import inputs
from app.session import Session, known
from kb.diagnosis import questions
from kb.graph import walk
from kb.model import Knowledge, Plain
from kb.policy import asking_costs
from kb.standing import Standing, ranked, standing

SEEDS = 10
Order = Callable[[Knowledge, Standing, list[str]], str]  # the fact to ask for, of those that are open


@dataclass(frozen=True)
class Hidden:
    """A case: what its artifacts would tell, and the fixes that its thread accepted."""

    facts: dict[str, Plain]
    accepted: frozenset[str]


def read(knowledge: Knowledge, folder: Path) -> Hidden | None:
    """The case in `folder`, or None when its label is doubtful."""
    label = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    if label.get("label_check") == "doubtful":
        return None
    found = inputs.read(sorted((folder / "artifacts").iterdir()))
    return Hidden(
        known(Session().read(*found.reports), knowledge).values(), frozenset(label["accepted_fixes"])
    )


def asked(knowledge: Knowledge, case: Hidden, order: Order) -> int | None:
    """The questions until a right fix is first; None where it never is."""
    facts: dict[str, Plain] = {}
    skipped: list[str] = []
    for count in range(len(knowledge.tree.nodes) + 1):
        now = standing(knowledge, facts, {})
        lead = next(row.fix for row in ranked(knowledge, now) if row.fix not in now.impossible)
        if lead in case.accepted:
            return count
        open_ = list(
            dict.fromkeys(
                knowledge.tree.nodes[n].fact
                for n in walk(knowledge, facts, skipped)[1]
                if knowledge.facts[knowledge.tree.nodes[n].fact].question
            )
        )
        if not open_:
            return None
        fact = order(knowledge, now, open_)
        if fact in case.facts:
            facts[fact] = case.facts[fact]
        else:
            skipped.append(fact)
    return None


def by_value(knowledge: Knowledge, now: Standing, open_: list[str]) -> str:
    """The question that lowers the expected cost of repair most."""
    nodes = [name for name, node in knowledge.tree.nodes.items() if node.fact in open_]
    left = [i for i, fix in enumerate(now.active.fixes) if fix not in now.impossible]
    costs = asking_costs(
        now.posterior,
        now.active.cure[:, left],
        now.costs[left],
        questions(knowledge, now.active, nodes),
        knowledge.policy.escalate_minutes,
    )
    return min(open_, key=lambda fact: costs.get(fact, float("inf")))


def as_listed(_: Knowledge, __: Standing, open_: list[str]) -> str:
    """The tree's own order."""
    return open_[0]


def at_random(seed: int) -> Order:
    """Any open question."""
    rng = random.Random(seed)
    return lambda _, __, open_: rng.choice(open_)


def row(name: str, counts: list[list[int | None]]) -> str:
    """The median over all cases and seeds, and how many get there at all."""
    flat = [float("inf") if count is None else count for run in counts for count in run]
    reached = sum(count != float("inf") for count in flat) / len(flat)
    middle = statistics.median(flat)
    shown = "never" if middle == float("inf") else f"{middle:.0f}"
    mean = statistics.mean(count for count in flat if count != float("inf"))
    return f"| {name} | {shown} | {mean:.1f} | {reached:.0%} |"


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    knowledge = kb.load()
    folders = [folder for folder in sorted(arguments.folder.iterdir()) if (folder / "case.yaml").exists()]
    cases = [case for folder in folders for case in [read(knowledge, folder)] if case]
    # What leads without a question needs none; what never leads, with all that is known, cannot be asked for.
    cases = [case for case in cases if asked(knowledge, case, as_listed) != 0]
    orders: dict[str, list[Order]] = {
        "by value (whynan)": [by_value],
        "the tree's fixed order": [as_listed],
        f"at random ({SEEDS} seeds)": [at_random(seed) for seed in range(SEEDS)],
    }
    lines = [
        f"{len(cases)} cases whose right fix does not lead before the first question.",
        "",
        "| order of questions | median | mean where it leads | leads at some point |",
        "|---|---:|---:|---:|",
    ]
    for name, chosen in orders.items():
        lines.append(row(name, [[asked(knowledge, case, order) for case in cases] for order in chosen]))
    text = "\n".join(lines)
    print(text)
    if arguments.write:
        put("questions", text)


if __name__ == "__main__":
    main()
