"""`whynan scan` as a user meets it."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from app.cli import main


def tensors(path: Path, *values: float) -> Path:
    """A safetensors file with one tensor in float32."""
    entry = {"dtype": "F32", "shape": [len(values), 1], "data_offsets": [0, 4 * len(values)]}
    text = json.dumps({"w": entry}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + struct.pack(f"<{len(values)}f", *values))
    return path


def test_a_clean_checkpoint_is_one_line_and_status_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tensors(tmp_path / "m.safetensors", 1.0, 2.0)

    assert main(["scan", str(path)]) == 0
    assert capsys.readouterr() == (f"{path}: safetensors, 1 tensors, 0.00 GB: clean\n", "")


def test_nan_is_named_with_its_row_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tensors(tmp_path / "m.safetensors", 1.0, float("nan"))

    assert main(["scan", str(path)]) == 1
    assert capsys.readouterr().out == (
        f"{path}: safetensors, 1 tensors, 0.00 GB: damaged\n  ✗ w: 1 NaN, 0 Inf of 2 values, first in row 1\n"
    )


def test_the_json_of_a_scan_goes_into_a_diagnosis(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["scan", str(tensors(tmp_path / "m.safetensors", float("inf"))), "--format", "json"])
    text = capsys.readouterr().out
    scan = tmp_path / "scan.json"
    scan.write_text(text)
    diagnosed = main(["diagnose", str(scan), "--set", "loss.symptom=nan-from-start", "--format", "json"])
    data = json.loads(capsys.readouterr().out)

    assert (status, diagnosed) == (1, 1)
    assert json.loads(text)["findings"][0]["what"] == "0 NaN, 1 Inf of 1 values, first in row 0"
    assert (data["causes"][0]["id"], data["fixes"][0]["id"]) == ("corrupt-weights", "replace-checkpoint")


def test_a_damaged_checkpoint_alone_is_a_diagnosis(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagnose", str(tensors(tmp_path / "m.safetensors", float("nan")))]) == 1
    assert capsys.readouterr().out.startswith("The checkpoint is damaged or the wrong one\n")


def test_a_data_set_is_scanned_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.jsonl"
    rows = [{"input_ids": [1, 2, 3], "labels": [-100, 2, 3]}, {"input_ids": [1, 2], "labels": [-100, -100]}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    assert main(["scan", str(path), "--max-length", "2"]) == 1
    assert capsys.readouterr().out == (
        f"{path}: 2 rows (input_ids and labels 2)\n"
        "  ! 1 of 2 (50.00%): is longer than the maximum length; first line 1\n"
        "  ! 1 of 2 (50.00%): has no label that counts: all are -100; first line 2\n"
    )


def test_what_is_neither_is_one_line_and_status_2_and_the_rest_is_scanned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tensors(tmp_path / "m.safetensors", 1.0)
    (tmp_path / "x.txt").write_text("loss: nan")

    assert main(["scan", str(tmp_path / "x.txt"), str(tmp_path / "no"), str(path)]) == 2
    out, err = capsys.readouterr()
    assert out.count("clean") == 1
    assert err == (
        "whynan: x.txt: is no checkpoint, give a .safetensors, what torch.save wrote, or their folder; "
        "no: there is no such file, give a checkpoint\n"
    )


def test_a_model_that_cannot_be_measured_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["headroom", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"whynan: {tmp_path.name}: there is no config.json in it, give a Hugging Face model's folder\n"
    )
