"""From a config's text to facts."""

from __future__ import annotations

import collections
import re

from probes.configs import casts, launch, lora, loss_code, padding
from probes.configs.findings import Findings, Paths
from probes.configs.formats import format_of
from probes.report import ASSUMED, ReadError, Report, Unknown
from probes.syntax import SYNTAXES, Setting, UnreadableError, recognise
from probes.syntax.python_source import Beside
from probes.syntax.python_tree import Source

MAX_CHARACTERS = 100_000  # the longest of the frameworks' own recipes have 60,000; trees take 70 times that

_NOTHING = Paths({})
# A key of YAML with its value beside it.
_PAIR = re.compile(r"\s*(?:-\s+)?([A-Za-z_][\w.\-]*:\s+[^\s#&*{\[|>].*)")


def parse(text: str, syntax: str, beside: Beside | None = None) -> Paths:
    """The settings of a text by path. Raises UnreadableError."""
    given = (text, beside) if syntax == "python" else (text,)
    found: tuple[Setting, ...] = SYNTAXES[syntax].settings(*given)
    decided = [setting for setting in found if setting.decided]
    times = collections.Counter(setting.path for setting in decided)
    settings = {setting.path: setting for setting in decided}
    several = frozenset(path for path in settings if times[path] > 1)
    undecided = frozenset(setting.path for setting in found if not setting.decided)
    return Paths(settings, undecided - settings.keys(), several)


def read(text: str, name: str, kind: str = "config", beside: Beside | None = None) -> Report:
    """The facts of a config ("config"), or of a text in a known syntax ("command", "python"), or of a piece.

    `beside` gives the text of a file by its path from the config's folder, where a Python config builds on
    others; None: no other file was given. The text is never executed. One without a known setting yields no
    facts; ReadError, with name and line, is raised for what is no config at all or is broken.
    """
    if len(text) > MAX_CHARACTERS:
        raise ReadError(f"{name}: more than {MAX_CHARACTERS:,} characters, give the config alone")
    syntax = recognise(text) if kind == "config" else kind
    if syntax is None:
        raise ReadError(f"{name}: neither Python, JSON, YAML nor a command, give the config as plain text")
    source = None
    try:
        paths = parse(text, syntax, beside)
        source = Source(text) if syntax == "python" else None
        broken = source.problem if source else None
    except UnreadableError as error:
        paths, broken = _pairs(text) if syntax == "yaml" else _NOTHING, error
    problem = f"{name}:{broken.line}: {broken.why}" if broken else ""
    found = Findings(name)
    if paths.settings:
        format_of(paths).read(paths, found)
        lora.read(paths, found)
        padding.read(paths, found)
        if syntax == "command":
            launch.read(paths, found)
        if source:
            casts.read(source, paths, found)
            loss_code.read(source, paths, found)
    if broken:  # what is missing may set what a default would be taken for
        found.facts = {fact.id: fact for fact in found.facts.values() if fact.state != ASSUMED}
        if not found.facts:
            raise ReadError(problem)
    unknown = {**{fact: _open(fact, name) for fact in found.undecided_facts()}, **found.unknown}
    return Report(
        name=name,
        kind="command" if syntax == "command" else "config",
        facts=tuple(found.facts.values()),
        unknown=tuple(item for fact, item in unknown.items() if fact not in found.facts),
        problem=problem and f"{problem}; the rest of it was read",
    )


def _pairs(text: str) -> Paths:
    """The settings of YAML that is broken somewhere: each line that has a key and a value, by itself."""
    seen: set[str] = set()
    lines = []
    for line in text.splitlines():
        pair = _PAIR.match(line)
        key = pair[1].partition(":")[0] if pair else ""
        flat = pair and key not in seen and not re.search(r":\s|:$", pair[1][len(key) + 1 :].strip())
        lines.append(pair[1] if pair and flat else "")
        seen.add(key)
    try:
        return parse("\n".join(lines), "yaml")
    except UnreadableError:
        return _NOTHING


def _open(fact: str, name: str) -> Unknown:
    return Unknown(fact, f"{name} takes it from a variable or an argument", "give the launch command too")
