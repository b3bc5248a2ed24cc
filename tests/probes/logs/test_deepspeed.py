import pytest

from probes.logs import deepspeed
from probes.logs.point import Point


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, reducing to 32768", 32768),
        (
            "[deepscale] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 262144, reducing to 131072.0",
            131072,
        ),
        (
            "[2024-05-01 10:00:00,123] [INFO] [loss_scaler.py:190:update_scale] [deepspeed] OVERFLOW! Rank 0 "
            "Skipping step. Attempted loss scale: 65536, but hysteresis is 2. Reducing hysteresis to 1",
            65536,
        ),
        (
            "[deepspeed] fp16 dynamic loss scale overflow! Skipping step. Attempted loss scale: 65536.0, "
            "reducing to 32768.0",
            32768,
        ),
        (
            "[Rank 0] Overflow detected. Skipping step. Attempted loss scale: 32768.0, reducing to 16384.0",
            16384,
        ),
        ("OVERFLOW! Skipping step. Attempted loss scale: 4294967296", 4294967296),
        ("Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to 32768.0", 32768),
        ("NOTE: overflow detected, setting loss scale to: 64.0", 64),
    ],
)
def test_old_and_new_wordings_of_an_overflow(text, scale):
    assert deepspeed.point(text, 1) == Point(loss_scale=float(scale), line=1)


def test_the_step_line():
    text = "[Rank 0] step=10, skipped=2, lr=[2e-05, 2e-05], mom=[(0.9, 0.95), (0.9, 0.95)]"

    assert deepspeed.point(text, 1) == Point(step=10, learning_rate=2e-05, line=1)


def test_the_pipeline_engines_line():
    text = "steps: 10 loss: 1.8250 iter time (s): 3.213 samples/sec: 4.980"

    assert deepspeed.point(text, 1) == Point(step=10, loss=1.825, line=1)


@pytest.mark.parametrize(
    "text",
    [
        '    "loss_scale": 0, "initial_scale_power": 16,',
        "Reducing dynamic loss scale from 65536 to 32768.0",  # the next line says it again
        "[config.py:960:print]   loss_scale ................... 0",
    ],
)
def test_settings_and_repetitions_are_no_points(text):
    assert deepspeed.point(text, 1) is None
