"""A fix as a change to the user's own file, as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from kb.model import Fix
from probes import configs

# Frameworks whose settings are written as another one's.
WRITTEN_AS = {"trl": "transformers", "unsloth": "transformers"}


@dataclass(frozen=True)
class Patch:
    """The change: a unified diff. `files` are the user's own files after it; none of them is an example.

    The diff holds lines of the user's files as they are: whatever exports it redacts it.
    """

    framework: str
    diff: str
    files: Mapping[str, str]

    @property
    def shown(self) -> str:
        """The diff, without its head where the names in that are no files of anybody's."""
        return self.diff if self.files else "".join(self.diff.splitlines(keepends=True)[2:])


def patch(fix: Fix, files: Mapping[str, str], framework: str | None) -> Patch | None:
    """The fix as a diff of the user's `files` (name -> text), else an example for `framework`, else None."""
    changed: dict[str, str] = {}
    names: list[str] = []
    for name, text in files.items():
        for style, snippets in fix.patches.items():
            after = configs.apply(text, snippets.before, snippets.after)
            if after is not None and after != text:
                changed[name] = after
                names.append(style)
                break
    if changed:
        diffs = [diff(files[name], after, name) for name, after in changed.items()]
        return Patch(names[0], "".join(diffs), changed)
    style = WRITTEN_AS.get(framework or "", framework or "")
    if style in fix.patches:
        snippets = fix.patches[style]
        return Patch(style, diff(snippets.before, snippets.after, style), {})
    return None


def diff(before: str, after: str, name: str) -> str:
    """The change as a unified diff that `patch -p1` and `git apply` take."""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
