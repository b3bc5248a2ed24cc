"""From a config's text to facts."""

from __future__ import annotations

import collections

from probes.configs import launch, lora, loss_code
from probes.configs.findings import Findings, Paths
from probes.configs.formats import format_of
from probes.report import ReadError, Report, Unknown
from probes.syntax import SYNTAXES, UnreadableError, recognise
from probes.syntax.python_source import Beside

MAX_CHARACTERS = 100_000  # the longest of the frameworks' own recipes have 60,000; trees take 70 times that


def parse(text: str, syntax: str, beside: Beside | None = None) -> Paths:
    """The settings of a text by path. Raises UnreadableError."""
    module = SYNTAXES[syntax]
    given = (text, beside) if syntax == "python" else (text,)
    found = module.settings(*given)
    times = collections.Counter(setting.path for setting in found)
    settings = {setting.path: setting for setting in found}
    several = frozenset(path for path in settings if times[path] > 1)
    return Paths(settings, frozenset(module.undecided(*given)) - settings.keys(), several)


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
    try:
        paths = parse(text, syntax, beside)
    except UnreadableError as error:
        raise ReadError(f"{name}:{error.line}: {error.why}") from None
    found = Findings(name)
    if paths.settings:
        format_of(paths).read(paths, found)
        lora.read(paths, found)
        if syntax == "command":
            launch.read(paths, found)
        if syntax == "python":
            loss_code.read(text, paths, found)
    unknown = {**{fact: _open(fact, name) for fact in found.undecided_facts()}, **found.unknown}
    return Report(
        name=name,
        kind="command" if syntax == "command" else "config",
        facts=tuple(found.facts.values()),
        unknown=tuple(item for fact, item in unknown.items() if fact not in found.facts),
    )


def _open(fact: str, name: str) -> Unknown:
    return Unknown(fact, f"{name} takes it from a variable or an argument", "give the launch command too")
