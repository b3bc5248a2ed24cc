from __future__ import annotations

import pytest

from kb.bands import band, limits, value_of
from kb.model import Fact

RATE = Fact.model_validate(
    {
        "id": "rate",
        "kind": "number",
        "none": True,
        "typical": {"none": 0.1, "usual": 0.8, "high": 0.1},
        "bands": [
            {"when": {"optimizer": "sgd"}, "usual": "..1e-1", "high": "1e-1.."},
            {"usual": "..1e-3", "high": "1e-3.."},
        ],
    }
)
NAME = Fact.model_validate({"id": "name", "kind": "choice", "typical": {"adamw": 0.9, "other": 0.1}})
STAGE = Fact.model_validate({"id": "stage", "kind": "choice", "typical": {0: 0.5, 2: 0.5}})


def test_a_number_falls_into_the_band_that_its_circumstances_name() -> None:
    assert band(RATE, 0.01, {}) == "high"
    assert band(RATE, 0.01, {"optimizer": "sgd"}) == "usual"
    assert band(RATE, "none", {}) == "none"
    assert band(RATE, "high", {}) == "high"
    assert band(RATE, "nonsense", {}) is None


def test_a_band_holds_its_lower_end_and_not_its_upper_one() -> None:
    assert band(RATE, 1e-3, {}) == "high"
    assert band(RATE, 0.000999, {}) == "usual"


def test_a_value_outside_the_vocabulary_is_other_or_nothing() -> None:
    assert band(NAME, "muon", {}) == "other"
    assert band(STAGE, 7, {}) is None
    assert band(STAGE, 2, {}) == "2"


@pytest.mark.parametrize(
    ("fact", "text", "value"),
    [
        (RATE, "2e-5", 2e-5),
        (RATE, "off", "none"),
        (RATE, "high", "high"),
        (STAGE, "2", 2),
        (NAME, "Muon", "muon"),
    ],
)
def test_what_a_person_writes_becomes_a_value(fact: Fact, text: str, value: object) -> None:
    assert value_of(fact, text) == value


@pytest.mark.parametrize(
    ("fact", "text", "message"),
    [
        (RATE, "fast", "rate is a number or none, not 'fast'"),
        (RATE, "nan", "rate is a number or none, not 'nan'"),
        (STAGE, "9", "stage is one of 0, 2, not '9'"),
    ],
)
def test_what_no_fact_takes_is_said_in_a_sentence(fact: Fact, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        value_of(fact, text)


@pytest.mark.parametrize("text", ["1e-3", "3..1", "a..b"])
def test_a_range_that_holds_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not of the form|holds no number|could not convert"):
        limits(text)
