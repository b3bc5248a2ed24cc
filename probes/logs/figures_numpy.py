"""What `figures` finds, found by whole arrays: see there."""

from __future__ import annotations

import typing

try:
    import numpy as np
except ImportError:  # `figures` does it then
    np = None  # type: ignore[assignment]

from probes.logs import figures
from probes.logs.figures import BEHIND, LOSS, NEAR, NORM, ODD, ONES, SEPARATORS, Bytes

Array = typing.Any  # numpy's own types have no name in the older versions that probes meet
Numbers = tuple[Array, Array]

_SOME = 32  # losses whose norms are looked for one by one


def names(block: Bytes, start: int, end: int) -> Array:
    """The places in [start, end), MARGIN within the block, behind what may be the name of a loss."""
    return _names(block, start, end, LOSS)


def find(
    block: Bytes, names: typing.Sequence[Array], before: typing.Collection[bytes]
) -> tuple[Numbers, list[int], list[int]]:
    """The log's own losses; of the others the places of NaN and Inf, and of the first of each kind."""
    places, around = _named(block, np.concatenate(names), LOSS)
    own: list[Numbers] = []
    not_finite: list[int] = []
    kinds: dict[bytes, int] = {}
    data = np.frombuffer(block, np.uint8)
    for group, length, pair in _alike(block, places, around):
        if pair in before or not before:
            own.append(_numbers(block, group, length))
            continue
        if (data[group + length] - np.uint8(ord("0")) >= 10).any():  # other than digits
            _, text, _ = _texts(block, group, length)
            numbers, named = _begin(text)
            not_finite += group[named].tolist()
            group = group[numbers]
        if len(group):
            kinds[pair] = min(kinds.get(pair, len(block)), int(group[0]))
    return _joined(own), sorted(not_finite), [kinds[pair] for pair in sorted(kinds)]


def near(block: Bytes, losses: Numbers) -> Numbers:
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
        found.append(_numbers(block, moved[there.nonzero()[0]], length))
        left = left[(~there).nonzero()[0]]
    if len(left) > _SOME:
        norms = norms_near(block, left)
    else:
        norms = np.array([figures.norm_near(block, place) for place in left.tolist()], np.int64)
    return _joined([*found, _numbers(block, norms[norms > 0], 0)])


def norms_near(block: Bytes, places: Array) -> Array:
    """What `figures.norm_near` finds, for at least one place."""
    start, end = int(places[0]) - NEAR, int(places[-1]) + NEAR
    names, _ = _named(block, _names(block, start + len(NORM), end + 1, NORM), NORM)
    names = np.append(names, len(block))
    data = np.frombuffer(block, np.uint8)[start:end]
    breaks = np.flatnonzero((data == ord("\r")) | (data == ord("\n"))) + start
    breaks = np.concatenate([[start - 1], breaks, [end]])
    line = np.searchsorted(breaks, places)
    first = np.maximum(breaks[line - 1], places - NEAR)
    found = names[np.searchsorted(names, first + len(NORM), "left")]
    return np.where(found <= np.minimum(breaks[line], places + NEAR), found, 0)


def odd(numbers: Numbers, most: int) -> tuple[list[int], int]:
    """The places of so many odd ones, and of the last; how many there are."""
    places, ranks = numbers
    found = (ranks == ODD).nonzero()[0]
    return [*places[found[:most]].tolist(), *places[found[-1:]].tolist()], len(found)


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
    at = ranks.argmax() if len(places) else 0
    if len(places) and ranks[at] == ODD:
        at = np.where(ranks == ODD, -ODD, ranks).argmax()
    return [int(place) for place in places[at : at + 1]]


def _names(block: Bytes, start: int, end: int, name: bytes) -> Array:
    """The places in [start, end) behind what may be a name of four letters, LOSS or NORM.

    Its outer two letters are a word of two bytes at an even place, or those in its middle are: so half as
    many places are looked at as there are bytes. One look is for both, at the bits in which they are alike.
    """
    middle, outer, behind, apart = _WORDS[name]
    alike = ~(middle ^ outer) & 0xDFDF  # and whatever their case
    begin, stop = start // 2 - 2, (end + 1) // 2
    words = np.frombuffer(block, "<u2", stop - begin, 2 * begin)
    found = (words & np.uint16(alike) == outer & alike).nonzero()[0]
    places = 2 * found + (2 * begin + behind)
    places += (3 - behind) * (words[found] >> np.uint16(apart) & np.uint16(1)).view(np.int16)
    return places[np.searchsorted(places, start) : np.searchsorted(places, end)]


def _named(block: Bytes, places: Array, name: bytes) -> tuple[Array, Array]:
    """Those of the places that are behind the name, and what is around them."""
    around = _around(block, places)
    letters = (around | np.uint64(0x2020_2020_0000)) & np.uint64(0xFFFF_FFFF_0000)
    here = (letters == int.from_bytes(name, "little") << 16).nonzero()[0]  # faster than by truth values
    return places[here], around[here]


def _around(block: Bytes, places: Array) -> Array:
    """The six bytes before and the two behind some places, as a number whose lowest byte is the first."""
    return np.ndarray((len(block) - 7,), "<u8", block, strides=(1,))[places - 6]


def _alike(block: Bytes, places: Array, around: Array) -> typing.Iterator[tuple[Array, int, bytes]]:
    """Names by what is around them: their places, how far behind the number is, two bytes before the name.

    A log's lines are alike: what is learned of one name holds for most. The distance is 0 where it differs.
    """
    for _ in range(_WAYS):
        if not len(places):
            return
        form, length, pair = _form(block, int(places[0]))
        same = around == form
        yield places[same.nonzero()[0]], length, pair
        others = (~same).nonzero()[0]
        places, around = places[others], around[others]
    for pair in np.unique(around & np.uint64(0xFFFF)).tolist():
        yield places[around & np.uint64(0xFFFF) == pair], 0, pair.to_bytes(2, "little")


def _form(block: Bytes, place: int) -> tuple[int, int, bytes]:
    """What is around a name, how far behind it the number begins (0: unknown), the two bytes before it."""
    found = BEHIND.match(block, place)
    length = found.start(3) - found.start() if found and not found[2] else 0
    around = block[place - 6 : place + 2]
    return int.from_bytes(around, "little"), length, bytes(around[:2])


def _joined(parts: list[Numbers]) -> Numbers:
    """All of some numbers, by their places."""
    parts = [part for part in parts if len(part[0])]
    if len(parts) == 1:
        return parts[0]
    places, ranks = (np.concatenate([np.empty(0, np.int64), *arrays]) for arrays in zip(*parts, _NONE))
    order = places.argsort(kind="stable")
    return places[order], ranks[order]


def _numbers(block: Bytes, places: Array, length: int) -> Numbers:
    """The numbers behind names, most of which begin so many bytes behind."""
    at = places + length
    text = _eight(block, at)
    if (text & _SHAPE == _USUAL).all():  # one digit and four or more decimals, as nearly always
        return places, (ONES + 1) << 56 | (text >> np.uint64(8)).astype(np.int64)
    at, text, minus = _texts(block, places, length)
    numbers, odd = _begin(text)
    if odd.all():
        return places, np.full(len(places), ODD)
    ranks = _power(block, at, text) + ONES << 56 | (text >> np.uint64(8)).astype(np.int64)
    ranks[minus] *= -1
    lettered = np.flatnonzero(text & np.uint64(0x4040_4040_4040_4040))  # as letters are and digits are not
    odd[lettered] |= numbers[lettered] & _has_e(text[lettered])
    ranks[odd] = ODD
    return (places, ranks) if numbers.all() else (places[numbers], ranks[numbers])


def _texts(block: Bytes, places: Array, length: int) -> tuple[Array, Array, Array]:
    """Where numbers begin behind names, their first eight characters, and which of them have a minus.

    Of the characters, the first is the most significant.
    """
    at = places + length
    text = _eight(block, at)
    left = np.flatnonzero(~_begin(text)[0])
    # "loss scale" is no loss
    left = left[_eight(block, places[left]) >> np.uint64(32) & np.uint64(0xFFFFFF) != _SCA]
    if not len(left):
        return at, text, left
    at[left], minus = _begin_slowly(block, places[left])
    text[left] = _eight(block, at[left])
    return at, text, left[minus]


def _eight(block: Bytes, places: Array) -> Array:
    """The eight characters from each place on, the first the most significant."""
    return np.ndarray((len(block) - 7,), "<u8", block, strides=(1,))[places].byteswap(inplace=True)


def _begin(text: Array) -> tuple[Array, Array]:
    """Which texts begin with a number, and which of these are NaN or Inf."""
    digit = (text >> np.uint64(56)) - np.uint64(ord("0")) < np.uint64(10)
    if digit.all():
        return digit, np.zeros(len(text), bool)
    letters = text >> np.uint64(48) | np.uint64(0x2020)
    named = (letters == _NA) | (letters == _IN)
    return digit | named, named


def begins(block: Bytes, places: Array) -> Array:
    """Where the numbers behind names begin, with their sign."""
    distances, around = np.zeros(len(places), np.int64), _around(block, places)
    for _ in range(_WAYS):
        left = np.flatnonzero(distances == 0)
        form, length, _ = _form(block, int(places[left[0]])) if len(left) else (0, 0, b"")
        if not length:
            break
        distances[around == form] = length
    at = places + distances
    numbers, _ = _begin(_eight(block, at))
    slow, minus = _begin_slowly(block, places[~numbers])
    at[~numbers] = slow - minus
    return at


def _begin_slowly(block: Bytes, places: Array) -> tuple[Array, Array]:
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
    """Whether one of the eight characters is an e or E behind a digit or a point, as in 1e-05."""
    letters = _zeros((text | np.uint64(0x2020202020202020)) ^ np.uint64(0x6565656565656565))
    digits = _zeros(text & np.uint64(0xF0F0F0F0F0F0F0F0) ^ np.uint64(0x3030303030303030))
    points = _zeros(text ^ np.uint64(0x2E2E2E2E2E2E2E2E))
    return letters & (digits | points) >> np.uint64(8) != 0


def _zeros(text: Array) -> Array:
    """The highest bit of each byte that is 0."""
    low = np.uint64(0x7F7F7F7F7F7F7F7F)
    return ~((text & low) + low | text | low)


def _power(block: Bytes, at: Array, text: Array) -> Array:
    """The powers of ten: digits before the point, and an exponent behind eight characters."""
    power, more = np.ones(len(text), np.int64), True
    for length in (1, 2, 3):
        more &= text & np.uint64(0xFF << 56 - 8 * length) != ord(".") << 56 - 8 * length
        if not more.any():
            break
        power += more
    long = np.flatnonzero(text & np.uint64(0xF0) == 0x30)  # the eighth character is a digit
    data = np.frombuffer(block, np.uint8)
    exponential = long[data[at[long] + 8] | 32 == ord("e")]
    if len(exponential):
        behind = at[exponential]
        exponent = (data[behind + 10] & 15).astype(np.int64) * 10 + (data[behind + 11] & 15)
        exponent = np.where(data[behind + 9] == ord("-"), -exponent, exponent)
        power[exponential] = (power[exponential] + exponent).clip(1 - ONES, 126 - ONES)
    return power


# The middle letters of a name, and two outer ones that differ from them in few bits ("os", "ss", "or", "no"),
# how far the name's end is from these, and the place of a bit that only the middle ones have.
_WORDS = {LOSS: (0x736F, 0x7373, 2, 2), NORM: (0x726F, 0x6F6E, 4, 0)}
_NA, _IN, _SCA = (int.from_bytes(letters, "big") for letters in (b"na", b"in", b"sca"))
_WAYS = 4  # in which a log writes what is around a name, that are told apart
THERE = np is not None
if THERE:
    # "1.2345" and the like: a digit, a point, four digits, then neither a digit nor a letter.
    _SHAPE, _USUAL = np.uint64(0xF0FF_F0F0_F0F0_5000), np.uint64(0x302E_3030_3030_0000)
    _NONE: Numbers = (np.empty(0, np.int64), np.empty(0, np.int64))
    _SEPARATES = np.zeros(256, np.int64)
    _SEPARATES[list(SEPARATORS)] = 1
