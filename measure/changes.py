"""Knowledge changed in one place at a time, as a slip of the pen would: what measure/mutations.py tries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kb.model import Cause, Knowledge, Node, Patch

TUNED = 0.03


@dataclass(frozen=True)
class Mutant:
    """A changed knowledge, what kind of change it is, and where; the fact, where it is one sign's."""

    kind: str
    where: str
    knowledge: Knowledge
    fact: str = ""


def mutants(knowledge: Knowledge) -> Iterator[Mutant]:
    """Every single change."""
    number = 0

    def changed(kind: str, where: str, fact: str = "", **entries: object) -> Mutant:
        nonlocal number
        number += 1  # the version is what caches go by
        version = f"mutant-{number}"
        return Mutant(kind, where, knowledge.model_copy(update={"version": version, **entries}), fact)

    for cause in knowledge.causes.values():
        for times in (4.0, 0.25):
            yield changed(
                "prior", f"{cause.id} x{times}", causes=_with(knowledge, cause, prior=cause.prior * times)
            )
        for fact, chances in cause.signs.items():
            rest = {name: row for name, row in cause.signs.items() if name != fact}
            where = f"{cause.id}: {fact}"
            yield changed("sign dropped", where, fact, causes=_with(knowledge, cause, signs=rest))
            if len(chances) > 1:
                most, least = max(chances, key=lambda v: chances[v]), min(chances, key=lambda v: chances[v])
                turned = {**chances, most: chances[least], least: chances[most]}
                signs = {**cause.signs, fact: turned}
                yield changed("sign turned round", where, fact, causes=_with(knowledge, cause, signs=signs))
        for fix, cured in cause.fixes.items():
            without = {name: p for name, p in cause.fixes.items() if name != fix}
            yield changed("cure dropped", f"{cause.id}: {fix}", causes=_with(knowledge, cause, fixes=without))
            other = {**cause.fixes, fix: 1 - cured}
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


def tunings(knowledge: Knowledge) -> Iterator[Mutant]:
    """Every small change that an expert may make at any time."""
    for cause in knowledge.causes.values():
        for fact, chances in cause.signs.items():
            most = max(chances, key=lambda v: chances[v])
            signs = {**cause.signs, fact: {**chances, most: chances[most] - TUNED}}
            version = f"tuned-{cause.id}-{fact}"
            causes = _with(knowledge, cause, signs=signs)
            tuned = knowledge.model_copy(update={"version": version, "causes": causes})
            yield Mutant("sign tuned by .03", f"{cause.id}: {fact}", tuned, fact)
        for fix, p in cause.fixes.items():
            if fix not in cause.proved:
                fixes = {**cause.fixes, fix: p - TUNED if p > 0.5 else p + TUNED}
                version = f"tuned-{cause.id}-{fix}"
                causes = _with(knowledge, cause, fixes=fixes)
                tuned = knowledge.model_copy(update={"version": version, "causes": causes})
                yield Mutant("cure tuned by .03", f"{cause.id}: {fix}", tuned)
