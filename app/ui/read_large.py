"""`python -m app.ui.read_large FILE`: what a huge file says, read in a process of its own, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app import inputs
from probes.report import to_json


def main(path: str) -> int:
    """Prints the reports, or a line on standard error with status 2."""
    found = inputs.read([Path(path)])
    for problem in found.problems:
        sys.stderr.write(f"{problem}\n")
    if not found.reports:
        return 2
    json.dump([to_json(report) for report in found.reports], sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
