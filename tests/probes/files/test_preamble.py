import hypothesis
import pytest
from hypothesis import strategies

from probes.files import preamble, read_text

MMENGINE = """\
2024/07/17 15:20:40 - mmengine - INFO -
------------------------------------------------------------
System environment:
    sys.platform: linux
    GPU 0,1: NVIDIA A100-SXM4-80GB
    PyTorch: 2.1.2+cu118
------------------------------------------------------------
2024/07/17 15:20:41 - mmengine - INFO - Config:
lr = 2e-05
model = dict(
    llm=dict(
        pretrained_model_name_or_path='internlm/internlm2-chat-7b',
        torch_dtype='torch.float16',
        type='transformers.AutoModelForCausalLM.from_pretrained'),
    type='xtuner.model.SupervisedFinetune')
optim_wrapper = dict(
    dtype='float16',
    optimizer=dict(lr=2e-05, type='torch.optim.AdamW'),
    type='mmengine.optim.AmpOptimWrapper')
2024/07/17 15:21:11 - mmengine - INFO - Iter(train) [ 10/9600]  lr: 1.8e-06  memory: 21512  loss: 1.8
2024/07/17 15:21:15 - mmengine - INFO - Iter(train) [ 20/9600]  lr: 1.8e-06  memory: 21512  loss: nan
2024/07/17 15:21:19 - mmengine - INFO - Iter(train) [ 30/9600]  lr: 1.8e-06  memory: 21512  loss: nan
"""
DEEPSPEED = """\
[2024-05-01 10:00:00,123] [INFO] [runner.py:568:main] cmd = /opt/conda/bin/python3.10 -u -m \
deepspeed.launcher.launch --world_info=eyJ9 train.py --deepspeed ds.json --fp16 True
[2024-05-01 10:00:09,123] [INFO] [config.py:996:print_user_config]   json = {
    "train_micro_batch_size_per_gpu": 4,
    "zero_optimization": {
        "stage": 2
    },
    "fp16": {
        "enabled": true
    }
}
"""
TRAINER = """\
05/01/2024 10:00:08 - INFO - __main__ - Training/evaluation parameters TrainingArguments(
_n_gpu=1,
adam_epsilon=1e-08,
fp16=True,
learning_rate=2e-05,
lr_scheduler_type=SchedulerType.COSINE,
optim=OptimizerNames.ADAMW_TORCH,
output_dir=./out/it's,
warmup_steps=0,
)
***** Running training *****
  Instantaneous batch size per device = 4
  Gradient Accumulation steps = 2
"""
UNSLOTH = """\
==((====))==  Unsloth - 2x faster free finetuning | Num GPUs used = 1
O^O/ \\_/ \\    Batch size per device = 2 | Gradient accumulation steps = 4
"""

SAID = {
    "mmengine": (MMENGINE, {
        "precision.compute": ("float16", "x:17"),
        "precision.weights": ("float16", "x:13"),
        "training.method": ("sft", "x:15"),
        "optimizer.name": ("adamw", "x:18"),
        "model.name": ("internlm/internlm2-chat-7b", "x:12"),
        "version.torch": ("2.1.2+cu118", "x:6"),
        "gpu.count": (2, "x:5"),
    }),
    "deepspeed": (DEEPSPEED, {
        "deepspeed.stage": (2, "x:5"),
        "deepspeed.fp16": ("on", "x:8"),
        "batch.per_device": (4, "x:3"),
        "precision.compute": ("float16", "x:1"),
    }),
    "trainer": (TRAINER, {
        "optimizer.name": ("adamw", "x:7"),
        "optimizer.learning_rate": (2e-5, "x:5"),
        "schedule.warmup": (False, "x:9"),
        "batch.per_device": (4, "x:12"),
        "batch.accumulation": (2, "x:13"),
    }),
    "unsloth": (UNSLOTH, {
        "batch.per_device": (2, "x:2"),
        "batch.accumulation": (4, "x:2"),
    }),
}  # fmt: skip


@pytest.mark.parametrize(("head", "said"), SAID.values(), ids=SAID)
def test_what_is_printed_before_the_first_step_is_read_with_its_line(head, said):
    found = {
        fact.id: (fact.value, fact.source)
        for report in preamble.read(head, "x")
        for fact in report.facts
        if fact.state == "measured"
    }

    assert {fact: found[fact] for fact in said} == said


def test_a_log_is_read_with_its_preamble():
    kinds = {report.kind: report.values() for report in read_text(MMENGINE, "x")}

    assert set(kinds) == {"log", "config", "environment"}
    assert kinds["log"]["loss.first_bad_step"] == 20


@pytest.mark.parametrize("text", ["", "loss: nan", DEEPSPEED[:400], MMENGINE[:600], TRAINER[:100]])
def test_what_is_cut_off_gives_less_and_no_error(text):
    assert all(report.facts for report in preamble.read(text, "x"))


@hypothesis.given(
    strategies.lists(
        strategies.sampled_from((MMENGINE + DEEPSPEED + TRAINER).splitlines()) | strategies.text(max_size=20)
    )
)
def test_any_beginning_is_read_without_an_error(lines):
    preamble.read("\n".join(lines), "x")


@pytest.mark.parametrize(
    "unit", ["a=1,\n", "json = {\n", "cmd = python a\n", "A(\n", "x Config:\n", "+ ", "\\\n"]
)
def test_no_text_takes_minutes(unit):  # as it would if a pattern were quadratic: pytest-timeout ends it
    preamble.read((unit * 100_000)[:100_000], "x")


def test_the_optimizer_that_a_log_names_on_a_line_of_its_own_is_read():
    (said,) = preamble.read("# optim: paged_adamw_8bit\n{'loss': 2.1, 'epoch': 0.1}\n", "train.log")

    assert said.values() == {"optimizer.name": "paged_adamw_8bit"}
