"""`whynan lab`: makes a fault happen on a small model, with or without a fix."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from app.commands import BadInputError, own_run
from probes.columns import width, wrap
from probes.lab import FAULTS, FIXES, Trace, applied, possible
from probes.lab import run as train


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whynan lab`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    faults = verbs.add_parser("list", help="the faults, each with its cause and the fixes that cure it")
    faults.add_argument("--format", choices=["text", "jsonl"], default="text", help="default: text")
    one = verbs.add_parser("run", help="one fault, or your own numbers, for some seconds on a CPU")
    one.add_argument("fault", nargs="?", metavar="FAULT", help="see `whynan lab list`")
    one.add_argument("--seed", type=int, default=0, help="of the data's order; default: 0")
    one.add_argument("--fix", metavar="FIX", help="a fix of the knowledge, applied to the run")
    one.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    own_run.add(one)


def run(arguments: argparse.Namespace) -> int:
    """For a run: 0 it went well, 1 it broke. Raises BadInputError for what does not exist."""
    if arguments.verb == "list":
        for line in _listed(arguments.format):
            print(line)
        return 0
    if arguments.fault is None:
        return own_run.run(arguments)
    fault = FAULTS.get(arguments.fault)
    if fault is None:
        raise BadInputError(
            f"no fault is called {arguments.fault}, on the command line, see `whynan lab list`"
        )
    settings, damage = fault.settings, fault.damage
    if arguments.fix:
        if arguments.fix not in possible(fault):
            known = "changes nothing here" if arguments.fix in FIXES else "is no fix that the lab can apply"
            hint = ", ".join(possible(fault))
            raise BadInputError(f"{arguments.fix} {known}, fault {arguments.fault}, take one of {hint}")
        settings, damage = applied(fault, arguments.fix)
    with own_run.training():
        trace = train(settings.but(seed=arguments.seed), damage)
    print(json.dumps(trace.to_json(), allow_nan=False) if arguments.format == "json" else _text(trace))
    return 0 if trace.symptom == "healthy" else 1


def _listed(form: str) -> Iterator[str]:
    for name, fault in FAULTS.items():
        if form == "jsonl":
            yield json.dumps(
                {
                    "id": name,
                    "cause": fault.cause,
                    "finer": fault.finer or None,
                    "fixes": fault.fixes,
                    "possible": possible(fault),
                    "symptoms": fault.symptoms,
                    "onset": fault.onset,
                    "simulated": fault.simulated,
                }
            )
        else:
            line = f"{name:<24} {fault.finer or fault.cause:<22} {', '.join(fault.fixes)}"
            yield from wrap(line, width(), 48)


def _text(trace: Trace) -> str:
    bad = "" if trace.first_bad_step is None else f", first at step {trace.first_bad_step}"
    lines = [f"{trace.symptom}{bad}"]
    for step in sorted({*range(1, len(trace.loss) + 1, max(1, len(trace.loss) // 15)), len(trace.loss)}):
        lines.append(
            f"  step {step:>4}  loss {trace.loss[step - 1]:<10.4g} grad_norm {trace.grad_norm[step - 1]:.4g}"
        )
    return "\n".join(lines)
