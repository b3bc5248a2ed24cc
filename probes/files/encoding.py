"""In which encoding a text is written: UTF-8 unless its bytes say otherwise."""

from __future__ import annotations

import codecs
import re

_MARKS = (  # UTF-32's mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_WRITTEN = re.compile(r"[\t\n\r\x0b\x0c\x1b\x08 -~\u2010-\u2027\u2580-\u25ff\u3000-\u9fff\uff00-\uffef]")


def find(head: bytes) -> str:
    """The name of a codec for a text that begins with `head`.

    Text in UTF-16 without a mark (PowerShell's `>` on some systems, `iconv`) is known by its zero bytes,
    of which no other text has any. What is not UTF-8 is taken for Chinese: GB 18030 holds all of GBK.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        likeness = {name: _likeness(head, name) for name in ("utf-16-le", "utf-16-be")}
        best = max(likeness, key=lambda name: likeness[name])
        if likeness[best] > 0.95:
            return best
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _likeness(head: bytes, name: str) -> float:
    """The share of characters, as this codec reads them, that English and Chinese logs are written in."""
    text = head[: len(head) // 2 * 2].decode(name, errors="replace")
    return len(_WRITTEN.findall(text)) / max(1, len(text))
