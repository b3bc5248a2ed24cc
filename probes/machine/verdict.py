"""From measured results to gpu.numerics: ok, wrong or unstable."""

from __future__ import annotations

import dataclasses
import math
import typing

from probes.machine.gpu import ELSEWHERE
from probes.machine.rounding import Case
from probes.report import Fact, Unknown

OK, WRONG, UNSTABLE, MISSING = SEVERITY = ("ok", "wrong", "unstable", "missing")
AGAIN = "probe again with --tests quick"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one case went on one device. `share` is the largest error over its bound, below 1 when right."""

    device: str
    case: str
    verdict: str
    share: float = 0.0


def judge(
    torch: typing.Any, runs: typing.Sequence[typing.Any], case: Case, exact_repeats: bool
) -> tuple[str, float]:
    """The verdict on repeated results (on the CPU) of one case, and their largest error over its bound.

    "wrong" when every run breaks its bound; "unstable" when only some do, or when runs differ in
    any bit although the same call must give the same bits (`exact_repeats`).
    """
    bits = [run.contiguous().view(torch.uint8) for run in runs]
    # Nearly always all runs have the same bits, and one judgement does for all.
    distinct = [run for place, run in enumerate(runs) if not place or not torch.equal(bits[place], bits[0])]
    shares = [float(((run.double() - case.exact).abs() / case.bound).max()) for run in distinct]
    right = {share <= 1 for share in shares}  # False for NaN
    worst = max(math.inf if math.isnan(share) else share for share in shares)
    differ = len(distinct) > 1
    if len(right) > 1 or (differ and exact_repeats):
        return UNSTABLE, worst
    return (OK if right == {True} else WRONG), worst


def verdict(
    outcomes: typing.Sequence[Outcome], left_out: typing.Sequence[str], no_gpu: str
) -> list[Fact | Unknown]:
    """gpu.numerics from all outcomes: one bad GPU decides, and one that was not tested leaves it unknown.

    `left_out` says why devices were not tested, `no_gpu` why the CPU was tested alone: numerics.cpu then.
    """
    done = [outcome for outcome in outcomes if outcome.verdict != MISSING]
    if not done:
        return [Unknown("gpu.numerics", "; ".join(left_out) or "torch lacks these operations there", AGAIN)]
    worst = max(done, key=lambda outcome: (SEVERITY.index(outcome.verdict), outcome.share))
    devices = ", ".join(dict.fromkeys(outcome.device for outcome in done))
    said = f"{worst.case} is {worst.verdict}, error {worst.share:.3g} x what rounding explains"
    if worst.verdict == OK:
        said = f"{len(done)} results right, largest error {worst.share:.2f} x what rounding explains"
    if devices == "cpu":
        reason = f" ({no_gpu})" if no_gpu else ""
        return [
            Fact("numerics.cpu", worst.verdict, f"self-test on the CPU: {said}"),
            Unknown("gpu.numerics", f"torch reaches no GPU{reason}", ELSEWHERE),
        ]
    if worst.verdict != OK:
        return [Fact("gpu.numerics", worst.verdict, f"self-test on {worst.device}: {said}")]
    if left_out:
        return [Unknown("gpu.numerics", f"{'; '.join(left_out)}; on {devices} {said}", AGAIN)]
    return [Fact("gpu.numerics", OK, f"self-test on {devices}: {said}")]
