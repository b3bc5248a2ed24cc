"""How many questions it takes until a right fix is first, when nothing is known but what is asked for.

    .venv/bin/python -m measure.questions ../shared/cases          prints the table
    .venv/bin/python -m measure.questions ../shared/cases --write  puts it into docs/measured.md

The facts that a case's artifacts hold are hidden; the wizard gets one when it asks for it, and "don't know"
where the artifacts do not say. Three orders of asking: by value, as whynan asks; as the tree lists the open
questions; at random among them. Cases whose right fix leads before the first question do not count.
Threads are few, so the same is done with cases drawn from the knowledge itself: a cause by its prior, each
fact by its signs, known as often as `known` says; right is what cures the cause in half of the cases. These
compare orders of asking and say nothing of how right the knowledge is.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

import kb
from app import inputs
from app.session import Session, known
from kb.bands import limits
from kb.belief import NONE, likelihood, space
from kb.diagnosis import questions
from kb.graph import walk
from kb.model import Knowledge, Plain
from kb.policy import asking_costs
from kb.standing import Standing, ranked, standing
from measure.tables import put

SEEDS = 10
MADE = 300
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


def made(knowledge: Knowledge, number: int, seed: int = 0) -> list[Hidden]:
    """Cases drawn from the knowledge: what each question would be answered, where the person knows."""
    rng = np.random.default_rng(seed)
    active = space(knowledge, {})
    named = [i for i, cause in enumerate(active.of) if cause != NONE]
    share = active.prior[named] / active.prior[named].sum()
    asks = sorted({node.fact for node in knowledge.tree.nodes.values()})
    found = []
    for hypothesis in rng.choice(named, size=number, p=share):
        facts: dict[str, Plain] = {}
        for name in asks:
            values, table = likelihood(knowledge, active, name)
            value = values[rng.choice(len(values), p=table[hypothesis])]
            if rng.random() < knowledge.facts[name].known:
                facts[name] = plain(knowledge, name, value)
        cure = dict(zip(active.fixes, active.cure[hypothesis], strict=True))
        found.append(Hidden(facts, frozenset(fix for fix, chance in cure.items() if chance >= 0.5)))
    return [case for case in found if case.accepted]


def plain(knowledge: Knowledge, name: str, value: str) -> Plain:
    """A value of `typical` as a person would say it: of a band, a number inside."""
    fact = knowledge.facts[name]
    if fact.kind == "bool":
        return value == "true"
    if fact.kind != "number" or value == "none":
        return value
    low, high = limits(fact.bands[-1][value])
    return high / 2 if low == -float("inf") else low * 1.01


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
    shown = "never" if middle == float("inf") else f"{middle:.1f}"
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
    drawn = [case for case in made(knowledge, MADE) if asked(knowledge, case, as_listed) != 0]
    lines = []
    for what, some in (("threads", cases), ("cases drawn from the knowledge", drawn)):
        lines += [
            f"{len(some)} {what} whose right fix does not lead before the first question.",
            "",
            "| order of questions | median | mean where it leads | leads at some point |",
            "|---|---:|---:|---:|",
        ]
        for name, chosen in orders.items():
            lines.append(row(name, [[asked(knowledge, case, order) for case in some] for order in chosen]))
        lines.append("")
    text = "\n".join(lines[:-1])
    print(text)
    if arguments.write:
        put("questions", text)


if __name__ == "__main__":
    main()
