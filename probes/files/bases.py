"""A config that builds on others is read with them, where they lie in the folder that was handed over."""

from __future__ import annotations

import pathlib

from probes import configs
from probes.configs.reading import MAX_CHARACTERS
from probes.report import ReadError, Report


def follow(
    reports: tuple[Report, ...], text: str, path: pathlib.Path, within: pathlib.Path
) -> tuple[Report, ...]:
    """The reports of the file at `path`; of an mmengine config with what it takes from other files.

    Nothing outside of `within` is opened, not through a link either.
    """
    if not any(word in text for word in ("_base_", "read_base")) or [r.kind for r in reports] != ["config"]:
        return reports
    root = within.resolve()

    def beside(relative: str) -> str | None:
        file = path.resolve().parent.joinpath(relative).resolve()
        if not file.is_relative_to(root) or not file.is_file() or file.stat().st_size > MAX_CHARACTERS:
            return None
        return file.read_text(encoding="utf-8", errors="replace")

    try:
        return (configs.read(text, path.name, beside=beside),)
    except (OSError, ValueError, ReadError):  # a name that no file can have, a file that went away
        return reports
