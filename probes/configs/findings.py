"""What a format's reader reads from and writes to: settings by path, and the facts that follow."""

from __future__ import annotations

import dataclasses
import re
import typing

from probes.configs.words import Word
from probes.report import ASSUMED, Fact, Unknown, Value
from probes.syntax.setting import Plain, Setting

Table = typing.Mapping[str, tuple[str, Word]]  # path -> fact id, and its value in the vocabulary's words


@dataclasses.dataclass(frozen=True)
class Paths:
    """The settings of a text by path; of several for one path the last.

    `undecided` are the paths that are set to what the text does not decide, `several` those that it sets
    twice or more.
    """

    settings: dict[str, Setting]
    undecided: frozenset[str] = frozenset()
    several: frozenset[str] = frozenset()

    def __contains__(self, path: str) -> bool:
        return path in self.settings

    def get(self, path: str) -> Setting | None:
        """The setting, where the text has it."""
        return self.settings.get(path)

    def value(self, path: str) -> Plain:
        """The value, None where there is none."""
        setting = self.settings.get(path)
        return setting.value if setting else None

    @property
    def first(self) -> Setting | None:
        """The setting that stands first."""
        return next(iter(self.settings.values()), None)

    @property
    def command(self) -> list[Setting]:
        """The words of a launch command that are no flags, from the program on."""
        return [setting for path, setting in self.settings.items() if path.startswith("$")]

    @property
    def imports(self) -> list[Setting]:
        """The imports of a Python text; the value of each is the statement."""
        return [setting for path, setting in self.settings.items() if path.startswith("import ")]

    def fitting(self, pattern: re.Pattern[str]) -> Paths:
        """Those whose whole path fits the pattern, by what its first group holds."""
        return self.renamed(lambda path: match[1] if (match := pattern.fullmatch(path)) else None)

    def under(self, prefix: str) -> Paths:
        """What stands below `prefix`, by the rest of the path."""
        return self.renamed(lambda path: path[len(prefix) :] if path.startswith(prefix) else None)

    def renamed(self, rename: typing.Callable[[str], str | None]) -> Paths:
        """Under other names; what is renamed to None is left out.

        Of two settings that get one name, a part of a call or dict beats a bare name, then the later wins.
        """
        settings: dict[str, Setting] = {}
        for path, setting in sorted(self.settings.items(), key=lambda pair: "." in pair[0]):
            if name := rename(path):
                settings[name] = setting
        undecided = frozenset(name for path in self.undecided if (name := rename(path)))
        return Paths(settings, undecided - settings.keys())


class Findings:
    """The facts that a text yields. The first word on a fact stands."""

    def __init__(self, name: str) -> None:
        """`name` is the file's, for the facts' sources."""
        self.name = name
        self.facts: dict[str, Fact] = {}
        self.unknown: dict[str, Unknown] = {}
        self._open: set[str] = set()  # facts with a setting that is not understood: no default holds
        self._undecided: set[str] = set()  # facts that the text takes from somewhere else

    def say(self, fact: str, value: Value | None, setting: Setting | None) -> None:
        """The fact as the setting decides it; None is no value."""
        if value is not None and setting is not None and fact not in self.facts:
            self.facts[fact] = Fact(fact, value, f"{setting.file or self.name}:{setting.line}")

    def take(self, fact: str, word: Word, setting: Setting | None) -> None:
        """The fact as the word has the setting's value, where there is such a setting."""
        if setting:
            self.say(fact, word(setting.value), setting)

    def assume(self, fact: str, value: Value, source: str) -> None:
        """A default, where the text neither decides the fact nor sets it to something undecided."""
        if fact not in self.facts and not self.is_open(fact):
            self.facts[fact] = Fact(fact, value, source, ASSUMED)

    def cannot(self, fact: str, why: str, how: str) -> None:
        """What the text alone does not tell."""
        if fact not in self.facts:
            self.unknown[fact] = Unknown(fact, why, how)

    def elsewhere(self, fact: str, file: str) -> None:
        """What stands in a file that was not given."""
        self.cannot(fact, f"it stands in {file}, which was not given", f"give {file} too")

    def leave_open(self, *facts: str) -> None:
        """Forbid to assume a default."""
        self._open.update(facts)

    def is_open(self, fact: str) -> bool:
        """Whether no default may be assumed."""
        return fact in self._open or fact in self.unknown

    def undecided_facts(self) -> list[str]:
        """The facts that the text takes from somewhere else and that nothing else decided."""
        return sorted(self._undecided - self.facts.keys())

    def look_up(self, paths: Paths, table: Table) -> None:
        """The facts of all paths that the table knows, in the table's order."""
        for path, (fact, word) in table.items():
            if path in paths.undecided:
                self._undecided.add(fact)
                self.leave_open(fact)
            if (setting := paths.get(path)) and setting.value is not None:
                self.leave_open(fact)
            self.take(fact, word, setting)

    def value(self, fact: str) -> Value | None:
        """The fact's value, where it is known."""
        return self.facts[fact].value if fact in self.facts else None
