"""Sentences cut into clauses, and how a run goes in each: the words are data (prose.yaml, `stance`).

"Single GPU: OK. Two GPUs: NaN" is fine in the second clause and sick in the fourth. A denial turns the state
round ("no NaN", "never in fp32"), and so does a clause that only denies the one before ("..., bf16 isn't").
"""

from __future__ import annotations

import dataclasses
import re
import typing

from probes.files import sentences
from probes.files.patterns import Rules
from probes.files.sentences import Sentence

FINE, SICK, SAME = "fine", "sick", "same"  # the same: sick, as another run was said to be
NUMBER = "number"  # a loss that looks like one: fine beside what is sick
OTHER = "other"  # fine in one way, then sick in another
_OPPOSITE = {FINE: SICK, SICK: FINE, SAME: FINE, NUMBER: SICK}


@dataclasses.dataclass(frozen=True)
class Clause:
    """A part of a sentence, where it begins and ends there, and how the run goes in it; None: left open."""

    text: str
    sentence: int
    start: int
    end: int
    state: str | None


def cut(rules: Rules, told: list[Sentence]) -> list[Clause]:
    """The clauses that state something of runs of the writer: no question, guess, or run of somebody else."""
    return [
        clause for number, sentence in enumerate(told) for clause in _clauses(rules, number, sentence.text)
    ]


def _clauses(rules: Rules, number: int, text: str) -> typing.Iterator[Clause]:
    if rules.senses["not_ours"].search(text) or rules.stance.uses(text):
        return
    previous = None
    for start, end in sentences.clauses(text):
        part = text[start:end]
        if rules.stance.possible(part, 0, len(part)) or rules.stance.asked(part, 0, len(part)):
            continue
        state = _state(rules.senses, part, previous)
        yield Clause(part, number, start, end, state)
        previous = state or previous


def _state(senses: typing.Mapping[str, re.Pattern[str]], text: str, previous: str | None) -> str | None:
    def denied(match: re.Match[str]) -> bool:
        return bool(senses["denied"].search(text[: match.start()]))

    for sense, plain, turned in (("cured", FINE, SAME), ("same", SAME, FINE)):
        match = senses[sense].search(text)
        if match is not None:
            return turned if denied(match) else plain
    states = {
        _OPPOSITE[state] if denied(match) else state
        for sense, state in (("fine", FINE), ("good", FINE), ("bad", SICK))
        for match in senses[sense].finditer(text)
    }
    if states == {SICK}:
        return SAME if senses["too"].search(text) else SICK
    if states == {FINE}:
        return None if senses["at_first"].search(text) else FINE
    if states:
        return None
    if senses["isnt"].search(text):  # "fp16 is NaN, fp32 isn't"
        return _OPPOSITE[previous or SICK]
    if previous == SICK and senses["too"].search(text):
        return SAME
    return NUMBER if senses["a_number"].search(text) else None
