"""The command line's verbs, one module each: `add` describes the arguments, `run` does the work."""

from __future__ import annotations


class BadInputError(Exception):
    """Something that the person who called can mend: "what, where, what to do" in one line."""
