"""Why a diagnosis is as it is: what it hangs on, what would change it, and what was not checked yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from kb import belief as beliefs
from kb.belief import FLOOR, NONE, Array
from kb.graph import walk
from kb.model import Knowledge, Plain
from kb.pairs import Pair, pairs
from kb.standing import Standing, ranked, standing

# A check that tells less than this, in nats, is not worth a line; one percent is not worth a warning.
LEAST_NATS, LEAST_CHANCE = 0.05, 0.01


@dataclass(frozen=True)
class Flip:
    """An answer that would put another fix first; `chance` is P(answer | what is known)."""

    fact: str
    value: str
    chance: float
    fix: str


@dataclass(frozen=True)
class Hinge:
    """A known fact without which another fix would come first: worth a second look."""

    fact: str
    fix: str


@dataclass(frozen=True)
class Check:
    """A fact that is not known and would speak for or against a cause.

    `nats` is the information that it would carry, on average, if the cause were the true one.
    """

    fact: str
    nats: float


@dataclass(frozen=True)
class Explanation:
    """`flips` by chance, `hinges` as the facts came, `unchecked` for each cause by what it would tell.

    `together` holds two causes that explain the facts better as two faults than any one does, else nothing.
    """

    flips: tuple[Flip, ...]
    hinges: tuple[Hinge, ...]
    unchecked: Mapping[str, tuple[Check, ...]]
    together: Pair | None


def explain(
    knowledge: Knowledge,
    facts: Mapping[str, Plain],
    tried: Mapping[str, str] | None = None,
    skipped: Collection[str] = (),
    assumed: Collection[str] = (),
) -> Explanation:
    """What the diagnosis of the same arguments hangs on. Nothing can flip where no fix is left to try."""
    case = standing(knowledge, facts, tried or {}, assumed)
    lead = first(knowledge, case)
    open_ = {
        name: beliefs.likelihood(knowledge, case.active, name)
        for name in _learnable(knowledge, facts, case.columns)
    }
    asked = {knowledge.tree.nodes[node].fact for node in walk(knowledge, facts, skipped)[1]}
    near = {name: row for name, row in open_.items() if name in asked or knowledge.facts[name].check}
    return Explanation(
        flips=tuple(
            sorted(_flips(case, near, lead, knowledge.policy.evidence_weight), key=lambda flip: -flip.chance)
        )
        if lead
        else (),
        hinges=tuple(_hinges(knowledge, facts, case.tried, assumed, lead)) if lead else (),
        unchecked=_unchecked(case, open_),
        together=pairs(knowledge, case),
    )


def first(knowledge: Knowledge, case: Standing) -> str | None:
    """The fix that leads, None where none is possible."""
    order = [row.fix for row in ranked(knowledge, case) if row.fix not in case.impossible]
    return order[0] if order else None


def _learnable(knowledge: Knowledge, facts: Mapping[str, Plain], counted: Mapping[str, Array]) -> list[str]:
    """The facts that are not known, and say something else than a known one of the same group."""
    groups = {knowledge.facts[name].group for name in counted} - {""}
    return [
        fact.id
        for fact in knowledge.facts.values()
        if fact.typical
        and (fact.question or fact.check)
        and fact.id not in facts
        and fact.group not in groups
        and not beliefs.told(fact, facts)
    ]


def _flips(
    case: Standing, open_: Mapping[str, tuple[tuple[str, ...], Array]], lead: str, weight: float
) -> Iterator[Flip]:
    """`weight` is what the answer will weigh in the belief; how likely it is does not depend on it."""
    possible = [
        i for i, fix in enumerate(case.active.fixes) if fix not in case.impossible and fix not in case.tried
    ]
    for name, (values, table) in open_.items():
        chances = table.T @ case.posterior  # (V,)
        then = np.maximum(table.T, FLOOR) ** weight * case.posterior  # (V, H)
        worth = then @ case.active.cure[:, possible] / case.costs[possible]  # (V, F)
        for value, chance, row in zip(values, chances, worth, strict=True):
            fix = case.active.fixes[possible[int(row.argmax())]]
            if fix != lead and chance >= LEAST_CHANCE:
                yield Flip(name, value, float(chance), fix)


def _hinges(
    knowledge: Knowledge,
    facts: Mapping[str, Plain],
    tried: Mapping[str, str],
    assumed: Collection[str],
    lead: str,
) -> Iterator[Hinge]:
    for name in facts:
        if name in knowledge.facts and knowledge.facts[name].typical:
            rest = {other: value for other, value in facts.items() if other != name}
            fix = first(knowledge, standing(knowledge, rest, tried, assumed))
            if fix and fix != lead:
                yield Hinge(name, fix)


def _unchecked(
    case: Standing, open_: Mapping[str, tuple[tuple[str, ...], Array]]
) -> dict[str, tuple[Check, ...]]:
    """For each cause, as its likeliest finer cause has it: the Kullback-Leibler divergence of each fact."""
    found: dict[str, tuple[Check, ...]] = {}
    for cause in dict.fromkeys(case.active.of):
        if cause == NONE:
            continue
        rows = [i for i, parent in enumerate(case.active.of) if parent == cause]
        lead = max(rows, key=lambda i: case.posterior[i])
        checks = []
        for name, (_, table) in open_.items():
            here, all_ = table[lead], case.posterior @ table
            told = here > 0
            checks.append(Check(name, float(np.sum(here[told] * np.log(here[told] / all_[told])))))
        telling = [check for check in checks if check.nats >= LEAST_NATS]
        found[cause] = tuple(sorted(telling, key=lambda check: -check.nats))
    return found
