"""Files and pasted texts of any kind: what kind it is, and what it says. Nothing in them is ever executed."""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
import os
import pathlib
import re
import typing

from probes import checkpoints, configs, dataset, logs
from probes.files import (
    bases,
    containers,
    environment,
    notebook,
    pieces,
    preamble,
    prose,
    sniff,
    unreadable,
    watched,
)
from probes.files import encoding as encodings
from probes.files.containers import HEAD
from probes.logs import Progress, events, trainer_state
from probes.report import ReadError, Report, from_json

MARK = "\ufeff"  # of Unicode: it says nothing
# What colours a terminal, moves its cursor, sets its title
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]{0,20}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\))")
LARGEST = 8_000_000  # bytes of anything but a log; a trainer state of a long run has some megabytes
SHORT_LIST = 1_500  # characters of a list of versions that a person may have written
LONGEST_REPORT = 100_000  # characters of a text that mixes kinds; GitHub allows 65,536 in an issue
MOST_FILES, DEEPEST = 200, 4

Reader = typing.Callable[[str, str], tuple[Report, ...]]


@dataclasses.dataclass(frozen=True)
class Document:
    """One text that was handed over, alone or in an archive: what it says, or why it cannot be read.

    `text` is the whole of what is no log: patches need it.
    """

    name: str
    reports: tuple[Report, ...] = ()
    text: str = ""
    problem: str = ""


def read_file(path: str | pathlib.Path, within: pathlib.Path | None = None) -> tuple[Report, ...]:
    """What a file says, by its content. Logs, checkpoints and data sets are streamed, whatever their size.

    Raises ReadError, one line, where nothing of it can be read: missing, empty, binary, broken, too large.
    """
    found = list(documents(path, within))
    reports = tuple(report for document in found for report in document.reports)
    if not reports and found:
        raise ReadError(found[0].problem)
    return reports


def documents(
    path: str | pathlib.Path,
    within: pathlib.Path | None = None,
    progress: Progress = lambda done, of: None,
) -> typing.Iterator[Document]:
    """The file, or what is in it where it is packed: gzip, bzip2, xz, Zstandard, tar, zip.

    A folder is read only where it is one checkpoint. A config is read with the files that it builds on, where
    they lie in the folder `within` (None: its own). `progress` is told how many bytes of a log or of a
    checkpoint are read, and of how many.
    """
    path = pathlib.Path(path)
    name = path.name
    try:
        if checkpoints.recognises(path):
            yield Document(
                name, (checkpoints.report(checkpoints.scan(path, lambda _, done, of: progress(done, of))),)
            )
            return
        if path.exists() and not path.is_file():  # a folder, or a pipe that would never end
            raise ReadError(f"{name}: is no file, give a log, a config, a command or a report")
        with io.BufferedReader(path.open("rb", buffering=0), HEAD) as file:
            size = path.stat().st_size
            head = file.peek(HEAD)[:HEAD]
            if dataset.recognises(head):
                yield Document(name, (dataset.report(dataset.read(path), name),))
            elif events.is_events(head):
                yield Document(name, (events.read(file, name),))
            elif containers.is_packed(head):
                leaves = containers.leaves(file, name, size)
                for inside, stream in itertools.islice(leaves, MOST_FILES):
                    if isinstance(stream, ReadError):
                        yield Document(inside, problem=str(stream))
                    else:
                        yield _document(stream, inside)
            else:
                found = _document(file, name, size, path, progress)
                reports = bases.follow(found.reports, found.text, path, within or path.parent)
                yield dataclasses.replace(found, reports=reports)
    except ReadError as error:
        yield Document(name, problem=str(error))
    except OSError as error:
        yield Document(name, problem=f"{name}: cannot be read ({error.strerror}), give another file")


def _document(
    stream: containers.Stream,
    name: str,
    size: int = 0,
    path: pathlib.Path | None = None,
    progress: Progress = lambda done, of: None,
) -> Document:
    """What a stream says. `path` is the file that it is, whole; None: it comes out of an archive."""
    try:
        head = stream.peek(HEAD)[:HEAD]
        encoding = encodings.find(head)
        _refuse(sniff.kind_of_bytes(head), name, head)
        start = head.decode(encoding, errors="replace")
        if len(head) == HEAD and sniff.kind_of_text(start) == sniff.LOG:
            if path is not None and not encoding.startswith("utf-16"):
                log = logs.read_file(path, encoding, progress=progress)
            else:
                with io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="\n") as lines:
                    log = logs.read(iter(lambda: lines.readline(HEAD), ""), name)
            return Document(name, (log, *preamble.read(start, name)))
        content = stream.read(LARGEST + 1) if size <= LARGEST else b""
        if max(size, len(content)) > LARGEST:
            large = f"{size / 1e6:.0f} MB" if size else f"more than {LARGEST // 10**6} MB"
            raise ReadError(f"{name}: {large} without a log line at its start, give the log or config")
        text = content.decode(encoding, errors="replace")
        return Document(name, read_text(text, name), text.lstrip(MARK))
    except ReadError as error:
        return Document(name, problem=str(error))


def read_text(text: str, name: str) -> tuple[Report, ...]:
    """What a text says; one that mixes prose, logs, commands and configs gives a report for each.

    Raises ReadError, one line, for an empty text, or one that is broken.
    """
    text = ESCAPE.sub("", text.lstrip(MARK))
    kind = sniff.kind_of_text(text[:HEAD])
    _refuse(kind, name, b"")
    if kind in (sniff.COMMAND, sniff.CONFIG) and sniff.is_sentence(text):
        return (prose.read_prose(text, name), *_fragments(text, name, kind))
    return KINDS[kind](text, name)


def listing(folder: pathlib.Path) -> list[pathlib.Path]:
    """The files of a folder and its folders, hidden ones left out: so many, and so many levels deep.

    A folder that is one checkpoint stands for its tensors' files.
    """
    found: list[pathlib.Path] = []
    for place, folders, names in os.walk(folder):
        here = pathlib.Path(place)
        deeper = len(here.relative_to(folder).parts) + 1 < DEEPEST
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if deeper else []
        names = [name for name in sorted(names) if not name.startswith(".") and (here / name).is_file()]
        if checkpoints.recognises(here) and here.parent not in found:  # DeepSpeed has one in another
            found.append(here)
            names = [name for name in names if not name.endswith(checkpoints.SUFFIXES)]
        found += [here / name for name in names]
        if len(found) >= MOST_FILES:
            break
    return sorted(found[:MOST_FILES])


def _refuse(kind: str | None, name: str, head: bytes) -> None:
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
