"""How often whynan names what a loss curve does, beside four tools of PyPI on the same curves.

    python3 -m venv /tmp/peers
    /tmp/peers/bin/pip install trainproof==0.22.0 runmedic==0.1.1 trainspotter==0.2.6 losslint==0.4.1
    .venv/bin/python -m measure.anomalies --peers /tmp/peers/bin/python     prints; --write puts
                                                                     the tables into docs/measured.md

The curves are made by made_runs/, written as real logs and read by the real readers. The seeds of the
table are 100 to 102; the rules were made on other ones (0 to 22).

Right kind, whynan: `loss.symptom` is the contract's word for the curve; each finer fact that the kind is
about is said (what came before, hidden NaN, the level, repeated data); and the first bad step is where the
fault begins. That is the very line for NaN, Inf and 0, within two lines of it for what begins at once, and
for what builds up slowly between its begin and where it is plain (`Made.first`).

Right kind, a peer: one of its findings, of any severity, names the kind in the widest sense (NAMES below);
the step and the finer facts do not count. On a faulty curve it gets the log and the same numbers as a
trainer_state.json, which all four read, and the better of the two counts; on a healthy one the
trainer_state.json counts.

Alarm: whynan names a symptom that is not healthy; a peer has a finding that is more than information.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from measure.made_runs import broken, healthy, wrong
from measure.made_runs.logs import state, write
from measure.made_runs.run import Made
from measure.tables import put
from probes import files
from probes.merge import merge
from probes.report import ReadError, Value

SEEDS = (100, 101, 102)
FAULTY = (*broken.KINDS, *wrong.KINDS)
TOOLS = ("trainproof", "runmedic", "trainspotter", "losslint")

# What a peer calls each symptom, in the widest sense: pieces of its finding's name.
NOT_FINITE = "TP-NAN|non_finite|non-finite|nan_inf|amp_overflow"
SPIKE = "loss_spikes|Loss spike|loss_spike"
UP = "TP-DIVERGE|divergence|sustained growth"
STILL = "TP-FLAT|TP-DEAD-RUN|TP-ZERO-GRAD|TP-ZERO-LR|no_learning|Plateau|plateau|stagnation"
NAMES = {
    "nan-from-start": NOT_FINITE,
    "nan-after-steps": NOT_FINITE,
    "intermittent-nan": NOT_FINITE,
    "inf": NOT_FINITE,
    "zero": f"TP-ZERO-LOSS|{NOT_FINITE}",
    "spike": SPIKE,
    "divergence": UP,
    "not-decreasing": STILL,
    "too-high": "too.?high|loss_scale|initial_loss",
    "too-low": "low loss|loss_floor|leak",
    "level-shift": f"{UP}|{SPIKE}|shift|step_backtrack",
    "gradient-spike": "TP-GRAD-SPIKE|TP-NAN-GRAD|grad_spikes|Gradient-norm|non_finite|nan_inf",
    "eval-only-nan": NOT_FINITE,
    "nan-at-generation": "probability|log:",
    "loss-scale-exhausted": "amp_overflow|loss_scale|TP-NAN-GRAD",
}

# Runs in the peers' Python: one tool's own command on every file of a list, what it prints as JSON lines.
DRIVER = """
import contextlib, importlib.metadata, io, json, sys
tool, arguments = sys.argv[1], sys.argv[2:]
script, = [e for e in importlib.metadata.entry_points(group="console_scripts") if e.name == tool]
main = script.load()
for path in sys.stdin.read().splitlines():
    out = io.StringIO()
    sys.argv = [tool, *(path if argument == "PATH" else argument for argument in arguments)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            main()
        except (SystemExit, Exception):
            pass
    print(json.dumps(out.getvalue()), flush=True)
"""
ARGUMENTS = {
    "trainproof": ("epoch", "PATH", "--json"),
    "runmedic": ("diagnose", "PATH", "--json"),
    "trainspotter": ("analyze", "PATH", "--output", "json"),
    "losslint": ("check", "PATH", "--format", "json"),
}


@dataclass(frozen=True)
class Curve:
    """A made run that lies in a folder as a log and as a trainer_state.json."""

    kind: str
    strength: int | None
    seed: int
    made: Made
    log: Path
    state: Path


@dataclass(frozen=True)
class Answer:
    """What a tool said of a curve: whether that is right, whether it is an alarm, and its words."""

    right: bool
    alarm: bool
    said: str


def curves(seeds: Iterable[int], folder: Path) -> list[Curve]:
    """Every kind at every strength and seed, written into the folder."""
    found = []
    for seed in seeds:
        made: list[tuple[str, int | None, Made]] = []
        for kind in FAULTY:
            for strength in range(3):
                rng = random.Random(f"{kind.__name__} {strength} {seed}")
                made.append((kind.__name__, strength, kind(rng, strength)))
        for well in healthy.KINDS:
            made.append((well.__name__, None, well(random.Random(f"{well.__name__} {seed}"))))
        for name, degree, run in made:
            place = folder / f"{name}-{degree}-{seed}"
            (place / "state").mkdir(parents=True)
            log, text = write(run)
            (place / log).write_text(text, encoding="utf-8")
            again = place / "state" / "trainer_state.json"
            again.write_text(state(run), encoding="utf-8")
            found.append(Curve(name, degree, seed, run, place / log, again))
    return found


def whynan(curve: Curve) -> Answer:
    """whynan's own answer to a curve."""
    try:
        values = merge(files.read_file(curve.log)).values()
    except ReadError as error:
        return Answer(False, False, str(error))
    right = all(
        values.get(fact) in (value if isinstance(value, tuple) else (value,))
        for fact, value in curve.made.truth.items()
    )
    first = values.get("loss.first_bad_step")
    if right and curve.made.first:
        low, high = curve.made.first
        right = isinstance(first, int) and low <= first <= high
    alarm = values.get("loss.symptom", "healthy") != "healthy"
    told: dict[str, Value] = {
        fact: values[fact]
        for fact in ("loss.symptom", "loss.first_bad_step", *curve.made.truth)
        if fact in values
    }
    return Answer(right, alarm, ", ".join(f"{fact} {value}" for fact, value in told.items()))


def peer(tool: str, python: Path, found: list[Curve]) -> list[Answer] | None:
    """A peer's answers, or None where it is not installed or broke off."""
    paths = [str(path) for curve in found for path in (curve.log, curve.state)]
    done = subprocess.run(
        [python, "-W", "ignore", "-c", DRIVER, tool, *ARGUMENTS[tool]],
        input="\n".join(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    printed = [findings(json.loads(line)) for line in done.stdout.splitlines()]
    if done.returncode or len(printed) != len(paths):
        return None
    return [
        _judged(curve, log, again)
        for curve, log, again in zip(found, printed[::2], printed[1::2], strict=True)
    ]


def findings(printed: str) -> list[tuple[str, str]]:
    """The name and severity of each finding in what a peer printed; none where it printed no JSON."""
    try:
        data = json.loads(printed)
    except ValueError:
        return []
    found: list[tuple[str, str]] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            severity = node.get("severity") or node.get("level")
            if severity and str(severity).lower() not in ("pass", "not-checked"):
                name = " ".join(str(node[key]) for key in ("id", "check", "detector", "title") if key in node)
                found.append((name, str(severity).lower()))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(data)
    return found


def _judged(curve: Curve, log: list[tuple[str, str]], again: list[tuple[str, str]]) -> Answer:
    if curve.strength is None:
        alarm = any(severity != "info" for _, severity in again)
        return Answer(not alarm, alarm, ", ".join(sorted({name for name, _ in again})))
    names = {name for name, _ in (*log, *again)}
    right = any(re.search(NAMES[str(curve.made.truth["loss.symptom"])], name) for name in names)
    alarm = any(severity != "info" for _, severity in (*log, *again))
    return Answer(right, alarm, ", ".join(sorted(names)))


def table(found: list[Curve], answers: dict[str, list[Answer] | None]) -> str:
    """The figures as Markdown: all curves together, then kind by kind."""
    faulty = [place for place, curve in enumerate(found) if curve.strength is not None]
    well = [place for place, curve in enumerate(found) if curve.strength is None]
    seeds = ", ".join(str(seed) for seed in sorted({curve.seed for curve in found}))
    lines = [
        f"{len(faulty)} faulty curves ({len(FAULTY)} kinds at three strengths) and "
        f"{len(well)} healthy ones ({len(healthy.KINDS)} kinds), seeds {seeds}.",
        "",
        "| tool | right kind | any alarm on the faulty | false alarms on the healthy |",
        "|---|---:|---:|---:|",
    ]
    for tool, given in answers.items():
        if given is None:
            lines.append(f"| {tool} | could not be run | | |")
            continue
        right, alarms = (sum(given[i].right for i in faulty), sum(given[i].alarm for i in faulty))
        false = sum(given[i].alarm for i in well)
        shares = f"{right} ({right / len(faulty):.1%}) | {alarms} ({alarms / len(faulty):.1%})"
        lines.append(f"| {tool} | {shares} | {false} ({false / len(well):.1%}) |")
    there = {tool: given for tool, given in answers.items() if given is not None}
    lines += ["", f"| kind | curves | {' | '.join(there)} |", "|---|" + "---:|" * (len(there) + 1)]
    for kind in dict.fromkeys(curve.kind for curve in found):
        places = [place for place, curve in enumerate(found) if curve.kind == kind]
        cells = (str(sum(given[i].right for i in places)) for given in there.values())
        name = f"{'' if places[0] in faulty else 'healthy: '}{kind.replace('_', ' ')}"
        lines.append(f"| {name} | {len(places)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", type=Path, help="a Python in which the peers are installed")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--misses", action="store_true", help="list what whynan got wrong")
    parser.add_argument("--keep", type=Path, help="a folder in which the curves stay")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = curves(arguments.seeds, arguments.keep or Path(folder))
        answers: dict[str, list[Answer] | None] = {"whynan": [whynan(curve) for curve in found]}
        for tool in TOOLS if arguments.peers else ():
            answers[tool] = peer(tool, arguments.peers, found)
    text = table(found, answers)
    print(text)
    if arguments.misses:
        for curve, answer in zip(found, answers["whynan"] or (), strict=True):
            if not answer.right:
                print(f"{curve.log.parent.name} {curve.made.form}: {answer.said}")
                print(f"    {curve.made.truth} {curve.made.first}")
    if arguments.write:
        put("anomalies", text)


if __name__ == "__main__":
    main()
