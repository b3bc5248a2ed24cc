"""The probes as a command: this machine's report on standard output."""

from __future__ import annotations

import argparse
import json
import sys
import typing

from probes import machine
from probes.columns import table, width, wrap
from probes.machine import collective
from probes.report import JUDGED, Report, Unknown, Value, to_json

OK, ABNORMAL, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
PAPER = 100  # columns of a reason, where there is no terminal


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> typing.NoReturn:
        self.exit(BAD_INPUT, f"whynan: {message}, in the arguments of the probe, see --help\n")


def main(argv: typing.Sequence[str] | None = None) -> int:
    """Probe this machine. 0: nothing abnormal; 1: something computes wrong; 2: bad arguments."""
    parser = _Parser(
        prog="probe",
        description="What this machine is, and whether it computes right. Writes nothing, sends nothing.",
        epilog="\n".join(
            ["each step touches:", *(f"  {step.name}: {step.touches}" for step in machine.STEPS)]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--tests", choices=machine.TESTS, default="quick", help="depth of the self-test")
    parser.add_argument(
        "--progress", action="store_true", help="a JSON line on standard error as a step begins"
    )
    try:
        options = parser.parse_args(argv)
    except SystemExit as end:  # of --help, too
        return int(end.code or OK)
    try:
        report = machine.probe(options.tests, _progress if options.progress else _silent)
    except KeyboardInterrupt:
        print("whynan: interrupted, nothing was reported, start the probe again", file=sys.stderr)
        return INTERRUPTED
    if collective.rank():  # of several ranks, the first one reports
        return OK
    print(json.dumps(to_json(report), indent=2) if options.format == "json" else text(report, width()))
    return ABNORMAL if any(report.values().get(name, "ok") != "ok" for name in JUDGED) else OK


def text(report: Report, columns: int | None = None) -> str:
    """The report, for a terminal of so many columns: what is known; what is not, why, and what would tell."""
    lines = [report.name, "", *known(report, columns)]
    if report.unknown:
        lines += ["", "not known", ""]
    for (why, how), ids in _by_reason(report.unknown).items():
        lines += wrap(f"  {', '.join(ids)}", columns)
        lines += wrap(f"      {why}; {how}" if how else f"      {why}", columns or PAPER)
    return "\n".join(lines)


def known(report: Report, columns: int | None = None) -> list[str]:
    """The facts in columns: fact, value, source."""
    rows = [(fact.id, plain(fact.value), fact.source) for fact in report.facts]
    return list(table(rows, columns))


def plain(value: Value) -> str:
    """A value for people: yes and no, and numbers without digits that say nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _by_reason(unknown: typing.Iterable[Unknown]) -> dict[tuple[str, str], list[str]]:
    reasons: dict[tuple[str, str], list[str]] = {}
    for item in unknown:
        reasons.setdefault((item.why, item.how), []).append(item.id)
    return reasons


def _progress(step: str, done: int, of: int) -> None:
    print(json.dumps({"step": step, "done": done, "of": of}), file=sys.stderr, flush=True)


def _silent(step: str, done: int, of: int) -> None:
    pass
