"""One diagnosis as a frozen value: what was read, answered and tried. Each step gives the next value."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import kb
from kb.model import Knowledge
from probes.merge import merge
from probes.report import ANSWERED, ASSUMED, MEASURED, TOLD, Fact, Report, Unknown, Value

# Prose may say which fixes were tried already: such facts are called tried.<fix>, their value is the outcome.
ON_THE_NODE = "whynan probe, on the node"  # what tells a fact that only the GPUs decide
TRIED = "tried."
ANSWER = "answer"  # the source of what a person answered
FOLLOWS = "follows from "  # and the facts, in the source of one that is told by others


@dataclass(frozen=True)
class Said:
    """What was said of a session when its link was made: the leading causes and fixes, (id, percent) each."""

    causes: tuple[tuple[str, int], ...] = ()
    fixes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Session:
    """All that is known of one broken run.

    `answers` holds (fact, value) in the order given; the value None is "don't know". `tried` holds
    (fix, outcome). `knowledge` is the version of the knowledge base that a link was made with, or "", and
    `said` what that one said.
    """

    reports: tuple[Report, ...] = ()
    answers: tuple[tuple[str, Value | None], ...] = ()
    tried: tuple[tuple[str, str], ...] = ()
    knowledge: str = ""
    said: Said = Said()

    def read(self, *reports: Report) -> Session:
        """With further reports; one of the same kind and name is replaced. What `told` gave is told again."""
        names = {(report.kind, report.name) for report in reports}
        kept = tuple(report for report in self.reports if (report.kind, report.name) not in names)
        found = tuple(report for report in reports if report.kind != TOLD)
        session = dataclasses.replace(self, reports=kept + found)
        for report in (report for report in reports if report.kind == TOLD):
            for fact in report.facts:
                if fact.id.startswith(TRIED):
                    session = session.outcome(fact.id.removeprefix(TRIED), str(fact.value))
                else:
                    session = session.answer(fact.id, fact.value)
            for unknown in report.unknown:
                session = session.answer(unknown.id, None)
        return session

    def told(self) -> Report:
        """The answers and the tried fixes as a report, which `read` takes back."""
        answers = [Fact(fact, value, ANSWER, ANSWERED) for fact, value in self.answers if value is not None]
        tried = [Fact(f"{TRIED}{fix}", outcome, ANSWER, ANSWERED) for fix, outcome in self.tried]
        skipped = tuple(Unknown(fact, "not known") for fact, value in self.answers if value is None)
        return Report(name="answers", kind=TOLD, facts=(*answers, *tried), unknown=skipped)

    def answer(self, fact: str, value: Value | None) -> Session:
        """With an answer, which also corrects what was read or measured; None is "don't know"."""
        return dataclasses.replace(self, answers=(*self.retract(fact).answers, (fact, value)))

    def retract(self, fact: str) -> Session:
        """Without the answer to `fact`: what was read or measured counts again."""
        return dataclasses.replace(self, answers=tuple(item for item in self.answers if item[0] != fact))

    def back(self) -> Session:
        """Without the last answer."""
        return dataclasses.replace(self, answers=self.answers[:-1])

    def outcome(self, fix: str, outcome: str) -> Session:
        """With the outcome of a fix that was tried; "" takes it back."""
        kept = tuple(item for item in self.tried if item[0] != fix)
        return dataclasses.replace(self, tried=(*kept, (fix, outcome)) if outcome else kept)

    def stamp(self, knowledge: str, said: Said = Said()) -> Session:
        """With the version of the knowledge base that it was judged by, and what that one said."""
        return dataclasses.replace(self, knowledge=knowledge, said=said)


@dataclass(frozen=True)
class Known:
    """What a session knows: facts with their source, what is not known and why, the curve, tried fixes."""

    facts: tuple[Fact, ...]
    unknown: tuple[Unknown, ...]
    curve: tuple[tuple[int, float], ...]
    tried: tuple[tuple[str, str], ...]
    skipped: tuple[str, ...]

    def values(self) -> dict[str, Value]:
        """The facts as id -> value."""
        return {fact.id: fact.value for fact in self.facts}

    def assumed(self) -> tuple[str, ...]:
        """The facts that are only a framework's default."""
        return tuple(fact.id for fact in self.facts if fact.state == ASSUMED)


def known(session: Session, knowledge: Knowledge) -> Known:
    """What the session knows: an answer beats what follows from several facts, which beats a single file."""
    merged = merge(session.reports)
    read = {fact.id: fact for fact in merged.facts if fact.id in knowledge.facts}
    # "Without it all is well" in a report is a comparison, which facts of its own tell: the fix stays listed.
    told = (fact for fact in merged.facts if fact.value != "worked" or fact.source == "answer")
    tried = {f.id.removeprefix(TRIED): str(f.value) for f in told if f.id.startswith(TRIED)}
    tried = {fix: outcome for fix, outcome in tried.items() if fix in knowledge.fixes} | dict(session.tried)
    answers = {name: value for name, value in session.answers if name in knowledge.facts}
    answered = {
        name: Fact(name, value, ANSWER, ANSWERED) for name, value in answers.items() if value is not None
    }
    facts = read | answered
    unknown = [item for item in merged.unknown if item.id not in facts]

    for derived in kb.derive(knowledge, {name: fact.value for name, fact in facts.items()}, answered):
        sources = "; ".join(f"{name} ({facts[name].source})" for name in derived.given)
        if derived.value is None:
            facts.pop(derived.id, None)
            unknown.append(Unknown(derived.id, derived.why.en if derived.why else sources, ON_THE_NODE))
        else:
            sure = all(facts[name].state != ASSUMED for name in derived.given)
            facts[derived.id] = Fact(
                derived.id, derived.value, f"{FOLLOWS}{sources}", MEASURED if sure else ASSUMED
            )

    skipped = tuple(name for name, value in answers.items() if value is None and name not in facts)
    return Known(tuple(facts.values()), tuple(unknown), merged.curve, tuple(tried.items()), skipped)
