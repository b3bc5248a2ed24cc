import json
import struct

import pytest

from probes.checkpoints import safetensors
from probes.checkpoints.listing import DamagedError
from probes.report import ReadError

TWO = {"a": ("F32", [2], [1.0, 2.0]), "b": ("F16", [1, 2], [3.0, 4.0])}


def entry(begin, end, shape=(2,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def test_tensors_come_in_the_order_of_their_bytes(write):
    path = write("m.safetensors", TWO, __metadata__={"format": "pt"})
    found = safetensors.read(path).tensors

    assert [(t.name, t.dtype.name, t.shape, t.size) for t in found] == [
        ("a", "F32", (2,), 8),
        ("b", "F16", (1, 2), 4),
    ]
    assert path.read_bytes()[found[1].offset :] == struct.pack("<2e", 3.0, 4.0)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"b": entry(4, 12)}, "tensor b overlaps the one before"),
        ({"b": entry(12, 16)}, "tensor b leaves a hole of 4 bytes before it"),
        ({"b": entry(8, 12, (3,))}, "tensor b has 4 bytes, its shape [3] needs others"),
        ({"c": entry(12, 20)}, "8 bytes are missing at its end"),
        ({"b": entry(8, 8, (0,))}, "4 bytes are too many"),
        ({"b": entry(8, -1)}, "its header is no list of tensors"),
        ({"b": 5}, "its header is no list of tensors"),
        ({"b": entry(8, 12, (True,))}, "its header is no list of tensors"),
    ],
)
def test_a_header_that_cannot_be_right_says_why(write, header, why):
    with pytest.raises(DamagedError) as error:
        safetensors.read(write("m.safetensors", TWO, **header))

    assert str(error.value).startswith(why)


@pytest.mark.parametrize("cut", [1, 5, 100])
def test_a_file_that_is_cut_off_is_damaged(write, cut):
    path = write("m.safetensors", TWO)
    path.write_bytes(path.read_bytes()[:-cut])

    with pytest.raises(DamagedError):
        safetensors.read(path)


def test_a_key_that_stands_twice_is_damage(tmp_path):
    item = json.dumps(entry(0, 8))
    text = f'{{"a": {item}, "a": {item}}}'.encode()
    path = tmp_path / "m.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(8))

    with pytest.raises(DamagedError, match="a key stands twice"):
        safetensors.read(path)


def test_a_format_that_is_not_known_is_no_damage(write):
    with pytest.raises(ReadError, match="number format of b is unknown"):
        safetensors.read(write("m.safetensors", TWO, b=entry(8, 12, (8,), "F4")))


def test_a_text_with_a_brace_in_the_right_place_is_no_checkpoint():
    assert not safetensors.recognises(None, b'loss = {"a": 1}')
