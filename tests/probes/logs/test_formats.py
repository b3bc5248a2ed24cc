"""What frameworks print, and the series that whynan makes of it."""

# ruff: noqa: E501 (what is printed is longer than a line of code)

import pytest

from probes.logs.point import Point
from probes.logs.reading import Reading

NAN = float("nan")


def line(step=None, loss=None, norm=None, rate=None, scale=None, evaluation=None):
    return (step, loss, norm, rate, scale, evaluation)


# The text, the format that has most of its losses, and what each of its points says.
FORMATS = {
    "XTuner on mmengine (LogProcessor)": (
        """\
08/15 10:00:00 - mmengine - INFO - Iter(train) [  10/1000]  base_lr: 2.0000e-05 lr: 2.0000e-05  eta: 0:52:48  \
time: 3.2  data_time: 0.01  memory: 123  grad_norm: 1.2  loss: 1.8250  loss_scale: 65536.0000
08/15 10:01:00 - mmengine - INFO - Epoch(train)  [2][ 10/500]  lr: 2.0000e-05  loss: nan  grad_norm: nan
""",
        "mmengine",
        [line(10, 1.825, 1.2, 2e-5, 65536.0), line(510, NAN, NAN, 2e-5)],
    ),
    "mmengine's vis_data/scalars.json": (
        """\
{"lr": 2e-05, "data_time": 0.0085, "grad_norm": 1.2, "loss": 1.825, "time": 3.2, "iter": 10, "step": 10}
{"lr": 2e-05, "data_time": 0.0085, "loss": NaN, "time": 3.2, "iter": 20, "step": 20}
""",
        "json_lines",
        [line(10, 1.825, 1.2, 2e-5), line(20, NAN, None, 2e-5)],
    ),
    "mmcv (TextLoggerHook)": (
        """\
2021-08-15 10:00:00,123 - mmdet - INFO - Epoch [2][50/1000]\tlr: 2.000e-02, eta: 1:00:00, time: 0.5, \
data_time: 0.01, memory: 3000, loss_cls: 0.5000, loss_bbox: 0.2000, loss: 0.7000, grad_norm: 3.1000
2021-08-15 10:00:00,123 - mmseg - INFO - Iter [1100/80000]\tlr: 9.994e-03, eta: 1:00:00, \
decode.loss_ce: 1.2000, loss: 1.9000
{"mode": "train", "epoch": 2, "iter": 1150, "lr": 0.02, "loss": 0.71, "grad_norm": 3.2}
{"mode": "val", "epoch": 2, "iter": 1150, "lr": 0.02, "loss": 0.81}
""",
        "mmengine",
        [line(1050, 0.7, 3.1, 0.02), line(1100, 1.9, None, 9.994e-3), line(1150, 0.71, 3.2, 0.02)],
    ),
    "Trainer": (
        """\
  1%|          | 10/1000 [00:30<49:30,  3.00s/it]
{'loss': 1.825, 'grad_norm': 0.9, 'learning_rate': 2e-05, 'epoch': 0.1}
  2%|▏         | 20/1000 [01:00<49:00,  3.00s/it]
{'loss': '0.0', 'grad_norm': 'nan', 'learning_rate': '2e-05', 'epoch': '0.2'}
{'eval_loss': 1.79, 'eval_runtime': 12.3, 'epoch': 0.2}
{'train_runtime': 60.0, 'train_samples_per_second': 1.0, 'train_loss': 1.7, 'epoch': 0.2}
""",
        "trainer",
        [line(10, 1.825, 0.9, 2e-5), line(20, 0.0, NAN, 2e-5), line(evaluation=1.79)],
    ),
    "Trainer in a notebook": (
        "Step\tTraining Loss\tValidation Loss\n10\t1.825000\t1.790000\n20\tnan\tNo log\n",
        "table",
        [line(10, 1.825, evaluation=1.79), line(20, NAN)],
    ),
    "Trainer in a notebook, by epoch": (
        "Epoch\tTraining Loss\tValidation Loss\n1\tNo log\t1.790000\n2\t1.700000\tnan\n",
        "table",
        [line(evaluation=1.79), line(1, 1.7, evaluation=NAN)],
    ),
    "TRL: DPO and GRPO": (
        """\
{'loss': 0.6931, 'grad_norm': 12.3, 'learning_rate': 5e-07, 'rewards/chosen': 0.0, 'rewards/accuracies': 0.0, \
'logps/chosen': -300.1, 'epoch': 0.01}
{'loss': 0.0, 'grad_norm': 0.35, 'learning_rate': 1e-06, 'num_tokens': 11034.0, 'reward': 0.1, 'kl': 0.0004, \
'epoch': 0.02}
""",
        "trainer",
        [line(1, 0.6931, 12.3, 5e-7), line(2, 0.0, 0.35, 1e-6)],
    ),
    "Accelerate's scripts": (
        """\
Steps:   1%|          | 10/1000 [00:10<16:30,  1.00s/it, lr=1e-5, step_loss=0.123]
  2%|▏         | 20/1000 [00:20<16:20,  1.00s/it, loss=nan]
Epoch 0 step 30 loss: tensor(2.31, device='cuda:0')
""",
        "plain",
        [line(10, 0.123, None, 1e-5), line(20, NAN), line(30, 2.31)],
    ),
    "DeepSpeed": (
        """\
[2024-01-01 10:00:00,000] [INFO] [loss_scaler.py:190:update_scale] [deepspeed] OVERFLOW! Rank 0 Skipping step. \
Attempted loss scale: 65536, but hysteresis is 2. Reducing hysteresis to 1
[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, reducing to 32768
[2024-01-01 10:00:01,000] [INFO] [logging.py:96:log_dist] [Rank 0] step=10, skipped=2, lr=[2e-05, 2e-05], \
mom=[(0.9, 0.95)]
steps: 10 loss: 1.8250 iter time (s): 3.213 samples/sec: 4.980
""",
        "deepspeed",
        [line(scale=65536.0), line(scale=32768.0), line(10, rate=2e-5), line(10, 1.825)],
    ),
    "Megatron-LM": (
        """\
 [2024-01-01 10:00:00] iteration        1/    1000 | consumed samples:            8 | learning rate: 1.5E-06 | \
global batch size:     8 | loss scale: 4294967296.0 | number of skipped iterations:   1 | \
number of nan iterations:   0 |
 [2024-01-01 10:00:09] iteration       10/    1000 | consumed samples:           80 | learning rate: 1.500000E-05 | \
global batch size:     8 | lm loss: 1.825000E+00 | loss scale: 65536.0 | grad norm: 1.234 | \
number of skipped iterations:   0 | number of nan iterations:   0 |
 validation loss at iteration 10 | lm loss value: 2.100000E+00 | lm loss PPL: 8.166170E+00 |
[default3]: iteration       20/    1000 | consumed samples:          160 | lm loss: 1.800000E+00 | \
loss scale: 65536.0 | grad norm: 1.2 | number of skipped iterations:   0 | number of nan iterations:   1 |
""",
        "megatron",
        [
            line(1, rate=1.5e-6, scale=4294967296.0),
            line(10, 1.825, 1.234, 1.5e-5, 65536.0),
            line(10, evaluation=2.1),
            line(20, NAN, 1.2, None, 65536.0),
        ],
    ),
    "NeMo (ProgressPrinter, MegatronProgressBar)": (
        """\
Training epoch 0, iteration 10/99 | lr: 2e-05 | global_batch_size: 8 | global_step: 10 | \
reduced_train_loss: 11.03 | train_step_timing in s: 1.2
Training epoch 0, iteration 20/99 | lr: 2e-05 | global_step: 20 | reduced_train_loss: nan | val_loss: 10.2
""",
        "megatron",
        [line(10, 11.03, None, 2e-5), line(20, NAN, None, 2e-5, None, 10.2)],
    ),
    "Lightning's bar": (
        "Epoch 0:  10%|█         | 10/100 [00:10<01:30, 9.00it/s, v_num=0, train_loss_step=2.300]\r"
        "Epoch 1:  10%|█         | 10/100 [00:10<01:30, 9.00it/s, v_num=0, train_loss_step=nan, val_loss=2.4]\n",
        "plain",
        [line(10, 2.3), line(110, NAN, evaluation=2.4)],
    ),
    "Lightning's CSVLogger": (
        "epoch,lr-AdamW,step,train_loss,val_loss\n0,0.0001,9,2.31,\n0,,9,,2.4\n0,0.0001,19,nan,\n",
        "table",
        [line(9, 2.31, None, 1e-4), line(9, evaluation=2.4), line(19, NAN, None, 1e-4)],
    ),
    "torchtune's bar and DiskLogger": (
        """\
1|20|Loss: 1.8250:   1%|▏         | 20/1000 [00:10<16:30,  1.01s/it]
Step 30 | loss:1.7 lr:2e-05 tokens_per_second_per_gpu:1000.1 grad_norm:0.9 \n\
Step 40 | loss:nan lr:2e-05 tokens_per_second_per_gpu:1000.1 grad_norm:nan \n\
""",
        "plain",
        [line(20, 1.825), line(30, 1.7, 0.9, 2e-5), line(40, NAN, NAN, 2e-5)],
    ),
    "LLaMA-Factory's trainer_log.jsonl and console": (
        """\
{"current_steps": 10, "total_steps": 1000, "loss": 1.825, "lr": 2e-05, "epoch": 0.1, "percentage": 1.0}
{"current_steps": 10, "total_steps": 1000, "eval_loss": 1.9, "epoch": 0.1, "percentage": 1.0}
{"current_steps": 20, "total_steps": 1000, "loss": 1.8, "lr": 2e-05, "epoch": 0.2, "percentage": 2.0}
[INFO|2024-01-01 10:00:00] llamafactory.train.callbacks:143 >> {'loss': 1.7, 'learning_rate': 2.0000e-05}
""",
        "json_lines",
        [
            line(10, 1.825, None, 2e-5),
            line(10, evaluation=1.9),
            line(20, 1.8, None, 2e-5),
            line(1, 1.7, None, 2e-5),
        ],
    ),
    "ms-swift's logging.jsonl and console": (
        """\
{"loss": 1.825, "grad_norm": 0.9, "learning_rate": 2e-05, "token_acc": 0.6, "global_step/max_steps": "10/1000"}
{"loss": NaN, "grad_norm": NaN, "learning_rate": 2e-05, "token_acc": 0.0, "global_step/max_steps": "20/1000"}
{'loss': 1.7, 'grad_norm': 0.9, 'learning_rate': 2e-05, 'global_step/max_steps': '30/1000'}
""",
        "json_lines",
        [line(10, 1.825, 0.9, 2e-5), line(20, NAN, NAN, 2e-5), line(30, 1.7, 0.9, 2e-5)],
    ),
    "axolotl": (
        "{'loss': '1.2', 'grad_norm': '0.5', 'learning_rate': '2e-05', 'ppl': '3.3', "
        "'memory/max_active (GiB)': '10.1', 'tokens/train_per_sec_per_gpu': '100', 'epoch': '0.1'}\n",
        "trainer",
        [line(1, 1.2, 0.5, 2e-5)],
    ),
    "unsloth": (
        "Unsloth: Will smartly offload gradients to save VRAM!\n"
        "{'loss': 1.825, 'grad_norm': 0.9, 'learning_rate': 2e-05, 'epoch': 0.1}\n",
        "trainer",
        [line(1, 1.825, 0.9, 2e-5)],
    ),
    "nanoGPT, nanochat, llm.c": (
        """\
iter 10: loss 2.3456, time 320.00ms, mfu 12.30%
step 20: train loss 2.9100, val loss 3.0200
step 00030/21400 (0.05%) | loss: 9.123456 | grad norm: 1.2345 | lrm: 1.00 | dt: 500.00ms | tok/sec: 1,000,000
step   40/1000 | loss 2.345678 (+0.1z)| norm 1.2345 (-0.2z)| lr 3.00e-04 | 100.0 ms | 50% bf16 MFU
""",
        "plain",
        [
            line(10, 2.3456),
            line(20, 2.91, evaluation=3.02),
            line(30, 9.123456, 1.2345),
            line(40, 2.345678, 1.2345, 3e-4),
        ],
    ),
    "an export of W&B's chart": (
        '"Step","my-run - train/loss","my-run - train/loss__MIN","my-run - train/loss__MAX"\n'
        '"10","1.825","1.825","1.825"\n"20","NaN","NaN","NaN"\n',
        "table",
        [line(10, 1.825), line(20, NAN)],
    ),
    "an export of W&B's history": (
        "_step,train/loss,train/grad_norm,train/learning_rate\n0,1.825,0.9,2e-05\n1,1.7,0.8,2e-05\n",
        "table",
        [line(0, 1.825, 0.9, 2e-5), line(1, 1.7, 0.8, 2e-5)],
    ),
}


def read(text, name="log"):
    reading, points = Reading(name), []
    for number, row in enumerate(text.split("\n"), 1):
        for piece in row.split("\r"):
            if found := reading.add(piece, number):
                points.append(found[1])
    return reading, points


def series(point: Point):
    return line(
        point.step, point.loss, point.grad_norm, point.learning_rate, point.loss_scale, point.eval_loss
    )


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_framework_prints_becomes_its_series(name):
    text, chosen, expected = FORMATS[name]

    reading, points = read(text)

    assert str([series(point) for point in points]) == str(expected)  # NaN is not equal to itself
    assert reading.chosen == chosen


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("run-tag-train_loss.csv", "loss"),
        ("loss.csv", "loss"),
        ("eval_loss.csv", "eval_loss"),
        ("run-tag-train_grad_norm.csv", "grad_norm"),
    ],
)
def test_what_tensorboard_exports_is_named_by_its_file(name, field):
    _, points = read("Wall time,Step,Value\n1700000000.1,10,1.825\n", name)

    assert points == [Point(step=10, line=2, **{field: 1.825})]


def test_an_export_without_a_telling_name_says_nothing():
    assert read("Wall time,Step,Value\n1700000000.1,10,1.825\n", "download.csv")[1] == []
