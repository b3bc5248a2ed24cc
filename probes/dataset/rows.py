"""The rows of a data set, one at a time, each with the line or the number that names it.

JSON lines and a JSON array are read as a stream; parquet and Arrow in batches, where pyarrow is installed.
"""

from __future__ import annotations

import json
import math
import pathlib
import typing

from probes.report import ReadError

CHUNK = 1 << 20  # characters
LARGEST_ROW = 64 << 20  # characters of one row
BATCH = 256  # rows

Row = dict[str, typing.Any]
PARQUET, ARROW_FILE, ARROW_STREAM = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"


class Place(typing.NamedTuple):
    """Where a row is: "line 7" of a text, "row 7" of a table, which counts from 0."""

    word: str
    number: int


# A row, or None for one that cannot be read; and whether it holds NaN or Inf.
Read = tuple[Place, typing.Optional[Row], bool]


def is_table(head: bytes) -> bool:
    """Whether a file's beginning is parquet's or Arrow's."""
    return head.startswith((PARQUET, ARROW_FILE, ARROW_STREAM))


def read(path: pathlib.Path) -> typing.Iterator[Read]:
    """All rows of the file. Raises ReadError, one line, for a form that cannot be read here."""
    with path.open("rb") as file:
        head = file.read(64)
    if is_table(head):
        yield from _table(path, head)
        return
    with path.open(encoding="utf-8-sig", errors="replace") as text:
        yield from _array(text) if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") else _lines(text)


def _lines(text: typing.TextIO) -> typing.Iterator[Read]:
    number = 0
    while True:
        line = text.readline(LARGEST_ROW)
        if not line:
            return
        number += 1
        if line.strip():
            yield (Place("line", number), *_parsed(line))


def _parsed(line: str) -> tuple[Row | None, bool]:
    broken: list[str] = []
    try:
        row = json.loads(line, parse_constant=broken.append)  # NaN, Infinity, -Infinity
    except (ValueError, RecursionError):
        return None, False
    return row if isinstance(row, dict) else None, bool(broken)


def _array(text: typing.TextIO) -> typing.Iterator[Read]:
    """The objects of an array. What is no JSON ends it: there is no telling where the next row begins."""
    broken: list[str] = []
    decoder = json.JSONDecoder(parse_constant=broken.append)
    rest = text.read(CHUNK).lstrip()[1:]
    line = 1
    while True:
        lean = rest.lstrip(", \t\r\n")
        line += rest.count("\n", 0, len(rest) - len(lean))
        rest = lean
        if rest.startswith("]"):
            return
        broken.clear()
        try:
            row, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            # Each time as much again: a row that is larger than a chunk is not parsed over and over.
            more = text.read(max(CHUNK, len(rest)))
            if not more or len(rest) > LARGEST_ROW:
                yield Place("line", line), None, False
                return
            rest += more
            continue
        yield Place("line", line), row if isinstance(row, dict) else None, bool(broken)
        line += rest.count("\n", 0, end)
        rest = rest[end:]


def _table(path: pathlib.Path, head: bytes) -> typing.Iterator[Read]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ReadError(
            f"{path.name}: is parquet or Arrow, which needs pyarrow, pip install pyarrow"
        ) from None
    number = 0
    try:
        with path.open("rb") as file:
            if head.startswith(PARQUET):
                batches = pyarrow.parquet.ParquetFile(file).iter_batches(batch_size=BATCH)
            elif head.startswith(ARROW_FILE):
                opened = pyarrow.ipc.open_file(file)
                batches = (opened.get_batch(index) for index in range(opened.num_record_batches))
            else:
                batches = pyarrow.ipc.open_stream(file)
            for batch in batches:
                for begin in range(0, batch.num_rows, BATCH):
                    for row in batch.slice(begin, BATCH).to_pylist():
                        yield Place("row", number), row, any(map(_not_finite, row.values()))
                        number += 1
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        why = str(error).strip().partition("\n")[0][:120]
        raise ReadError(f"{path.name}: broken after {number} rows ({why}), make it anew") from None


def _not_finite(value: typing.Any) -> bool:
    """Whether a cell holds NaN or Inf. A list of whole numbers is told by its first one."""
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, list):
        return bool(value) and not isinstance(value[0], (int, str)) and any(map(_not_finite, value))
    return isinstance(value, dict) and any(map(_not_finite, value.values()))
