"""Prose cut into sentences, and in which sense a part of a sentence is said.

"Should I use fp16?" does not say that the run uses fp16, "no NaN" does not say NaN, and in "fp32 works, with
fp16 it is NaN" the two halves speak of two runs. The words that make the difference are data (prose.yaml).
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing

LONGEST = 400  # characters: longer sentences are cut, so that no pattern has far to search

_ADDRESS = re.compile(r"https?://(?!huggingface\.co/)[^\s<>()]*[^\s<>().,;]")  # its words are nobody's
# "65536, 32768, ... 1" goes on
_END = re.compile(r"[。！？?；]+|!+(?!=)|(?<!\.\.)\.(?=\s|$)|\.(?=\s+[A-Z]|$)|\n")
_ABBREVIATION = re.compile(r"(?i)\b(?:e\.g|i\.e|etc|vs|cf|approx|no|fig)$")
_CONTRAST = re.compile(
    r"(?i)[;；]|\b(?:but|however|while|whereas|although|though|yet|except that)\b"
    r"|但是?|不过|然而|却|而(?!且|已|后|是)|可是|(?=只有)"
)
_COMMA = re.compile(
    r"(?i)[,，、()（）]|[:：](?=\s|[^\W\d_A-Za-z])|\s[-–—]+\s|\b(?:and then|then|so that)\b|——"
)
_CLAUSE = re.compile(  # for comparisons: finer, and "…, too" stays whole
    rf"{_CONTRAST.pattern}|[、()（）]|[:：](?=\s+\D|[^\W\d_A-Za-z])|\s[-–—/]+\s|——|[-=]>|→"
    r"|(?:(?<!\d)[,，]|[,，](?!\d))(?!\s*(?:too|also|either|as well)\b)"
    r"|\b(?i:and then|(?<!since )then|so that)\b|\b(?=otherwise\b)"
    r"|,? and (?=(?:it|the|i|we|with|in|on|when|if|without|there)\b)"
    r"|,? and (?=(?:breaks|broke|fails|gives|diverges|works|trains)\b)"
)


@dataclasses.dataclass(frozen=True)
class Sentence:
    """One sentence with its 1-based line; `block` numbers the paragraph or list item run it stands in."""

    text: str
    line: int
    block: int


def split(text: str) -> typing.Iterator[Sentence]:
    """The sentences of `text`. A line that goes on in lower case on the next line is not cut there."""
    text = _ADDRESS.sub("", text)
    block = 0
    start = 0
    line = 1
    for match in _END.finditer(text):
        if match.start() < start:
            continue
        if match[0] == "." and _ABBREVIATION.search(text, start, match.start()):
            continue
        if match[0] == "\n" and _goes_on(text, start, match.start()):
            continue
        yield from _sentences(text[start : match.end()], line, block)
        line += text.count("\n", start, match.end())
        start = match.end()
        if match[0] == "\n" and text[start : start + 1] == "\n":
            block += 1
    yield from _sentences(text[start:], line, block)


def _goes_on(text: str, start: int, newline: int) -> bool:
    before = text[max(start, newline - 1) : newline]
    after = text[newline + 1 : newline + 2]
    return before not in ("", "\n") and before not in ".:：;" and after.isascii() and after.islower()


def _sentences(text: str, line: int, block: int) -> typing.Iterator[Sentence]:
    line += len(text) - len(text.lstrip("\n"))
    text = text.strip()
    for start in range(0, len(text), LONGEST):
        yield Sentence(text[start : start + LONGEST].replace("\n", " "), line, block)


def segment(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the part between two contrasting words ("but", "而") begins and ends that holds start..end."""
    return _between(_boundaries(_CONTRAST, text), len(text), start, end)


def clause(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the part between two commas begins and ends that holds start..end."""
    first, last = segment(text, start, end)
    left, right = _between(_boundaries(_COMMA, text), len(text), start, end)
    return max(first, left), min(last, right)


def clauses(text: str) -> typing.Iterator[tuple[int, int]]:
    """Where each part begins and ends that stands between commas, contrasting words, arrows and the like."""
    start = 0
    for match in _CLAUSE.finditer(text):
        if text[start : match.start()].strip():
            yield start, match.start()
        start = match.end()
    if text[start:].strip():
        yield start, len(text)


@functools.lru_cache(maxsize=64)
def _boundaries(pattern: re.Pattern[str], text: str) -> tuple[tuple[int, int], ...]:
    return tuple(match.span() for match in pattern.finditer(text))


def _between(boundaries: tuple[tuple[int, int], ...], length: int, start: int, end: int) -> tuple[int, int]:
    left = max((after for _, after in boundaries if after <= start), default=0)
    right = min((before for before, _ in boundaries if before >= end), default=length)
    return left, right


class Stance:
    """The senses in which something can be said, each a regular expression: prose.yaml, `stance`."""

    def __init__(self, expressions: typing.Mapping[str, re.Pattern[str]]) -> None:
        self._is = expressions

    def negated(self, text: str, start: int, end: int) -> bool:
        """Whether a word before or after start..end, within the clause, denies it, or it is left behind."""
        left, _ = clause(text, start, end)
        _, right = segment(text, start, end)
        before, after = text[left:start], text[end:right]
        return bool(
            self._is["negation"].search(before)
            or self._is["negated_after"].search(after)
            or self._is["left_behind"].search(f"{before}\0{after}")
        )

    def possible(self, text: str, start: int, end: int) -> bool:
        """Whether the clause only guesses, advises or expects."""
        left, right = clause(text, start, end)
        return bool(self._is["modal"].search(text, left, right))

    def asked(self, text: str, start: int, end: int) -> bool:
        """Whether the clause asks if it is so. "Why is the loss NaN?" is not asked: it says so."""
        left, right = clause(text, start, end)
        return bool(self._is["asked"].search(text[left:right]))

    def elsewhere(self, text: str, start: int, end: int) -> bool:
        """Whether the segment speaks of somebody else's run, or of several alike."""
        left, right = segment(text, start, end)
        return bool(self._is["elsewhere"].search(text, left, right))

    def fine(self, text: str, start: int, end: int) -> bool:
        """Whether start..end speaks of a run that is healthy."""
        left, right = segment(text, start, end)
        if self.sick(text[left:right]):
            left, right = clause(text, start, end)
        part = text[left:right]
        match = self._is["fine"].search(part)
        if self._is["cured"].search(part) and not self._is["not_fine"].search(part):
            return not (self.asked(text, start, end) or self.possible(text, start, end))
        if match is None or self._is["at_first"].search(part) or self.sick(part):
            return False
        return not (
            self._is["not_fine"].search(part[: match.start()])
            or self.asked(part, match.start(), match.end())
            or self.possible(part, match.start(), match.end())
        )

    def plain(self, text: str, start: int, end: int) -> bool:
        """Whether start..end is simply stated of the run that is reported."""
        return not (
            self.negated(text, start, end)
            or self.possible(text, start, end)
            or self.asked(text, start, end)
            or self.elsewhere(text, start, end)
            or self.fine(text, start, end)
        )

    def sick(self, text: str) -> bool:
        """Whether the text names something that went wrong."""
        return bool(self._is["sick"].search(text))

    def uses(self, text: str) -> bool:
        """Whether the sentence speaks of loading or using a model, not of training it."""
        return bool(self._is["inference"].search(text))

    def attempt(self, text: str) -> int:
        """Where the attempt at a cure begins in a sentence that tells of one.

        Not at 0 where the trouble is told first: "In fp16 the loss is NaN, a lower lr changed nothing."
        """
        matches = [match for sense in ("tried", "action") if (match := self._is[sense].search(text))]
        start = min((clause(text, *match.span())[0] for match in matches), default=0)
        return start if self.sick(text[:start]) else 0

    def tries(self, text: str) -> bool:
        """Whether the sentence tells of an attempt at a cure."""
        return bool(self._is["tried"].search(text))

    def acts(self, text: str) -> bool:
        """Whether the sentence tells of a change that somebody made."""
        return bool(self._is["action"].search(text))
