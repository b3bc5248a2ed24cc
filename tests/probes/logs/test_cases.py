"""The logs of real threads, whose symptom is known in coarse words (../shared/cases)."""

import pathlib

import pytest
import yaml

from probes import logs

CASES = pathlib.Path(__file__).parents[4] / "shared" / "cases"
LOGS = sorted(CASES.glob("*/artifacts/train.log"))
IN_OUR_WORDS = {
    "loss-zero": "zero",
    "nan-from-start": "nan-from-start",
    "nan-after-steps": "nan-after-steps",
    "divergence": "divergence",
    "eval-nan-only": "eval-only-nan",
    "loss-scale-exhausted": "loss-scale-exhausted",
    "nan-at-generation": "nan-at-generation",
}


@pytest.mark.skipif(not LOGS, reason="the real cases (../shared/cases) are not here")
@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.parent.parent.name)
def test_the_symptom_of_a_real_log_is_the_threads(log):
    text = log.read_text("utf-8")
    case = yaml.safe_load((log.parent.parent / "case.yaml").read_text("utf-8"))

    found = logs.read(text.splitlines(), log.name).values()

    assert logs.looks_like_log(text)
    if "loss.symptom" in found:
        assert found["loss.symptom"] in {IN_OUR_WORDS.get(word) for word in case["symptom"]}
    else:  # an excerpt without a loss says what else it holds
        assert found["log.message"] in {"tokenization-mismatch", "sequence-too-long"}
