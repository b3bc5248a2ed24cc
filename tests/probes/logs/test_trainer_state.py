import json

import pytest

from probes.logs import trainer_state
from probes.report import Fact, ReadError


def state(history, **more):
    return json.dumps({"best_metric": None, "global_step": 30, "log_history": history, **more}, indent=2)


def test_the_history_is_a_log_and_facts_point_to_its_lines():
    text = state(
        [
            {"epoch": 0.1, "grad_norm": 0.9, "learning_rate": 2e-05, "loss": 1.825, "step": 10},
            {"epoch": 0.2, "grad_norm": float("nan"), "learning_rate": 2e-05, "loss": 0.0, "step": 20},
            {"epoch": 0.3, "grad_norm": float("nan"), "learning_rate": 2e-05, "loss": 0.0, "step": 30},
            {"epoch": 0.3, "train_loss": 0.6, "train_runtime": 9.1, "step": 30},
        ],
        max_steps=100,
    )

    report = trainer_state.read(text, "trainer_state.json")

    assert report.curve == ((10, 1.825), (20, 0.0), (30, 0.0))
    assert report.facts == (
        Fact("loss.symptom", "zero", "trainer_state.json:17"),
        Fact("loss.hidden_nan", True, "trainer_state.json:17"),
        Fact("loss.onset", "after-steps", "trainer_state.json:17"),
        Fact("loss.first_bad_step", 20, "trainer_state.json:17"),
        Fact("loss.last_good", 1.825, "trainer_state.json:10"),
        Fact("optimizer.learning_rate", 2e-05, "trainer_state.json:10"),
    )


def test_numbers_as_strings_and_evaluation():
    text = state([{"loss": "1.8", "step": 10}, {"eval_loss": float("nan"), "step": 10}])

    assert trainer_state.read(text, "s").values() == {"loss.symptom": "eval-only-nan"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"log_history": 3}', "[" * 100_000, '"log_history"', "null"]
)
def test_anything_else_ends_in_one_clear_line(text):
    with pytest.raises(ReadError, match=r"^s\.json: no log_history \(\w+\), give the trainer_state\.json"):
        trainer_state.read(text, "s.json")


def test_entries_of_the_wrong_kind_are_passed_over():
    text = state([1, None, "loss", {"loss": None, "step": 1}, {"loss": [1], "step": {}}, {"loss": {}}])

    assert trainer_state.read(text, "s").facts == ()
