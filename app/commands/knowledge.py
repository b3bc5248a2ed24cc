"""`whynan kb`: check the knowledge base, show an entry, the tree, or all of it, begin a new entry."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kb
import kb.check
import kb.drafts
from app.commands import BadInputError
from kb.graph import ANY
from kb.load import HERE
from kb.model import WORDS, Cause, Knowledge
from probes.columns import prose, width, wrap

NEW_CAUSE = """\
id: {id}
title:
  en: TODO the fault, in a few words
  zh: TODO
prior: .01
explanation:
  en: >-
    TODO why it happens, and how it shows.
  zh: >-
    TODO
signs:
  loss.symptom: {{nan-after-steps: often}}
fixes: {{use-bf16: sometimes}}
references:
  - title: TODO the thread or page that this is known from
    url: https://
"""
NEW_CASES = """\
- name: TODO what was seen
  files:
    train.log: |
      {{'loss': 1.8, 'grad_norm': 0.9, 'learning_rate': 2e-05, 'epoch': 0.1}}
      {{'loss': nan, 'grad_norm': nan, 'learning_rate': 2e-05, 'epoch': 0.2}}
  expect: first
- name: TODO what looks like it and is something else
  facts: {{loss.symptom: divergence}}
  expect: low
"""
NEW_FIX = """\
id: {id}
title:
  en: TODO what to do, in a few words
  zh: TODO
minutes: 10
restart: true
steps:
  en: >-
    TODO what to change, and how to see that it helped.
  zh: >-
    TODO
references:
  - title: TODO
    url: https://
"""


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whynan kb`."""
    parser.add_argument("--kb", metavar="DIR", default=str(HERE), help="another folder of knowledge")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="check|show|tree|export|learn|new")
    checking = verbs.add_parser("check", help="every problem as path:line:column: message")
    checking.add_argument(
        "--update",
        action="store_true",
        help="drafts anew the claims, in words, that stand beside the causes and the tree, from today's "
        "numbers; read what changes (`git diff`) before it is kept: they are what catches a mistyped number",
    )
    verbs.add_parser("show", help="one entry").add_argument("id")
    verbs.add_parser("tree", help="the interview, indented")
    verbs.add_parser("export", help="everything").add_argument("--format", choices=["json"], default="json")
    learning = verbs.add_parser("learn", help="new priors and cures from outcomes, as a change to review")
    learning.add_argument("--database", default=os.environ.get("WHYNAN_DATABASE", ""), metavar="URL")
    new = verbs.add_parser("new", help="begin an entry: its files, ready to fill in")
    new.add_argument("what", choices=["cause", "fix"])
    new.add_argument("id")
    new.add_argument("--topic", default="data", help="the folder of a new cause")


def run(arguments: argparse.Namespace) -> int:
    """0, or 2 with the problems found. Raises BadInputError."""
    folder = Path(arguments.kb)
    if arguments.verb == "check":
        return _check(folder, arguments.update)
    knowledge = kb.load(folder)
    if arguments.verb == "show":
        _show(knowledge, arguments.id)
    elif arguments.verb == "tree":
        for name in knowledge.tree.start:
            _tree(knowledge, name, "", 0, set())
    elif arguments.verb == "export":
        print(json.dumps(knowledge.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=1))
    elif arguments.verb == "learn":
        _learn(folder, knowledge, arguments.database)
    else:
        _new(folder, knowledge, arguments)
    return 0


def _learn(folder: Path, knowledge: Knowledge, database: str) -> None:
    """A diff on standard output, what it was counted from on standard error; no file is changed."""
    from app.learning import propose  # SQLAlchemy takes a moment to import
    from app.store import connect, default_url

    proposal = propose(knowledge, folder, connect(database or default_url()).told())
    for line in proposal.counts:
        print(line, file=sys.stderr)
    if not proposal.counts:
        print("whynan: no new outcome changes a figure by 0.005 or more", file=sys.stderr)
    sys.stdout.write(proposal.diff)


def _check(folder: Path, update: bool) -> int:
    if not (folder / "facts.yaml").is_file():
        raise BadInputError(f"{folder}, there is no facts.yaml in it, give a folder of knowledge")
    for path in kb.drafts.update(folder) if update else ():
        print(f"{path}: claims made anew; read what has changed")
    problems = kb.check.check(folder)
    for problem in problems:
        print(problem)
    if not problems:
        knowledge = kb.load(folder)
        tables = ("causes", "fixes", "advisories", "facts")
        counts = ", ".join(f"{len(getattr(knowledge, table))} {table}" for table in tables)
        print(f"{folder}: {counts}: no problem found")
    return 2 if problems else 0


def _show(knowledge: Knowledge, name: str) -> None:
    tables: list[dict[str, Any]] = [knowledge.causes, knowledge.fixes, knowledge.advisories, knowledge.facts]
    entry = next((table[name] for table in tables if name in table), None)
    if entry is None:
        raise BadInputError(
            f"{name}, there is no such cause, fix, advisory or fact, `whynan kb export` has all"
        )
    columns = width()
    print(entry.id)
    if isinstance(entry, Cause):
        lines = [
            *wrap(f"{entry.title.en} / {entry.title.zh}", columns),
            "",
            *wrap(entry.explanation.en, columns),
            "",
        ]
        for fact, chances in entry.signs.items():
            signs = ", ".join(f"{value} {_word(chance)}" for value, chance in chances.items())
            lines += wrap(f"  {fact}: {signs}", columns, 4)
        lines += [f"  cured by {fix}: {_word(chance)}" for fix, chance in entry.fixes.items()]
        for reference in entry.references:
            lines += wrap(f"  {reference.title}: {reference.url}", columns, 4)
    else:
        said = entry.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"id"})
        lines = list(_outline(said, "  ", columns))
    print("\n".join(lines))


def _outline(said: Mapping[str, Any], indent: str, columns: int | None) -> Iterator[str]:
    """An entry as its file has it; prose is broken for a terminal, a change to a config never is."""
    for name, value in said.items():
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _outline(value, f"{indent}  ", columns)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{indent}{name}:"
            for item in value:
                first, *others = _outline(item, f"{indent}    ", columns)
                yield from (f"{indent}  - {first.strip()}", *others)
        elif isinstance(value, str) and "\n" in value:
            yield f"{indent}{name}:"
            yield from prose(value, None if name in ("before", "after") else columns, f"{indent}  ")
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield from wrap(f"{indent}{name}: {text}", columns, len(indent) + 2)


def _word(chance: float) -> str:
    return next((word for word, number in WORDS.items() if number == chance), str(chance))


def _tree(knowledge: Knowledge, name: str, answer: str, depth: int, seen: set[str]) -> None:
    node = knowledge.tree.nodes[name]
    again = " (see above)" if name in seen else ""
    print(f"{'  ' * depth}{f'{answer} -> ' if answer else ''}{name}: {node.fact}{again}")
    if not again:
        seen.add(name)
        for value, opened in node.branches.items():
            for target in opened:
                _tree(knowledge, target, "any other" if value == ANY else value, depth + 1, seen)


def _new(folder: Path, knowledge: Knowledge, arguments: argparse.Namespace) -> None:
    name = arguments.id
    if name in knowledge.causes or name in knowledge.fixes or not name.replace("-", "").isalnum():
        raise BadInputError(f"{name}, is taken or is not made of letters, digits and -, choose another id")
    if arguments.what == "cause":
        path = folder / "causes" / arguments.topic / f"{name}.yaml"
        texts = {path: NEW_CAUSE, path.with_name(f"{name}.test.yaml"): NEW_CASES}
    else:
        texts = {folder / "fixes" / f"{name}.yaml": NEW_FIX}
    for path, text in texts.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.format(id=name), encoding="utf-8")
        except OSError as error:
            raise BadInputError(
                f"{path}, cannot be written ({error.strerror}), choose another place"
            ) from error
        print(f"{path}: made; fill in the TODOs, then `whynan kb check`")
