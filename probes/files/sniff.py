"""What kind of text this is, by its content; a file's name counts for nothing."""

from __future__ import annotations

import json
import re

from probes import logs
from probes.files import encoding, environment, notebook, unreadable
from probes.syntax import recognise

EMPTY, BINARY = "empty", "binary"
PROBE, STATE, LOG, NOTEBOOK = "probe", "trainer_state", "log", "notebook"
ENVIRONMENT, COMMAND, CONFIG, PROSE = "environment", "command", "config", "report"

# One line that a person wrote in Chinese: it opens with a Chinese word, or has Chinese commas.
# "deepspeed里fp16 enabled设的true" is no command, "dpo里beta=0.1，没调过" no configuration.
_CHINESE_LINE = re.compile(
    r"(?![{\[])(?:\S*[\u4e00-\u9fff].*|.*(?:[\u4e00-\u9fff][，。；？！]|[，。；？！][\u4e00-\u9fff]).*)\s*"
)
_GOES_ON = re.compile(r"^(?!.* --)(?:[^\n#\[{(]{0,200}?[,;] |[^\n#]{0,200}?[,;.)}\]:] (?:\w+ ){2}\w)")
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1b\x08"))


def kind_of_bytes(head: bytes) -> str | None:
    """EMPTY or BINARY, or None for what is text. `head` is a file's beginning."""
    if not head.strip():
        return EMPTY
    if unreadable.by_bytes(head, ""):
        return BINARY
    if encoding.find(head).startswith(("utf-16", "utf-32")):
        return None
    control = len(head) - len(head.translate(None, _CONTROL))
    return BINARY if control * 100 > len(head) else None


def kind_of_text(head: str) -> str:
    """One of the kinds of text. `head` is a text's beginning; what is like nothing else is prose."""
    start = head.lstrip("\ufeff \t\r\n")
    if not start:
        return EMPTY
    if start.startswith("{"):
        if '"log_history"' in head:
            return STATE
        if notebook.looks_like_notebook(head):
            return NOTEBOOK
        if '"whynan"' in head[:2000] and _is_object(head):
            return PROBE
    if _CHINESE_LINE.fullmatch(start):
        return PROSE
    if logs.looks_like_log(_without_comments(head) or head):
        return LOG
    syntax = recognise(head)
    if syntax is not None and not environment.looks_like_environment(head):
        return COMMAND if syntax == "command" else CONFIG
    return ENVIRONMENT if environment.looks_like_environment(head) else PROSE


def is_sentence(text: str) -> bool:
    """Whether a text is one line that goes on in words: "Optimizer: AdamW, peak learning rate 3e-4"."""
    return "\n" not in text.strip() and bool(_GOES_ON.search(text))


def _without_comments(text: str) -> str:
    """A script that keeps its last log in comments is a script."""
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return True  # cut off in the middle, or broken: its reader says so
