"""How many changes of the knowledge its own cases and checks catch: a test of the tests.

    .venv/bin/python -m measure.mutations          prints; --survivors lists what slipped through
    .venv/bin/python -m measure.mutations --write  puts it into docs/measured.md

Every entry is changed in one place at a time: a prior to four times or a quarter of it; a sign dropped, or
its most and least likely values exchanged; a cure dropped, or its chance turned round; a patch that changes
nothing, or goes the wrong way; a branch of the tree cut off. Each of these catches some:

- cases: a case beside a cause no longer comes out as it must (first, low, first fix), by its raw texts. This
  is the baseline. Some changes move no case at all, not by a percent of any cause or fix, nor a question.
- checks: what `whynan kb check` finds in the form (entries out of reach, sums); a prior that is not what the
  counted threads give, a chance of cure that is not what the lab's runs give; a patch that the
  config reader finds to change nothing, or to make its causes likelier.
- claims: an expert's word, beside the cause or the tree (kb/claims.py, kb/interview.py), is contradicted.

No generated page and no recorded number is compared. So that this is no fine net that catches everything,
small tunings go through it too, which should pass: every sign's likeliest value and every cure that was not
counted, changed by 0.03.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import kb
from app.inputs import Inputs, paste
from app.session import Session, known
from kb import claims, interview
from kb.cases import cases, claimed
from kb.check import entries
from kb.claims import Claims
from kb.graph import walk
from kb.interview import Asked
from kb.learn import ROUNDED, spread
from kb.load import HERE, Problem
from kb.model import Case, Knowledge, Plain
from kb.standing import ranked, standing
from measure.changes import Mutant, mutants, tunings
from measure.count_priors import threads, totals
from measure.proofs import chance
from measure.tables import put
from probes import files
from probes.merge import merge

LOW = 0.1  # as tests/test_cases.py has it
COUNTED = threads()


@dataclass(frozen=True, eq=False)
class Told:
    """A case beside a cause, and the facts that the real readers find in it."""

    cause: str
    case: Case
    facts: dict[str, Plain]
    assumed: tuple[str, ...]


@dataclass(frozen=True)
class Beside:
    """All that stands beside the entries: cases, and claims on causes and on the interview."""

    told: tuple[Told, ...]
    claims: tuple[tuple[str, Claims], ...]
    asked: Asked


def beside(knowledge: Knowledge) -> Beside:
    """All of it, read once: the facts of a case do not depend on what is changed."""
    problems: list[Problem] = []
    told: list[Told] = []
    said: list[tuple[str, Claims]] = []
    for path in sorted(HERE.glob("causes/*/*.yaml")):
        if path.name.endswith(".test.yaml"):
            continue
        said += [(path.stem, item) for item in claimed(path, HERE, problems)]
        for case in cases(path, HERE, problems):
            session = Session().read(
                *sum((paste(text, name) for name, text in case.files.items()), Inputs()).reports
            )
            for fact, value in case.facts.items():
                session = session.answer(fact, value)
            facts = known(session, knowledge)
            told.append(Told(path.stem, case, facts.values(), facts.assumed()))
    return Beside(tuple(told), tuple(said), interview.asked(HERE, problems))


def touched(mutant: Mutant, told: tuple[Told, ...]) -> list[Told]:
    """The cases that a change can reach: those that know the fact whose sign is changed."""
    return [row for row in told if not mutant.fact or mutant.fact in row.facts]


def wrong(knowledge: Knowledge, told: list[Told]) -> bool:
    """Whether a case comes out otherwise than it must."""
    for row in told:
        case = standing(knowledge, row.facts, {}, row.assumed)
        sums: dict[str, float] = {}
        for cause, p in zip(case.active.of, case.posterior, strict=True):
            sums[cause] = sums.get(cause, 0.0) + float(p)
        counted = knowledge.causes[row.cause].under or row.cause
        sums.pop("none-of-these", None)
        first = max(sums, key=lambda cause: sums[cause])
        if row.case.expect == "first" and first != counted:
            return True
        if row.case.expect == "low" and (first == counted or sums[counted] >= LOW):
            return True
        if row.case.first_fix and ranked(knowledge, case)[0].fix != row.case.first_fix:
            return True
    return False


def shown(knowledge: Knowledge, row: Told) -> tuple[object, ...]:
    """All that a case shows, to the percent: its causes, its fixes in order, the interview."""
    case = standing(knowledge, row.facts, {}, row.assumed)
    causes = [round(float(p), 2) for p in case.posterior]
    fixes = [(fix.fix, round(fix.chance, 2)) for fix in ranked(knowledge, case)]
    return causes, fixes, walk(knowledge, row.facts)


def patch_fails(before: Knowledge, after: Knowledge) -> bool:
    """Whether a changed patch no longer takes away what speaks for the faults that its fix cures."""
    for fix in after.fixes.values():
        for name, patch in fix.patches.items():
            if patch != before.fixes[fix.id].patches[name]:
                sides = [merge(files.read_text(text, name)).values() for text in (patch.before, patch.after)]
                cured = {cause.id for cause in after.causes.values() if fix.id in cause.fixes}
                held = [sum(p for c, p in kb.diagnose(after, side).causes if c in cured) for side in sides]
                return sides[0] == sides[1] or held[1] >= held[0] + 1e-9
    return False


def miscounted(knowledge: Knowledge) -> bool:
    """Whether a prior is not what its threads give, or a chance of cure not what its runs give."""
    counted = spread(knowledge, totals(knowledge, COUNTED))
    return any(
        abs(counted[cause.id] - cause.prior) > ROUNDED
        or any(
            abs(cause.fixes.get(fix, 0.0) - min(chance(proof.guess, proof.runs, proof.cured), 0.98)) > 0.006
            for fix, proof in cause.proved.items()
        )
        for cause in knowledge.causes.values()
    )


def malformed(knowledge: Knowledge) -> bool:
    """Whether `whynan kb check` has anything to say of the form."""
    return any(True for _, entry, look in entries(HERE, knowledge) for _ in look(knowledge, entry))


def contradicted(mutant: Mutant, said: Beside) -> bool:
    """Whether a claim no longer holds. A sign's change can reach only the claims on its fact."""
    knowledge = mutant.knowledge
    for cause, claim in said.claims:
        if mutant.fact:
            says = {fact: words for fact, words in claim.says.items() if fact == mutant.fact}
            claim = claim.model_copy(update={"says": says, "cures": {}})
        if any(True for _ in claims.wrong(knowledge, knowledge.causes[cause], claim)):
            return True
    return not mutant.fact and any(True for _ in interview.unkept(knowledge, said.asked))


@dataclass
class Count:
    """Of one kind of change: how many there are, what caught them, and how many move no case."""

    number: int = 0
    by_cases: int = 0
    by_checks: int = 0
    caught: int = 0
    still: int = 0

    def row(self, kind: str) -> str:
        """A line of the table."""
        shares = (self.by_cases, self.by_checks, self.caught, self.still)
        return f"| {kind} | {self.number} | {' | '.join(f'{n / self.number:.0%}' for n in shares)} |"


def measure(knowledge: Knowledge, said: Beside, changes: Iterator[Mutant], survivors: bool) -> list[str]:
    """The table's lines for these changes, a kind each and all of them."""
    before = {row: shown(knowledge, row) for row in said.told}
    counts: dict[str, Count] = {}
    for mutant in changes:
        rows = touched(mutant, said.told)
        by_cases = wrong(mutant.knowledge, rows)
        by_checks = (
            by_cases
            or malformed(mutant.knowledge)
            or miscounted(mutant.knowledge)
            or patch_fails(knowledge, mutant.knowledge)
        )
        caught = by_checks or contradicted(mutant, said)
        still = not by_cases and all(shown(mutant.knowledge, row) == before[row] for row in rows)
        for kind in (mutant.kind, "all"):
            count = counts.setdefault(kind, Count())
            count.number += 1
            count.by_cases += by_cases
            count.by_checks += by_checks
            count.caught += caught
            count.still += still
        if survivors and not caught:
            print(mutant.kind, mutant.where)
    counts["all"] = counts.pop("all")  # last
    return [count.row(kind) for kind, count in counts.items()]


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--survivors", action="store_true", help="list the changes that nothing caught")
    arguments = parser.parse_args()
    knowledge = kb.load()
    said = beside(knowledge)
    whole = Mutant("unchanged", "", knowledge)
    assert not wrong(knowledge, list(said.told)), "the unchanged knowledge fails its own cases"
    assert not malformed(knowledge), "the unchanged knowledge fails `whynan kb check`"
    assert not miscounted(knowledge), "a number is not what its counts give"
    assert not contradicted(whole, said), "the unchanged knowledge contradicts a claim"
    head = "| {} | number | caught by cases | and by checks | and by claims | moves no case |"
    rule = "|---|---:|---:|---:|---:|---:|"
    lines = [head.format("change"), rule]
    lines += measure(knowledge, said, mutants(knowledge), arguments.survivors)
    lines += ["", "Small tunings, which should pass:", "", head.format("tuning"), rule]
    lines += measure(knowledge, said, tunings(knowledge), False)
    text = "\n".join(lines)
    print(text)
    if arguments.write:
        put("mutations", text)


if __name__ == "__main__":
    main()
