import resource
import sys

import pytest

from probes.files import listing, read_file
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
