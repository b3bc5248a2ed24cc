"""Settings of Python text: XTuner and mmengine configs, training scripts, notebooks' cells.

The text is parsed and never executed.
"""

from __future__ import annotations

import ast

from probes.syntax.python_edit import edit
from probes.syntax.python_tree import Source
from probes.syntax.python_value import UNKNOWN
from probes.syntax.python_walk import call_name, walk
from probes.syntax.setting import Setting, Symbol

__all__ = ["edit", "settings", "undecided"]


def settings(text: str) -> tuple[Setting, ...]:
    """What the text sets, in its order; a call is a setting too: LoraConfig() is the symbol LoraConfig.

    Raises UnreadableError, with the line, for what is not Python or is built to eat memory.
    """
    source = Source(text)
    result = []
    for path, item in walk(source):
        value = item.value
        if isinstance(value, dict) and isinstance(item.node, ast.Call) and path == call_name(item.node.func):
            path, value = path + "()", Symbol(path)
        elif not item.is_plain():
            continue
        start, end = source.span(item.node)
        result.append(Setting(path, value, source.line(item.node), start, end))
    return tuple(result)


def undecided(text: str) -> frozenset[str]:
    """The paths that the text sets to what it does not decide (`lr=args.lr`); X.** for `X(**unknown)`."""
    return frozenset(path for path, item in walk(Source(text)) if item.value is UNKNOWN)
