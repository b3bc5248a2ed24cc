"""`python -m app.ui.read_large FILE`: what a huge file says, read in a process of its own, as JSON.

On standard error goes how far it is, as `app.jobs` reads it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app import inputs
from probes.report import to_json

MEGABYTE = 1_000_000


def main(path: str) -> int:
    """Prints the reports, or a line on standard error with status 2."""
    told = -1

    def tell(_: str, done: int, of: int) -> None:
        """A line for each megabyte, so that the page shows how far it is."""
        nonlocal told
        if done // MEGABYTE > told:
            told = done // MEGABYTE
            step = {"step": "read", "done": told, "of": of // MEGABYTE}
            sys.stderr.write(f"{json.dumps(step)}\n")
            sys.stderr.flush()

    found = inputs.read([Path(path)], tell)
    for problem in found.problems:
        sys.stderr.write(f"{problem}\n")
    if not found.reports:
        return 2
    json.dump([to_json(report) for report in found.reports], sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
