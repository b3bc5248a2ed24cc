"""What a text says, by its kind. One that mixes prose, logs, commands and configs gives a report for each."""

from __future__ import annotations

import io
import json
import pathlib
import re
import typing

from probes import configs, logs
from probes.files import environment, notebook, pieces, preamble, prose, sniff, unreadable, watched
from probes.files.containers import HEAD
from probes.logs import trainer_state
from probes.report import ReadError, Report, from_json

MARK = "\ufeff"  # of Unicode: it says nothing
# What colours a terminal, moves its cursor, sets its title
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]{0,20}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\))")
SHORT_LIST = 1_500  # characters of a list of versions that a person may have written
LONGEST_REPORT = 100_000  # characters of a text that mixes kinds; GitHub allows 65,536 in an issue

Reader = typing.Callable[[str, str], tuple[Report, ...]]


def read_text(text: str, name: str) -> tuple[Report, ...]:
    """What a text says; one that mixes prose, logs, commands and configs gives a report for each.

    Raises ReadError, one line, for an empty text, or one that is broken.
    """
    text = ESCAPE.sub("", text.lstrip(MARK))
    kind = sniff.kind_of_text(text[:HEAD])
    refuse(kind, name, b"")
    if kind in (sniff.COMMAND, sniff.CONFIG) and sniff.is_sentence(text):
        return (prose.read_prose(text, name), *_fragments(text, name, kind))
    return KINDS[kind](text, name)


def refuse(kind: str | None, name: str, head: bytes) -> None:
    """Raises ReadError for an empty text, and for what is none: of that, `head` is the beginning."""
    if kind == sniff.EMPTY:
        raise ReadError(f"{name}: is empty, give the log or the config itself")
    if kind == sniff.BINARY:
        line = unreadable.by_bytes(head, name)
        raise ReadError(
            line or f"{name}: is no text, give a log, a config, a command or a report as plain text"
        )


def _log(text: str, name: str) -> tuple[Report, ...]:
    """A log; or, where a person speaks before or after it, the report that quotes it."""
    if len(text) <= LONGEST_REPORT and pieces.somebody_speaks(text[:HEAD]):
        return _prose(text, name)
    return (logs.read(io.StringIO(text), name), *preamble.read(text, name))


def _state(text: str, name: str) -> tuple[Report, ...]:
    return (trainer_state.read(text, name),)


def _probe(text: str, name: str) -> tuple[Report, ...]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReadError(
            f"{name}: a broken whynan report, make it again with `probe.pyz --format json`"
        ) from error
    if "watched" in data:
        return (watched.read(data, name),)
    if "reports" not in data:
        return (from_json(data, name),)
    if not isinstance(data["reports"], list) or not data["reports"]:
        raise ReadError(f"{name}: a capsule without reports, make it again with `--format capsule`")
    return tuple(from_json(report, name) for report in data["reports"])  # a capsule: a whole diagnosis


def _environment(text: str, name: str) -> tuple[Report, ...]:
    """A list of versions and hardware; a short one may hold what somebody added: "Optimizer: 8-bit Adam"."""
    listed = environment.read(text, name)
    if len(text) > SHORT_LIST or environment.printed(text):
        return (listed,)
    added = ("" if environment.is_listed(line) else line for line in text.splitlines())
    said = prose.read_prose("\n".join(added) if "\n" in text.strip() else text, name)
    return (listed, said) if said.facts else (listed,)


def _command(text: str, name: str) -> tuple[Report, ...]:
    return (configs.read(text, name, "command"),)


def _config(text: str, name: str) -> tuple[Report, ...]:
    try:
        found = configs.read(text, name)
    except ReadError:
        if _quoted(text, name):
            return _prose(text, name)
        raise
    return _prose(text, name) if found.problem and _quoted(text, name) else (found,)


def _quoted(text: str, name: str) -> bool:
    """Whether somebody's words stand beside a config: "Loss: nan" in a report looks like YAML, too."""
    if name.lower().endswith((".txt", ".md")):
        return " " in text.strip()
    told = prose.read(text[:LONGEST_REPORT], name).facts if not pathlib.Path(name).suffix else ()
    return any(fact.id.startswith("loss.") for fact in told)


def _notebook(text: str, name: str) -> tuple[Report, ...]:
    """A notebook's code, commands, written files and output, each by its own reader."""
    found: list[Report] = []
    for part in notebook.cut(text, name):
        if part.kind == notebook.OUTPUT:
            reports = list(_log(part.text, name))
        else:
            reports = _fragments(part.text, name, part.kind)
        found += [part.placed(report) for report in reports if report.facts]
    if not found:
        raise ReadError(f"{name}: a notebook that says nothing of a training, give its log or its config")
    return tuple(found)


def _prose(text: str, name: str) -> tuple[Report, ...]:
    """A pasted report: its sentences, and each log, command and config in it by its own reader."""
    text = text[:LONGEST_REPORT]
    found = [prose.read(text, name)]
    for piece in pieces.cut(text):
        if piece.kind == sniff.LOG:
            found.append(logs.read(io.StringIO(piece.text), name))
        elif piece.kind in (sniff.COMMAND, sniff.CONFIG):
            found += _fragments(piece.text, name, piece.kind)
    return tuple(found)


def _fragments(text: str, name: str, kind: str) -> list[Report]:
    """The config or command in a report, or, where it holds several that do not fit together, each of them.

    A fragment keeps the line numbers of the whole; what only looked like a config is passed over.
    """
    try:
        return [configs.read(text, name, kind)]
    except ReadError:
        blocks = pieces.blocks(text)
    found = []
    for block in blocks if len(blocks) > 1 else ():
        try:
            found.append(configs.read(block, name, kind))
        except ReadError:
            continue
    return found


KINDS: dict[str, Reader] = {
    sniff.PROBE: _probe,
    sniff.STATE: _state,
    sniff.NOTEBOOK: _notebook,
    sniff.LOG: _log,
    sniff.ENVIRONMENT: _environment,
    sniff.COMMAND: _command,
    sniff.CONFIG: _config,
    sniff.PROSE: _prose,
}
