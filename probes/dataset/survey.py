"""What is wrong with the rows of a data set: one pass, any number of rows, bounded memory."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing

from probes.dataset.rows import Place, Read, Row
from probes.dataset.samples import Sample, sample

IGNORED = -100  # what PyTorch's cross entropy leaves out
MOST_PLACES = 5
MOST_HASHED = 1_000_000  # rows among which duplicates are sought, in about 100 MB

BROKEN, NO_SAMPLE = "is no JSON object", "has no columns of a known form"
EMPTY, MASKED = "has an empty answer, or none", "has no label that counts: all are -100"
UNEVEN, NEGATIVE = "has more labels than tokens, or fewer", "has a negative token id"
NOT_FINITE, DUPLICATE = "holds NaN or Inf", "is the same as an earlier row"
TOO_LONG = "is longer than the maximum length"
NO_ANSWER_LEFT = "loses all of its answer to the maximum length"

# How many tokens a text has; a tokenizer that adds none of its own, so that it is never too many.
Length = typing.Callable[[str], int]


@dataclasses.dataclass
class Tally:
    """How many rows a complaint is true of, and the first of them."""

    count: int = 0
    places: list[Place] = dataclasses.field(default_factory=list)

    def add(self, place: Place) -> None:
        """One more."""
        self.count += 1
        if len(self.places) < MOST_PLACES:
            self.places.append(place)


@dataclasses.dataclass
class Survey:
    """`rows` in all, `forms` by the rows that have them, `tallies` by complaint, `hashed` compared rows."""

    rows: int = 0
    forms: dict[str, int] = dataclasses.field(default_factory=dict)
    tallies: dict[str, Tally] = dataclasses.field(default_factory=dict)
    hashed: int = 0
    measured: int = 0

    def count(self, complaint: str) -> int:
        """How many rows the complaint is true of."""
        return self.tallies[complaint].count if complaint in self.tallies else 0


def survey(
    rows: typing.Iterable[Read], max_length: int | None = None, length: Length | None = None
) -> Survey:
    """Counts. `max_length` is in tokens; without `length` only tokenised rows are held against it."""
    found = Survey()
    seen: set[int] = set()
    for place, row, broken in rows:
        found.rows += 1
        one = sample(row) if row is not None else None
        complaints = [NOT_FINITE] if broken else []
        if row is None or one is None:
            complaints.append(BROKEN if row is None else NO_SAMPLE)
        else:
            found.forms[one.form] = found.forms.get(one.form, 0) + 1
            complaints += _content(one, row)
            if max_length is not None:
                tokens = _tokens(one, length)
                found.measured += tokens is not None
                complaints += _cut(tokens, max_length)
        if row is not None and found.hashed < MOST_HASHED:
            found.hashed += 1
            key = _hash(row)
            if key in seen:
                complaints.append(DUPLICATE)
            seen.add(key)
        for complaint in complaints:
            found.tallies.setdefault(complaint, Tally()).add(place)
    return found


def _content(one: Sample, row: Row) -> typing.Iterator[str]:
    if one.labels is not None:
        if len(one.labels) == one.labels.count(IGNORED):
            yield MASKED
        if len(one.labels) != one.tokens:
            yield UNEVEN
    elif one.tokens is None and not any(answer.strip() for answer in one.answers):
        yield EMPTY
    if one.tokens and min((i for i in row["input_ids"] if isinstance(i, int)), default=0) < 0:
        yield NEGATIVE


def _tokens(one: Sample, length: Length | None) -> tuple[int, int] | None:
    """(tokens of the prompt, of all); None where nobody can count them."""
    if one.tokens is not None:
        labels = one.labels or ()
        prompt = next((i for i, label in enumerate(labels) if label != IGNORED), 0)
        return prompt, one.tokens
    if length is None:
        return None
    prompt = length(one.prompt)
    return prompt, prompt + sum(map(length, one.answers))


def _cut(tokens: tuple[int, int] | None, max_length: int) -> typing.Iterator[str]:
    if tokens and tokens[1] > max_length:
        yield TOO_LONG
        if tokens[0] >= max_length:
            yield NO_ANSWER_LEFT


def _hash(row: Row) -> int:
    text = json.dumps(row, sort_keys=True, default=str, ensure_ascii=True)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
