"""`whynan diagnose`: from what a person has to causes, fixes and the next step."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import kb
from app import capsule, inputs, render, telling, terminal
from app.commands.bar import bar
from app.conclusion import ABNORMAL, HEALTHY, UNJUDGED, Conclusion
from app.inputs import Inputs
from app.session import Session
from app.telling import BadInputError
from app.words import LANGS
from kb.model import Knowledge
from probes.columns import width

CAPSULE = "capsule"  # the session itself, to be diagnosed again
STATUS = {HEALTHY: 0, ABNORMAL: 1, UNJUDGED: 2}
Writer = Callable[[Conclusion, Knowledge, str, str], str]
FORMATS: dict[str, Writer] = {
    "text": lambda *shown: terminal.text(shown[0], shown[1], shown[2], shown[3], width()),
    "json": lambda *shown: json.dumps(render.to_json(*shown), ensure_ascii=False, indent=2) + "\n",
    "md": render.markdown,
    "html": render.html,
    "issue": render.issue,
}


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whynan diagnose`."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="a file of any kind, or a folder of such")
    parser.add_argument("--text", choices=["-"], help="read pasted text from standard input")
    parser.add_argument("--probe", action="store_true", help="measure this machine too")
    parser.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="FACT=VALUE", help="what you know"
    )
    parser.add_argument(
        "--tried",
        nargs="+",
        action="extend",
        default=[],
        metavar="FIX=OUTCOME",
        help="worked, no-change, worse or other-symptom",
    )
    parser.add_argument("--link", help="go on from a link (its part behind ?d=, or the whole)")
    parser.add_argument("--batch", metavar="DIR", help="each folder right under DIR is one case")
    parser.add_argument(
        "--format", choices=[*FORMATS, CAPSULE, "jsonl"], default="text", help="default: text"
    )
    parser.add_argument("--lang", choices=LANGS, default="en", help="default: en")
    parser.add_argument("--kb", metavar="DIR", help="another folder of knowledge")


def run(arguments: argparse.Namespace) -> int:
    """0 nothing abnormal, 1 something abnormal, 2 nothing could be judged. Raises BadInputError."""
    knowledge = kb.load(arguments.kb) if arguments.kb else kb.load()
    # `--set A=B PATH` reads PATH as a setting; whatever has no = is one of the files.
    strays = [word for word in [*arguments.set, *arguments.tried] if "=" not in word]
    told, tried = _pairs(arguments.set), _pairs(arguments.tried)
    session = telling.tell(knowledge, telling.opened(arguments.link), told, tried, ("--set", "--tried"))
    if arguments.batch:
        return _batch(knowledge, session, Path(arguments.batch), arguments.lang)
    if arguments.format == "jsonl":
        raise BadInputError("--format jsonl, without --batch, use --format json")
    given = _read(arguments, [Path(path) for path in (*arguments.paths, *strays)])
    session = session.read(*given.reports)
    if session == Session():
        nothing = "nothing to diagnose, no file and no --set, give a log or a config"
        raise BadInputError("; ".join(given.problems) or nothing)
    for problem in given.problems:
        print(f"whynan: {problem}", file=sys.stderr)
    address = os.environ.get("WHYNAN_URL", "").rstrip("/") + "/" if os.environ.get("WHYNAN_URL") else ""
    conclusion, shown = telling.concluded(knowledge, session, dict(given.texts), address)
    if arguments.format == CAPSULE:
        sys.stdout.write(capsule.text(session.stamp(knowledge.version)))
    else:
        sys.stdout.write(FORMATS[arguments.format](conclusion, knowledge, shown, arguments.lang))
    if conclusion.verdict == UNJUDGED:
        unknown = "what the loss does is unknown, in all that was given, add the log or --set loss.symptom=…"
        print(f"whynan: {unknown}", file=sys.stderr)
    return STATUS[conclusion.verdict]


def _read(arguments: argparse.Namespace, paths: list[Path]) -> Inputs:
    with bar() as show:
        found = inputs.read(paths, show)
    if arguments.text:
        found += inputs.paste(sys.stdin.buffer.read().decode("utf-8", errors="replace"))
    if arguments.probe:
        from probes import machine  # imports torch, which takes seconds

        found += Inputs((machine.probe("quick", lambda *_: None),))
    return found


def _pairs(words: list[str]) -> list[tuple[str, str]]:
    return [
        (name.strip(), value.strip())
        for word in words
        if "=" in word
        for name, _, value in [word.partition("=")]
    ]


def _batch(knowledge: Knowledge, told: Session, folder: Path, lang: str) -> int:
    """A line of JSON for each folder right under `folder`; a bad file is named and passed over."""
    if not folder.is_dir():
        raise BadInputError(
            f"--batch {folder}, there is no such folder, give one that holds a folder for each case"
        )
    status = 0
    for case in sorted(path for path in folder.iterdir() if path.is_dir()):
        root = case / "artifacts" if (case / "artifacts").is_dir() else case
        found = inputs.read(p for p in sorted(root.iterdir()) if p.name != "case.yaml")
        for problem in found.problems:
            print(f"whynan: {case.name}: {problem}", file=sys.stderr)
        conclusion, shown = telling.concluded(knowledge, told.read(*found.reports), dict(found.texts))
        data = {"case": case.name, **render.to_json(conclusion, knowledge, shown, lang)}
        print(json.dumps(data, ensure_ascii=False), flush=True)
        status = max(status, 1 if conclusion.verdict == ABNORMAL else 0)
    return status
