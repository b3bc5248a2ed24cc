"""Where in the bytes of a log its losses and gradient norms stand, and how they compare.

A number's rank orders numbers well enough to choose which lines are worth reading: by its power of ten, then
by its first digits. ODD has no such order: NaN, Inf, and an exponent in an unusual place.
`figures_numpy` finds the same by whole arrays.
"""

from __future__ import annotations

import re
import typing

LOSS, NORM = b"loss", b"norm"
NEAR = 512  # bytes on either side of a loss in which its line's gradient norm is looked for
MARGIN = NEAR + 64  # bytes on either side of what is searched: lines, names and numbers may reach into them
ODD = 2**63 - 1
SEPARATORS = b"'\": =\t]"
ONES = 64  # added to a power of ten, so that all in use are above 0

Bytes = typing.Union[bytes, bytearray]
Numbers = tuple[list[int], list[int]]  # the places right behind the name, and the ranks


def names(block: Bytes, start: int, end: int) -> list[int]:
    """The places in [start, end), MARGIN within the block, behind what may be the name of a loss."""
    places = (match.end() for match in _LOSS.finditer(block, start - len(LOSS), end))
    return [place for place in places if start <= place < end]


def find(
    block: Bytes, names: typing.Iterable[list[int]], before: typing.Collection[bytes]
) -> tuple[Numbers, list[int], list[int]]:
    """The log's own losses; of the others the places of NaN and Inf, and of the first of each kind.

    Its own have one of some pairs of bytes before the name; where there are no pairs, all are its own.
    """
    back = len(LOSS) + 2
    own: list[int] = []
    others: list[int] = []
    for place in (place for part in names for place in part):
        mine = not before or bytes(block[place - back : place - back + 2]) in before
        (own if mine else others).append(place)
    numbers, _ = _numbers(block, others)
    named = [place for place in numbers if (match := BEHIND.match(block, place)) and _is_named(match[3])]
    kinds = [bytes(block[place - back : place - back + 2]) for place in numbers]
    return _numbers(block, own), named, [numbers[kinds.index(kind)] for kind in sorted(set(kinds))]


def near(block: Bytes, losses: Numbers) -> Numbers:
    """The gradient norms in the same lines as some losses."""
    places = (norm_near(block, place) for place in losses[0])
    return _numbers(block, [place for place in places if place])


def norm_near(block: Bytes, place: int) -> int:
    """The place behind the first "norm" in the line of a loss; 0 where there is none."""
    line_end = _BREAK.search(block, place, place + NEAR)
    start = max(block.rfind(b"\n", place - NEAR, place), block.rfind(b"\r", place - NEAR, place))
    norm = _NORM.search(block, max(start, place - NEAR), line_end.start() if line_end else place + NEAR)
    return norm.end() if norm else 0


def odd(numbers: Numbers, most: int) -> tuple[list[int], int]:
    """The places of so many odd ones, and of the last; how many there are."""
    found = [place for place, rank in zip(*numbers) if rank == ODD]
    return [*found[:most], *found[-1:]], len(found)


def first(numbers: Numbers) -> list[int]:
    """The place of the first, where there is one."""
    return numbers[0][:1]


def lowest(numbers: Numbers) -> list[int]:
    """The place of the first of the lowest."""
    places, ranks = numbers
    return [places[min(range(len(places)), key=ranks.__getitem__)]] if places else []


def highest(numbers: Numbers) -> list[int]:
    """The place of the first of the highest that are not odd."""
    places, ranks = numbers
    height = [-ODD if rank == ODD else rank for rank in ranks]
    return [places[max(range(len(places)), key=height.__getitem__)]] if places else []


_LOSS = re.compile(b"(?i:%s)" % LOSS)
_NORM = re.compile(b"(?i:%s)" % NORM)
_EXPONENT = re.compile(rb"[0-?.][eE]")  # and not the e of what is behind a short number: "0.5, 'le"
_BREAK = re.compile(rb"[\r\n]")
# A word that may follow the name ("loss_step=", "loss train: "), separators, a sign, 12 characters.
BEHIND = re.compile(rb"(?s)((?:[_ ](?:t.{4}|v..|st..))?[%s]{0,6})([-+]?)(.{12})" % re.escape(SEPARATORS))


def _numbers(block: Bytes, places: list[int]) -> Numbers:
    ranked = [(place, _rank(match)) for place in places if (match := BEHIND.match(block, place))]
    numbers = [(place, rank) for place, rank in ranked if rank is not None]
    return [place for place, _ in numbers], [rank for _, rank in numbers]


def _is_named(text: Bytes) -> bool:
    """Whether it is NaN or Inf."""
    return text[:2].lower() in (b"na", b"in")


def _rank(match: re.Match[bytes]) -> int | None:
    _, sign, text = match.groups()
    if _is_named(text):
        return ODD
    if not text[:1].isdigit():
        return None
    if _EXPONENT.search(text, 0, 8):
        return ODD
    power = next((length for length in (1, 2, 3) if text[length] == ord(".")), 4)
    if text[7] >> 4 == 3 and text[8] in b"eE":  # behind a digit
        exponent = (text[10] & 15) * 10 + (text[11] & 15)
        power += -exponent if text[9] == ord("-") else exponent
    rank = max(1, min(ONES + power, 126)) << 56 | int.from_bytes(text[:7], "big")
    return -rank if sign == b"-" else rank
