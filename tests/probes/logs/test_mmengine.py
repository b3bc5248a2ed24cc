import math

import pytest

from probes.logs import mmengine
from probes.logs.point import Point

HEAD = "08/15 10:00:00 - mmengine - INFO - "


def test_the_iteration_form_with_everything_xtuner_prints():
    text = (
        f"{HEAD}Iter(train) [   10/1000]  lr: 2.0000e-05  eta: 0:52:48  time: 3.2009  data_time: 0.0102  "
        "memory: 20011  loss: 1.8250  tflops: 150.1234  tokens_per_sec: 2048.1  grad_norm: 0.9012"
    )

    assert mmengine.point(text, 3) == Point(
        step=10, loss=1.825, grad_norm=0.9012, learning_rate=2e-05, line=3
    )


def test_nan_and_the_loss_scale():
    found = mmengine.point(f"{HEAD}Iter(train) [20/1000]  loss: nan  grad_norm: nan  loss_scale: 65536.0", 1)

    assert found
    assert math.isnan(found.loss)
    assert math.isnan(found.grad_norm)
    assert (found.step, found.loss_scale) == (20, 65536.0)


def test_an_eta_of_days_is_no_number_of_ours():
    text = f"{HEAD}Iter(train) [8859/96000]  lr: 9.79e-06  eta: 18 days, 16:13:38  time: 16.1  loss: 1.5010"

    assert mmengine.point(text, 1) == Point(step=8859, loss=1.501, learning_rate=9.79e-06, line=1)


def test_the_epoch_form_counts_through_all_epochs():
    text = f"{HEAD}Epoch(train)  [3][ 10/500]  base_lr: 1.0000e-05 lr: 1.0000e-05  loss: 1.2000"

    assert mmengine.point(text, 1) == Point(step=1010, loss=1.2, learning_rate=1e-05, line=1)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}Iter(val) [10/20]  eta: 0:00:10  time: 0.3",
        f"{HEAD}Exp name: llama3_8b_full_alpaca_e3_20240501",
        "train_cfg = dict(type=TrainLoop, max_epochs=3)  # Iter(train)",
        "",
    ],
)
def test_other_lines_are_no_points(text):
    assert mmengine.point(text, 1) is None
