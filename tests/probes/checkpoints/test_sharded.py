import json

import pytest

from probes import checkpoints
from probes.checkpoints.listing import Finding
from probes.report import ReadError

ONE, TWO = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


@pytest.fixture
def folder(write, tmp_path):
    """Two shards with an index."""
    write(ONE, {"a": ("F32", [1], [1.0]), "b": ("F32", [1], [2.0])})
    write(TWO, {"c": ("F32", [1], [3.0])})
    index(tmp_path, {"a": ONE, "b": ONE, "c": TWO})
    return tmp_path


def index(folder, places):
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))


def test_all_shards_are_one_checkpoint(folder):
    found = checkpoints.scan(folder)

    assert (found.kind, [one.tensor.name for one in found.counts], found.findings) == (
        "sharded",
        ["a", "b", "c"],
        (),
    )


def test_what_is_elsewhere_missing_or_too_much_is_told(folder):
    index(folder, {"a": ONE, "b": TWO, "d": TWO})
    name = "model.safetensors.index.json"

    assert checkpoints.scan(folder).findings == (
        Finding("damage", TWO, "b", f"is not where {name} says; it is in {ONE}"),
        Finding("damage", TWO, "d", f"is not where {name} says; it is in no shard"),
        Finding("note", TWO, "c", f"is not in {name}, and will not be loaded"),
    )


def test_a_missing_and_a_broken_shard_are_told_once_each(folder):
    (folder / ONE).unlink()
    (folder / TWO).write_bytes(b"version https://git-lfs.github.com/spec/v1\n")

    assert checkpoints.scan(folder).findings == (
        Finding("damage", TWO, "", "is no file of tensors: empty, cut off, or a page from the web"),
        Finding("damage", ONE, "", "is missing; model.safetensors.index.json has 2 tensors in it"),
    )


def test_a_file_that_no_index_names_is_noted(folder, write):
    write("other.safetensors", {"z": ("F32", [1], [1.0])})

    assert checkpoints.scan(folder).findings == (
        Finding("note", "other.safetensors", "", "is in no index, and was left out"),
    )


@pytest.mark.parametrize("text", ["{", "[]", '{"weight_map": 5}', '{"weight_map": {"a": "../x.bin"}}'])
def test_a_bad_index_is_one_line(folder, text):
    (folder / "model.safetensors.index.json").write_text(text)

    with pytest.raises(ReadError, match=r"^model\.safetensors\.index\.json: is no index of shards"):
        checkpoints.scan(folder)
