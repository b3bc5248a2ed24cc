"""The made runs of measure/anomalies.py: the kinds are named, and the healthy raise no alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

from measure.anomalies import Answer, Curve, curves, findings, table, whynan
from measure.made_runs import broken, healthy, wrong


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Curve]:
    return curves([0], tmp_path_factory.mktemp("curves"))


def test_there_are_as_many_kinds_as_promised(made: list[Curve]) -> None:
    assert len({*broken.KINDS, *wrong.KINDS}) >= 15
    assert sum(curve.strength is not None for curve in made) >= 40
    assert len(healthy.KINDS) >= 20


def test_every_symptom_of_the_contract_has_a_kind(made: list[Curve]) -> None:
    symptoms = {curve.made.truth["loss.symptom"] for curve in made if curve.strength is not None}

    assert symptoms == {
        *("nan-from-start", "nan-after-steps", "intermittent-nan", "inf", "zero", "spike", "divergence"),
        *("not-decreasing", "too-high", "too-low", "level-shift", "gradient-spike", "eval-only-nan"),
        *("nan-at-generation", "loss-scale-exhausted"),
    }


def test_the_made_curves_are_named_and_the_healthy_raise_no_alarm(made: list[Curve]) -> None:
    answers = [(curve, whynan(curve)) for curve in made]

    assert [(curve.log.parent.name, answer.said) for curve, answer in answers if not answer.right] == []
    assert [curve.kind for curve, answer in answers if curve.strength is None and answer.alarm] == []


def test_the_same_seed_makes_the_same_logs(made: list[Curve], tmp_path: Path) -> None:
    again = curves([0], tmp_path)

    assert [curve.log.read_bytes() for curve in again] == [curve.log.read_bytes() for curve in made]


def test_a_peers_findings_are_found_wherever_they_stand_in_its_json() -> None:
    printed = '{"runs": [{"findings": [{"check": "spike", "severity": "warning"}, {"level": "PASS"}]}]}'

    assert findings(printed) == [("spike", "warning")]
    assert findings("no JSON") == []


def test_the_table_says_which_peer_could_not_be_run(made: list[Curve]) -> None:
    lines = table(
        made, {"whynan": [Answer(True, curve.strength is not None, "") for curve in made], "other": None}
    )

    assert "| other | could not be run | | |" in lines
    assert "| whynan | 87 (100.0%) | 87 (100.0%) | 0 (0.0%) |" in lines
