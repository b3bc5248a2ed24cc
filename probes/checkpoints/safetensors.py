"""safetensors: eight bytes of length, a JSON header, the tensors. The header is checked to the last byte.

The rules are the format's own (https://github.com/huggingface/safetensors, section "Format"): the data is
covered without holes and without overlaps, and no key stands twice.
"""

from __future__ import annotations

import json
import math
import pathlib
import struct
import typing

from probes.checkpoints.listing import DamagedError, Listing
from probes.checkpoints.tensor import DTYPES, Tensor
from probes.report import ReadError

NAME = "safetensors"
LARGEST_HEADER = 100_000_000  # bytes; the format's own limit


def recognises(path: pathlib.Path, head: bytes) -> bool:
    """Whether a file's beginning is a header's length and a JSON object."""
    return len(head) > 9 and head[8:9] == b"{" and struct.unpack("<Q", head[:8])[0] <= LARGEST_HEADER


def read(path: pathlib.Path) -> Listing:
    """The tensors of the file, in the order of their bytes.

    Raises DamagedError for a header that cannot be right, ReadError for a number format that is not known.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        if length > min(LARGEST_HEADER, size - 8):
            raise DamagedError(f"its header claims {length} bytes, the file has {size}")
        raw = file.read(length)
    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=_no_doubles)
        header.pop("__metadata__", None)
        entries = sorted((_entry(name, item) for name, item in header.items()), key=lambda entry: entry[2:])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(f"its header is no list of tensors ({error})") from None
    end = 0
    tensors = []
    for name, dtype, begin, stop, shape in entries:
        if begin < end:
            raise DamagedError(f"tensor {name} overlaps the one before")
        if begin > end:
            raise DamagedError(f"tensor {name} leaves a hole of {begin - end} bytes before it")
        if dtype is None:
            raise ReadError(
                f"{path.name}: the number format of {name} is unknown to whynan, give another file"
            )
        if stop - begin != math.prod(shape) * dtype.width:
            raise DamagedError(
                f"tensor {name} has {stop - begin} bytes, its shape {list(shape)} needs others"
            )
        tensors.append(Tensor(name, dtype, shape, path, 8 + length + begin, stop - begin))
        end = stop
    lack = 8 + length + end - size
    if lack:
        raise DamagedError(
            f"{lack} bytes are missing at its end" if lack > 0 else f"{-lack} bytes are too many"
        )
    return Listing(NAME, tuple(tensors))


def _entry(name: str, item: typing.Any) -> tuple[typing.Any, ...]:
    begin, stop = item["data_offsets"]
    shape = tuple(item["shape"])
    if any(type(n) is not int or n < 0 for n in (begin, stop, *shape)):
        raise ValueError(f"{name}: sizes are whole numbers")
    return name, DTYPES.get(item["dtype"]), begin, stop, shape


def _no_doubles(pairs: list[tuple[str, typing.Any]]) -> dict[str, typing.Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found
