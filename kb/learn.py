"""What outcomes teach: new priors and new chances of cure, from runs whose fixes were told of.

A prior is a Dirichlet's mean: an expert's guess weighs as much as `WEIGHT` cases, beside the threads that
were counted and the runs that were told of. A chance of cure is a Beta's mean that weighs as much. No run
says by itself which fault it had, so each counts for every cause by the belief in it, all its outcomes
considered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kb.belief import NONE, WORKED
from kb.model import Knowledge, Plain
from kb.standing import standing

WEIGHT = 40
SURELY = 0.005  # no fix is ever written off
ROUNDED = 2e-4  # priors are written with four digits


@dataclass(frozen=True)
class Run:
    """One broken run: what was known, each fix that was tried with its outcome, and which were told of here.

    What else was tried is evidence, and is not counted.
    """

    facts: Mapping[str, Plain]
    assumed: Collection[str]
    tried: Mapping[str, str]
    told: Collection[str]


@dataclass(frozen=True)
class Learnt:
    """`causes`: runs that were told of, by contract cause. `worked` and `failed`: runs, by (entry, fix)."""

    causes: Counter[str] = field(default_factory=Counter)
    worked: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def cure(self, entry: str, fix: str, chance: float, applied: float = 1.0) -> float:
        """The chance that `fix` cures `entry`, which was `chance` before these runs.

        Of the failures only those count in which the fix was applied as it is meant (`applied` of all tries).
        """
        worked, failed = self.worked[entry, fix], float(self.failed[entry, fix])
        if applied < 1:
            failed *= applied * (1 - chance) / (1 - applied * chance)
        # What is taken back may be more than the guess weighs.
        return min(max((WEIGHT * chance + worked) / max(WEIGHT + worked + failed, 1.0), SURELY), 1.0)

    def less(self, counted: Learnt) -> Learnt:
        """This without what was `counted` before: a run that more is told of is still one run."""
        for mine, other in (
            (self.causes, counted.causes),
            (self.worked, counted.worked),
            (self.failed, counted.failed),
        ):
            mine.subtract(other)  # type: ignore[arg-type]
        return self


def learn(knowledge: Knowledge, runs: Iterable[Run]) -> Learnt:
    """What the runs add up to. A run that nothing solved counts for the priors by what its failures leave
    likely: solved runs alone would lean to what is easily cured (docs/measured.md, "What outcomes teach").
    A fix that brought another symptom counts for nothing.
    """
    learnt = Learnt()
    for run in runs:
        case = standing(knowledge, run.facts, run.tried, run.assumed)
        active = case.active
        told = {fix: WORKED[run.tried[fix]] for fix in run.told if run.tried.get(fix) in WORKED}
        for name, of, entry, weight in zip(
            active.ids, active.of, active.entries, case.posterior, strict=True
        ):
            if name == NONE or entry is None:
                continue
            if told:
                learnt.causes[of] += float(weight)  # type: ignore[assignment]
            for fix, worked in told.items():
                if fix in entry.fixes:  # a fix that is not known for it is no cure of it by chance
                    (learnt.worked if worked else learnt.failed)[name, fix] += float(weight)  # type: ignore[assignment]
    return learnt


def totals(knowledge: Knowledge, here: Mapping[str, int], told: Mapping[str, float]) -> dict[str, float]:
    """Each contract cause's prior, its finer causes included, from threads and from runs told of."""
    number = sum(here.values()) + sum(told.values())
    guesses = {c.id: c.counted.guess for c in knowledge.causes.values() if c.counted}
    share = (1 - knowledge.policy.none_of_these) / (WEIGHT + number)
    scale = WEIGHT / sum(guesses.values())
    return {c: share * (guess * scale + here.get(c, 0) + told.get(c, 0.0)) for c, guess in guesses.items()}


def told(knowledge: Knowledge) -> dict[str, float]:
    """The runs told of that the priors have in them already."""
    return {c.id: c.counted.told for c in knowledge.causes.values() if c.counted}


def spread(knowledge: Knowledge, wanted: Mapping[str, float]) -> dict[str, float]:
    """Every entry's prior, when the contract causes have the totals that are `wanted`."""
    now: Counter[str] = Counter()
    for cause in knowledge.causes.values():
        now[cause.under or cause.id] += cause.prior  # type: ignore[assignment]
    return {c.id: c.prior * wanted[c.under or c.id] / now[c.under or c.id] for c in knowledge.causes.values()}
