"""`python -m app.ui.read_large FILE`: what a huge file says, read in a process of its own, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app import inputs
from probes.report import to_json


def main(path: str) -> int:
    """Prints the report, or a line on standard error with status 2."""
    found = inputs.read([Path(path)])
    for problem in found.problems:
        sys.stderr.write(f"{problem}\n")
    for report in found.reports:
        sys.stdout.write(json.dumps(to_json(report)))
    return 0 if found.reports else 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
