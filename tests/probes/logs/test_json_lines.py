import math

from probes.logs import json_lines
from probes.logs.point import Point


def test_llamafactorys_trainer_log():
    text = (
        '{"current_steps": 10, "total_steps": 1000, "loss": 1.825, "lr": 2e-05, "epoch": 0.1, '
        '"percentage": 1.0, "elapsed_time": "0:00:30", "remaining_time": "0:49:30"}'
    )

    assert json_lines.point(text, 1) == Point(step=10, loss=1.825, learning_rate=2e-05, epoch=0.1, line=1)


def test_ms_swifts_logging():
    text = '{"loss": "0.61", "grad_norm": 0.9, "learning_rate": 2e-05, "global_step/max_steps": "10/1000"}'

    assert json_lines.point(text, 1) == Point(step=10, loss=0.61, grad_norm=0.9, learning_rate=2e-05, line=1)


def test_mmengines_scalars_and_nan():
    found = json_lines.point('{"lr": 2e-05, "loss": NaN, "time": 3.2, "iter": 20, "memory": 20000}', 1)

    assert found
    assert math.isnan(found.loss)
    assert found.step == 20


def test_settings_and_summaries_are_no_points():
    assert (
        json_lines.point('{"fp16": {"enabled": true, "loss_scale": 0, "initial_scale_power": 16}}', 1) is None
    )
    assert json_lines.point('{"train_runtime": 70.5, "train_loss": 0.0, "epoch": 1.0}', 1) is None
    assert json_lines.point('{"type": "loss"}', 1) is None
