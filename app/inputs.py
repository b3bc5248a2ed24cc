"""What a person hands over (files, folders, pasted text), read; and the raw texts, which patches need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from probes import files
from probes.report import ReadError, Report

# Config files are small; nothing larger is ever patched.
LARGEST_TEXT = 1_000_000
PATCHED = {"config", "command"}


@dataclass(frozen=True)
class Inputs:
    """Reports, the texts of those that a patch may change (name -> text), and a line for each bad file."""

    reports: tuple[Report, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()

    def __add__(self, other: Inputs) -> Inputs:
        return Inputs(self.reports + other.reports, self.texts + other.texts, self.problems + other.problems)


def read(paths: Iterable[Path]) -> Inputs:
    """Every file, and every file of every folder. What cannot be read becomes a line; the rest is kept."""
    found = Inputs()
    for path in paths:
        for file in files.listing(path) if path.is_dir() else [path]:
            found += _read(file, path if path.is_dir() else None)
    return found


def _read(path: Path, within: Path | None) -> Inputs:
    try:
        reports = files.read_file(path, within)
    except ReadError as error:
        return Inputs(problems=(str(error),))
    texts: tuple[tuple[str, str], ...] = ()
    if reports[0].kind in PATCHED and path.stat().st_size <= LARGEST_TEXT:
        texts = ((path.name, path.read_text(encoding="utf-8", errors="replace")),)
    return Inputs(reports, texts)


def paste(text: str, name: str = "pasted text") -> Inputs:
    """A text that was pasted, or piped in."""
    try:
        reports = files.read_text(text, name)
    except ReadError as error:
        return Inputs(problems=(str(error),))
    return Inputs(reports, ((name, text),) if reports[0].kind in PATCHED else ())
