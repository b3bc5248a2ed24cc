"""Each prior is what the counted threads and the expert's guess give, by measure/count_priors.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_priors_are_what_their_counts_give() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "measure.count_priors"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout) == (0, "")
