"""A knowledge base's patch, a snippet before and after, applied to somebody's own config."""

from __future__ import annotations

import re

from probes.configs.findings import Paths
from probes.configs.formats import format_of
from probes.configs.reading import MAX_CHARACTERS, parse, read
from probes.configs.transformers import TRL
from probes.configs.words import number
from probes.report import ReadError, Value
from probes.syntax import NULL, SYNTAXES, Symbol, recognise
from probes.syntax.setting import Plain

# Frameworks that take transformers' own argument names.
_LIKE_TRANSFORMERS = ("transformers", "unsloth", "llamafactory", "ms-swift", "axolotl")

# Calls of which any may stand in the text where the snippet has another one of the kind.
_TWINS = (
    re.compile(rf"(\w*TrainingArguments|{TRL}Config|training_args)(?=[.(]|$)"),
    re.compile(r"(\w*(?:Model|LM|Generation)\w*\.from_pretrained)(?=[.(]|$)"),
)

# Renamed over versions.
_SAME = {"torch_dtype": "dtype", "dtype": "torch_dtype", "max_seq_length": "max_length"}


def apply(text: str, before: str, after: str) -> str | None:
    """`text` with the change from `before` to `after` made in it, its layout kept.

    What the change sets is set whatever value the text has; what the text lacks is put in where the dict
    or call around it exists. None: the snippet is of another framework, there is nothing to change, or the
    text is too long to be read.
    """
    try:
        return _apply(text, before, after) if len(text) <= MAX_CHARACTERS else None
    except ReadError:
        return None


def _apply(text: str, before: str, after: str) -> str | None:
    syntax, snippet = recognise(text), recognise(after) or recognise(before)
    if syntax is None or snippet is None or {syntax, snippet} not in ({syntax}, {"json", "yaml"}):
        return None
    old, new = _parse_snippet(before, snippet), _parse_snippet(after, snippet)
    mine = parse(text, syntax)
    if not _same_framework(mine, new if new.settings else old):
        return None
    changes = _changes(old, new, mine, syntax == "python")
    result = SYNTAXES[syntax].edit(text, changes) if changes else text
    missing = _missing(old, new, mine, syntax == "python")
    for path, value in missing.items():
        candidate = SYNTAXES[syntax].edit(result, {path: value})
        if _brings(candidate, before, after, result):
            result = candidate
    if result == text:  # nothing of it is there, and no default is known: the whole change is put in
        result = SYNTAXES[syntax].edit(text, missing)
    parse(result, syntax)
    return result if result != text else None


def _parse_snippet(text: str, syntax: str) -> Paths:
    return parse(text, syntax) if text.strip() else Paths({})


def _same_framework(mine: Paths, snippet: Paths) -> bool:
    ours, theirs = format_of(mine).NAME, format_of(snippet).NAME
    return ours == theirs or (theirs == "transformers" and ours in _LIKE_TRANSFORMERS)


def _changes(old: Paths, new: Paths, mine: Paths, python: bool) -> dict[str, Plain]:
    """What to set, put in and take out, by the paths of the text."""
    differing = _differing(old, new)
    changes: dict[str, Plain] = {}
    for path, value in differing.items():
        here = _place(path, mine)
        if not here or _already(old.value(path), value, mine.value(here)):
            continue
        added = path not in old and _exists(_place(_shared(path, old, python), mine), mine)
        if here in mine or here in mine.undecided or added:
            changes[here] = value
    for path in old.settings:
        here = _place(_outermost(path, new), mine)
        if path not in new and _is_setting(path) and here not in changes and here and _exists(here, mine):
            changes[here] = None
    if python and changes:
        used = {value.written.partition(".")[0] for value in changes.values() if isinstance(value, Symbol)}
        lines = [new.get(f"import {name}") for name in sorted(used) if f"import {name}" not in mine]
        changes = {**{line.path: line.value for line in lines if line}, **changes}
    return changes


def _already(old: Plain, new: Plain, mine: Plain) -> bool:
    """Whether the text goes as far as the patch or further: a rate of 1e-6 must not be raised to 2e-5."""
    if isinstance(old, bool) or not isinstance(old, (int, float)) or not isinstance(new, (int, float)):
        return False
    known = number(mine)
    return known is not None and (new - old) * (new - known) <= 0


def _is_setting(path: str) -> bool:
    """Not a call's (), a command's word or an import."""
    return path[0] != "$" and not path.endswith("()") and not path.startswith("import ")


def _differing(old: Paths, new: Paths) -> dict[str, Plain]:
    return {
        path: NULL if setting.value is None else setting.value
        for path, setting in new.settings.items()
        if _is_setting(path) and (path not in old or repr(old.value(path)) != repr(setting.value))
    }


def _missing(old: Paths, new: Paths, mine: Paths, python: bool) -> dict[str, Plain]:
    """Changed settings that the text leaves to their defaults, in a dict or call that it has."""
    missing = {}
    for path, value in _differing(old, new).items():
        here = _place(path, mine)
        if not here or path not in old or here in mine or here in mine.undecided:
            continue
        holder = here.rpartition(".")[0]
        if (holder or not python) and _exists(holder, mine):
            missing[here] = value
    return missing


def _brings(candidate: str, before: str, after: str, result: str) -> bool:
    """Whether a default that the text relied on shows the fault, and the candidate does not any more."""
    faulty, cured, now, then = (_values(text) for text in (before, after, result, candidate))
    return any(
        cured.get(fact) != value and now.get(fact) == value and then.get(fact) == cured.get(fact)
        for fact, value in faulty.items()
    )


def _values(text: str) -> dict[str, Value]:
    return read(text, "").values() if text.strip() else {}


def _place(path: str, mine: Paths) -> str:
    """The path under which this text has, or would have, the snippet's setting; "" where it takes none."""
    for kind in _TWINS:
        call = kind.match(path)
        if call and not _exists(call[1], mine):
            twins = [match[1] for own in mine.settings if (match := kind.match(own))]
            path = twins[-1] + path[call.end(1) :] if twins else path
    dialect = getattr(format_of(mine), "names", None)
    if dialect and path in (called := dialect(mine)):
        return called[path] or ""
    holder, dot, name = path.rpartition(".")
    renamed = f"{holder}{dot}{_SAME.get(name, name)}"
    return renamed if renamed in mine and path not in mine else path


def _shared(path: str, old: Paths, python: bool) -> str:
    """What of an added setting's path the snippet had before: the text must have that too.

    Python's own calls and dicts are not made up: there, at least the first part must exist.
    """
    keys = path.split(".")
    for length in range(len(keys) - 1, 0, -1):
        if _exists(prefix := ".".join(keys[:length]), old):
            return prefix
    return keys[0] if python and len(keys) > 1 else ""


def _outermost(path: str, new: Paths) -> str:
    """What goes when a setting goes: the whole block, if the snippet's block is gone."""
    keys = path.split(".")
    prefixes = (".".join(keys[:length]) for length in range(1, len(keys)))
    return next((prefix for prefix in prefixes if not _exists(prefix, new)), path)


def _exists(holder: str, mine: Paths) -> bool:
    """Whether the text has this dict, call or block; the top of a file of flags or keys is always there."""
    if not holder:
        return True
    return holder in mine or any(
        path == holder + "()" or path.startswith(holder + ".") for path in (*mine.settings, *mine.undecided)
    )
