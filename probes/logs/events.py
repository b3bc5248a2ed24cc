"""TensorBoard's event files, read without its libraries: records of a length and a protocol buffer.

A record is 8 bytes of length, 4 of a checksum over them, the data, 4 of a checksum. Of the data only scalars
are read: Event {2: step, 5: Summary {1: Value {1: tag, 2: simple_value, 8: TensorProto}}}, by event.proto,
summary.proto and tensor.proto of tensorboard/compat/proto.
"""

from __future__ import annotations

import struct
import typing

from probes.logs.anomaly import judge
from probes.logs.curve import Curve, in_order
from probes.logs.point import NAMES, from_pairs
from probes.report import ReadError, Report

LARGEST = 2**20  # bytes of a record that is looked into; a scalar has some dozens, an image may have millions

_SHORT, _EIGHT, _LONG, _FOUR = 0, 1, 2, 5  # how a field is written
Scalar = tuple[str, float]


def is_events(head: bytes) -> bool:
    """Whether a file begins with the record that names its version."""
    return b"brain.Event:" in head[:64] and _length(head[:12]) is not None


def read(file: typing.BinaryIO, name: str) -> Report:
    """What the scalars of an event file say; where a log has lines, it has records. Raises ReadError.

    A run that was killed leaves half a record at the end, and a damaged one cannot be skipped: the reading
    ends there.
    """
    curve, others, filtered, number = Curve(), Curve(), False, 0
    for number, (step, scalars) in enumerate(_steps(file), 1):
        filtered |= any(tag == "train/loss" for tag, _ in scalars)  # as the Trainer calls it
        point = from_pairs([(_named(tag), value) for tag, value in scalars], number, step)
        if point:
            (others if point.loss is None else curve).add(point)
    if not number:
        raise ReadError(f"{name}: an event file without scalars, give one of a run that has logged something")
    return judge(in_order(curve, others), name, filtered)


def _steps(file: typing.BinaryIO) -> typing.Iterator[tuple[int, list[Scalar]]]:
    """The scalars of each step, which frameworks write one after another."""
    current: int | None = None
    together: list[Scalar] = []
    for step, scalars in _events(file):
        if step != current or {tag for tag, _ in together} & {tag for tag, _ in scalars}:
            if current is not None:
                yield current, together
            current, together = step, []
        together += scalars
    if current is not None:
        yield current, together


def _events(file: typing.BinaryIO) -> typing.Iterator[tuple[int, list[Scalar]]]:
    while (length := _length(file.read(12))) is not None:
        if length > LARGEST:
            file.seek(length + 4, 1)
            continue
        data = file.read(length + 4)[:-4]
        if len(data) < length:
            return
        event = _fields(data)
        scalars = [scalar for summary in event.get(5, ()) for scalar in _scalars(summary)]
        step = event.get(2, [0])[-1]
        if scalars and isinstance(step, int) and step < 2**63:  # a negative one is written as a large one
            yield step, scalars


def _scalars(summary: typing.Any) -> typing.Iterator[Scalar]:
    for value in _fields(summary).get(1, ()):
        fields = _fields(value)
        tag = fields.get(1, [b""])[-1]
        for number in [*fields.get(2, ()), *map(_tensor, fields.get(8, ()))]:
            if isinstance(tag, bytes) and isinstance(number, bytes) and len(number) in (4, 8):
                yield tag.decode(errors="replace"), _float(number)


def _float(data: bytes) -> float:
    if len(data) == 8:
        return float(struct.unpack("<d", data)[0])
    return float(f"{struct.unpack('<f', data)[0]:.7g}")  # 2e-05 again, and not 1.9999999494757503e-05


def _tensor(data: typing.Any) -> bytes | None:
    """The bytes of a tensor's only number: of float_val, double_val, or tensor_content of either type."""
    fields = _fields(data)
    if fields.get(1, [0])[-1] not in (1, 2):  # neither float nor double
        return None
    for key in (5, 6, 4):
        if key in fields and isinstance(fields[key][-1], bytes):
            found: bytes = fields[key][-1]
            return found
    return None


def _fields(data: typing.Any) -> dict[int, list[typing.Any]]:
    """A message's fields by their number: whole numbers, or bytes. What does not fit the form ends it."""
    found: dict[int, list[typing.Any]] = {}
    at, end = 0, len(data) if isinstance(data, bytes) else 0
    while at < end:
        key, at = _number(data, at)
        form = key & 7
        if form == _SHORT:
            value: typing.Any = None
            value, at = _number(data, at)
        elif form in (_EIGHT, _FOUR, _LONG):
            size = 8 if form == _EIGHT else 4
            if form == _LONG:
                size, at = _number(data, at)
            value = data[at : at + size]
            at += size
        else:
            break
        if at > end:
            break
        found.setdefault(key >> 3, []).append(value)
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A whole number in groups of seven bits, the lowest first, and the place behind it."""
    number = 0
    for index, byte in enumerate(data[at : at + 10]):
        number |= (byte & 127) << 7 * index
        if byte < 128:
            return number, at + index + 1
    return 0, len(data) + 1


def _length(head: bytes) -> int | None:
    """The length of a record; None at the end of the file, and where the checksum says it is damaged."""
    if len(head) < 12:
        return None
    length, checksum = struct.unpack("<QI", head)
    remainder = 0xFFFFFFFF
    for byte in head[:8]:  # CRC-32C, masked as in every such file
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    remainder ^= 0xFFFFFFFF
    masked = (remainder >> 15 | remainder << 17) + 0xA282EAD8 & 0xFFFFFFFF
    return int(length) if masked == checksum else None


def _named(tag: str) -> str:
    """A tag as logs call it: Megatron writes "grad-norm", DeepSpeed "Train/Samples/train_loss"."""
    tag = tag.lower()
    for name in (tag, tag.replace("-", " "), tag.rsplit("/", 1)[-1]):
        if name in NAMES and not (name != tag and tag.startswith(("eval", "val"))):
            return name
    return tag
