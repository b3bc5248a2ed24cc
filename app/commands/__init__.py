"""The command line's verbs, one module each: `add` describes the arguments, `run` does the work."""

from app.telling import BadInputError

__all__ = ["BadInputError"]
