import resource
import sys

import pytest

from probes.files import listing, read_file, read_text
from probes.merge import merge
from probes.report import ReadError

MEGABYTE = 1 << 20


def problem(path):
    with pytest.raises(ReadError) as caught:
        read_file(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "x: is empty, give the log or the config itself"),
        (b"\x00\x01\x02" * 100, "x: is no text, give a log, a config, a command or a report as plain text"),
        (
            b'{"fp16": {"enabled": tru}}',
            "x:1: not valid JSON, a value is missing before 'tru}}', mend that line",
        ),
        (
            b"colour: red\nlr: [1\nbf16: 2\n",
            "x:3: not valid YAML (expected ',' or ']', but got ':'), mend that line",
        ),
        (b"lr = 9**9**9\n", "x:1: this expression is too large to work out, write its value down"),
    ],
)
def test_a_bad_file_ends_in_one_line(tmp_path, content, message):
    path = tmp_path / "x"
    path.write_bytes(content)
    assert problem(path) == message


def test_what_is_no_file_ends_in_one_line(tmp_path):
    assert problem(tmp_path / "gone") == "gone: cannot be read (No such file or directory), give another file"
    assert problem(tmp_path).endswith("is no file, give a log, a config, a command or a report")


@pytest.mark.parametrize("start", [b"", b"x = '", b'{"a": "', b"a: ", b"torchrun train.py --a "])
def test_two_hundred_megabytes_of_one_line_end_quickly_and_in_little_memory(tmp_path, start):
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.write(start + b"a" * MEGABYTE)
        file.truncate(200 * MEGABYTE)  # the rest is a hole: it takes no room on the disk
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert problem(path) == "x: 210 MB without a log line at its start, give the log or config"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100 * 1024 * (1024 if sys.platform == "darwin" else 1)


def test_a_config_never_acts(tmp_path):
    made = tmp_path / "made"
    path = tmp_path / "x"
    path.write_text(f"__import__('os').system('touch {made}')\nTrainingArguments(fp16=True)\n")
    assert read_file(path)[0].values()["precision.compute"] == "float16"
    assert not made.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk"])
def test_chinese_encodings_are_read(tmp_path, encoding):
    path = tmp_path / "x"
    path.write_bytes("# 学习率与精度\nlearning_rate: 1e-4\nfp16: true\n".encode(encoding))
    values = read_file(path)[0].values()
    assert (values["optimizer.learning_rate"], values["precision.compute"]) == (1e-4, "float16")


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


def test_a_folder_is_listed_within_bounds(tmp_path):
    for name in ("b.log", "a.py", ".hidden", ".git/config", "deep/x.log", "1/2/3/in.log", "1/2/3/4/out.log"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    names = [path.relative_to(tmp_path).as_posix() for path in listing(tmp_path)]
    assert names == ["1/2/3/in.log", "a.py", "b.log", "deep/x.log"]
    for number in range(300):
        (tmp_path / f"n{number}").write_text("x")
    assert len(listing(tmp_path)) == 200


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
