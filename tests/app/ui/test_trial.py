from __future__ import annotations

import pytest

import kb
from app.trial import AS_IT_IS, CLIPPED, HEALTHY, SECTIONS, merit, trials


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_fault_of_the_trial_can_be_looked_at(open_page, lang):
    at = open_page("trial.py", lang=lang)
    for fault in trials():
        at.session_state["fault"] = fault
        at.run()
        assert not at.exception, fault

    tables = [item.value for item in at.markdown if item.value.startswith("| ")]
    assert [table.count("\n") - 1 for table in tables] == [len(merit()), 6]


def test_every_recommendation_is_a_section_of_the_document():
    document = kb.load().document
    assert document

    assert {section for section in SECTIONS.values() if section} <= set(document.sections)
    assert sorted(merit()) == sorted(SECTIONS)


def test_the_document_is_right_about_its_own_fault():
    """bfloat16 first: most direct and most effective."""
    own = next(iter(trials().values()))

    assert own[AS_IT_IS].cured == 0
    assert own[HEALTHY].cured == own[HEALTHY].runs
    assert own["use-bf16"].cured == own["use-bf16"].runs
    assert merit()[0] == "use-bf16"


def test_a_higher_clipping_threshold_does_not_stop_an_explosion_and_a_lower_one_does():
    exploding = trials()["exploding-gradients"]

    assert exploding[f"{CLIPPED}None"].cured == 0
    assert exploding[f"{CLIPPED}1.0"].cured == exploding[f"{CLIPPED}1.0"].runs
