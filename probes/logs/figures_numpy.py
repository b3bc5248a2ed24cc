"""What `figures` finds, found by whole arrays: see there."""

from __future__ import annotations

import typing

try:
    import numpy as np
except ImportError:  # `figures` does it then
    np = None  # type: ignore[assignment]

from probes.logs import figures
from probes.logs.figures import BEHIND, LOSS, NEAR, NORM, ODD, ONES, SEPARATORS

Array = typing.Any  # numpy's own types have no name in the older versions that probes meet
Numbers = tuple[Array, Array]

_CHUNK = 2**17  # words; so much stays in the processor's cache from one look to the next
_SOME = 32  # losses whose norms are looked for one by one


def find(block: bytes, start: int, end: int, before: typing.Collection[bytes]) -> tuple[Numbers, list[int]]:
    """The log's own losses whose name ends in [start, end), and the places of the others that are odd."""
    places = _names(block, start, end, LOSS)
    own, others = [], []
    for group, length, pair in _alike(block, places):
        (own if pair in before or not before else others).append(_numbers(block, group, length))
    return _joined(own), odd(_joined(others))


def near(block: bytes, losses: Numbers) -> Numbers:
    """The gradient norms in the same lines as some losses.

    A log's lines are alike: in most, the norm stands as far from the loss as in the first ones.
    """
    left, found = losses[0], []
    for _ in range(_WAYS):
        norm = figures.norm_near(block, int(left[0])) if len(left) else 0
        if not norm:
            break
        moved = left + (norm - int(left[0]))
        form, length, _ = _form(block, norm)
        there = _around(block, moved) == form
        found.append(_numbers(block, moved[there], length))
        left = left[~there]
    if len(left) > _SOME:
        norms = _norms(block, left)
    else:
        norms = np.array([figures.norm_near(block, place) for place in left.tolist()], np.int64)
    return _joined([*found, _numbers(block, norms[norms > 0], 0)])


def _norms(block: bytes, places: Array) -> Array:
    """What `figures.norm_near` finds, for many places."""
    start, end = int(places[0]) - NEAR, int(places[-1]) + NEAR
    names = np.append(_names(block, start + len(NORM), end + 1, NORM), len(block))
    if len(names) == 1:
        return np.zeros(len(places), np.int64)
    breaks = np.sort(np.concatenate([bytes_of(block, start, end, byte) for byte in b"\r\n"]))
    breaks = np.concatenate([[start - 1], breaks, [end]])
    line = np.searchsorted(breaks, places)
    first = np.maximum(breaks[line - 1], places - NEAR)
    found = names[np.searchsorted(names, first + len(NORM), "left")]
    return np.where(found <= np.minimum(breaks[line], places + NEAR), found, 0)


def bytes_of(block: bytes, start: int, end: int, byte: int) -> Array:
    """The places in [start, end) of a byte."""
    data = np.frombuffer(block, np.uint8)
    found, same = [np.empty(0, np.int64)], np.empty(_CHUNK, bool)
    for begin in range(start, end, _CHUNK):
        size = min(_CHUNK, end - begin)
        np.equal(data[begin : begin + size], byte, out=same[:size])
        found.append(same[:size].nonzero()[0] + begin)
    return np.concatenate(found)


def having(block: bytes, places: Array, byte: int) -> Array:
    """Which of the places hold a byte."""
    return np.frombuffer(block, np.uint8)[places] == byte


def odd(numbers: Numbers) -> list[int]:
    """The places of the odd ones."""
    places, ranks = numbers
    found: list[int] = places[ranks == ODD].tolist()
    return found


def first(numbers: Numbers) -> list[int]:
    """The place of the first, where there is one."""
    return [int(place) for place in numbers[0][:1]]


def lowest(numbers: Numbers) -> list[int]:
    """The place of the first of the lowest."""
    places, ranks = numbers
    return [int(places[ranks.argmin()])] if len(places) else []


def highest(numbers: Numbers) -> list[int]:
    """The place of the first of the highest that are not odd."""
    places, ranks = numbers
    return [int(places[np.where(ranks == ODD, -ODD, ranks).argmax()])] if len(places) else []


def _names(block: bytes, start: int, end: int, name: bytes) -> Array:
    """The places in [start, end) behind a name of four letters, LOSS or NORM.

    Its last two letters are a word of two bytes at an even place, or those in its middle are: so half as many
    places are looked at as there are bytes. What has them is compared with the whole name.
    """
    begin, stop = start // 2 - 1, (end + 1) // 2
    words = np.frombuffer(block, "<u2", stop - begin, 2 * begin)
    low, one, two = np.empty(_CHUNK, np.uint16), np.empty(_CHUNK, bool), np.empty(_CHUNK, bool)
    last, middle = (int.from_bytes(pair, "little") for pair in (name[2:], name[1:3]))
    found = [np.empty(0, np.int64)]
    for at in range(0, len(words), _CHUNK):
        some = words[at : at + _CHUNK]
        lower = np.bitwise_or(some, 0x2020, out=low[: len(some)])
        odd = np.equal(lower, middle, out=two[: len(some)])
        even = np.equal(lower, last, out=one[: len(some)])
        places = np.bitwise_or(even, odd, out=even).nonzero()[0]
        found.append(2 * (begin + at + places + 1) + odd[places])
    places = np.concatenate(found)
    places = places[np.searchsorted(places, start) : np.searchsorted(places, end)]
    letters = (_around(block, places) | np.uint64(0x2020_2020_0000)) & np.uint64(0xFFFF_FFFF_0000)
    return places[letters == int.from_bytes(name, "little") << 16]


def _around(block: bytes, places: Array) -> Array:
    """The six bytes before and the two behind some places, as a number; the first is the least significant."""
    return np.ndarray((len(block) - 7,), "<u8", block, strides=(1,))[places - 6]


def _alike(block: bytes, places: Array) -> typing.Iterator[tuple[Array, int, bytes]]:
    """Names by what is around them: their places, how far behind the number is, two bytes before the name.

    A log's lines are alike, so what is learned of one name holds for most. The distance is 0 where it differs.
    """
    around = _around(block, places)
    for _ in range(_WAYS):
        if not len(places):
            return
        form, length, pair = _form(block, int(places[0]))
        same = around == form
        yield places[same], length, pair
        places, around = places[~same], around[~same]
    for pair in np.unique(around & np.uint64(0xFFFF)).tolist():
        yield places[around & np.uint64(0xFFFF) == pair], 0, pair.to_bytes(2, "little")


def _form(block: bytes, place: int) -> tuple[int, int, bytes]:
    """What is around a name, how far behind it the number begins (0: unknown), the two bytes before it."""
    found = BEHIND.match(block, place)
    length = found.start(3) - found.start() if found and not found[2] else 0
    around = block[place - 6 : place + 2]
    return int.from_bytes(around, "little"), length, around[:2]


def _joined(parts: list[Numbers]) -> Numbers:
    """All of some numbers, by their places."""
    parts = [part for part in parts if len(part[0])]
    if len(parts) == 1:
        return parts[0]
    places, ranks = (np.concatenate([np.empty(0, np.int64), *arrays]) for arrays in zip(*parts, _NONE))
    order = places.argsort(kind="stable")
    return places[order], ranks[order]


def _numbers(block: bytes, places: Array, length: int) -> Numbers:
    """The numbers behind names, most of which begin so many bytes behind."""
    at = places + length
    words = np.ndarray((len(block) - 7,), ">u8", block, strides=(1,))
    text = words[at].astype(np.uint64)  # eight characters, the first is the most significant
    minus = None
    numbers, odd = _begins(text)
    if not numbers.all():
        left = np.flatnonzero(~numbers)
        at[left], negative = _begin_slowly(block, places[left])
        text[left] = words[at[left]]
        numbers[left], odd[left] = _begins(text[left])
        minus = left[negative]
    ranks = _power(block, at, text) + ONES << 56 | (text >> np.uint64(8)).astype(np.int64)
    if minus is not None:
        ranks[minus] *= -1
    ranks[odd] = ODD
    return (places, ranks) if numbers.all() else (places[numbers], ranks[numbers])


def _begins(text: Array) -> tuple[Array, Array]:
    """Which texts begin with a number, and which of these numbers are odd."""
    digit = (text >> np.uint64(56)) - np.uint64(ord("0")) < np.uint64(10)
    odd = _has_e(text)
    if digit.all():
        return digit, odd
    letters = text >> np.uint64(48) | np.uint64(0x2020)
    named = (letters == _NA) | (letters == _IN)
    return digit | named, (odd & digit) | named


def _begin_slowly(block: bytes, places: Array) -> tuple[Array, Array]:
    data = np.frombuffer(block, np.uint8)
    joined = (data[places] == ord("_")) | (data[places] == ord(" "))
    first = data[places + 1]
    step = (first == ord("s")) & (data[places + 2] == ord("t"))
    at = places + joined * (6 * (first == ord("t")) + 4 * (first == ord("v")) + 5 * step)
    for _ in range(6):
        at += _SEPARATES[data[at]]
    minus = data[at] == ord("-")
    return at + (minus | (data[at] == ord("+"))), minus


def _has_e(text: Array) -> Array:
    """Whether one of the eight characters is an e or E: then one byte of the difference is 0."""
    difference = (text | np.uint64(0x2020202020202020)) ^ np.uint64(0x6565656565656565)
    borrowed = difference - np.uint64(0x0101010101010101)
    return borrowed & ~difference & np.uint64(0x8080808080808080) != 0


def _power(block: bytes, at: Array, text: Array) -> Array:
    """The powers of ten: digits before the point, and an exponent behind eight characters."""
    power, more = np.ones(len(text), np.int64), True
    for length in (1, 2, 3):
        more &= text & np.uint64(0xFF << 56 - 8 * length) != ord(".") << 56 - 8 * length
        if not more.any():
            break
        power += more
    data = np.frombuffer(block, np.uint8)
    exponential = np.flatnonzero(data[at + 8] | 32 == ord("e"))
    if len(exponential):
        behind = at[exponential]
        exponent = (data[behind + 10] & 15) * np.int64(10) + (data[behind + 11] & 15)
        exponent = np.where(data[behind + 9] == ord("-"), -exponent, exponent)
        power[exponential] = (power[exponential] + exponent).clip(1 - ONES, 126 - ONES)
    return power


_NA, _IN = (int.from_bytes(letters, "big") for letters in (b"na", b"in"))
_WAYS = 4  # in which a log writes what is around a name, that are told apart
THERE = np is not None
if THERE:
    _NONE: Numbers = (np.empty(0, np.int64), np.empty(0, np.int64))
    _SEPARATES = np.zeros(256, np.int64)
    _SEPARATES[list(SEPARATORS)] = 1
