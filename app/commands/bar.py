"""A bar on standard error, while something large is read and somebody looks on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WIDTH, _LINE = 30, 100
_SMALL = 20_000_000  # bytes that are read before anybody wonders


@contextmanager
def bar() -> Iterator[Callable[[str, int, int], None]]:
    """Gives `show(name, bytes done, of how many)`, wipes the line at the end; silent without a terminal."""
    if not sys.stderr.isatty():
        yield lambda name, done, of: None
        return
    try:
        yield _show
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _show(name: str, done: int, of: int) -> None:
    if of < _SMALL:
        return
    full = _WIDTH * done // of
    unit, size = ("GB", 1e9) if of >= 1e9 else ("MB", 1e6)
    text = f"[{'#' * full}{'.' * (_WIDTH - full)}] {done / size:.1f} of {of / size:.1f} {unit}  {name}"
    print(f"\r\x1b[K{text[:_LINE]}", end="", file=sys.stderr, flush=True)
