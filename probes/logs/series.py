"""Every point of a log of any size: step, loss and gradient norm of each, as arrays.

Of a large log they are found as `figures_numpy` finds them, and read many at once. Where numpy is missing, a
log is small, or its losses stand in a table, each line goes through the formats.
"""

from __future__ import annotations

import collections
import pathlib
import re
import typing

try:
    import numpy as np
except ImportError:  # the formats do it then
    np = None  # type: ignore[assignment]

from probes.logs import figures_numpy
from probes.logs.large import SMALL
from probes.logs.point import NUMBER, Point
from probes.logs.reading import FORMATS, Reading
from probes.logs.source import Source
from probes.logs.stretches import COUNTED_NAN, MARGIN, in_order, parts
from probes.logs.survey import Survey, survey

STRETCH = 3_000_000  # bytes that are held at once
_WIDTH = 24  # characters of a number that are read at once with others
_WAYS = 4  # in which a log's lines place the step, that are told apart
_SOME = 5  # lines on which it is tried whether that is so
_NUMBER = re.compile(NUMBER.encode())

PointOf = typing.Callable[[str, int], typing.Union[Point, None]]
Array = typing.Any  # numpy's own types have no name in the older versions that probes meet


class Points(typing.NamedTuple):
    """Columns of one length, in the order of the log; NaN where a line does not say it."""

    step: Array
    loss: Array
    grad_norm: Array


def read(path: pathlib.Path, encoding: str = "utf-8", small: int = SMALL) -> typing.Iterator[Points]:
    """All points of a log, some at a time. Raises OSError.

    They are of the format that most losses have. Steps are as printed; where none is, they count from 1.
    """
    with path.open("rb", buffering=0) as file:
        source = Source(file, path.stat().st_size, encoding)
        kind = survey(source) if source.size > small and np is not None else None
        if kind is None or not kind.named:
            yield from _by_lines(source)
            return
        form = kind

        def look(here: Source, start: int, end: int, block: bytearray) -> Points:
            names = [figures_numpy.names(block, *part) for part in parts(here, start, end, block)]
            return _points(block, names, form)

        counted = 0
        for points in in_order(path, source, STRETCH, look):
            if len(points.step) and np.isnan(points.step).all():
                points = points._replace(step=np.arange(counted + 1.0, counted + 1.0 + len(points.step)))
            counted += len(points.step)
            yield points


def _by_lines(source: Source) -> typing.Iterator[Points]:
    """All points of the format that has the most losses."""
    reading = Reading()
    rows: dict[str, list[tuple[float, float, float]]] = collections.defaultdict(list)
    for piece in source.pieces(0, source.size):
        found = reading.add(piece.text, piece.lines + 1)
        if found and found[1].loss is not None:
            key, point = found
            rows[key].append((float(point.step or 0), point.loss or 0.0, _or_nan(point.grad_norm)))
    if rows[reading.chosen]:
        yield Points(*zip(*rows[reading.chosen]))


def _points(block: bytearray, names: list[Array], kind: Survey) -> Points:
    """What the lines of the log's own losses say."""
    (places, _), *_ = figures_numpy.find(block, names, kind.before)
    if not len(places):
        return Points(places, places, places)
    norms = figures_numpy.norms_near(block, places)
    grad_norms = np.full(len(places), np.nan)
    grad_norms[norms > 0] = _values(block, norms[norms > 0])
    losses = _values(block, places)
    if kind.format == "megatron":
        end = block.find(b"\n", int(places[-1]))
        counted = [match.start() for match in COUNTED_NAN.finditer(block, int(places[0]), end)]
        losses[np.searchsorted(places, counted) - 1] = np.nan
    return Points(_steps(block, places, FORMATS[kind.format].reader()), losses, grad_norms)


def _values(block: bytearray, places: Array) -> Array:
    """The numbers behind names."""
    return _parsed(block, figures_numpy.begins(block, places))


def _parsed(block: bytearray, at: Array) -> Array:
    """The numbers that begin at some places: what is up to the first character that is no number's."""
    texts = np.ndarray((len(block) - _WIDTH + 1,), f"S{_WIDTH}", block, strides=(1,))[at]
    letters = texts.view(np.uint8).reshape(len(at), _WIDTH)
    other = _OTHERS[letters]
    ends = other.argmax(axis=1)
    letters[np.arange(_WIDTH) >= ends[:, None]] = 0
    try:
        if not ends.all():  # longer
            raise ValueError
        return texts.astype(float)
    except ValueError:  # a word that is made of a number's letters
        found = (_NUMBER.match(block, place) for place in at.tolist())
        return np.array([float(match[0]) if match else np.nan for match in found])


def _steps(block: bytearray, places: Array, point_of: PointOf) -> Array:
    """The step of each line: as far from the line's begin as in others, or by the format's reader."""
    data = np.frombuffer(block, np.uint8)
    first, last = MARGIN // 2, int(places[-1])
    breaks = np.flatnonzero((data[first:last] == ord("\n")) | (data[first:last] == ord("\r"))) + first
    begins = np.append(first, breaks + 1)[np.searchsorted(breaks, places)]
    steps, left = np.full(len(places), np.nan), np.arange(len(places))

    def printed(row: typing.Any) -> float:
        line = bytes(block[begins[row] : block.find(b"\n", begins[row])])
        point = point_of(line.decode("utf-8", "replace"), 0)
        return _or_nan(point.step if point else None)

    for _ in range(_WAYS):
        step = printed(left[0]) if len(left) else np.nan
        if np.isnan(step):
            break
        begin = int(begins[left[0]])
        for behind in _places_of(bytes(block[begin : block.find(b"\n", begin)]), int(step)):
            there = _alike(block, begins[left] + behind, min(behind, 8))
            rows = left[there]
            found = _parsed(block, _behind_spaces(data, begins[rows] + behind))
            some = np.linspace(0, len(rows) - 1, _SOME).astype(int)
            if (found[some] == [printed(row) for row in rows[some]]).all():
                steps[rows] = found
                left = left[~there]
                break
        else:
            break
    if len(left) and not np.isnan(printed(left[0])):
        steps[left] = [printed(row) for row in left]
    return steps


def _places_of(line: bytes, step: int) -> typing.Iterator[int]:
    """Where in a line its step may be, with the spaces before it."""
    for found in re.finditer(rb"(?<=[^\d.\s])(\s*)(\d{1,12})(?![\d.])", line):
        if int(found[2]) == step:
            yield found.start()


def _alike(block: bytearray, places: Array, count: int) -> Array:
    """Before which of the places so many bytes, eight at most, are the same as before the first."""
    before = np.ndarray((len(block) - 7,), "<u8", block, strides=(1,))[places - 8]
    return (before ^ before[0]) >> np.uint64(64 - 8 * count) == 0


def _behind_spaces(data: Array, places: Array) -> Array:
    for _ in range(_WIDTH):
        spaces = data[places] == ord(" ")
        if not spaces.any():
            break
        places = places + spaces
    return places


def _or_nan(number: float | None) -> float:
    return float("nan") if number is None else number


if np is not None:
    _OTHERS = np.ones(256, bool)
    _OTHERS[list(b"0123456789+-.eEnNaAiIfFtTyY\0")] = False
