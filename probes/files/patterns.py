"""The patterns of prose.yaml, compiled: how people say what happened."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import pkgutil
import re
import typing

from probes import report
from probes.files import sentences

try:
    import yaml
except ImportError:  # a training environment without PyYAML
    yaml = None  # type: ignore[assignment]

MOST = 4  # times that one thing is looked at in one sentence


@dataclasses.dataclass(frozen=True)
class Pattern:
    """One way to say one thing. `sides`: English and others; all expressions of a side must be found.
    `chinese` is a side too, which plain ASCII is not searched for.

    `fact` is a fact's id, among the tried ones a fix's. Without a value, a group of the match is it.
    `suspect`, of a comparison alone, is what is blamed where the variant is fine.
    """

    fact: str
    value: report.Value | None
    sides: tuple[tuple[re.Pattern[str], ...], ...]
    chinese: tuple[tuple[re.Pattern[str], ...], ...]
    weak: bool
    suspect: re.Pattern[str] | None = None

    def matches(self, text: str) -> typing.Iterator[re.Match[str]]:
        """Where the sentence says it, at most a few times; of several expressions, where the first is."""
        for first, *others in self.sides if text.isascii() else self.sides + self.chinese:
            found = list(itertools.islice(first.finditer(text), MOST))
            if found and all(other.search(text) for other in others):
                yield from found


@dataclasses.dataclass(frozen=True)
class Said:
    """A match that counts: what it means, and where it stands."""

    pattern: Pattern
    value: report.Value
    line: int


@dataclasses.dataclass(frozen=True)
class Rules:
    """What prose.yaml holds, section by section."""

    told: tuple[Pattern, ...]
    settings: tuple[Pattern, ...]
    comparisons: tuple[Pattern, ...]
    tried: tuple[Pattern, ...]
    outcomes: typing.Mapping[str, re.Pattern[str]]
    precedence: typing.Mapping[str, typing.Mapping[str, int]]  # of each value of a fact, its rank; 0 is first
    senses: typing.Mapping[str, re.Pattern[str]]  # `stance`, compiled
    stance: sentences.Stance


@functools.lru_cache(maxsize=1)
def load() -> Rules | None:
    """The patterns; None where PyYAML is missing."""
    data = pkgutil.get_data("probes.files", "prose.yaml")
    if yaml is None or data is None:
        return None
    tree = yaml.safe_load(data.decode("utf-8"))
    words: dict[str, str] = {}
    for word, expression in tree["words"].items():
        words[word] = _expand(expression, words)  # a word may use the words above it
    senses = {sense: _compile(said, words) for sense, said in tree["stance"].items()}
    return Rules(
        told=_patterns(tree["told"], words),
        settings=_patterns(tree["settings"], words),
        comparisons=_patterns(tree["comparisons"], words),
        tried=_patterns(tree["tried"], words),
        outcomes={outcome: _compile(said, words) for outcome, said in tree["outcomes"].items()},
        precedence={fact: _ranks(values) for fact, values in tree["precedence"].items()},
        senses=senses,
        stance=sentences.Stance(senses),
    )


def _ranks(values: list[typing.Any]) -> dict[str, int]:
    levels = (value if isinstance(value, list) else [value] for value in values)
    return {str(value): rank for rank, level in enumerate(levels) for value in level}


def _patterns(items: list[dict[str, typing.Any]], words: dict[str, str]) -> tuple[Pattern, ...]:
    return tuple(
        Pattern(
            fact=item["fact"] if "fact" in item else item["fix"],
            value=item.get("value"),
            sides=_compiled(_sides(item), words),
            chinese=_compiled((item["zh"],) if "zh" in item else (), words),
            weak=item.get("weak", False),
            suspect=_compile(item["suspect"], words) if "suspect" in item else None,
        )
        for item in items
    )


def _sides(item: dict[str, typing.Any]) -> typing.Iterator[str | list[str]]:
    if "en" in item:
        yield item["en"]
    if "suspect" in item:  # a run without it is a variant of the run with it
        yield "{without}" + item["suspect"] + "|" + item["suspect"] + "{is_off}"


def _compiled(
    sides: typing.Iterable[str | list[str]], words: dict[str, str]
) -> tuple[tuple[re.Pattern[str], ...], ...]:
    return tuple(tuple(_compile(expression, words) for expression in _listed(said)) for said in sides)


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def _compile(expression: str, words: dict[str, str]) -> re.Pattern[str]:
    return re.compile(_expand(expression, words), re.IGNORECASE)


def _expand(expression: str, words: dict[str, str]) -> str:
    joined = "".join(line.strip() for line in expression.splitlines())
    return re.sub(r"\{([a-z_]+)\}", lambda match: words[match[1]], joined)
