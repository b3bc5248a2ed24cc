"""How many changes of the knowledge its own cases and checks catch: a test of the tests.

    .venv/bin/python docs/measure_mutations.py          prints; --survivors lists what slipped through
    .venv/bin/python docs/measure_mutations.py --write  puts it into docs/measured.md

Every entry is changed in one place at a time: a prior to four times or a quarter of it; a sign dropped, or
its most and least likely values exchanged; a cure dropped, or its chance turned round; a patch that changes
nothing, or goes the wrong way; a branch of the tree cut off. A change is caught by a case, when one comes
out otherwise than it must, or a patch's own test fails; by a count, when a prior is no longer what the
threads of docs/threads.yaml and the expert's guess give. What is left shows in a generated page, which
`make check` compares: that catches no wrong number, it only lets none change unseen.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import evidence
import generate
from count_priors import threads, totals
from tables import put

import kb
from app.inputs import Inputs, paste
from app.session import Session, known
from kb.cases import cases
from kb.learn import ROUNDED, spread
from kb.load import HERE, Problem
from kb.model import Case, Cause, Knowledge, Node, Patch, Plain
from kb.standing import ranked, standing
from probes import files
from probes.merge import merge

LOW = 0.1  # as tests/test_cases.py has it


@dataclass(frozen=True)
class Told:
    """A case beside a cause, and the facts that the real readers find in it."""

    cause: str
    case: Case
    facts: dict[str, Plain]
    assumed: tuple[str, ...]


@dataclass(frozen=True)
class Mutant:
    """A changed knowledge, what kind of change it is, and where."""

    kind: str
    where: str
    knowledge: Knowledge


def told(knowledge: Knowledge) -> list[Told]:
    """All cases, read once: their facts do not depend on what is changed."""
    problems: list[Problem] = []
    found = []
    for path in sorted(HERE.glob("causes/*/*.yaml")):
        if path.name.endswith(".test.yaml"):
            continue
        for case in cases(path, HERE, problems):
            session = Session().read(
                *sum((paste(text, name) for name, text in case.files.items()), Inputs()).reports
            )
            for fact, value in case.facts.items():
                session = session.answer(fact, value)
            facts = known(session, knowledge)
            found.append(Told(path.stem, case, facts.values(), facts.assumed()))
    return found


def mutants(knowledge: Knowledge) -> Iterator[Mutant]:
    """Every single change."""
    number = 0

    def changed(kind: str, where: str, **entries: object) -> Mutant:
        nonlocal number
        number += 1  # the version is what caches go by
        return Mutant(kind, where, knowledge.model_copy(update={"version": f"mutant-{number}", **entries}))

    for cause in knowledge.causes.values():
        for times in (4.0, 0.25):
            yield changed(
                "prior", f"{cause.id} x{times}", causes=_with(knowledge, cause, prior=cause.prior * times)
            )
        for fact, chances in cause.signs.items():
            rest = {name: row for name, row in cause.signs.items() if name != fact}
            yield changed("sign dropped", f"{cause.id}: {fact}", causes=_with(knowledge, cause, signs=rest))
            if len(chances) > 1:
                most, least = max(chances, key=lambda v: chances[v]), min(chances, key=lambda v: chances[v])
                turned = {**chances, most: chances[least], least: chances[most]}
                signs = {**cause.signs, fact: turned}
                yield changed(
                    "sign turned round", f"{cause.id}: {fact}", causes=_with(knowledge, cause, signs=signs)
                )
        for fix, chance in cause.fixes.items():
            without = {name: p for name, p in cause.fixes.items() if name != fix}
            yield changed("cure dropped", f"{cause.id}: {fix}", causes=_with(knowledge, cause, fixes=without))
            other = {**cause.fixes, fix: 1 - chance}
            yield changed(
                "cure turned round", f"{cause.id}: {fix}", causes=_with(knowledge, cause, fixes=other)
            )
    for entry in knowledge.fixes.values():
        for name, patch in entry.patches.items():
            for kind, after in (("patch that changes nothing", patch.before), ("patch turned round", None)):
                swapped = Patch(before=patch.before if after else patch.after, after=after or patch.before)
                patched = entry.model_copy(update={"patches": {**entry.patches, name: swapped}})
                yield changed(kind, f"{entry.id}: {name}", fixes={**knowledge.fixes, entry.id: patched})
    for name, node in knowledge.tree.nodes.items():
        for answer, targets in node.branches.items():
            for target in targets:
                left = tuple(other for other in targets if other != target)
                branches = {**node.branches, answer: left}
                nodes = {**knowledge.tree.nodes, name: Node(fact=node.fact, branches=branches)}
                tree = knowledge.tree.model_copy(update={"nodes": nodes})
                yield changed("branch cut", f"{name} = {answer} -> {target}", tree=tree)


def _with(knowledge: Knowledge, cause: Cause, **changes: object) -> dict[str, Cause]:
    return {**knowledge.causes, cause.id: cause.model_copy(update=changes)}


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
    """Whether a prior is not what its counts give."""
    counted = spread(knowledge, totals(knowledge, threads()))
    return any(abs(counted[cause.id] - cause.prior) > ROUNDED for cause in knowledge.causes.values())


def pages(knowledge: Knowledge) -> list[str]:
    """What the generated pages say of the knowledge."""
    return [
        *evidence.lines(knowledge),
        *map(str, generate.causes(knowledge)),
        *map(str, generate.fixes(knowledge)),
        *map(str, generate.interview(knowledge)),
    ]


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--survivors", action="store_true", help="list the changes that nothing caught")
    arguments = parser.parse_args()
    knowledge = kb.load()
    rows, said = told(knowledge), pages(knowledge)
    assert not wrong(knowledge, rows), "the unchanged knowledge fails its own cases"
    assert not miscounted(knowledge), "a prior is not what its counts give: docs/count_priors.py"
    counts: dict[str, list[int]] = {}
    for mutant in mutants(knowledge):
        by_case = wrong(mutant.knowledge, rows) or patch_fails(knowledge, mutant.knowledge)
        by_count = by_case or (mutant.kind == "prior" and miscounted(mutant.knowledge))
        caught = by_count or pages(mutant.knowledge) != said
        for kind in (mutant.kind, "all"):
            count = counts.setdefault(kind, [0, 0, 0, 0])
            count[0] += 1
            count[1] += by_case
            count[2] += by_count
            count[3] += caught
        if arguments.survivors and not caught:
            print(mutant.kind, mutant.where)
    lines = [
        "| change | number | caught by cases | and by counts | and seen in a page |",
        "|---|---:|---:|---:|---:|",
    ]
    counts["all"] = counts.pop("all")  # last
    for kind, (number, *caught_) in counts.items():
        lines.append(f"| {kind} | {number} | {' | '.join(f'{n / number:.0%}' for n in caught_)} |")
    text = "\n".join(lines)
    print(text)
    if arguments.write:
        put("mutations", text)


if __name__ == "__main__":
    main()
