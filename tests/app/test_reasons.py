from __future__ import annotations

from app import reasons
from app.conclusion import conclude
from app.session import Session
from kb.model import Knowledge

DEEPSPEED = (
    Session()
    .answer("loss.symptom", "nan-after-steps")
    .answer("precision.compute", "bfloat16")
    .answer("deepspeed.enabled", True)
    .answer("deepspeed.stage", 2)
)


def test_a_well_known_fix_that_is_not_on_top_says_what_speaks_against_its_cause(knowledge: Knowledge) -> None:
    shown = conclude(knowledge, DEEPSPEED)
    (bf16,) = [fix for fix in shown.fixes if fix.entry.id == "use-bf16"]

    said = reasons.why_not(bf16, shown, knowledge, "en")

    assert said.startswith("known to cure another fault (“float16 overflows”), which is at ")
    assert "computing format: bfloat16 (×0.0" in said
    assert reasons.why_not(shown.fixes[0], shown, knowledge, "en") == ""


def test_an_answer_that_would_change_first_place_is_named_with_its_chance(knowledge: Knowledge) -> None:
    said = reasons.flips(conclude(knowledge, DEEPSPEED), knowledge, "en")

    assert any(
        "if fine without DeepSpeed or FSDP: " in line or " or fine without DeepSpeed or FSDP: " in line
        for line in said
    )
    assert len(said) == len({line.partition(", if ")[0] for line in said}), "a line for each fix"
    assert 0 < sum(line.count(": ") for line in said) <= reasons.FLIPS


def test_such_an_answer_is_told_with_its_question(knowledge: Knowledge) -> None:
    asking = reasons.asking(conclude(knowledge, DEEPSPEED), knowledge, "en")

    facts = [fact for fact, _ in asking]
    assert "deepspeed.without_ok" in facts
    assert 0 < len(facts) == len(set(facts)) <= reasons.FLIPS
    for fact, said in asking:
        assert said.startswith(f"{knowledge.facts[fact].question.en} ")


def test_the_facts_that_speak_most_for_the_first_cause_stand_in_a_line(knowledge: Knowledge) -> None:
    shown = conclude(knowledge, DEEPSPEED)
    assert shown.causes[0].entry.id == "deepspeed-zero"

    assert "ZeRO stage: 2" in reasons.because(shown, knowledge, "en")
    assert "现象：先正常，若干步后变 NaN" in reasons.because(
        conclude(knowledge, Session().answer("loss.symptom", "nan-after-steps")), knowledge, "zh"
    )


def test_what_is_not_checked_comes_with_the_command_that_checks_it(knowledge: Knowledge) -> None:
    shown = conclude(knowledge, Session().answer("loss.symptom", "nan-from-start"))
    (damaged,) = [cause for cause in shown.causes if cause.entry.id == "corrupt-weights"]

    assert "检查点扫描（whynan scan CHECKPOINT）" in reasons.unchecked(damaged, shown, knowledge, "zh")


def test_a_fix_that_changed_the_symptom_leaves_a_second_fault(knowledge: Knowledge) -> None:
    shown = conclude(knowledge, DEEPSPEED.outcome("change-zero-stage", "other-symptom"))

    assert reasons.notes(shown, knowledge, "en")[0].startswith("Use another ZeRO stage changed the symptom")


def test_the_first_fix_says_why_how_to_tell_that_it_worked_and_what_comes_next(knowledge: Knowledge) -> None:
    shown = conclude(knowledge, DEEPSPEED.answer("loss.first_bad_step", 40))
    first, second = shown.fixes[:2]
    (_, why), (_, worked), (_, otherwise) = reasons.plan(first, shown, knowledge, "en")

    assert why == (
        f"acts on “{shown.causes[0].entry.title.en}” ({round(100 * shown.causes[0].probability)} %)"
    )
    assert "passes step 40" in worked
    assert "to step 120" in worked
    assert f"“{second.entry.title.en}”" in otherwise


def test_without_a_first_bad_step_a_cure_is_that_the_symptom_is_gone(knowledge: Knowledge) -> None:
    shown = conclude(knowledge, Session().answer("loss.symptom", "zero"))

    assert reasons.plan(shown.fixes[0], shown, knowledge, "zh")[1][1].endswith("不再出现：恰好为 0")
