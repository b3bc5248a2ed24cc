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

_CHUNK = 2**16  # bytes; so much stays in the processor's cache from one look to the next
_SOME = 32  # losses by which it is learned how far behind them the gradient norm stands


def find(block: bytes, start: int, end: int) -> Numbers:
    """The losses whose name ends in [start, end), which lies MARGIN within the block."""
    return _numbers(block, _names(block, start, end, LOSS))


def near(block: bytes, losses: Numbers) -> Numbers:
    """The gradient norms in the same lines as some losses.

    A log's lines are alike: in most, the norm stands as far from the loss as in the first ones.
    """
    places = losses[0]
    norms = np.zeros(len(places), np.int64)
    known = [norm - place for place in places[:_SOME].tolist() if (norm := figures.norm_near(block, place))]
    for distance in set(known):
        there = _is(block, places + distance, NORM)
        norms[there] = (places + distance)[there]
    missed = np.flatnonzero(norms == 0)
    if len(missed) > _SOME:
        norms[missed] = _norms(block, places[missed])
    else:
        norms[missed] = [figures.norm_near(block, place) for place in places[missed].tolist()]
    return _numbers(block, norms[norms > 0])


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


def preceded(block: bytes, losses: Numbers, before: typing.Collection[bytes]) -> Numbers:
    """Those whose name stands behind one of the pairs of bytes."""
    places, ranks = losses
    pairs = _words(block, 2)[places - len(LOSS) - 2]
    chosen = np.zeros(len(places), bool)
    for pair in before:
        chosen |= pairs == int.from_bytes(pair, "big")
    return places[chosen], ranks[chosen]


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
    """The places behind a name: a pair of letters is cheap to look for, then the rest is compared."""
    data = np.frombuffer(block, np.uint8)
    low, one, two = np.empty(_CHUNK + 1, np.uint8), np.empty(_CHUNK + 1, bool), np.empty(_CHUNK + 1, bool)
    found = [np.empty(0, np.int64)]
    for begin in range(start, end, _CHUNK):
        size = min(_CHUNK, end - begin) + 1
        np.bitwise_or(data[begin - 2 : begin - 2 + size], 32, out=low[:size])
        np.equal(low[:size], name[-1], out=one[:size])
        before = one if name[-2] == name[-1] else np.equal(low[:size], name[-2], out=two[:size])
        both = np.logical_and(before[: size - 1], one[1:size], out=two[: size - 1])
        found.append(both.nonzero()[0] + begin)
    places = np.concatenate(found)
    return places[_is(block, places, name)]


def _is(block: bytes, places: Array, name: bytes) -> Array:
    """Where the letters of a name, LOSS or NORM, stand right before a place."""
    return _words(block, 4)[places - 4] | np.uint32(0x20202020) == int.from_bytes(name, "big")


def _numbers(block: bytes, places: Array) -> Numbers:
    at, minus = _begin(block, places)
    text = _words(block, 8)[at].astype(np.uint64)  # eight characters, the first is the most significant
    numbers = (text >> np.uint64(56)).astype(np.uint8) - np.uint8(ord("0")) < 10
    odd = _has_e(text)
    if not numbers.all():
        letters = (text >> np.uint64(48)).astype(np.uint16) | 0x2020
        odd = (odd & numbers) | (letters == _NA) | (letters == _IN)
        numbers |= odd
    ranks = (_power(block, at, text) + ONES).clip(1, 126) << 56 | (text >> np.uint64(8)).astype(np.int64)
    np.negative(ranks, out=ranks, where=minus)
    ranks[odd] = ODD
    return (places, ranks) if numbers.all() else (places[numbers], ranks[numbers])


def _begin(block: bytes, places: Array) -> tuple[Array, Array]:
    """Where the numbers begin behind names, and which of them have a minus.

    A log's lines are alike: what stands between the name and the number is compared as a whole, for the few
    ways in which it is written, before the rest is looked at byte by byte.
    """
    at, minus = places.copy(), np.zeros(len(places), bool)
    text = _words(block, 8)[places].astype(np.uint64)
    rest = np.ones(len(places), bool)
    for _ in range(_WAYS):
        index = int(rest.argmax()) if len(rest) else 0
        if not rest[index : index + 1].any():
            return at, minus
        found = BEHIND.match(block, int(places[index]))
        length = found.start(3) - found.start() if found else 0
        if not found or not 0 < length < 8 or found[2]:
            break
        alike = text >> np.uint64(64 - 8 * length) == int(text[index]) >> 64 - 8 * length
        alike &= rest & _BEGINS[(text >> np.uint64(56 - 8 * length)).astype(np.uint8)]
        if not alike.any():
            break
        at[alike] += length
        rest &= ~alike
    left = np.flatnonzero(rest)
    at[left], minus[left] = _begin_slowly(block, places[left])
    return at, minus


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
    power = np.ones(len(text), np.int64)
    more = np.ones(len(text), bool)
    for length in (1, 2, 3):
        more &= (text >> np.uint64(56 - 8 * length)).astype(np.uint8) != ord(".")
        if not more.any():
            break
        power += more
    data = np.frombuffer(block, np.uint8)
    exponential = np.flatnonzero(data[at + 8] | 32 == ord("e"))
    if len(exponential):
        behind = at[exponential]
        exponent = (data[behind + 10] & 15) * np.int64(10) + (data[behind + 11] & 15)
        power[exponential] += np.where(data[behind + 9] == ord("-"), -exponent, exponent)
    return power


def _words(block: bytes, size: int) -> Array:
    """The numbers that are made of `size` bytes, at every place."""
    return np.ndarray((len(block) - size + 1,), f">u{size}", block, strides=(1,))


_NA, _IN = (int.from_bytes(letters, "big") for letters in (b"na", b"in"))
_WAYS = 4  # in which a log writes what is between a name and its number
THERE = np is not None
if THERE:
    _SEPARATES = np.zeros(256, np.int64)
    _SEPARATES[list(SEPARATORS)] = 1
    _BEGINS = np.zeros(256, bool)  # what a number begins with, other than a sign
    _BEGINS[list(b"0123456789nNiI")] = True
