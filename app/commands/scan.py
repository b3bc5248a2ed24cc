"""`whynan scan`: NaN, flipped bits, missing tensors, untrained rows; and the bad rows of a data set."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from app.commands import BadInputError
from app.commands.bar import bar
from probes import checkpoints, dataset
from probes.checkpoints import Scan
from probes.checkpoints.listing import ABNORMAL, DAMAGE, NOTE
from probes.columns import width, wrap
from probes.dataset.survey import Survey
from probes.files.containers import HEAD
from probes.report import ReadError, to_json

_MARKS = {DAMAGE: "✗", ABNORMAL: "!", NOTE: "·"}


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whynan scan`."""
    parser.add_argument(
        "paths", nargs="+", metavar="CHECKPOINT", help="tensors (a file or a folder), or a data set"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    parser.add_argument(
        "--max-length", type=int, metavar="N", help="of a data set: tokens from which on rows are cut"
    )
    parser.add_argument("--tokenizer", type=Path, metavar="FILE", help="of a data set: a tokenizer.json")


def run(arguments: argparse.Namespace) -> int:
    """0 nothing abnormal, 1 something damaged or abnormal. Raises BadInputError for what is neither."""
    bad: list[str] = []
    status = 0
    for path in map(Path, arguments.paths):
        try:
            text, data, abnormal = _scan(path, arguments)
        except ReadError as error:
            bad.append(str(error))
            continue
        print(text if arguments.format == "text" else json.dumps(data, ensure_ascii=False))
        status = max(status, int(abnormal))
    if bad:
        raise BadInputError("; ".join(bad))
    return status


def _scan(path: Path, arguments: argparse.Namespace) -> tuple[str, dict[str, Any], bool]:
    """The scan as text, as JSON data that `whynan diagnose` reads too, and whether it is abnormal."""
    if path.is_file() and not checkpoints.recognises(path):
        with path.open("rb") as file:
            head = file.read(HEAD)
        if dataset.recognises(head):
            survey = dataset.read(path, arguments.max_length, arguments.tokenizer)
            return _rows_text(path, survey), _rows_data(path, survey), dataset.abnormal(survey)
    with bar() as show:
        found = checkpoints.scan(path, show)
    data = _tensors_data(found) if arguments.format == "json" else {}
    return _tensors_text(found), data, found.grade not in ("", NOTE)


def _tensors_text(found: Scan) -> str:
    """A line for the whole, one for each finding."""
    size = sum(one.tensor.size for one in found.counts)
    verdicts = {DAMAGE: "damaged", ABNORMAL: "not as it should be"}
    whole = f"{found.kind}, {len(found.counts)} tensors, {size / 1e9:.2f} GB"
    lines = wrap(f"{found.path}: {whole}: {verdicts.get(found.grade, 'clean')}", width(), 4)
    for finding in found.findings:
        file = "" if finding.file == found.path.name else finding.file
        where = ": ".join(filter(None, (file, finding.tensor, finding.what)))
        lines += wrap(f"  {_MARKS[finding.grade]} {where}", width(), 6)
    return "\n".join(lines)


def _tensors_data(found: Scan) -> dict[str, Any]:
    tensors = [
        {
            "name": one.tensor.name,
            "file": one.tensor.path.name,
            "dtype": one.tensor.dtype.name,
            "shape": one.tensor.shape,
            "nan": one.nan,
            "inf": one.inf,
            "rows": one.large,
            "largest": one.largest,
            "subnormal": one.subnormal,
        }
        for one in found.counts
    ]
    findings = [vars(finding) for finding in found.findings]
    return {**to_json(checkpoints.report(found)), "findings": findings, "tensors": tensors}


def _rows_text(path: Path, survey: Survey) -> str:
    forms = ", ".join(f"{form} {count}" for form, count in sorted(survey.forms.items()))
    lines = wrap(f"{path}: {survey.rows} rows ({forms or 'of no known form'})", width(), 4)
    for complaint, tally in survey.tallies.items():
        share = f"{tally.count} of {survey.rows} ({tally.count / survey.rows:.2%})"
        places = ", ".join(dataset.first(survey, complaint))
        lines += wrap(f"  ! {share}: {complaint}; first {places}", width(), 6)
    return "\n".join(lines)


def _rows_data(path: Path, survey: Survey) -> dict[str, Any]:
    tallies = [
        {"what": complaint, "count": tally.count, "first": dataset.first(survey, complaint)}
        for complaint, tally in survey.tallies.items()
    ]
    report = to_json(dataset.report(survey, path.name))
    return {**report, "rows": survey.rows, "forms": survey.forms, "findings": tallies}
