from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from probes.checkpoints import bits, rows

CODES = {"F64": "d", "F32": "f", "F16": "e", "I64": "q"}


def packed(dtype: str, values: list[float]) -> bytes:
    """The values' bytes; bfloat16 is the upper half of float32."""
    if dtype == "BF16":
        return b"".join(struct.pack("<f", value)[2:] for value in values)
    return struct.pack(f"<{len(values)}{CODES[dtype]}", *values)


def safetensors(tensors: dict[str, tuple[str, list[int], bytes]], **header: object) -> bytes:
    """A file of the format, by hand; `header` adds to its JSON, or takes the place of what is there."""
    entries: dict[str, object] = {}
    end = 0
    for name, (dtype, shape, raw) in tensors.items():
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(raw)]}
        end += len(raw)
    text = json.dumps(entries | header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(raw for _, _, raw in tensors.values())


@pytest.fixture(params=["numpy", "plain"])
def way(request, monkeypatch):
    """With numpy, and in plain Python."""
    if request.param == "numpy":
        pytest.importorskip("numpy", reason="numpy is not installed")
    else:
        monkeypatch.setattr(bits, "numpy", None)
        monkeypatch.setattr(rows, "numpy", None)


@pytest.fixture
def write(tmp_path: Path):
    """Writes tensors given as (dtype, shape, values) to a file of the test's folder."""

    def write(name: str, tensors: dict[str, tuple[str, list[int], list[float]]], **header: object) -> Path:
        raw = {key: (dtype, shape, packed(dtype, values)) for key, (dtype, shape, values) in tensors.items()}
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(safetensors(raw, **header))
        return path

    return write
