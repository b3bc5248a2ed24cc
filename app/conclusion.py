"""What a diagnosis says to a person: the one value that pages, command line and exports all show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import kb
from app.patch import Patch, patch
from app.session import Known, Said, Session, known
from kb.belief import Evidence
from kb.costs import money
from kb.model import Advisory, Cause, Fix, Knowledge
from probes.report import JUDGED

AGAINST = 0.7  # a fact with a smaller factor speaks against a cause
SAID = 3  # causes, and fixes, that a link keeps
HEALTHY, ABNORMAL, UNJUDGED = "healthy", "abnormal", "unjudged"


@dataclass(frozen=True)
class CauseShown:
    """A cause with its probability and the facts that speak for and against it, the strongest first.

    `finer` is the finer cause, or the known bug of a library, that it most likely is.
    """

    entry: Cause
    probability: float
    evidence: tuple[Evidence, ...]
    finer: Cause | Advisory | None


@dataclass(frozen=True)
class FixShown:
    """A fix with its rank. `cost` is in minutes, and `money` the same in the user's currency
    where a price is known; `unmet` are the needs that are not met here.

    `probability` is that it helps if tried now, `after` that it does once all before it have failed.

    `cause` is the cause that the fix is known for, and `against` the facts that speak against that one here:
    why a well-known fix is not on top.
    """

    entry: Fix
    rank: int
    probability: float
    after: float
    cost: float
    money: float | None
    unmet: tuple[str, ...]
    addresses: tuple[str, ...]
    cause: str | None
    against: tuple[Evidence, ...]
    patch: Patch | None

    @property
    def possible(self) -> bool:
        """Whether nothing that is known speaks against doing it here."""
        return not self.unmet


@dataclass(frozen=True)
class Conclusion:
    """The whole of it. `verdict` is healthy, abnormal, or unjudged when nothing says what the run shows."""

    knowledge: Knowledge = field(repr=False, compare=False)
    verdict: str
    version: str
    known: Known
    causes: tuple[CauseShown, ...]
    fixes: tuple[FixShown, ...]
    next: kb.Ask | kb.Try | kb.Stop
    expected_cost: float
    path: tuple[str, ...]
    open: tuple[str, ...]

    @cached_property
    def explanation(self) -> kb.Explanation:
        """What it hangs on. Worked out where it is shown: while questions are asked, nobody looks at it."""
        facts = self.known
        return kb.explain(self.knowledge, facts.values(), dict(facts.tried), facts.skipped, facts.assumed())


def conclude(knowledge: Knowledge, session: Session, files: Mapping[str, str] | None = None) -> Conclusion:
    """Everything that can be said of `session`. `files` (name -> text) are the user's, to patch."""
    facts = known(session, knowledge)
    values = facts.values()
    found = kb.diagnose(knowledge, values, dict(facts.tried), facts.skipped, facts.assumed())
    framework = values.get("framework.name")
    entries: Mapping[str, Cause | Advisory] = {**knowledge.causes, **knowledge.advisories}
    target = {fix: _known_for(knowledge, fix) for fix in knowledge.fixes}
    return Conclusion(
        knowledge=knowledge,
        verdict=verdict(facts),
        version=knowledge.version,
        known=facts,
        causes=tuple(
            CauseShown(
                knowledge.causes[cause],
                probability,
                found.evidence[cause],
                entries.get(found.finer.get(cause, "")),
            )
            for cause, probability in found.causes
        ),
        fixes=tuple(
            FixShown(
                entry=(fix := knowledge.fixes[name]),
                rank=rank,
                probability=chance,
                after=found.after[name],
                cost=minutes,
                money=money(minutes, values),
                unmet=found.impossible.get(name, ()),
                addresses=tuple(c for c, _ in found.causes if name in knowledge.causes[c].fixes),
                cause=target[name],
                against=tuple(e for e in found.evidence.get(target[name] or "", ()) if e.factor < AGAINST),
                patch=patch(fix, files or {}, str(framework) if framework else None),
            )
            for rank, (name, chance, minutes) in enumerate(found.fixes, start=1)
        ),
        next=found.next,
        expected_cost=found.expected_cost,
        path=found.path,
        open=found.open,
    )


def _known_for(knowledge: Knowledge, fix: str) -> str | None:
    """The cause of the contract that a fix cures most often among all who come."""
    causes = [cause for cause in knowledge.causes.values() if not cause.under and fix in cause.fixes]
    return max(causes, key=lambda cause: cause.prior * cause.fixes[fix]).id if causes else None


def said(conclusion: Conclusion) -> Said:
    """What a link keeps of it, so that later knowledge can be held against it."""
    if conclusion.verdict == HEALTHY:
        return Said()
    return Said(
        tuple((cause.entry.id, round(100 * cause.probability)) for cause in conclusion.causes[:SAID]),
        tuple((fix.entry.id, round(100 * fix.probability)) for fix in conclusion.fixes[:SAID]),
    )


def verdict(facts: Known) -> str:
    """Whether what is known shows something abnormal, nothing abnormal, or not enough to judge."""
    values = facts.values()
    if any(values.get(name, "ok") != "ok" for name in JUDGED) or values.get("checkpoint.scan") == "damaged":
        return ABNORMAL
    symptom = values.get("loss.symptom")
    if symptom is None:
        return UNJUDGED
    return HEALTHY if symptom == "healthy" else ABNORMAL
