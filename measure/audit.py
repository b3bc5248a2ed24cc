"""Whether a package that is installed here has a known vulnerability (`make audit`, a part of `make check`).

pip-audit asks PyPI for the advisories. Where PyPI cannot be reached, or is a mirror that has none, nothing is
known: that is said, and is no failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

COMMAND = (sys.executable, "-m", "pip_audit", "--local", "--format", "json", "--progress-spinner", "off")


def judged(report: str, said: str) -> tuple[int, str]:
    """The exit status, and what to print, from pip-audit's output and what it said on standard error."""
    try:
        found: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        last = said.strip().splitlines()[-1:] or ["pip-audit said nothing"]
        return 0, f"audit: skipped, PyPI's advisories cannot be had from here ({last[0][:200]})"
    asked = [package for package in found if "skip_reason" not in package]
    if not asked:
        return 0, "audit: skipped, the package index here has no advisories"
    lines = [
        f"{package['name']} {package['version']}: {flaw['id']}, "
        f"{'upgrade to ' + ' or '.join(flaw['fix_versions']) if flaw['fix_versions'] else 'no fix yet'}"
        for package in asked
        for flaw in package["vulns"]
    ]
    lines.append(f"audit: {len(asked)} packages asked about, {len(lines)} known vulnerabilities")
    return int(len(lines) > 1), "\n".join(lines)


def main() -> int:
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=300, check=False)
        report, said = done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        report, said = "", "no answer within 5 minutes"
    status, text = judged(report, said)
    print(text)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
