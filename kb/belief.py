"""Belief over what is wrong: P(cause | facts, tried fixes), one fault at a time.

Facts count as independent given the cause (naive Bayes). A cause that says nothing of a fact has the fact's
typical values. Finer causes and advisories are hypotheses of their own; they count for the cause above them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from kb.bands import band
from kb.derive import holds
from kb.model import Advisory, Cause, Fact, Knowledge, Plain

NONE = "none-of-these"
Array: TypeAlias = npt.NDArray[np.float64]

# How a tried fix's outcome speaks: it worked, or it failed. A fix that only brought another symptom acted on
# something, and says nothing of what is wrong now.
WORKED = {"worked": True, "no-change": False, "worse": False}
OUTCOMES = (*WORKED, "other-symptom")

# No chance counts as exactly 0 when a fact is weighed: a misread file must not rule out the truth for good.
FLOOR = 1e-6


@dataclass(frozen=True)
class Evidence:
    """One fact's part in the belief in a cause: `factor` is P(value | cause) / P(value) over all causes."""

    fact: str
    value: Plain
    factor: float


@dataclass(frozen=True, eq=False)
class Space:
    """The hypotheses (causes, finer causes, advisories that apply, none of these) as arrays.

    `of` maps each hypothesis to its contract cause; prior: (H,), sums to 1; cure: (H, F).
    """

    ids: tuple[str, ...]
    of: tuple[str, ...]
    entries: tuple[Cause | Advisory | None, ...]
    fixes: tuple[str, ...]
    prior: Array
    cure: Array


def space(knowledge: Knowledge, facts: Mapping[str, Plain]) -> Space:
    """The hypotheses that `facts` leave open; an advisory is one only where an affected version is known."""
    active = frozenset(a.id for a in knowledge.advisories.values() if applies(a, facts))
    return _space(knowledge, active)


@lru_cache(maxsize=64)
def _space(knowledge: Knowledge, active: frozenset[str]) -> Space:
    causes: list[Cause | Advisory] = [
        *knowledge.causes.values(),
        *(knowledge.advisories[i] for i in sorted(active)),
    ]
    fixes = tuple(knowledge.fixes)
    prior = np.array([cause.prior for cause in causes] or [0.0])
    none = knowledge.policy.none_of_these
    prior = prior / (prior.sum() or 1.0) * (1 - none)
    cure = np.array([[cause.fixes.get(fix, 0.0) for fix in fixes] for cause in causes] + [[0.0] * len(fixes)])
    return Space(
        ids=(*(cause.id for cause in causes), NONE),
        of=(*(parent(cause) for cause in causes), NONE),
        entries=(*causes, None),
        fixes=fixes,
        prior=np.append(prior[: len(causes)], none if causes else 1.0),
        cure=knowledge.policy.applied * cure.reshape(len(causes) + 1, len(fixes)),
    )


def parent(entry: Cause | Advisory) -> str:
    """The cause that a finer cause or an advisory counts for."""
    return entry.cause if isinstance(entry, Advisory) else entry.under or entry.id


def applies(advisory: Advisory, facts: Mapping[str, Plain]) -> bool:
    """Whether the versions that are known are affected ones, and all of `when` is known to hold."""
    ranges = {advisory.package: advisory.affected, **advisory.also}
    return all(
        _within(facts.get(f"version.{package}"), range_) for package, range_ in ranges.items()
    ) and holds(advisory.when, facts)


@lru_cache(maxsize=4096)
def _within(version: Plain | None, range_: str) -> bool:
    try:
        return SpecifierSet(range_).contains(Version(str(version)), prereleases=True)
    except InvalidVersion:  # not known, or written in a way of its own
        return False


@lru_cache(maxsize=4096)
def likelihood(knowledge: Knowledge, active: Space, fact_id: str) -> tuple[tuple[str, ...], Array]:
    """The fact's values, and P(value | hypothesis) as (H, V)."""
    fact = knowledge.facts[fact_id]
    values = tuple(fact.typical)
    rows = [_row(fact, entry.signs.get(fact_id, {}) if entry else {}) for entry in active.entries]
    return values, np.array(rows).reshape(len(rows), len(values))


def _row(fact: Fact, signs: Mapping[str, float]) -> list[float]:
    """One hypothesis' chances of the fact's values: what is said, and the rest shared out as is typical."""
    said = sum(signs.values())
    rest = sum(p for value, p in fact.typical.items() if value not in signs)
    left = max(1.0 - said, 0.0)
    row = [signs[v] if v in signs else left * p / rest for v, p in fact.typical.items()]
    total = math.fsum(row)
    return [p / total for p in row] if total > 0 else [1.0 / len(row)] * len(row)


def weigh(
    knowledge: Knowledge, active: Space, facts: Mapping[str, Plain], assumed: Collection[str] = ()
) -> dict[str, Array]:
    """Each fact's P(its value | hypothesis) as (H,), where the vocabulary knows the value.

    A framework's default that nobody wrote down may be wrong, so it is mixed with what is typical. Of the
    facts of one group, which tell the same thing, only the strongest counts. Where the policy gives evidence
    another weight than 1, the chances are raised to that power (temperature scaling of the log-likelihoods).
    """
    found: dict[str, Array] = {}
    facts = understood(knowledge, facts)
    for name, value in facts.items():
        fact = knowledge.facts.get(name)
        known = band(fact, value, facts) if fact and fact.typical else None
        if fact is None or known is None or told(fact, facts):
            continue
        values, table = likelihood(knowledge, active, name)
        column = table[:, values.index(known)]
        if name in assumed:
            trust = knowledge.policy.assumed
            column = trust * column + (1 - trust) * column[-1]
        found[name] = np.maximum(column, FLOOR) ** knowledge.policy.evidence_weight
    strongest: dict[str, str] = {}
    for name, column in found.items():
        group = knowledge.facts[name].group or name
        if group not in strongest or _strength(active, column) > _strength(active, found[strongest[group]]):
            strongest[group] = name
    return {name: column for name, column in found.items() if name in strongest.values()}


def told(fact: Fact, facts: Mapping[str, Plain]) -> bool:
    """Whether another fact says it already: counted again, it would count twice."""
    return any(facts.get(other) in values for other, values in fact.told_by.items())


def understood(knowledge: Knowledge, facts: Mapping[str, Plain]) -> dict[str, Plain]:
    """The facts with each value as the one that it is weighed as; what then says nothing more is left out."""
    found = dict(facts)
    for name in facts:
        rules = knowledge.facts[name].weighed_as if name in knowledge.facts else ()
        if rule := next((rule for rule in rules if holds(rule.given, facts)), None):
            found[name] = rule.value
            for spent in rule.given.keys() - {name} | ({name} if rule.value == "unknown" else set()):
                found.pop(spent, None)
    return found


def _strength(active: Space, column: Array) -> float:
    """The information, in nats, that the column carries under the prior."""
    joint = active.prior * column
    posterior = joint / joint.sum()
    return float(np.sum(posterior * np.log(column / joint.sum())))


def belief(active: Space, columns: Mapping[str, Array], tried: Mapping[str, str]) -> Array:
    """P(hypothesis | facts, tried fixes) as (H,), which sums to 1."""
    weights = np.log(np.maximum(active.prior, 1e-300))
    for column in columns.values():
        weights = weights + np.log(column)
    for fix, outcome in tried.items():
        if fix in active.fixes and outcome in WORKED:
            chance = active.cure[:, active.fixes.index(fix)]
            weights = weights + np.log(np.maximum(chance if WORKED[outcome] else 1 - chance, FLOOR))
    weights = np.exp(weights - weights.max())
    posterior: Array = weights / weights.sum()
    return posterior


def factors(active: Space, column: Array) -> Array:
    """P(value | hypothesis) / P(value), the latter over all hypotheses by their priors: (H,)."""
    ratio: Array = column / float(active.prior @ column)
    return ratio
