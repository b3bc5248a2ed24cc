"""Files and pasted texts of any kind: what kind it is, and what it says. Nothing in them is ever executed."""

from __future__ import annotations

from probes.files.document import Document, documents, listing, read_file
from probes.files.text import read_text

__all__ = ["Document", "documents", "listing", "read_file", "read_text"]
