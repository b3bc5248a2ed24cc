import math
import re

import pytest

from probes.logs.point import NUMBER, Point, from_pairs


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.8250", 1.825),
        ("2e-05", 2e-05),
        ("1.825000E+00", 1.825),
        (".5", 0.5),
        ("-3", -3.0),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
    ],
)
def test_a_number_is_read_as_frameworks_print_it(text, number):
    found = re.fullmatch(NUMBER, text)

    assert found
    assert float(found[0]) == number


@pytest.mark.parametrize("text", ["nan", "NaN", "-nan"])
def test_nan_is_a_number_to_a_log(text):
    assert math.isnan(float(re.fullmatch(NUMBER, text)[0]))


@pytest.mark.parametrize("text", ["nano", "info", "1.2.3", "0.05s", "10ms", "1_000"])
def test_words_versions_and_durations_are_no_numbers(text):
    assert re.match(NUMBER, text) is None


def test_names_of_every_framework_become_the_same_fields():
    pairs = [("current_steps", "10"), ("lm loss", "1.5"), ("gnorm", "0.9"), ("lr", "1e-4"), ("memory", "3")]

    assert from_pairs(pairs, 7) == Point(step=10, loss=1.5, grad_norm=0.9, learning_rate=1e-4, line=7)


def test_of_two_names_of_one_field_the_first_counts():
    assert from_pairs([("base_lr", "1e-4"), ("lr", "5e-5"), ("loss", "1.0")], 1) == Point(
        loss=1.0, learning_rate=1e-4, line=1
    )


def test_pairs_without_a_loss_or_its_like_are_no_point():
    assert from_pairs([("step", "10"), ("lr", "1e-4")], 1) is None


def test_a_step_that_is_no_count_leaves_the_one_known_otherwise():
    assert from_pairs([("step", "nan"), ("loss", "1.0")], 1, step=4) == Point(step=4, loss=1.0, line=1)
