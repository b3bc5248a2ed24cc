import math

import pytest

from probes.logs import plain
from probes.logs.point import Point


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("iter 10: loss 2.3456, time 320.00ms, mfu 12.30%", Point(step=10, loss=2.3456)),
        ("step 500: train loss 2.9100, val loss 3.0200", Point(step=500, loss=2.91, eval_loss=3.02)),
        ("iter 7 step 1: loss 1.1201, iter time: 1819.72ms (optimizer.step)", Point(step=7, loss=1.1201)),
        (
            "Epoch 1 | iter 10 step 5 | loss train: 1.234, val: n/a | iter time: 300.12 ms",
            Point(step=10, loss=1.234, epoch=1.0),
        ),
        (
            "[titan] step: 10  loss:  7.1234  grad_norm:  1.2500  memory: 40.11GiB(50.21%)",
            Point(step=10, loss=7.1234, grad_norm=1.25),
        ),
        (
            "step 10 | epoch 0 | loss 2.6030 | grad_norm  9.9375 | lr 1.00e-05",
            Point(step=10, loss=2.603, grad_norm=9.9375, learning_rate=1e-05, epoch=0.0),
        ),
        ("1|10|Loss: 1.8250:   1%|          | 10/1000 [00:10<16:30]", Point(step=10, loss=1.825)),
        (
            "Epoch 1:  10%|█         | 10/100 [00:10<01:30,  9.5it/s, v_num=0, train_loss=2.300]",
            Point(step=110, loss=2.3, epoch=1.0),
        ),
        (
            "Epoch 0: :  47%|████▋     | 7/15 [06:19<07:13, reduced_train_loss=11.50, global_step=5.000]",
            Point(step=7, loss=11.5, epoch=0.0),
        ),
        (
            "Epoch: [1]  [  10/1000]  eta: 0:10:00  lr: 0.000020  loss: 1.8250 (1.9000)  time: 0.32",
            Point(step=1010, loss=1.825, learning_rate=2e-05, epoch=1.0),
        ),
        ("global_step=40, loss=0.6931", Point(step=40, loss=0.6931)),
        ("train_loss: 1.5", Point(loss=1.5)),
    ],
)
def test_what_people_print(text, point):
    assert plain.point(text, 0) == point


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("train_loss:  nan", None),
        ("iter 8 step 1: loss nan, iter time: 1957.89ms", 8),
        ("Epoch 0, Loss nan", None),
    ],
)
def test_nan(text, step):
    found = plain.point(text, 1)

    assert found
    assert found.step == step
    assert math.isnan(found.loss)


def test_a_line_of_evaluation_is_no_training_loss():
    found = plain.point("[val] step 29 | loss nan", 1)

    assert found
    assert found.loss is None
    assert math.isnan(found.eval_loss)


@pytest.mark.parametrize(
    "text",
    [
        "The loss at step 10 is 1.8250 and from step 20 on it is nan.",
        "I see a loss of 0.69 at step 1, then nothing",
        "the loss: 3.0",
        "loss 3 times higher at step 100",
        "训练到第 20 step 时 loss: nan，之后一直没有恢复过来，怎么办",
        "closs: 1.5 at iter 3",
        "aux_loss: 0.01 step: 3",
        "    loss_scale: 0",
        "  train_loss               =     1.5",
        "{'loss': 1.0, 'step': 3}",
        "model = dict(type=SupervisedFinetune, loss=dict(type='CrossEntropyLoss'))",
        "loss: 1.5 is what I get",
    ],
)
def test_prose_settings_and_other_formats_are_left_alone(text):
    assert plain.point(text, 1) is None


def test_the_loop_of_detr_and_mae_says_why_it_stops():
    found = plain.point("[11:41:59] Loss is nan, stopping training", 7)
    assert found is not None
    assert math.isnan(found.loss)
    assert found.line == 7


def test_a_loss_in_half_precision_gives_its_format_away():
    text = "tensor(2.5, device='cuda:1', dtype=torch.float16, grad_fn=<NllLossBackward0>)"
    assert plain.point(text, 1) == Point(loss=2.5, dtype="float16", line=1)


def test_a_loss_printed_as_a_tensor_is_one():
    found = plain.point("tensor(nan, device='cuda:1', dtype=torch.float16, grad_fn=<NllLossBackward0>)", 3)

    assert found is not None
    assert (math.isnan(found.loss or 0), found.line) == (True, 3)
    assert plain.point("tensor(2.5, device='cuda:1')", 1) is None
