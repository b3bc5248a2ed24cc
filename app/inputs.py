"""What a person hands over (files, folders, pasted text), read; and the raw texts, which patches need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from probes import files
from probes.files import Document
from probes.report import ReadError, Report

# Config files are small; nothing larger is ever patched.
LARGEST_TEXT = 1_000_000
Progress = Callable[[str, int, int], None]
PATCHED = {"config", "command"}


@dataclass(frozen=True)
class Inputs:
    """Reports, the texts of those that a patch may change (name -> text), and a line for each bad file."""

    reports: tuple[Report, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()

    def __add__(self, other: Inputs) -> Inputs:
        return Inputs(self.reports + other.reports, self.texts + other.texts, self.problems + other.problems)


def read(paths: Iterable[Path], progress: Progress = lambda name, done, of: None) -> Inputs:
    """Every file, and every file of every folder. What cannot be read becomes a line; the rest is kept.

    `progress` is told the name of a log or a checkpoint, how many of its bytes are read, and of how many.
    """
    found = Inputs()
    for path in paths:
        for file in files.listing(path) if path.is_dir() else [path]:
            told = partial(progress, file.name)
            for document in files.documents(file, path if path.is_dir() else None, told):
                found += _inputs(document)
    return found


def paste(text: str, name: str = "pasted text") -> Inputs:
    """A text that was pasted, or piped in."""
    try:
        return _inputs(Document(name, files.read_text(text, name), text))
    except ReadError as error:
        return Inputs(problems=(str(error),))


def _inputs(document: Document) -> Inputs:
    if document.problem:
        return Inputs(problems=(document.problem,))
    is_patched = document.reports[0].kind in PATCHED and 0 < len(document.text) <= LARGEST_TEXT
    texts = ((document.name, document.text),) if is_patched else ()
    return Inputs(document.reports, texts, tuple(one.problem for one in document.reports if one.problem))
