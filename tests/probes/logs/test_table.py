import math

import pytest

from probes.logs import table
from probes.logs.point import Point


def points(text):
    point = table.reader()
    return [found for line, row in enumerate(text.splitlines(), 1) if (found := point(row, line))]


@pytest.mark.parametrize(
    "text",
    [
        "Step\tTraining Loss\n10\t1.825000\n20\t1.700000",
        "| Step | Training Loss |\n|:----:|:-------------:|\n| 10 | 1.825 |\n| **20** | 1.7 |",
        "step,train_loss\n10,1.825\n20,1.7",
        '"Step","my-run - train/loss"\n"10","1.825"\n"20","1.7"',
        "Step    Training Loss\n10      1.825000\n20      1.700000",
    ],
)
def test_tables_of_every_make(text):
    assert [(point.step, point.loss) for point in points(text)] == [(10, 1.825), (20, 1.7)]


def test_a_notebooks_table_with_evaluation_and_no_log():
    found = points("Epoch\tStep\tTraining Loss\tValidation Loss\n1\t100\tNo log\t1.9\n2\t200\t1.5\tnan")

    assert found[0] == Point(step=100, epoch=1.0, eval_loss=1.9, line=2)
    assert (found[1].step, found[1].loss) == (200, 1.5)
    assert math.isnan(found[1].eval_loss)


def test_rows_that_do_not_fit_the_head_are_passed_over():
    assert points("step,loss\n1,2,3\nhello\n\n,1.0\nx,1.0") == []


def test_numbers_without_a_head_are_no_table():
    assert points("10,1.825\n20,1.7") == []
