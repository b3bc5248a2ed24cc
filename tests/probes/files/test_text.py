import pytest

from probes.files import read_text
from probes.merge import merge


def test_a_report_with_a_command_and_a_config_gives_all_of_them():
    reports = read_text(
        "The loss is NaN from step 20 on and I do not know why. I started it with\n\n"
        "```\ntorchrun --nproc_per_node 4 train.py --learning_rate 1e-3\n```\n\n"
        "and the DeepSpeed file holds\n\n"
        '```\n{\n  "zero_optimization": {\n    "stage": 2\n  }\n}\n```\n',
        "pasted text",
    )
    found = {report.kind: report.values() for report in reports}
    assert found["command"]["gpu.count"] == 4
    assert found["command"]["optimizer.learning_rate"] == 1e-3
    assert found["config"]["deepspeed.stage"] == 2


def test_configs_in_a_report_that_do_not_fit_together_are_read_one_by_one():
    reports = read_text(
        "Here is all that I have changed since it worked, first in the script, then in the other file.\n\n"
        "```\nlearning_rate = 1e-3\nmax_grad_norm = 0.5\n```\n\nAnd this is the trainer's file now.\n\n"
        "```\nper_device_train_batch_size: 4\nfp16: true\n```\n",
        "x",
    )
    values = {fact.id: (fact.value, fact.source) for report in reports[1:] for fact in report.facts}
    assert values["optimizer.learning_rate"] == (1e-3, "x:4")
    assert values["precision.compute"] == ("float16", "x:12")


def test_colours_and_titles_of_a_terminal_are_no_text():
    (report,) = read_text(
        "\x1b]0;anna\x07\x1b[1mDeepSpeed C++/CUDA extension op report\x1b[0m\n"
        "torch version .................... \x1b[92m2.5.1+cu124\x1b[0m\n",
        "x",
    )
    assert report.values() == {"version.torch": "2.5.1+cu124", "machine.cuda": "12.4"}


def test_what_somebody_added_to_a_short_list_of_versions_is_read_too():
    versions = "bitsandbytes 0.41.0\ntorch 2.0.1\npeft 0.4.0\ntrl 0.5.0\ntransformers 4.31.0\n"
    listed, added = read_text(versions + "Optimizer: 8-bit Adam\n", "env.txt")

    assert listed.values()["version.bitsandbytes"] == "0.41.0"
    assert added.values() == {"optimizer.name": "adamw_8bit"}


@pytest.mark.parametrize(
    ("line", "fact", "value"),
    [
        ("Optimizer: AdamW (betas 0.9/0.95), peak learning rate 0.0003", "optimizer.learning_rate", 0.0003),
        ("deepspeed stage-1, activations recomputed", "deepspeed.stage", 1),
        ('tokenizer.padding_side = "left", pad token = unk', "data.padding", "left"),
        ("Full-parameter training, not LoRA. 32 GPUs.", "lora.enabled", False),
    ],
)
def test_a_sentence_pasted_alone_is_read_whatever_it_looks_like(line, fact, value):
    assert merge(read_text(line, "report.txt")).values()[fact] == value
