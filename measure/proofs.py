"""How runs of the lab become the chance of a fix in a cause's file."""

from __future__ import annotations

import re
from collections.abc import Mapping

WEIGHT = 5  # runs that an expert's guess counts as much as

Row = tuple[int, int, float, float]  # runs, cured, the guess before, the chance now


def chance(guess: float, runs: int, cured: int) -> float:
    """The guess and the runs together, as the mean of a Beta distribution."""
    return (WEIGHT * guess + cured) / (WEIGHT + runs)


def number(value: float, digits: int = 2) -> str:
    """As the knowledge's files write it: .85, and never 1."""
    return f"{min(value, 0.98):.{digits}f}".removeprefix("0")


def rewritten(text: str, rows: Mapping[str, Row]) -> str:
    """A cause's file with new chances in `fixes` and, behind that, the runs that they come from."""
    text = re.sub(r"^proved:.*\n(?:  .*\n)+", "", text, flags=re.M)
    section = re.search(r"^fixes:.*\n(?:  .*\n)*", text, flags=re.M)
    if not section or not rows:
        return text
    fixes = section.group(0)
    proved = ["proved: # runs of the fault lab, see measure/prove_lab.py"]
    for fix, (runs, cured, guess, now) in rows.items():
        fixes = re.sub(rf"(?<![\w-])({fix}: )[\w.]+", rf"\g<1>{number(now)}", fixes)
        proved.append(f"  {fix}: {{runs: {runs}, cured: {cured}, guess: {number(guess, 3).rstrip('0')}}}")
    return text.replace(section.group(0), fixes + "\n".join(proved) + "\n")
