"""Every advisory: active where an affected version is known, silent where the fix is, fit to be shown."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import kb
from kb.belief import applies, parent, space
from kb.model import Advisory, Plain

KNOWLEDGE = kb.load()
ADVISORIES = list(KNOWLEDGE.advisories.values())
each = pytest.mark.parametrize("advisory", ADVISORIES, ids=[a.id for a in ADVISORIES])


def lowest(range_: str) -> str:
    """The lowest version of a range, which each of ours names."""
    (version,) = (s.version for s in SpecifierSet(range_) if s.operator in (">=", "=="))
    return version


def affected(advisory: Advisory) -> dict[str, Plain]:
    """The facts that make it a hypothesis."""
    ranges = {advisory.package: advisory.affected, **advisory.also}
    versions: dict[str, Plain] = {f"version.{package}": lowest(range_) for package, range_ in ranges.items()}
    return versions | {fact: f"Some/{words[0].upper()}-7B" for fact, words in advisory.when.items()}


@each
def test_it_is_a_hypothesis_where_all_that_it_needs_is_known(advisory: Advisory) -> None:
    facts = affected(advisory)

    assert applies(advisory, facts)
    assert advisory.id in space(KNOWLEDGE, facts).ids
    assert [applies(advisory, {k: v for k, v in facts.items() if k != gone}) for gone in facts] == [
        False
    ] * len(facts)


@each
def test_it_is_silent_where_the_library_is_fixed_or_older(advisory: Advisory) -> None:
    facts = affected(advisory)
    package = f"version.{advisory.package}"
    older = f"{Version(lowest(advisory.affected)).major}.0.dev0"

    assert not applies(advisory, {**facts, package: older})
    assert not applies(advisory, {**facts, package: advisory.fixed or "9999"})


@each
def test_it_is_told_in_both_languages_with_its_source(advisory: Advisory) -> None:
    assert advisory.explanation
    texts = [advisory.title, advisory.explanation]

    assert [text for text in texts if not re.search(r"[\u4e00-\u9fff]", text.zh)] == []
    assert [text for text in texts if not re.search(r"[a-z]{3} ", text.en)] == []
    assert [
        r for r in advisory.references if not re.fullmatch(r"https://[a-z0-9.-]+\.[a-z]+/[\w./-]+", r.url)
    ] == []
    assert all(reference.title for reference in advisory.references)


@each
def test_it_counts_for_a_cause_of_its_own_right_and_a_new_release_is_among_the_cures(
    advisory: Advisory,
) -> None:
    """Not for a finer cause, whose id the outside does not know."""
    cause = KNOWLEDGE.causes[advisory.cause]

    assert parent(cause) == cause.id
    assert advisory.fixes["upgrade-library"] >= (0.4 if advisory.fixed else 0.2)


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


@each
@pytest.mark.parametrize("cause", CLEAR)
def test_an_affected_version_takes_no_place_from_a_clear_cause(cause: str, advisory: Advisory) -> None:
    found = kb.diagnose(KNOWLEDGE, {**affected(advisory), **CLEAR[cause]})

    assert found.causes[0][0] == cause, found.causes[:3]


def test_no_two_stand_for_the_same_bug() -> None:
    doubled = Counter((a.package, a.affected, a.references[0].url) for a in ADVISORIES)

    assert [bug for bug, times in doubled.items() if times > 1] == []
