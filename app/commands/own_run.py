"""`whynan lab run` without a fault: the user's own numbers on the small model, with and without a fix."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import kb
from app import inputs, own_run
from app.commands import BadInputError
from app.session import Session, known
from app.words import LANGS, word
from kb.model import Plain

FORMATS = ("float32", "bfloat16", "float16")
# The option, its fact, and what it takes.
OPTIONS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("--precision", "precision.compute", {"choices": FORMATS, "help": "what the model computes in"}),
    ("--weights", "precision.weights", {"choices": FORMATS, "help": "what the trained weights are kept in"}),
    ("--learning-rate", "optimizer.learning_rate", {"metavar": "RATE", "help": "yours, such as 2e-5"}),
    ("--optimizer", "optimizer.name", {"metavar": "NAME", "help": "adamw, adam, sgd, adafactor"}),
    ("--clip", "optimizer.max_grad_norm", {"metavar": "NORM", "help": "such as 1.0, or none"}),
    ("--epsilon", "optimizer.epsilon", {"metavar": "EPS", "help": "Adam's, such as 1e-8"}),
    ("--warm-up", "schedule.warmup", {"choices": ("yes", "no"), "help": "of the learning rate"}),
    ("--batch", "batch.per_device", {"metavar": "N", "help": "samples on each GPU"}),
    ("--accumulation", "batch.accumulation", {"metavar": "N", "help": "micro-batches a step"}),
    ("--lora", "lora.enabled", {"choices": ("yes", "no"), "help": "adapters in place of all weights"}),
)
_WIDTH = 44


def add(parser: argparse.ArgumentParser) -> None:
    """The options of one's own run."""
    own = parser.add_argument_group("your own run, where no FAULT is named")
    for option, _, how in OPTIONS:
        own.add_argument(option, **how)  # type: ignore[arg-type] # argparse's own keywords
    own.add_argument(
        "--from", dest="given", nargs="+", type=Path, default=[], metavar="PATH",
        help="a config or a folder, whose numbers are taken where no option says another",
    )  # fmt: skip
    own.add_argument("--lang", choices=LANGS, default="en", help="of the notes; default: en")
    own.add_argument("--progress", action="store_true", help="a JSON line on standard error for each step")


@contextmanager
def training() -> Iterator[None]:
    """What keeps the lab from training here (no torch, no sources of Python), as a line for people."""
    try:
        yield
    except ImportError as error:
        raise BadInputError(
            f"a run needs {error.name}, it is not installed here, try `make install`"
        ) from error
    except OSError as error:
        raise BadInputError(str(error)) from error


def run(arguments: argparse.Namespace) -> int:
    """0 the run without the fix went well, 1 it broke. Raises BadInputError for what cannot be run."""
    facts = told(arguments)
    if not facts:
        raise BadInputError("neither a fault nor a number of yours, on the command line, see --help")
    fix = arguments.fix
    try:
        planned = own_run.plan(facts)
        with training():
            outcome = own_run.run(planned, fix, _progress if arguments.progress else _silent)
    except ValueError as error:
        raise BadInputError(f"{error}, in your numbers, give another") from error
    except KeyError as error:
        hint = ", ".join(planned.fixes())
        raise BadInputError(f"{fix} changes nothing in this run, take one of {hint}") from error
    notes = [word(name, arguments.lang, **fields) for name, fields in planned.notes]
    limits = word("tryit.limits", arguments.lang)
    if arguments.format == "json":
        print(json.dumps({"fix": fix, "facts": facts, "notes": notes, "limits": limits, **outcome.to_json()}))
    else:
        print("\n".join(_text(outcome, fix, [*notes, limits])))
    return 0 if outcome.bare.symptom == "healthy" else 1


def told(arguments: argparse.Namespace) -> Mapping[str, Plain]:
    """The numbers out of the user's files, and those of the options before them."""
    facts: dict[str, Plain] = {}
    if arguments.given:
        found = inputs.read(arguments.given)
        if not found.reports:
            raise BadInputError(next(iter(found.problems), "nothing was read, give a config"))
        values = known(Session().read(*found.reports), kb.load()).values()
        facts = {name: values[name] for name in own_run.FACTS if name in values}
    for option, fact, _ in OPTIONS:
        value = getattr(arguments, option[2:].replace("-", "_"))
        if value is not None:
            facts[fact] = {"yes": True, "no": False}.get(value, value)
    return facts


def _progress(which: str, done: int, of: int) -> None:
    print(json.dumps({"step": which, "done": done, "of": of}), file=sys.stderr, flush=True)


def _silent(which: str, done: int, of: int) -> None:
    pass


def _text(outcome: own_run.Outcome, fix: str | None, notes: list[str]) -> list[str]:
    """Both curves side by side, a line for every few steps."""
    runs = [("as it is", outcome.bare)] + ([(str(fix), outcome.fixed)] if outcome.fixed else [])
    lines = ["step  " + "".join(f"{name:<{_WIDTH}}" for name, _ in runs)]
    longest = max(len(trace.loss) for _, trace in runs)
    for step in sorted({*range(1, longest + 1, max(1, longest // 15)), longest}):
        cells = []
        for _, trace in runs:
            there = step <= len(trace.loss)
            cell = (
                f"loss {trace.loss[step - 1]:<9.4g} grad_norm {trace.grad_norm[step - 1]:<9.4g}"
                if there
                else "stopped"
            )
            cells.append(f"{cell:<{_WIDTH}}")
        lines.append(f"{step:>4}  {''.join(cells)}".rstrip())
    lines += ["", *(f"{name}: {trace.symptom}{_since(trace.first_bad_step)}" for name, trace in runs), ""]
    return lines + [f"- {note}" for note in notes]


def _since(step: int | None) -> str:
    return "" if step is None else f", first at step {step}"
