"""All advisories: active where an affected version is known, silent where the fix is, fit to be shown."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from packaging.specifiers import SpecifierSet

import kb
from kb.belief import applies, belief, parent, space, weigh
from kb.model import Advisory, Plain

KNOWLEDGE = kb.load()
ADVISORIES = tuple(KNOWLEDGE.advisories.values())


def lowest(range_: str) -> str:
    """The lowest version of a range, which each of ours names."""
    (version,) = (s.version for s in SpecifierSet(range_) if s.operator in (">=", "=="))
    return version


def affected(advisory: Advisory) -> dict[str, Plain]:
    """The facts that make it a hypothesis."""
    ranges = {advisory.package: advisory.affected, **advisory.also}
    versions: dict[str, Plain] = {f"version.{package}": lowest(range_) for package, range_ in ranges.items()}
    names = {fact: pattern[1:].partition("|")[0] for fact, pattern in advisory.when.items()}
    return versions | {fact: f"Some/{name.upper()}-7B" for fact, name in names.items()}


def test_each_is_a_hypothesis_where_an_affected_version_is_known() -> None:
    missed = [a.id for a in ADVISORIES if a.id not in space(KNOWLEDGE, affected(a)).ids]

    assert missed == []


def test_each_is_silent_while_something_that_it_needs_is_not_known() -> None:
    early = [
        (a.id, gone)
        for a in ADVISORIES
        for gone in affected(a)
        if applies(a, {fact: value for fact, value in affected(a).items() if fact != gone})
    ]

    assert early == []


def test_each_is_silent_at_the_fix_and_at_the_end_of_its_range() -> None:
    fixed = [
        a.id
        for a in ADVISORIES
        if applies(a, {**affected(a), f"version.{a.package}": a.fixed or "9999"})
        or applies(a, {**affected(a), f"version.{a.package}": "0.0.0"})
    ]

    assert fixed == []


def test_each_is_told_in_both_languages_with_its_source() -> None:
    texts = [(a.id, text) for a in ADVISORIES for text in (a.title, a.explanation)]
    references = [(a.id, reference) for a in ADVISORIES for reference in a.references]

    assert [i for i, text in texts if not (text and re.search(r"[\u4e00-\u9fff]", text.zh))] == []
    assert [i for i, text in texts if not (text and re.search(r"[a-z]{3} ", text.en))] == []
    assert [
        i for i, ref in references if not re.fullmatch(r"https://[a-z.]+\.[a-z]+/[\w./-]+", ref.url)
    ] == []
    assert {a.id for a in ADVISORIES} == {i for i, ref in references if ref.title}


def test_each_counts_for_a_cause_that_the_outside_knows_and_names_a_cure() -> None:
    finer = [a.id for a in ADVISORIES if parent(KNOWLEDGE.causes[a.cause]) != a.cause]
    incurable = [a.id for a in ADVISORIES if max(a.fixes.values()) < 0.5]

    assert (finer, incurable) == ([], [])


def test_no_two_stand_for_the_same_bug() -> None:
    doubled = Counter((a.package, a.affected, a.references[0].url) for a in ADVISORIES)

    assert [bug for bug, times in doubled.items() if times > 1] == []


# Runs whose own settings say what is wrong, whatever the libraries.
CLEAR: dict[str, dict[str, Plain]] = {
    "lr-too-high": {
        "optimizer.learning_rate": 0.05,
        "loss.symptom": "divergence",
        "loss.before": "rising",
        "gradient.trend": "climbing",
    },
    "fp16-overflow": {
        "precision.compute": "float16",
        "loss.symptom": "nan-after-steps",
        "loss_scale.trend": "falling",
        "precision.float32_ok": True,
    },
    "labels-all-masked": {"data.fully_masked": "all", "loss.symptom": "zero", "loss.first_bad_step": 1},
}


@pytest.mark.parametrize("cause", CLEAR)
def test_an_affected_version_takes_no_place_from_a_clear_cause(cause: str) -> None:
    taken = {}
    for advisory in ADVISORIES:
        facts = {**affected(advisory), **CLEAR[cause]}
        active = space(KNOWLEDGE, facts)
        posterior = belief(active, weigh(KNOWLEDGE, active, facts), {})
        first = active.of[int(posterior.argmax())]
        if first != cause:
            taken[advisory.id] = first

    assert taken == {}


def test_a_known_bug_comes_first_where_everything_points_to_it() -> None:
    """One of each kind: by version alone, with another library's version, with a model and a GPU."""
    runs: dict[str, dict[str, Plain]] = {
        "no-clipping-in-bf16": {
            "loss.symptom": "spike",
            "gradient.trend": "spiking",
            "precision.compute": "bfloat16",
            "deepspeed.enabled": True,
            "deepspeed.stage": 2,
        },
        "loss-grows-with-accumulation": {"loss.symptom": "too-high", "version.transformers": "4.46.3"},
        "hopper-transposed-dot": {"loss.symptom": "divergence", "run.other_machine_ok": True},
    }
    firsts = {}
    for name, facts in runs.items():
        known = {**affected(KNOWLEDGE.advisories[name]), **facts}
        active = space(KNOWLEDGE, known)
        posterior = belief(active, weigh(KNOWLEDGE, active, known), {})
        firsts[name] = active.ids[int(posterior.argmax())]

    assert firsts == {name: name for name in runs}
