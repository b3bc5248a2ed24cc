import contextlib
import io
import math
import struct

import hypothesis
import pytest
from hypothesis import strategies

from probes import files
from probes.logs import events
from probes.report import Fact, ReadError


def varint(number):
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def field(key, data):
    return varint(key << 3 | 2) + varint(len(data)) + data


def checksum(data):
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    remainder ^= 0xFFFFFFFF
    return struct.pack("<I", (remainder >> 15 | remainder << 17) + 0xA282EAD8 & 0xFFFFFFFF)


def record(data):
    length = struct.pack("<Q", len(data))
    return length + checksum(length) + data + b"\0\0\0\0"


def event(step, value):
    return record(b"\x09" + struct.pack("<d", 1.7e9) + b"\x10" + varint(step) + field(5, field(1, value)))


def simple(tag, number):
    return field(1, tag.encode()) + b"\x15" + struct.pack("<f", number)


def tensor(tag, number, key, form="<f", dtype=1):
    return field(1, tag.encode()) + field(8, bytes([8, dtype]) + field(key, struct.pack(form, number)))


VERSION = record(b"\x09" + struct.pack("<d", 1.7e9) + field(3, b"brain.Event:2"))
LOSSES = [2.0, 1.9, 1.8, 1.7, 1.6, math.nan, math.nan]
RUN = VERSION + b"".join(
    event(10 * step, simple("train/loss", loss)) + event(10 * step, simple("train/learning_rate", 2e-5))
    for step, loss in enumerate(LOSSES, 1)
)


def values(data):
    return events.read(io.BytesIO(data), "events").values()


def test_the_scalars_of_a_run_are_its_log(tmp_path):
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(RUN)

    (report,) = files.read_file(path)

    assert report.facts == (
        Fact("loss.symptom", "nan-after-steps", "events.out.tfevents.1:6"),
        Fact("loss.first_bad_step", 60, "events.out.tfevents.1:6"),
        Fact("loss.last_good", 1.6, "events.out.tfevents.1:5"),
        Fact("loss.before", "calm", "events.out.tfevents.1:5"),
        Fact("optimizer.learning_rate", 2e-5, "events.out.tfevents.1:1"),
    )


@pytest.mark.parametrize(
    "value",
    [
        lambda loss: tensor("train_loss", loss, 5),
        lambda loss: tensor("Train/Samples/train_loss", loss, 6, "<d", 2),
        lambda loss: tensor("lm-loss", loss, 4),
        lambda loss: simple("lm loss", loss),
    ],
)
def test_scalars_are_also_written_as_tensors_and_under_other_names(value):
    data = VERSION + b"".join(event(step, value(loss)) for step, loss in enumerate(LOSSES, 1))

    assert values(data)["loss.first_bad_step"] == 6


def test_a_record_that_is_cut_off_ends_the_reading():
    assert values(RUN[:-10])["loss.first_bad_step"] == 60


def test_records_too_large_for_a_scalar_are_passed_over():
    image = record(field(5, field(1, b"x" * events.LARGEST)))

    assert values(VERSION + image + RUN[len(VERSION) :]) == values(RUN)


def test_the_evaluation_is_not_the_training():
    data = VERSION + b"".join(event(step, simple("eval/loss", math.nan)) for step in range(5))

    assert values(data)["loss.symptom"] == "eval-only-nan"


def test_a_file_without_scalars_is_refused_in_one_line():
    with pytest.raises(ReadError, match="events: an event file without scalars, give"):
        values(VERSION)


def test_an_event_file_is_known_by_its_first_record():
    assert events.is_events(RUN[:64])
    assert not events.is_events(b"\0" + RUN[:63])
    assert not events.is_events(b"brain.Event:2")


@hypothesis.given(strategies.binary(max_size=200), strategies.integers(0, len(RUN)), strategies.booleans())
@hypothesis.settings(max_examples=300, deadline=None)
def test_no_bytes_are_too_strange(noise, at, framed):
    damaged = RUN[:at] + (record(noise) if framed else noise) + RUN[at:]

    with contextlib.suppress(ReadError):
        assert events.read(io.BytesIO(damaged), "x").kind == "log"
