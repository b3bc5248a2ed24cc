from __future__ import annotations

import numpy as np
import pytest

from kb import exact


def test_the_number_of_columns_is_unasked_or_answered_for_each_question() -> None:
    assert exact.columns([]) == 1
    assert exact.columns([np.ones((3, 2)), np.ones((3, 4))]) == 15


def test_two_fixes_and_no_question_by_hand() -> None:
    belief, cure = np.array([0.6, 0.3, 0.1]), np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])

    trying, asking = exact.optimum(belief, cure, np.array([10.0, 20.0]), [], [], escalate=100.0)

    assert trying == pytest.approx([10 + 0.4 * 20 + 0.1 * 100, 20 + 0.7 * 10 + 0.1 * 100])
    assert asking.shape == (0,)


def test_a_question_that_tells_everything_by_hand() -> None:
    table = np.array([[1.0, 0.0], [0.0, 1.0]])

    trying, asking = exact.optimum(
        np.array([0.5, 0.5]), np.eye(2), np.array([10.0, 30.0]), [table], [2.0], escalate=100.0
    )

    assert asking == pytest.approx([2 + 0.5 * 10 + 0.5 * 30])
    assert trying == pytest.approx([10 + 0.5 * 30, 30 + 0.5 * 10])


def test_a_question_may_also_come_after_a_fix_has_failed() -> None:
    belief, cure = np.array([0.8, 0.1, 0.1]), np.eye(3)
    table = np.array([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]])

    trying, _ = exact.optimum(belief, cure, np.array([1.0, 50.0, 50.0]), [table], [1.0], escalate=500.0)

    assert trying[0] == pytest.approx(1 + 0.2 * (1 + 50))
