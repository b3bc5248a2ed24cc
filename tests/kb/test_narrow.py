from __future__ import annotations

import pytest

from kb.narrow import BUILT_ON, FRAMEWORK, SYMPTOM, Wanted, narrow


def test_nothing_wanted_leaves_everything(knowledge):
    assert narrow(knowledge, Wanted()) == {*knowledge.causes, *knowledge.fixes, *knowledge.advisories}


def test_every_framework_of_the_vocabulary_says_what_it_is_built_on(knowledge):
    packages = {advisory.package for advisory in knowledge.advisories.values()}

    assert BUILT_ON.keys() == knowledge.facts[FRAMEWORK].typical.keys()
    assert set.union(*BUILT_ON.values()) == packages


@pytest.mark.parametrize("package", ["deepspeed", "trl"])
def test_a_version_leaves_the_bugs_that_it_has(knowledge, package):
    bugs = {a.id: a for a in knowledge.advisories.values() if a.package == package}
    fixed = {a.fixed for a in bugs.values() if a.fixed}
    for version in sorted(fixed):
        left = narrow(knowledge, Wanted(package=package, version=version)) & bugs.keys()
        assert {name for name in left if bugs[name].fixed == version} == set()
    assert narrow(knowledge, Wanted(package=package)) & knowledge.advisories.keys() == bugs.keys()
    assert narrow(knowledge, Wanted(package=package, version="999")) & knowledge.advisories.keys() == {
        a.id for a in bugs.values() if a.affected.startswith(">") and "<" not in a.affected
    }


def test_a_known_bug_stands_with_its_cause_and_its_fixes(knowledge):
    left = narrow(knowledge, Wanted(package="deepspeed", version="0.18.1"))

    assert {"overlap-buffers", "deepspeed-zero", "tune-zero-settings", "change-zero-stage"} <= left
    assert "lr-too-high" not in left


def test_a_symptom_leaves_what_shows_so(knowledge):
    left = narrow(knowledge, Wanted(symptom="loss-scale-exhausted"))

    assert "loss-scale" in left
    assert "labels-all-masked" not in left
    assert "overlap-buffers" not in left


def test_no_symptom_of_the_vocabulary_leaves_nothing(knowledge):
    for symptom in knowledge.facts[SYMPTOM].typical:
        left = narrow(knowledge, Wanted(symptom=symptom))
        assert left & knowledge.causes.keys() or symptom == "healthy", symptom
        assert left & knowledge.fixes.keys() or symptom == "healthy", symptom


def test_a_framework_leaves_its_own_bugs_and_those_of_what_it_is_built_on(knowledge):
    left = narrow(knowledge, Wanted(framework="xtuner"))
    packages = {knowledge.advisories[name].package for name in left & knowledge.advisories.keys()}

    assert {"xtuner", "deepspeed", "transformers"} <= packages
    assert packages.isdisjoint({"trl", "llamafactory", "megatron-core", "unsloth", "lightning"})


def test_what_is_no_version_is_refused(knowledge):
    with pytest.raises(ValueError, match="newest"):
        narrow(knowledge, Wanted(package="deepspeed", version="newest"))
