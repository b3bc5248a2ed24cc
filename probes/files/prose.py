"""A pasted report in English or Chinese: what its sentences say as facts, and what was tried.

The logs, commands and configurations in it are pieces of their own (probes.files.pieces), for their own
readers; only lists of versions and hardware are read here too. The patterns of prose.yaml are searched in
each sentence, and in which sense a sentence is said decides what its matches mean:

    told          counts unless negated or only possible ("no NaN", "the loss may become 0")
    settings      count unless negated, asked, only possible, tried, or said of a run that is fine
    comparisons   tell how another run went ("on an A100 it works"): probes.files.comparisons
    tried         counts only in a sentence that tells of an attempt, and takes its outcome

What prose says is "answered": a person said so. What it only suggests is "assumed".
"""

from __future__ import annotations

import collections
import re
import typing

from probes import gpu_names, report
from probes.files import (
    attempts,
    comparisons,
    environment,
    patterns,
    pieces,
    sentences,
    sniff,
    states,
)
from probes.files.patterns import Pattern, Rules, Said
from probes.files.sentences import Sentence
from probes.private import last_component

MOST = 16_000  # characters of prose that are read; a report has some thousand
SHORTEST = 12  # what a sentence counts at least: every pattern is tried on a word too

NO_YAML = report.Unknown(
    "loss.symptom",
    "PyYAML is not installed here, so what people write is not understood (logs and configurations are)",
    "pip install pyyaml",
)

# "from 4.47.1 to 4.48.0"
_NEWER = re.compile(r"(?i)\s{0,2}(?:to|->|→|升(?:级)?到|更新到)\s{0,2}v?(\d[\w.]*\d)")
_COUNTS = {
    **dict.fromkeys(("a single", "single", "a lone", "lone", "a sole", "one", "单", "一"), 1),
    **dict.fromkeys(("two", "second", "dual", "双", "两", "二"), 2),
    **dict.fromkeys(("three", "third", "三"), 3),
    **dict.fromkeys(("four", "fourth", "quad", "四"), 4),
    **dict.fromkeys(("five", "fifth", "五"), 5),
    **dict.fromkeys(("six", "sixth", "六"), 6),
    **dict.fromkeys(("seven", "seventh", "七"), 7),
    **dict.fromkeys(("eight", "eighth", "八"), 8),
    **dict.fromkeys(("nine", "ninth", "九"), 9),
    **dict.fromkeys(("ten", "tenth", "十"), 10),
    **dict.fromkeys(("sixteen", "十六"), 16),
}
_NEVER_A_CURE = ("framework.name", "model.name", "training.method")  # "lowering the lr in DPO did not help"
_POWER_OF_TEN = re.compile(r"\s?[x×*]\s?10\s?\^?\s?-\s?")
_FILE_ENDING = re.compile(r"(?i)(?:\.(?:ya?ml|py|sh|json|git|ipynb|md|pt|pth|bin|log))?[._-]*$")
_PLURAL = re.compile(r"(?<=\d)s$")  # "two V100s"; a V100S is another card
_FLOATS = ("gpu.memory_gib", "optimizer.learning_rate", "optimizer.max_grad_norm")


def read(text: str, name: str) -> report.Report:
    """What the sentences of a pasted text, and the lists of versions and hardware in it, say."""
    parts = {piece.kind: piece.text for piece in pieces.cut(text)}
    listed = environment.read(parts.get(sniff.ENVIRONMENT, ""), name)
    said = read_prose(parts.get(sniff.PROSE, ""), name)
    facts = {fact.id: fact for fact in (*said.facts, *listed.facts)}
    return report.Report(name, sniff.PROSE, tuple(facts.values()), said.unknown)


def read_prose(text: str, name: str) -> report.Report:
    """What sentences say, when nothing else is mixed in."""
    rules = patterns.load()
    if rules is None:
        return report.Report(name, sniff.PROSE, unknown=(NO_YAML,))
    told = list(_first(sentences.split(text), MOST))
    clauses = states.cut(rules, told)
    facts: list[report.Fact] = []
    unknown: list[report.Unknown] = []
    found: dict[str, list[Said]] = collections.defaultdict(list)
    symptoms: dict[Sentence, set[str]] = collections.defaultdict(set)
    for sentence in told:
        for one in _said(rules, sentence):
            found[one.pattern.fact].append(one)
            if one.pattern.fact == "loss.symptom":
                symptoms[sentence].add(str(one.value))
        facts.extend(_versions(rules, sentence, name))
    for one in comparisons.find(rules, told, clauses):
        found[one.pattern.fact].append(one)
    for fact, matches in found.items():
        chosen = _choose(matches, rules.precedence.get(fact))
        if chosen is not None:
            facts.extend(_facts(chosen, f"{name}:{chosen.line}"))
        else:
            values = " and ".join(dict.fromkeys(str(match.value) for match in matches))
            unknown.append(report.Unknown(fact, f"{name} speaks of {values}"))
    main = next((str(fact.value) for fact in facts if fact.id == "loss.symptom"), None)
    facts.extend(attempts.find(rules, told, clauses, symptoms, main, name))
    first = {fact.id: fact for fact in reversed(facts)}
    return report.Report(name, sniff.PROSE, tuple(reversed(first.values())), tuple(unknown))


def _first(told: typing.Iterable[Sentence], characters: int) -> typing.Iterator[Sentence]:
    for sentence in told:
        characters -= max(len(sentence.text), SHORTEST)
        if characters < 0:
            return
        yield sentence


# --- which matches count ----------------------------------------------------------------------------


def _said(rules: Rules, sentence: Sentence) -> typing.Iterator[Said]:
    text, stance = sentence.text, rules.stance

    for pattern, match in _matches(rules.told, text):
        span = match.span()
        if not (stance.negated(text, *span) or stance.possible(text, *span)):
            yield Said(pattern, _value(pattern, match), sentence.line)

    attempt = stance.attempt(text) if attempts.is_attempt(rules, text) else len(text)
    for pattern, match in _matches(rules.settings, text):
        described = match.end() <= attempt or pattern.fact in _NEVER_A_CURE
        if described and stance.plain(text, *match.span()):
            yield Said(pattern, _value(pattern, match), sentence.line)


def _matches(rules: tuple[Pattern, ...], text: str) -> typing.Iterator[tuple[Pattern, re.Match[str]]]:
    return ((pattern, match) for pattern in rules for match in pattern.matches(text))


def _versions(rules: Rules, sentence: Sentence, name: str) -> typing.Iterator[report.Fact]:
    text, stance = sentence.text, rules.stance
    for package, version in environment.versions(text):
        start = text.find(version)
        newer = _NEWER.match(text, start + len(version))
        version = newer[1] if newer else version
        span = (start, start + len(version))
        if not (stance.asked(text, *span) or stance.fine(text, *span)):
            yield report.Fact(f"version.{package}", version, f"{name}:{sentence.line}", report.ANSWERED)


def _choose(matches: list[Said], ranks: typing.Mapping[str, int] | None) -> Said | None:
    """The one that counts of several that say something of the same fact; None where they disagree."""
    if ranks is not None:
        return min(matches, key=lambda one: ranks.get(_named(one), len(ranks)))
    strong = [one for one in matches if not one.pattern.weak] or matches
    first = strong[0]
    if first.pattern.fact == "model.name":
        # "mistral" in the title, "dolphin-2.2.1-mistral-7b" below: the fuller name of the same
        return max(strong, key=lambda one: _squeezed(first) in _squeezed(one) and len(str(one.value)))
    if isinstance(first.value, bool) or (first.pattern.value is not None and isinstance(first.value, str)):
        return first if len({one.value for one in strong}) == 1 else None
    return first


def _named(one: Said) -> str:
    return f"weak {one.value}" if one.pattern.weak else str(one.value)


def _squeezed(one: Said) -> str:
    return re.sub(r"[-_. ]", "", str(one.value)).lower()


# --- what they say ----------------------------------------------------------------------------------


def _value(pattern: Pattern, match: re.Match[str]) -> report.Value:
    if pattern.value is not None:
        return pattern.value
    groups = {group: text for group, text in match.groupdict().items() if text}
    if "text" in groups:
        return groups["text"].strip()
    written = next(iter(groups.values())).lower().replace(",", "")
    if written in _COUNTS:
        return _COUNTS[written]
    written = _POWER_OF_TEN.sub("e-", written)
    number = float(written.rstrip("k万")) * {"k": 1000, "万": 10_000}.get(written[-1], 1)
    return number if pattern.fact in _FLOATS else int(number)


def _facts(one: Said, source: str) -> tuple[report.Fact, ...]:
    state = report.ASSUMED if one.pattern.weak else report.ANSWERED
    if one.pattern.fact == "gpu.name":
        return gpu_names.facts(_PLURAL.sub("", str(one.value)), source, state)
    value = one.value
    if one.pattern.fact == "model.name":
        value = last_component(_FILE_ENDING.sub("", str(value)))
    return (report.Fact(one.pattern.fact, value, source, state),)
