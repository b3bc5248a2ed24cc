"""A pasted report in English or Chinese: what it says as facts, and what was tried.

The text is first cut into pieces (probes.files.pieces): logs, commands and configurations in it are read by
their own readers and are believed before prose. What is left is cut into sentences, and the patterns of
prose.yaml are searched in each. In which sense a sentence is said decides what its matches mean:

    told          count unless negated or only possible ("no NaN", "the loss may become 0")
    settings      count unless negated, asked, only possible, tried, or said of a run that is fine
    comparisons   count only where said of a run that is fine ("on an A100 it works")
    tried         count only in a sentence that tells of an attempt, and take its outcome

A tried fix becomes the fact `tried.<fix>` with the outcome as its value: worked, no-change, worse or
other-symptom. What prose says is "answered": a person said so. What it only suggests is "assumed".
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import pkgutil
import re
import typing

from probes import report
from probes.files import environment, gpu_names, pieces, privacy, sentences

try:
    import yaml
except ImportError:  # a training environment without PyYAML
    yaml = None  # type: ignore[assignment]

LONGEST = 200_000  # characters of prose that are read; a report has some thousand

NO_YAML = report.Unknown(
    "loss.symptom",
    "PyYAML is not installed here, so what people write is not understood (logs and configurations are)",
    "pip install pyyaml",
)

Side = tuple[re.Pattern[str], ...]

_COUNTS = {"a single": 1, "single": 1, "one": 1, "单": 1, "一": 1, "two": 2, "双": 2, "两": 2, "二": 2,
           "three": 3, "四": 4, "four": 4, "八": 8, "eight": 8, "sixteen": 16, "十六": 16}  # fmt: skip
_FILE_ENDING = re.compile(r"(?i)\.(?:ya?ml|py|sh|json|git|ipynb|md|pt|pth|bin|log)?$")
_FLOATS = ("gpu.memory_gib", "optimizer.learning_rate", "optimizer.max_grad_norm")


@dataclasses.dataclass(frozen=True)
class Pattern:
    """One way to say one thing. `sides`: English and Chinese; all expressions of a side must be found."""

    fact: str
    value: report.Value | None
    sides: tuple[Side, ...]
    weak: bool = False


@dataclasses.dataclass(frozen=True)
class Rules:
    """prose.yaml, compiled."""

    told: tuple[Pattern, ...]
    settings: tuple[Pattern, ...]
    comparisons: tuple[Pattern, ...]
    tried: tuple[Pattern, ...]
    outcomes: typing.Mapping[str, re.Pattern[str]]
    precedence: typing.Mapping[str, tuple[str, ...]]
    words: typing.Mapping[str, re.Pattern[str]]
    stance: sentences.Stance


@dataclasses.dataclass(frozen=True)
class Said:
    """A match that counts: what it means, and where it stands."""

    pattern: Pattern
    value: report.Value
    line: int


def read(text: str, name: str) -> report.Report:
    """What a pasted text says, its prose and all else that it holds."""
    facts: dict[str, report.Fact] = {}
    unknown: dict[str, report.Unknown] = {}
    curve: tuple[tuple[int, float], ...] = ()
    for part in _parts(text, name):
        for fact in part.facts:
            facts.setdefault(fact.id, fact)
        for gap in part.unknown:
            unknown.setdefault(gap.id, gap)
        curve = curve or part.curve
    return report.Report(
        name=name,
        kind=pieces.PROSE,
        facts=tuple(facts.values()),
        unknown=tuple(gap for gap in unknown.values() if gap.id not in facts),
        curve=curve,
    )


def _parts(text: str, name: str) -> typing.Iterator[report.Report]:
    """The report of each piece, the most trusted first."""
    parts = {piece.kind: piece.text for piece in pieces.cut(text)}
    if pieces.ENVIRONMENT in parts:
        yield environment.read(parts[pieces.ENVIRONMENT], name)
    if pieces.PROSE in parts:
        yield read_prose(parts[pieces.PROSE], name)


def read_prose(text: str, name: str) -> report.Report:
    """What sentences say, when nothing else is mixed in."""
    rules = load()
    if rules is None:
        return report.Report(name, pieces.PROSE, unknown=(NO_YAML,))
    said = list(sentences.split(text[:LONGEST]))
    facts: list[report.Fact] = []
    unknown: list[report.Unknown] = []
    found: dict[str, list[Said]] = collections.defaultdict(list)
    for sentence in said:
        for one in _said(rules, sentence):
            found[one.pattern.fact].append(one)
        for package, version in _versions(rules, sentence):
            facts.append(_fact(f"version.{package}", version, f"{name}:{sentence.line}", False))
    for fact, matches in found.items():
        one = _choose(matches, rules.precedence.get(fact))
        if one is not None:
            facts.extend(_facts(one, f"{name}:{one.line}"))
        else:
            values = " and ".join(dict.fromkeys(str(match.value) for match in matches))
            unknown.append(report.Unknown(fact, f"{name} speaks of {values}"))
    symptom = next((fact.value for fact in facts if fact.id == "loss.symptom"), None)
    facts.extend(_tried(rules, said, symptom, name))
    return report.Report(name, pieces.PROSE, tuple(facts), tuple(unknown))


# --- which matches count ----------------------------------------------------------------------------


def _said(rules: Rules, sentence: sentences.Sentence) -> typing.Iterator[Said]:
    text, stance = sentence.text, rules.stance
    is_sick = rules.words["sick"].search

    def sick(part: str) -> bool:
        return bool(is_sick(part))

    for pattern, match in _matches(rules.told, text):
        span = match.span()
        if stance.negated(text, *span) or stance.possible(text, *span):
            continue
        if pattern.fact == "loss.first_bad_step" and not sick(text):
            continue
        yield Said(pattern, _value(pattern, match), sentence.line)

    attempt = _is_attempt(rules, text)
    for pattern, match in _matches(rules.settings, text):
        span = match.span()
        if attempt or stance.negated(text, *span) or stance.possible(text, *span) or stance.asked(text, *span):
            continue
        if not stance.fine(text, *span, sick):
            yield Said(pattern, _value(pattern, match), sentence.line)

    compared = []
    for pattern, match in _matches(rules.comparisons, text):
        span = match.span()
        if stance.fine(text, *span, sick) and not rules.words["inference"].search(text):
            compared.append(Said(pattern, True, sentence.line))
    yield from [one for one in compared if not one.pattern.weak] or compared


def _matches(
    patterns: tuple[Pattern, ...], text: str
) -> typing.Iterator[tuple[Pattern, re.Match[str]]]:
    for pattern in patterns:
        for side in pattern.sides:
            for match in side[0].finditer(text):
                if all(other.search(text) for other in side[1:]):
                    yield pattern, match


def _versions(rules: Rules, sentence: sentences.Sentence) -> typing.Iterator[tuple[str, str]]:
    text, stance = sentence.text, rules.stance
    for package, version in environment.versions(text):
        start = text.find(version)
        span = (start, start + len(version))
        if not (stance.asked(text, *span) or stance.fine(text, *span, lambda part: bool(rules.words["sick"].search(part)))):
            yield package, version


def _choose(matches: list[Said], precedence: tuple[str, ...] | None) -> Said | None:
    """The one that counts of several that say something of the same fact; None where they disagree."""
    if precedence is not None:
        ranks = {value: rank for rank, value in enumerate(precedence)}
        return min(matches, key=lambda one: ranks.get(_named(one), len(ranks)))
    strong = [one for one in matches if not one.pattern.weak] or matches
    first = strong[0]
    if first.pattern.fact == "model.name":
        # "mistral" in the title, "dolphin-2.2.1-mistral-7b" below: the fuller name of the same
        return max(strong, key=lambda one: _squeezed(first) in _squeezed(one) and len(str(one.value)))
    if isinstance(first.value, (bool, str)) and len({one.value for one in strong}) > 1:
        return first if first.pattern.value is None else None
    return first


def _squeezed(one: Said) -> str:
    return re.sub(r"[-_. ]", "", str(one.value)).lower()


def _named(one: Said) -> str:
    weak = "weak " if one.pattern.weak else ""
    return weak + str(one.value)


# --- what they say ----------------------------------------------------------------------------------


def _value(pattern: Pattern, match: re.Match[str]) -> report.Value:
    if pattern.value is not None:
        return pattern.value
    groups = {group: text for group, text in match.groupdict().items() if text}
    if "text" in groups:
        return groups["text"]
    written = next(iter(groups.values())).lower().strip()
    if written in _COUNTS:
        return _COUNTS[written]
    written = re.sub(r"\s?[x×*]\s?10\s?\^?\s?-\s?", "e-", written)
    factor = 1000 if written.endswith("k") else 1
    number = float(written.rstrip("k")) * factor
    return number if pattern.fact in _FLOATS else int(number)


def _facts(one: Said, source: str) -> tuple[report.Fact, ...]:
    state = report.ASSUMED if one.pattern.weak else report.ANSWERED
    if one.pattern.fact == "gpu.name":
        return gpu_names.facts(str(one.value).strip(), source, state)
    if one.pattern.fact == "model.name":
        model = _FILE_ENDING.sub("", privacy.last_component(str(one.value)))
        return (report.Fact("model.name", model, source, state),)
    return (report.Fact(one.pattern.fact, one.value, source, state),)


def _fact(fact: str, value: report.Value, source: str, weak: bool) -> report.Fact:
    return report.Fact(fact, value, source, report.ASSUMED if weak else report.ANSWERED)


# --- what was tried ---------------------------------------------------------------------------------


def _is_attempt(rules: Rules, text: str) -> bool:
    if rules.stance.tries(text):
        return True
    return rules.stance.acts(text) and _outcome(rules, text) in ("no-change", "worse")


def _outcome(rules: Rules, text: str) -> str | None:
    for outcome, expression in rules.outcomes.items():
        match = expression.search(text)
        if match and not (outcome == "worked" and rules.stance.negated(text, *match.span())):
            return outcome
    return None


def _tried(
    rules: Rules, said: list[sentences.Sentence], symptom: report.Value | None, name: str
) -> typing.Iterator[report.Fact]:
    """The fixes that somebody tried, each once, with how it went.

    Where the outcome stands in a later sentence ("None of them helped"), it is that of all fixes named since.
    Where none stands anywhere, the trouble is still there, or nobody would report it.
    """
    outcomes: dict[str, tuple[str, str, str]] = {}
    pending: dict[str, str] = {}
    listing = -1
    for sentence in said:
        source = f"{name}:{sentence.line}"
        outcome = _outcome(rules, sentence.text)
        if _is_attempt(rules, sentence.text) or sentence.block == listing:
            if sentence.text.rstrip().endswith((":", "：")):
                listing = sentence.block
            fixes = _fixes(rules, sentence.text)
            if outcome is None:
                pending.update((fix, source) for fix in fixes)
                continue
            outcomes.update((fix, (outcome, source, report.ANSWERED)) for fix in fixes if fix not in outcomes)
        if outcome is not None and pending:
            outcomes.update((fix, (outcome, at, report.ANSWERED)) for fix, at in pending.items())
            pending = {}
    outcomes.update((fix, ("no-change", at, report.ASSUMED)) for fix, at in pending.items() if fix not in outcomes)
    for fix, (outcome, source, state) in outcomes.items():
        yield report.Fact(f"tried.{fix}", outcome, source, state)


def _fixes(rules: Rules, text: str) -> list[str]:
    return [
        pattern.fact
        for pattern, match in _matches(rules.tried, text)
        if not (rules.stance.asked(text, *match.span()) or rules.stance.possible(text, *match.span()))
    ]


# --- prose.yaml -------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def load() -> Rules | None:
    """The patterns of prose.yaml, compiled; None where PyYAML is missing."""
    data = pkgutil.get_data("probes.files", "prose.yaml")
    if yaml is None or data is None:
        return None
    tree = yaml.safe_load(data.decode("utf-8"))
    words = tree["words"]
    for word in words:  # a word may use the words above it
        words[word] = _expand(words[word], words)
    stance = {key: _compile(expression, words) for key, expression in tree["stance"].items()}
    return Rules(
        told=_patterns(tree["told"], words),
        settings=_patterns(tree["settings"], words),
        comparisons=_patterns(tree["comparisons"], words),
        tried=_patterns([{"fact": item.pop("fix"), **item} for item in tree["tried"]], words),
        outcomes={key: _compile(expression, words) for key, expression in tree["outcomes"].items()},
        precedence={fact: tuple(map(str, values)) for fact, values in tree["precedence"].items()},
        words=stance,
        stance=sentences.Stance(stance),
    )


def _patterns(items: list[dict[str, typing.Any]], words: dict[str, str]) -> tuple[Pattern, ...]:
    return tuple(
        Pattern(
            fact=item["fact"],
            value=item.get("value"),
            sides=tuple(
                tuple(_compile(expression, words) for expression in _listed(item[language]))
                for language in ("en", "zh")
                if language in item
            ),
            weak=item.get("weak", False),
        )
        for item in items
    )


def _listed(value: typing.Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _compile(expression: str, words: dict[str, str]) -> re.Pattern[str]:
    return re.compile(_expand(expression, words), re.IGNORECASE)


def _expand(expression: str, words: dict[str, str]) -> str:
    joined = "".join(line.strip() for line in expression.splitlines())
    return re.sub(r"\{([a-z_]+)\}", lambda match: words[match[1]], joined)
