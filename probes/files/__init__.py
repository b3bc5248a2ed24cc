"""Files and pasted texts of any kind: what kind it is, and what it says. Nothing in them is ever executed."""

from __future__ import annotations

import codecs
import json
import os
import pathlib
import re
import typing

from probes import configs, logs
from probes.files import bases, environment, pieces, prose, sniff
from probes.logs import events, trainer_state
from probes.report import ReadError, Report, from_json

HEAD = 64 * 1024  # bytes by which a file's kind is told
LARGEST = 8_000_000  # bytes of anything but a log; a trainer state of a long run has some megabytes
MOST_FILES, DEEPEST = 200, 4

Reader = typing.Callable[[str, str], tuple[Report, ...]]


def read_file(path: str | pathlib.Path, within: pathlib.Path | None = None) -> tuple[Report, ...]:
    """What a file says, by its content. A log is streamed, whatever its size.

    A config is read with the files that it builds on, where they lie in the folder `within` (None: its own).

    Raises ReadError, one line, for what cannot be read: missing, empty, binary, broken, too large.
    """
    path = pathlib.Path(path)
    if path.exists() and not path.is_file():  # a folder, or a pipe that would never end
        raise ReadError(f"{path.name}: is no file, give a log, a config, a command or a report")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        size = path.stat().st_size
    except OSError as error:
        raise ReadError(f"{path.name}: cannot be read ({error.strerror}), give another file") from None
    if events.is_events(head):
        with path.open("rb") as file:
            return (events.read(file, path.name),)
    _refuse(sniff.kind_of_bytes(head), path.name)
    encoding = _encoding(head)
    start = head.decode(encoding, errors="replace")
    if sniff.kind_of_text(start) == sniff.LOG:
        if encoding != "utf-16":
            return (logs.read_file(path, encoding),)
        with path.open(encoding=encoding, errors="replace", newline="\n") as file:
            return (logs.read(iter(lambda: file.readline(HEAD), ""), path.name),)
    if size > LARGEST:
        raise ReadError(
            f"{path.name}: {size / 1e6:.0f} MB without a log line at its start, give the log or config"
        )
    text = path.read_bytes().decode(encoding, errors="replace")
    return bases.follow(read_text(text, path.name), text, path, within or path.parent)


def read_text(text: str, name: str) -> tuple[Report, ...]:
    """What a text says; one that mixes prose, logs, commands and configs gives a report for each.

    Raises ReadError, one line, for an empty text, or one that is broken.
    """
    text = text.lstrip("\ufeff")
    kind = sniff.kind_of_text(text[:HEAD])
    _refuse(kind, name)
    return KINDS[kind](text, name)


def listing(folder: pathlib.Path) -> list[pathlib.Path]:
    """The files of a folder and its folders, hidden ones left out: so many, and so many levels deep."""
    found: list[pathlib.Path] = []
    for place, folders, names in os.walk(folder):
        here = pathlib.Path(place)
        deeper = len(here.relative_to(folder).parts) + 1 < DEEPEST
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if deeper else []
        found += [
            here / name for name in sorted(names) if not name.startswith(".") and (here / name).is_file()
        ]
        if len(found) >= MOST_FILES:
            break
    return sorted(found[:MOST_FILES])


def _refuse(kind: str | None, name: str) -> None:
    if kind == sniff.EMPTY:
        raise ReadError(f"{name}: is empty, give the log or the config itself")
    if kind == sniff.BINARY:
        raise ReadError(f"{name}: is no text, give a log, a config, a command or a report as plain text")
    if kind == sniff.CHECKPOINT:
        raise ReadError(f"{name}: is a checkpoint or an archive, give the log or the config as plain text")


def _encoding(head: bytes) -> str:
    """UTF-8 unless the bytes say otherwise; GB 18030 holds all of GBK."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _log(text: str, name: str) -> tuple[Report, ...]:
    return (logs.read(text.split("\n"), name),)


def _state(text: str, name: str) -> tuple[Report, ...]:
    return (trainer_state.read(text, name),)


def _probe(text: str, name: str) -> tuple[Report, ...]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReadError(
            f"{name}: a broken whynan report, make it again with `probe.pyz --format json`"
        ) from error
    if "reports" not in data:
        return (from_json(data, name),)
    if not isinstance(data["reports"], list) or not data["reports"]:
        raise ReadError(f"{name}: a capsule without reports, make it again with `--format capsule`")
    return tuple(from_json(report, name) for report in data["reports"])  # a capsule: a whole diagnosis


def _environment(text: str, name: str) -> tuple[Report, ...]:
    return (environment.read(text, name),)


def _command(text: str, name: str) -> tuple[Report, ...]:
    return (configs.read(text, name, "command"),)


def _config(text: str, name: str) -> tuple[Report, ...]:
    try:
        return (configs.read(text, name),)
    except ReadError:
        if name.lower().endswith((".txt", ".md")) and " " in text.strip():
            return _prose(text, name)  # "Model: Qwen" and "Loss: nan" make a report look like YAML
        raise


def _prose(text: str, name: str) -> tuple[Report, ...]:
    """A pasted report: its sentences, and each log, command and config in it by its own reader."""
    found = [prose.read(text, name)]
    for piece in pieces.cut(text):
        if piece.kind == sniff.LOG:
            found.append(logs.read(piece.text.splitlines(), name))
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
        blocks = [text[: b.start()].count("\n") * "\n" + b[0] for b in re.finditer(r"(?:\S[^\n]*\n?)+", text)]
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
    sniff.LOG: _log,
    sniff.ENVIRONMENT: _environment,
    sniff.COMMAND: _command,
    sniff.CONFIG: _config,
    sniff.PROSE: _prose,
}
