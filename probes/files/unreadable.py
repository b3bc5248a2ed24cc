"""What is no text, by its first bytes or by the names inside: what it is, and what to give instead."""

from __future__ import annotations

import re
import typing

_SCAN = "look into it with `whynan scan {name}`"
_PASTE = "paste the text that it shows"
_UNPACK = "unpack it and give the folder"

# (offset, bytes, what it is, what to do)
SIGNATURES = (
    (0, b"\x80\x02", "a checkpoint", _SCAN),  # pickle, protocols 2 to 5
    (0, b"\x80\x03", "a checkpoint", _SCAN),
    (0, b"\x80\x04", "a checkpoint", _SCAN),
    (0, b"\x80\x05", "a checkpoint", _SCAN),
    (7, b'\0{"', "a checkpoint", _SCAN),  # safetensors: the header's length, then JSON
    (0, b"GGUF", "a model for inference", "give the log or the config of the training"),
    (0, b"\x89HDF", "a model or a data set in HDF5", "give the log or the config of the training"),
    (0, b"%PDF", "a PDF", _PASTE),
    (0, b"\x89PNG", "a picture", _PASTE),
    (0, b"\xff\xd8\xff", "a picture", _PASTE),
    (0, b"GIF8", "a picture", _PASTE),
    (8, b"WEBP", "a picture", _PASTE),
    (0, b"\xd0\xcf\x11\xe0", "an office document", _PASTE),
    (0, b":W&B", "a run of Weights & Biases", "give its output.log, or a chart's CSV export"),
    (0, b"PAR1", "a data set", "give the log or the config of the training"),
    (0, b"ARROW1", "a data set", "give the log or the config of the training"),
    (0, b"\x93NUMPY", "an array", "give the log or the config of the training"),
    (0, b"SQLite format 3", "a database", "export the run as CSV and give that"),
    (0, b"\x7fELF", "a program", "give its log, its config or the command that starts it"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (0, b"Rar!", "a RAR archive", _UNPACK),
    (0, b"\x04\x22\x4d\x18", "packed by LZ4", "unpack it with `lz4 -d {name}`"),
)

# The same, by the name of a member of a zip file.
MEMBERS = (
    (re.compile(r"(?:^|/)data\.pkl$"), "a checkpoint", _SCAN),
    (re.compile(r"^\[Content_Types\]\.xml$"), "an office document", _PASTE),
    (re.compile(r"\.npy$"), "an archive of arrays", "give the log or the config of the training"),
)


def by_bytes(head: bytes, name: str) -> str | None:
    """ "name: is a PDF, paste the text that it shows", or None for what may be read."""
    for offset, magic, what, how in SIGNATURES:
        if head[offset : offset + len(magic)] == magic:
            return _line(name, what, how)
    return None


def by_members(members: typing.Iterable[str], name: str) -> str | None:
    """The same line for a zip file that is something else than an archive of texts."""
    for member in members:
        for pattern, what, how in MEMBERS:
            if pattern.search(member):
                return _line(name, what, how)
    return None


def _line(name: str, what: str, how: str) -> str:
    return f"{name}: is {what}, {how.format(name=name)}"
