"""A path without its folders, as it may leave the machine. What is private in any text: probes.private."""

from __future__ import annotations

import re

from probes.private import redact
from probes.report import Value


def last_component(path: str) -> str:
    """A model or file given as a path, without the folders; a hub's "organisation/name" stays whole."""
    path = path.strip().strip("\"'`").rstrip("/\\")
    parts = re.split(r"[/\\]+", path)
    is_hub_id = len(parts) == 2 and bool(parts[0].strip(".~")) and ":" not in path
    return redact(path if is_hub_id else parts[-1])


def shareable(value: Value) -> Value:
    """A fact's value as it may leave the machine: a path without its folders, nothing secret in it."""
    if not isinstance(value, str):
        return value
    return last_component(value) if "/" in value or "\\" in value else redact(value)
