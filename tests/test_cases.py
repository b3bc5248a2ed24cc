"""Every example beside every cause, as raw text through the real probes; every patch of every fix."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import kb
from app.conclusion import Conclusion, conclude
from app.inputs import Inputs, paste
from app.session import Session
from kb.cases import cases
from kb.load import HERE, Problem
from kb.model import Case, Fix, Patch
from probes import configs, files
from probes.merge import merge
from probes.report import Value

KNOWLEDGE = kb.load()
LOW = 0.1


def _all_cases() -> list[tuple[str, Case]]:
    problems: list[Problem] = []
    paths = [path for path in sorted(HERE.glob("causes/*/*.yaml")) if not path.name.endswith(".test.yaml")]
    found = [(path.stem, case) for path in paths for case in cases(path, HERE, problems)]
    assert not problems, problems
    return found


CASES = _all_cases()


@cache
def concluded(number: int) -> Conclusion:
    """The case's texts, read as the files that they are named for, and what a person adds."""
    case = CASES[number][1]
    found = sum((paste(text, name) for name, text in case.files.items()), Inputs())
    assert found.problems == (), found.problems
    session = Session().read(*found.reports)
    for fact, value in case.facts.items():
        session = session.answer(fact, value)
    return conclude(KNOWLEDGE, session)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{cause}: {case.name}" for cause, case in CASES])
def test_a_case_comes_out_as_it_must(number: int) -> None:
    cause, case = CASES[number]
    conclusion = concluded(number)
    counted = KNOWLEDGE.causes[cause].under or cause  # a finer cause counts for the one above it
    ranked = [(shown.entry.id, round(shown.probability, 3)) for shown in conclusion.causes]

    if case.expect == "first":
        assert ranked[0][0] == counted, (ranked[:4], conclusion.known.values())
    else:
        assert ranked[0][0] != counted, (ranked[:4], conclusion.known.values())
        assert dict(ranked)[counted] < LOW, (ranked[:4], conclusion.known.values())
    if case.first_fix:
        first = [(fix.entry.id, round(fix.probability, 3)) for fix in conclusion.fixes[:4]]
        assert first[0][0] == case.first_fix, (first, ranked[:4])


def said(text: str, name: str) -> dict[str, Value]:
    """What the config probe reads from a snippet, told values only."""
    return merge(files.read_text(text, name)).values()


PATCHES = [(fix, name, patch) for fix in KNOWLEDGE.fixes.values() for name, patch in fix.patches.items()]


@pytest.mark.parametrize(
    ("fix", "name", "patch"), PATCHES, ids=[f"{fix.id}: {name}" for fix, name, _ in PATCHES]
)
def test_a_patch_takes_away_what_speaks_for_the_faults_that_it_cures(
    fix: Fix, name: str, patch: Patch
) -> None:
    """The config probe reads both sides: `after` must differ, and must not make its causes likelier."""
    before, after = (
        said(text, f"{name}-{side}") for side, text in (("before", patch.before), ("after", patch.after))
    )

    assert before != after, f"the probe reads the same from both sides: {before}"
    cured = [cause.id for cause in KNOWLEDGE.causes.values() if fix.id in cause.fixes]
    belief_before = sum(p for cause, p in kb.diagnose(KNOWLEDGE, before).causes if cause in cured)
    belief_after = sum(p for cause, p in kb.diagnose(KNOWLEDGE, after).causes if cause in cured)
    assert belief_after < belief_before + 1e-9, (before, after)


@pytest.mark.parametrize(
    ("fix", "name", "patch"), PATCHES, ids=[f"{fix.id}: {name}" for fix, name, _ in PATCHES]
)
def test_a_patch_applies_to_its_own_before(fix: Fix, name: str, patch: Patch) -> None:
    applied = configs.apply(patch.before, patch.before, patch.after)

    assert applied is not None
    assert said(applied, name) == said(patch.after, name)


def test_every_cause_can_come_first() -> None:
    firsts = {cause for cause, case in CASES if case.expect == "first"}

    assert firsts == set(KNOWLEDGE.causes)


def test_every_cause_and_fix_of_the_contract_comes_first_for_a_case_that_the_readers_read() -> None:
    shown = [concluded(number) for number, (_, case) in enumerate(CASES) if case.files]
    causes = {conclusion.causes[0].entry.id for conclusion in shown}
    fixes = {conclusion.fixes[0].entry.id for conclusion in shown}

    assert {cause.id for cause in KNOWLEDGE.causes.values() if not cause.under} - causes == set()
    assert set(KNOWLEDGE.fixes) - fixes == set()


def test_every_fact_in_a_sign_can_be_asked_measured_or_derived() -> None:
    asked = {node.fact for node in KNOWLEDGE.tree.nodes.values()}
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in Path(files.__file__).parents[1].rglob("*")
        if path.suffix in (".py", ".yaml")
    )
    dangling = {
        fact
        for entry in (*KNOWLEDGE.causes.values(), *KNOWLEDGE.advisories.values())
        for fact in entry.signs
        if fact not in asked and fact not in source and not KNOWLEDGE.facts[fact].derive
    }

    assert dangling == set()
