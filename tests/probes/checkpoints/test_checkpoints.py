import math
import random

import pytest

from probes import checkpoints, files
from probes.report import Fact, ReadError


def test_a_scan_says_what_was_found_as_facts_with_the_tensor(write):
    path = write("m.safetensors", {"a": ("F16", [2], [1.0, 2.0]), "b": ("F32", [2, 1], [3.0, math.nan])})
    (report,) = files.read_file(path)

    assert report.kind == "checkpoint"
    assert report.facts == (
        Fact("checkpoint.scan", "damaged", "m.safetensors, b, 1 NaN, 0 Inf of 2 values, first in row 1"),
        Fact("checkpoint.largest", 3.0, "m.safetensors, b"),
    )


def test_a_truncated_file_is_a_damaged_checkpoint(write):
    path = write("m.safetensors", {"a": ("F32", [2], [1.0, 2.0])})
    path.write_bytes(path.read_bytes()[:-1])

    assert checkpoints.report(checkpoints.scan(path)).facts == (
        Fact("checkpoint.scan", "damaged", "m.safetensors, 1 bytes are missing at its end"),
    )


def test_progress_goes_to_the_last_byte(write):
    path = write("m.safetensors", {"a": ("F32", [2], [1.0, 2.0]), "ids": ("I64", [1], [7])})
    told = []
    checkpoints.scan(path, lambda *step: told.append(step))

    assert told == [("ids", 8, 16), ("a", 16, 16)] or told == [("a", 8, 16), ("ids", 16, 16)]


def test_a_folder_without_an_index_is_all_of_its_files(write):
    write("one.safetensors", {"a": ("F32", [1], [1.0])})
    path = write("two.safetensors", {"b": ("F32", [1], [2.0])})

    assert [one.tensor.name for one in checkpoints.scan(path.parent).counts] == ["a", "b"]


@pytest.mark.parametrize("name", ["no-such-file", "text.txt", "."])
def test_what_is_no_checkpoint_is_one_line(tmp_path, name):
    (tmp_path / "text.txt").write_text("loss: nan")

    with pytest.raises(ReadError, match="give a"):
        checkpoints.scan(tmp_path / name)


def test_a_checkpoint_in_a_folder_stands_for_its_files(write, tmp_path):
    (tmp_path / "run").mkdir()
    write("run/adapter_model.safetensors", {"x.lora_B.weight": ("F32", [1, 1], [0.5])})
    (tmp_path / "run" / "adapter_config.json").write_text('{"r": 1}')
    (tmp_path / "train.log").write_text("loss: nan")

    assert [path.name for path in files.listing(tmp_path)] == ["run", "adapter_config.json", "train.log"]


def torn(data: bytes, source: random.Random) -> bytes:
    """The bytes with some changed, cut off, left out or put in."""
    raw = bytearray(data)
    for _ in range(source.choice((1, 1, 2, 5))):
        at = source.randrange(len(raw))
        change = source.random()
        if change < 0.8:
            raw[at] = source.randrange(256)
        elif change < 0.9:
            del raw[at : at + source.randrange(1, 9)]
        else:
            raw[at:at] = source.randbytes(4)
    return bytes(raw)


@pytest.mark.parametrize("form", ["safetensors", "torch"])
def test_torn_bytes_give_a_finding_or_one_line_and_nothing_else(write, tmp_path, form):
    path = tmp_path / f"m.{form}"
    if form == "safetensors":
        write(path.name, {"a": ("F32", [2], [1.0, 2.0]), "lm_head.weight": ("F16", [2, 1], [3.0, 4.0])})
    else:
        torch = pytest.importorskip("torch", reason="torch is not installed")
        torch.save({"w": torch.nn.Linear(2, 2).state_dict(), "t": [torch.zeros(2, 3).t()], "n": 1}, path)
    whole, source = path.read_bytes(), random.Random(7)
    grades = set()
    for _ in range(300):
        path.write_bytes(torn(whole, source))
        try:
            grades.add(checkpoints.scan(path).grade)
        except ReadError as error:
            assert "\n" not in str(error)  # noqa: PT017 (both ends are right)

    assert "damage" in grades
