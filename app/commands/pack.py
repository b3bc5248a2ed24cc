"""`whynan pack`: the probes as one file for a training machine's own Python."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands import BadInputError


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whynan pack`."""
    parser.add_argument("-o", "--output", default="probe.pyz", metavar="FILE", help="default: probe.pyz")


def run(arguments: argparse.Namespace) -> int:
    """Writes the file. Raises BadInputError where it cannot."""
    from app.pack import PIPED, pack

    path = Path(arguments.output)
    try:
        path.write_bytes(pack())
    except OSError as error:
        raise BadInputError(f"{path}, cannot be written ({error.strerror}), choose another place") from error
    print(f"{path}: on the node, run `python {path.name} --format json > probe.json`, or from here")
    print(PIPED.replace("probe.pyz", str(path)))
    return 0
