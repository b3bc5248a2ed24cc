"""Settings of Python text: XTuner and mmengine configs, training scripts, notebooks' cells.

The text is parsed and never executed.
"""

from __future__ import annotations

import ast
import posixpath
import typing

from probes.syntax.python_bases import Base, Elsewhere, placed
from probes.syntax.python_edit import edit
from probes.syntax.python_paths import called, target_path
from probes.syntax.python_tree import Source
from probes.syntax.python_value import UNKNOWN
from probes.syntax.python_walk import walk
from probes.syntax.setting import Setting, Symbol, UnreadableError

__all__ = ["Beside", "edit", "settings"]

Beside = typing.Callable[[str], typing.Optional[str]]  # a path from the text's folder -> the text there

_MOST_BASES = 20


def settings(text: str, beside: Beside | None = None) -> tuple[Setting, ...]:
    """What the text sets, in its order; a call is a setting too: LoraConfig() is the symbol LoraConfig,
    written as the text has it (peft.LoraConfig). Arguments that are not known, X(**unknown), are the setting
    X.**, which is not decided.

    `beside` gives the files that an mmengine config builds on; None: they were not given. Raises
    UnreadableError, with the line, for what is not Python or is built to eat memory.
    """
    source = Source(text)
    result = []
    for path, item in _walk(source, beside).found:
        node, value = item.node, item.value
        if isinstance(value, dict) and isinstance(node, ast.Call) and path == called(node)[0]:
            path, value = path + "()", Symbol(path, target_path(node.func))
        elif value is UNKNOWN:
            value = None
        elif not item.is_plain():
            continue
        if isinstance(node, Elsewhere):
            place: tuple[int, int, int, str] = (node.line, 0, 0, node.file)
        else:
            place = (source.line(node), *source.span(node), "")
        result.append(Setting(path, value, *place, decided=item.value is not UNKNOWN))
    return tuple(result)


def _walk(source: Source, beside: Beside | None) -> Base:
    """`walk` with the base files, and theirs; a file that builds on itself is not there."""
    seen: list[str] = []

    def read(source: Source, file: str, above: tuple[str, ...]) -> Base:
        def bring(path: str) -> Base | None:
            full = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
            text = beside(full) if beside and full not in above and len(seen) < _MOST_BASES else None
            if text is None:
                return None
            seen.append(full)
            name = posixpath.basename(full)
            try:
                base = Source(text)
                return placed(read(base, full, (*above, full)), lambda node: Elsewhere(name, base.line(node)))
            except UnreadableError:
                return None

        return walk(source, bring)

    return read(source, "", ())
