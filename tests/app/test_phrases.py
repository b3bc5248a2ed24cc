from __future__ import annotations

import pytest

from app import phrases
from app.conclusion import Conclusion, conclude
from app.session import Session
from kb.model import Knowledge


def concluded(knowledge: Knowledge, **facts: object) -> Conclusion:
    session = Session()
    for name, value in facts.items():
        session = session.answer(name.replace("__", "."), value)  # type: ignore[arg-type]
    return conclude(knowledge, session)


@pytest.mark.parametrize(
    ("probability", "text"), [(0.0, "0"), (0.001, "<1"), (0.005, "0"), (0.834, "83"), (1.0, "100")]
)
def test_a_probability_is_whole_percent(probability: float, text: str) -> None:
    assert phrases.percent(probability) == text


def test_the_next_step_is_said_in_the_readers_language(knowledge: Knowledge) -> None:
    shown = concluded(knowledge)

    assert phrases.step(shown, knowledge, "en")["why"].startswith("Answer: What does the loss do?")
    assert phrases.step(shown, knowledge, "zh")["why"].startswith("请回答：loss 出现了什么现象？")


def test_a_case_that_is_solved_says_so(knowledge: Knowledge) -> None:
    shown = conclude(knowledge, Session().answer("loss.symptom", "zero").outcome("use-bf16", "worked"))

    assert phrases.step(shown, knowledge, "en") == {"do": "stop", "why": "Solved.", "saves_minutes": 0.0}


def test_what_is_not_known_names_open_questions(knowledge: Knowledge) -> None:
    rows = phrases.unknown(concluded(knowledge), knowledge, "en")

    assert {"id": "loss.symptom", "why": "not asked yet", "how": "What does the loss do?"} in rows


def test_a_fix_says_its_chance_alone_and_what_is_left_of_it_after_those_above(knowledge: Knowledge) -> None:
    first, second, *_ = concluded(
        knowledge, loss__symptom="nan-after-steps", precision__compute="float16"
    ).fixes

    assert "once those above have failed" not in phrases.chance(first, "en")
    alone, after = phrases.percent(second.probability), phrases.percent(second.after)
    assert (
        phrases.chance(second, "en") == f"{alone} % likely to help ({after} % once those above have failed)"
    )


def test_a_headline_has_the_words_of_a_band_and_not_its_id(knowledge: Knowledge) -> None:
    shown = concluded(knowledge, loss__symptom="zero", loss__first_bad_step="early")

    assert phrases.headline(shown, knowledge, "zh") == "恰好为 0（首个异常步 第 5 到 200 步）"


@pytest.mark.parametrize(
    ("source", "en", "zh"),
    [
        ("config:7", "config, line 7", "配置第 7 行"),
        ("environment", "environment", "环境"),
        ("report.txt:7", "report.txt:7", "report.txt:7"),
    ],
)
def test_a_file_whose_name_stayed_behind_is_named_by_its_kind(source: str, en: str, zh: str) -> None:
    assert (phrases.place(source, "en"), phrases.place(source, "zh")) == (en, zh)


def test_memory_has_its_unit(knowledge: Knowledge) -> None:
    assert phrases.label(knowledge, "gpu.memory_gib", 40.0, "zh") == "40 GiB"
