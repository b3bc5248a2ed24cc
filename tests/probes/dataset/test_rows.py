import json
import math
import sys

import pytest

from probes.dataset import rows
from probes.report import ReadError


def test_lines_have_their_numbers_and_broken_ones_stay_rows(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n\n{"a": NaN}\n{"a":\n[1]\n')

    assert [(place.number, row, bad) for place, row, bad in rows.read(path) if row != {"a": 1}][1:] == [
        (4, None, False),
        (5, None, False),
    ]
    assert [(place.number, bad) for place, _, bad in rows.read(path)][:2] == [(1, False), (3, True)]


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_an_array_is_a_stream_of_rows(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(rows, "CHUNK", chunk)
    data = [{"text": "[{,}]" * i, "n": i} for i in range(20)]
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data, indent=1))
    found = list(rows.read(path))

    assert [row for _, row, _ in found] == data
    assert [place.number for place, _, _ in found] == [2 + 4 * i for i in range(20)]


def test_an_array_that_breaks_off_ends_with_the_line(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('[{"a": 1},\n{"a": ')

    assert list(rows.read(path))[1:] == [(rows.Place("line", 2), None, False)]


@pytest.mark.parametrize("form", ["parquet", "file", "stream"])
def test_tables_are_read_in_batches(tmp_path, form):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    cells = {"input_ids": [[1, 2], [3]], "pixels": [[[0.5], [math.nan]], [[1.0]]]}
    table = pyarrow.table(cells)
    path = tmp_path / "x"
    if form == "parquet":
        parquet.write_table(table, path)
    else:
        make = pyarrow.ipc.new_file if form == "file" else pyarrow.ipc.new_stream
        with make(str(path), table.schema) as writer:
            writer.write_table(table)

    assert [(place, row["input_ids"], bad) for place, row, bad in rows.read(path)] == [
        (rows.Place("row", 0), [1, 2], True),
        (rows.Place("row", 1), [3], False),
    ]


def test_a_broken_table_is_one_line(tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1" + bytes(40))

    with pytest.raises(ReadError, match=r"^x\.parquet: broken after 0 rows \(.+\), make it anew$"):
        list(rows.read(path))


def test_a_table_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1")

    with pytest.raises(ReadError, match="needs pyarrow, pip install pyarrow"):
        list(rows.read(path))
