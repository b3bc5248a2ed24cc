from __future__ import annotations

import pytest

import kb
from app.link import decode
from app.session import Session

KNOWLEDGE = kb.load()


def answers(at) -> list[str]:
    return [button.key for button in at.button if button.key.startswith("answer-")]


def test_an_answer_goes_into_the_address_and_the_next_question_comes(open_page):
    at = open_page("wizard.py", Session().answer("framework.name", "transformers"))
    first = answers(at)[0]
    fact = first.split("-")[1]
    at.button(key=first).click().run()

    assert not at.exception
    assert decode(at.query_params["d"]).answers[-1][0] == fact
    assert answers(at)[0] != first


def test_not_to_know_is_an_answer_too(open_page):
    at = open_page("wizard.py", Session().answer("framework.name", "transformers"))
    at.button(key="unknown").click().run()

    assert decode(at.query_params["d"]).answers[-1][1] is None


def test_back_takes_the_last_answer_away(open_page, fp16):
    at = open_page("wizard.py", fp16)
    at.button(key="back").click().run()

    assert decode(at.query_params["d"]).answers == fp16.answers[:-1]


def test_the_first_question_of_all_needs_no_session(open_page):
    assert answers(open_page("wizard.py")) != []


def test_a_question_can_be_picked_and_left(open_page, fp16):
    at = open_page("wizard.py", fp16, ask="optimizer.learning_rate")
    assert [heading.value for heading in at.header] == ["Which peak learning rate?"]

    at.button(key="leave").click().run()
    assert "ask" not in at.query_params


def test_a_number_can_be_typed(open_page, fp16):
    at = open_page("wizard.py", fp16, ask="optimizer.learning_rate")
    at.text_input(key="exact-optimizer.learning_rate").set_value("3e-4")
    at.button[[button.label for button in at.button].index("Take it")].click().run()

    assert decode(at.query_params["d"]).answers[-1] == ("optimizer.learning_rate", 3e-4)


def test_what_is_no_number_is_refused_with_the_reason(open_page, fp16):
    at = open_page("wizard.py", fp16, ask="optimizer.learning_rate")
    at.text_input(key="exact-optimizer.learning_rate").set_value("fast")
    at.button[[button.label for button in at.button].index("Take it")].click().run()

    assert [error.value for error in at.error] == ["optimizer.learning_rate is a number, not 'fast'"]
    assert decode(at.query_params["d"]).answers == fp16.answers


def test_a_band_is_an_answer_and_shows_its_numbers(open_page, fp16):
    at = open_page("wizard.py", fp16.answer("lora.enabled", True), ask="optimizer.learning_rate")
    assert at.button(key="answer-optimizer.learning_rate-usual").label == "As usual (1e-5 – 4e-4)"

    at.button(key="answer-optimizer.learning_rate-high").click().run()
    assert decode(at.query_params["d"]).answers[-1] == ("optimizer.learning_rate", "high")


def test_what_is_known_can_be_corrected_and_the_correction_taken_back(open_page, fp16):
    at = open_page("wizard.py", fp16)
    at.selectbox(key="correct").set_value("precision.compute").run()
    assert at.query_params["ask"] == "precision.compute"
    at.button(key="answer-precision.compute-bfloat16").click().run()
    assert decode(at.query_params["d"]).answers[-1] == ("precision.compute", "bfloat16")

    at.selectbox(key="correct").set_value("precision.compute").run()
    at.button(key="retract").click().run()
    assert "precision.compute" not in dict(decode(at.query_params["d"]).answers)


def test_the_reason_names_the_causes_that_the_answer_tells_apart(open_page, fp16):
    at = open_page("wizard.py", fp16, ask="optimizer.learning_rate")

    assert [caption.value for caption in at.caption if "It tells apart: " in caption.value] != []


def test_when_no_question_is_worth_it_the_fix_comes(open_page, fp16):
    session = fp16
    for fact in KNOWLEDGE.facts.values():
        if fact.question and fact.id not in dict(session.answers):
            session = session.answer(fact.id, None)
    at = open_page("wizard.py", session)

    assert [heading.value for heading in at.header] == ["Try: Compute in bfloat16"]
    assert answers(at) == []
    at.button(key="diagnosis").click().run()
    assert "#### 1. Compute in bfloat16" in [element.value for element in at.markdown]


def test_after_a_fix_that_worked_there_is_nothing_to_ask(open_page, fp16):
    at = open_page("wizard.py", fp16.outcome("use-bf16", "worked"))

    assert [heading.value for heading in at.header] == ["Solved."]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_question_can_be_asked(open_page, fp16, lang):
    at = open_page("wizard.py", fp16, lang=lang)
    for fact in KNOWLEDGE.facts.values():
        if fact.question and fact.typical:
            at.query_params["ask"] = fact.id
            at.run()
            assert not at.exception, fact.id
            assert [heading.value for heading in at.header] == [fact.question[lang]]
            values = [key.removeprefix(f"answer-{fact.id}-") for key in answers(at)]
            expected = ["true", "false"] if fact.kind == "bool" else list(fact.typical)
            assert values == expected, fact.id


def test_a_question_that_nobody_knows_is_ignored(open_page):
    session = Session().answer("loss.symptom", "zero")

    assert answers(open_page("wizard.py", session, ask="no.such.fact")) != []
