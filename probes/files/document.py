"""What was handed over, as documents: one file, or all that is in it where it is packed."""

from __future__ import annotations

import dataclasses
import io
import itertools
import os
import pathlib
import typing

from probes import checkpoints, dataset, logs
from probes.files import bases, containers, preamble, sniff
from probes.files import encoding as encodings
from probes.files.containers import HEAD
from probes.files.text import MARK, read_text, refuse
from probes.logs import Progress, events
from probes.report import ReadError, Report

LARGEST = 8_000_000  # bytes of anything but a log; a trainer state of a long run has some megabytes
MOST_FILES, DEEPEST = 200, 4


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
    try:
        yield from _documents(path, within or path.parent, progress)
    except ReadError as error:
        yield Document(path.name, problem=str(error))
    except OSError as error:
        yield Document(
            path.name, problem=f"{path.name}: cannot be read ({error.strerror}), give another file"
        )


def _documents(path: pathlib.Path, within: pathlib.Path, progress: Progress) -> typing.Iterator[Document]:
    name = path.name
    if checkpoints.recognises(path):
        scan = checkpoints.scan(path, lambda _, done, of: progress(done, of))
        yield Document(name, (checkpoints.report(scan),))
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
            for inside, stream in itertools.islice(containers.leaves(file, name, size), MOST_FILES):
                if isinstance(stream, ReadError):
                    yield Document(inside, problem=str(stream))
                else:
                    yield _document(stream, inside)
        else:
            found = _document(file, name, size, path, progress)
            reports = bases.follow(found.reports, found.text, path, within)
            yield dataclasses.replace(found, reports=reports)


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
        refuse(sniff.kind_of_bytes(head), name, head)
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
