"""`whynan facts`: what each file says, with the line that says it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app.commands import BadInputError
from probes import files
from probes.cli import known
from probes.columns import width
from probes.merge import merge


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whynan facts`."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders of such")
    parser.add_argument("--format", choices=["text", "jsonl"], default="text", help="default: text")


def run(arguments: argparse.Namespace) -> int:
    """Prints what each file says. Raises BadInputError at the end, with all that could not be read."""
    problems: list[str] = []
    for path in map(Path, arguments.paths):
        for file in files.listing(path) if path.is_dir() else [path]:
            for document in files.documents(file, path if path.is_dir() else None):
                if document.problem:
                    problems.append(document.problem)
                    continue
                for one in document.reports:
                    if one.problem:
                        print(f"whynan: {one.problem}", file=sys.stderr)
                report = merge(document.reports)
                shown = f"{file}{document.name.removeprefix(file.name)}"  # in an archive: path!member
                if arguments.format == "text":
                    print("\n".join([shown, *known(report, width()), ""]))
                    continue
                facts = {fact.id: fact.value for fact in report.facts}
                where = {fact.id: fact.source for fact in report.facts}
                print(json.dumps({"path": shown, "facts": facts, "where": where}, ensure_ascii=False))
    if problems:
        raise BadInputError("; ".join(problems))
    return 0
