import math
import pathlib
import time
import tracemalloc

import hypothesis
import pytest
import yaml
from hypothesis import strategies

from probes import logs
from probes.report import Fact, from_json, to_json

VOCABULARY = yaml.safe_load((pathlib.Path(__file__).parents[3] / "kb" / "facts.yaml").read_text("utf-8"))

XTUNER = """\
2024/07/18 09:12:01 - mmengine - INFO -
------------------------------------------------------------
System environment:
    sys.platform: linux
    PyTorch: 2.2.1+cu121
------------------------------------------------------------
2024/07/18 09:12:03 - mmengine - INFO - Config:
optim_wrapper = dict(
    optimizer=dict(lr=2e-05, type='torch.optim.AdamW'), type='DeepSpeedOptimWrapper')
2024/07/18 09:13:00 - mmengine - WARNING - "FileClient" will be deprecated in future.
2024/07/18 09:14:40 - mmengine - INFO - Iter(train) [  10/1000]  lr: 2.0000e-05  eta: 1:00:00  loss: 1.8250
2024/07/18 09:15:12 - mmengine - INFO - Iter(train) [  20/1000]  lr: 2.0000e-05  eta: 0:59:30  loss: nan
2024/07/18 09:15:44 - mmengine - INFO - Iter(train) [  30/1000]  lr: 2.0000e-05  eta: 0:59:01  loss: nan
RuntimeError: probability tensor contains either `inf`, `nan` or element < 0
"""
TRAINER_WITH_DEEPSPEED = """\
Loading checkpoint shards: 100%|██████████| 4/4 [00:07<00:00,  1.85s/it]
  0%|          | 0/600 [00:00<?, ?it/s][INFO] [stage_1_and_2.py:1762:step] [deepspeed] OVERFLOW! Rank 0 \
Skipping step. Attempted loss scale: 65536, reducing to 32768
  0%|          | 1/600 [00:03<30:00,  3.00s/it][INFO] [deepspeed] OVERFLOW! Rank 0 \
Skipping step. Attempted loss scale: 32768, reducing to 16384
"""


def values(text):
    return logs.read(text.splitlines(), "train.log").values()


def test_the_run_of_the_document():
    report = logs.read(XTUNER.splitlines(), "train.log")

    assert report.facts == (
        Fact("loss.symptom", "nan-after-steps", "train.log:12"),
        Fact("loss.first_bad_step", 20, "train.log:12"),
        Fact("loss.last_good", 1.825, "train.log:11"),
        Fact("optimizer.learning_rate", 2e-05, "train.log:11"),
        Fact("log.message", "probability-tensor", "train.log:14"),
    )
    assert report.curve[0] == (10, 1.825)
    assert all(math.isnan(loss) for _, loss in report.curve[1:])


def test_the_trainer_under_deepspeed_skips_its_first_steps_and_is_well():
    log = TRAINER_WITH_DEEPSPEED
    for step in range(10, 210, 10):
        loss, epoch = f"{2 - step / 500:.4f}", step / 200
        log += f"  {step // 6}%|█         | {step}/600 [00:30<29:00,  3.00s/it]\n"
        log += f"{{'loss': {loss}, 'grad_norm': 0.9, 'learning_rate': 2e-05, 'epoch': {epoch}}}\n"

    assert values(log) == {
        "loss.symptom": "healthy",
        "gradient.trend": "steady",
        "loss_scale.trend": "first-skips",
        "precision.compute": "float16",
        "optimizer.learning_rate": 2e-05,
    }


def test_redrawn_bars_and_colours_leave_the_numbers():
    bar = "\x1b[32mEpoch 0\x1b[0m:   1%|  | {}/1000 [00:10<16:30, loss={}]"

    report = logs.read([bar.format(10, 1.82) + "\r" + bar.format(20, "nan") + "\n"], "train.log")

    assert report.curve[0] == (10, 1.82)
    assert report.values()["loss.first_bad_step"] == 20


def test_prose_around_log_lines_is_passed_over():
    log = (
        "My run breaks, the loss at step 10 is fine and then it isn't. What I see:\n"
        "`{'loss': 1.8, 'learning_rate': 2e-05, 'epoch': 0.1}`\n> {'loss': nan, 'epoch': 0.2}\nAny idea?\n"
    )

    assert values(log)["loss.symptom"] == "nan-after-steps"


def test_a_few_lines_that_fit_another_format_are_not_the_logs_losses():
    log = [f"Iter(train) [{step}/100]  loss: 1.{step}" for step in range(10, 90, 10)]

    assert logs.read(["epoch 3 loss: 77.0", *log], "train.log").curve[0] == (10, 1.10)


def test_every_value_is_one_of_the_vocabulary():
    for text in (XTUNER, TRAINER_WITH_DEEPSPEED):
        for fact, value in values(text).items():
            entry = VOCABULARY[fact]
            assert entry["kind"] == "number" or value in entry["typical"]


@pytest.mark.parametrize("text", ["", "\n", "\x00\x01\xff", "hello", "\r\r\r", "{'", '{"', "|", "\t"])
def test_a_text_that_is_no_log_says_nothing(text):
    report = logs.read(text.splitlines(), "x")

    assert (report.kind, report.facts, report.curve) == ("log", (), ())


TOKENS = strategies.sampled_from(
    [
        *(
            "{'loss': ",
            "'grad_norm': ",
            '{"loss": ',
            '"step": ',
            "nan",
            "inf",
            "-",
            "1e999",
            "0.0",
            "1.5",
            "10",
        ),
        *(
            "Iter(train) [",
            "/1000]  ",
            "loss: ",
            "grad_norm: ",
            "loss_scale: ",
            "iteration ",
            " | lm loss: ",
            "\n",
        ),
        *(
            "Step\tTraining Loss\n",
            "\t",
            ",",
            "|",
            "step ",
            "Epoch ",
            "%|",
            "[",
            "'reward': ",
            "eval_loss",
            "\r",
        ),
        *(
            "Skipping step. Attempted loss scale: ",
            ", reducing to ",
            "{'eval_loss': ",
            "}",
            "'epoch': ",
            "\x1b[1m",
        ),
        *("Current loss scale already at minimum", "9" * 40, "step,loss\n", "number of nan iterations: "),
    ]
)


@hypothesis.given(strategies.one_of(strategies.text(), strategies.lists(TOKENS, max_size=80).map("".join)))
@hypothesis.settings(max_examples=400, deadline=None)
def test_no_text_is_too_strange(text):
    report = logs.read(text.splitlines(), "x")

    assert to_json(from_json(to_json(report), "x")) == to_json(report)
    assert logs.looks_like_log(text) in (True, False)


@hypothesis.given(strategies.lists(strategies.floats(), max_size=60), strategies.booleans())
@hypothesis.settings(max_examples=200, deadline=None)
def test_no_numbers_are_too_strange(numbers, filtered):
    line = "{{'loss': {0}, 'grad_norm': {0}}}" if filtered else "step 1 loss: {0} grad_norm: {0}"

    report = logs.read([line.format(number) for number in numbers], "x")

    assert len(report.curve) == len(numbers)


def test_a_line_of_200_megabytes_is_cut():
    def lines():
        yield "x" * 200_000_000
        yield "step 10 loss: 1.5"

    start = time.process_time()

    assert logs.read(lines(), "x").curve == ((10, 1.5),)
    assert time.process_time() - start < 20


def long_log(count, broken_from):
    for step in range(1, count + 1):
        loss = "nan" if step >= broken_from else f"{2 + step % 7 / 100:.4f}"
        yield f"07/18 09:14:40 - mmengine - INFO - Iter(train) [{step}/{count}]  lr: 2e-05  loss: {loss}\n"


def test_a_million_lines_are_read_in_seconds_and_exactly_around_the_first_bad_one():
    start = time.process_time()

    report = logs.read(long_log(1_000_000, 700_001), "x")

    assert report.values()["loss.first_bad_step"] == 700_001
    assert {700_000, 700_001, 700_002} <= {step for step, _ in report.curve}
    assert time.process_time() - start < 90  # about 8 on a quiet machine


def test_a_long_log_is_read_in_bounded_memory():
    tracemalloc.start()
    logs.read(long_log(100_000, 70_000), "x")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 30_000_000


@pytest.mark.parametrize(
    "piece",
    [
        "'a':1,",
        "loss ",
        "step ",
        "epoch [",
        "a_",
        "Skipping step. ",
        "0%|",
        "Iter(train)",
        " ",
        "\t|",
        "A b ",
    ],
)
def test_no_line_makes_a_pattern_slow(piece):
    start = time.process_time()

    logs.read([(piece * 70_000)[: logs.LONGEST] + "loss"], "x")

    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "text",
    [
        XTUNER,
        TRAINER_WITH_DEEPSPEED,
        "{'loss': 0.0, 'learning_rate': 3e-08, 'epoch': 0.0}",
        "WARNING: tokenization mismatch: 385 vs. 399. (ignored)",
        "step,loss\n10,1.825\n20,1.7\n",
        'Traceback (most recent call last):\n  File "a.py", line 1\n  File "b.py", line 2, in f\n',
    ],
)
def test_logs_look_like_logs(text):
    assert logs.looks_like_log(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "optimizer = dict(type=AdamW, lr=2e-5)\nloss_scale = 'dynamic'\nmax_norm = 1  # grad_norm\n",
        '{\n  "fp16": {\n    "enabled": true,\n    "loss_scale": 0\n  },\n  "gradient_clipping": 1.0\n}\n',
        "learning_rate: 2e-5\nlogging_steps: 10\nsave_steps: 500\nbf16: true\n",
        "torchrun --nproc_per_node 8 train.py --learning_rate 2e-5 --logging_steps 1 --loss_scale 0\n",
        "My training loss is 1.8 at step 10 and nan from step 20 on.\nWhat could be the reason of it?\n",
        "I fine-tune a model with LoRA and it fails early.\nThe log says this here:\n"
        "{'loss': 0.0, 'grad_norm': nan}\nDoes anybody know what that means?\n",
        "训练 Llama3-8B 时，前 10 步的 loss 正常，从第 20 步开始变成了 nan，请问是什么原因？",
    ],
)
def test_configs_and_prose_do_not(text):
    assert not logs.looks_like_log(text)
