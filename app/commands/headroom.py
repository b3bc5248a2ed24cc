"""`whynan headroom`: whether a model's activations fit into float16, by one forward pass."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from app.commands import BadInputError
from probes.columns import width, wrap
from probes.report import ReadError, Report, to_json

_BAR, _MOST = 30, 12


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whynan headroom`."""
    parser.add_argument("folder", type=Path, metavar="MODEL", help="a Hugging Face model's folder")
    parser.add_argument(
        "--text", type=Path, metavar="FILE", help="what goes through it; default: a few lines"
    )
    parser.add_argument(
        "--mixed", action="store_true", help="autocast: only matrix products are in float16, not all"
    )
    parser.add_argument(
        "--first-skips",
        action="store_true",
        help="how many steps a loss scaler skips first: one backward pass",
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")


def run(arguments: argparse.Namespace) -> int:
    """0 it fits, 1 it exceeds float16 or comes near. Raises BadInputError where it cannot be measured."""
    from probes.headroom import MIXED, PURE, model_folder

    training = MIXED if arguments.mixed else PURE
    try:
        text = arguments.text.read_text(encoding="utf-8", errors="replace") if arguments.text else ""
        report = model_folder.measure(
            arguments.folder, text or model_folder.TEXT, training, arguments.first_skips
        )
    except ReadError as error:
        raise BadInputError(str(error)) from error
    except OSError as error:
        where = error.filename or arguments.folder
        raise BadInputError(f"{where}: cannot be read ({error.strerror or error}), give another") from error
    print(json.dumps(to_json(report)) if arguments.format == "json" else _text(report))
    return 0 if report.values()["probe.headroom"] == "safe" else 1


def _text(report: Report) -> str:
    """The verdict and the largest modules, with bars on a scale of powers of two."""
    fact, *skips = report.facts
    top = sorted(report.peaks, key=lambda peak: -peak[1])[:_MOST]
    lines = [*wrap(f"{report.name}: {fact.value} ({fact.source})", width(), 4), ""]
    for module, largest in top:
        lines.append(f"  {largest:>10.4g}  {_bar(largest):<{_BAR}}  {module or 'the model'}")
    for fact in skips:
        skipped = f"A loss scale that begins at 65536 skips {fact.value} steps first ({fact.source})."
        lines += ["", *wrap(skipped, width())]
    return "\n".join(lines)


def _bar(largest: float) -> str:
    """Full at 65504, where float16 ends."""
    if not math.isfinite(largest):
        return "█" * _BAR
    return "█" * min(_BAR, round(_BAR * math.log2(1 + largest) / 16))
