"""`whynan series`: every step of a log as CSV, for a plot or a table of one's own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.commands import BadInputError
from probes.files import encoding
from probes.files.containers import HEAD
from probes.logs import series


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whynan series`."""
    parser.add_argument("path", type=Path, metavar="LOG", help="a training log of any size")


def run(arguments: argparse.Namespace) -> int:
    """Prints step, loss and gradient norm; what a line does not say is nan. Raises BadInputError."""
    path: Path = arguments.path
    count = 0
    try:
        with path.open("rb") as file:
            written = encoding.find(file.read(HEAD))
        if written.startswith("utf-16"):
            raise BadInputError(f"{path.name}: is {written.upper()}, save it as UTF-8")
        for points in series.read(path, written):
            if not count:
                print("step,loss,grad_norm")
            count += len(points.step)
            for step, loss, norm in zip(*(map(float, column) for column in points), strict=True):
                sys.stdout.write(f"{step:.0f},{loss},{norm}\n")
    except OSError as error:
        raise BadInputError(f"{path.name}: cannot be read ({error.strerror}), give another file") from error
    if not count:
        raise BadInputError(f"{path.name}: has no line with a loss, give a training log")
    return 0
