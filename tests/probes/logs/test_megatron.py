import math

from probes.logs import megatron
from probes.logs.point import Point

LINE = (
    " [2025-10-21 16:18:53] iteration       51/   20000 | consumed samples:         3264 | elapsed time per "
    "iteration (ms): 6049.0 | throughput per GPU (TFLOP/s/GPU): 513.3 | learning rate: 2.550000E-06 | "
    "global batch size:    64 |{loss} loss scale: 65536.0 | grad norm: 30.855 | number of skipped "
    "iterations:   0 | number of nan iterations:   {nan} |"
)


def test_an_iteration():
    text = LINE.format(loss=" lm loss: 1.959154E+00 |", nan=0)

    assert megatron.point(text, 1) == Point(
        step=51, loss=1.959154, grad_norm=30.855, learning_rate=2.55e-06, loss_scale=65536.0, line=1
    )


def test_iterations_whose_loss_was_nan_are_counted_beside_the_mean_and_unmask_it():
    for loss in (" lm loss: 1.959154E+00 |", ""):
        found = megatron.point(LINE.format(loss=loss, nan=1), 1)

        assert found
        assert math.isnan(found.loss)


def test_a_skipped_iteration_has_no_loss():
    found = megatron.point(LINE.format(loss="", nan=0), 1)

    assert found == Point(step=51, grad_norm=30.855, learning_rate=2.55e-06, loss_scale=65536.0, line=1)
