from __future__ import annotations

import pytest

from app import asked
from app.inputs import Inputs
from app.telling import BadInputError


def test_texts_and_facts_become_a_diagnosis_with_a_patch(knowledge, log, config):
    request = asked.read({"text": log, "files": {"a/config.py": config}, "facts": {"gpu.bf16": True}})

    found = asked.answer(knowledge, request)
    states = {fact["id"]: (fact["value"], fact["state"]) for fact in found["facts"]}
    assert states["gpu.bf16"] == (True, "answered")
    assert states["loss.symptom"] == ("nan-after-steps", "measured")
    assert "dtype='bfloat16'" in found["fixes"][0]["patch"]["diff"]
    assert "problems" not in found


def test_the_answer_goes_on_from_a_link(knowledge):
    first = asked.answer(knowledge, asked.read({"facts": {"loss.symptom": "zero"}}))

    second = asked.answer(knowledge, asked.read({"link": first["link"], "tried": {"use-bf16": "no-change"}}))
    assert [fact["value"] for fact in second["facts"]] == ["zero"]
    assert "use-bf16" not in [fix["id"] for fix in second["fixes"]]


def test_a_text_that_cannot_be_read_is_a_problem_beside_the_answer(knowledge):
    request = asked.read({"facts": {"loss.symptom": "zero"}, "files": {"empty.log": "", "b": " "}})

    found = asked.answer(knowledge, request)["problems"]
    assert [line.partition(":")[0] for line in found] == ["empty.log", "b"]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ([], "the request, "),
        ({"fact": {}}, "fact, extra inputs"),
        ({"facts": {"a": [1]}}, "facts.a"),
        ({"facts": {"a": float("nan")}}, "facts.a"),
        ({"lang": "de"}, "lang, input should be 'en' or 'zh'"),
        ({"text": "x" * (asked.MOST_TEXT + 1)}, "text, string should have at most 1000000"),
        (
            {"facts": {f"f{i}": 1 for i in range(asked.MOST_FACTS + 1)}},
            "facts, dictionary should have at most 200",
        ),
        (
            {"files": {f"f{i}": "x" for i in range(asked.MOST_FILES + 1)}},
            "files, dictionary should have at most 20",
        ),
        (
            {"text": "x" * 600_000, "files": {"a": "x" * 600_000}},
            "the request, text and files have more than 1000000 characters in all",
        ),
    ],
)
def test_a_request_out_of_form_or_bounds_is_one_line(data, line):
    with pytest.raises(BadInputError) as refused:
        asked.read(data)

    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_nothing_to_go_by_is_said(knowledge):
    with pytest.raises(BadInputError, match="nothing to diagnose"):
        asked.answer(knowledge, asked.read({}), Inputs())
