"""Real inputs for any_reader.py to begin from: texts of all kinds, and files that are none."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
# {"a": a 2 x 2 float16 tensor}, as torch.save pickles it.
STATE = (
    b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02((X\x07\x00\x00\x00storageq\x03"
    b"ctorch\nHalfStorage\nq\x04X\x01\x00\x00\x000q\x05X\x03\x00\x00\x00cpuq\x06K\x04tq\x07QK\x00K\x02K\x02\x86q\x08"
    b"K\x02K\x01\x86q\t\x89ccollections\nOrderedDict\nq\n)Rq\x0btq\x0cRq\rs."
)

CLAIMS = b"""\
- name: what each answer says of it, and how often each fix cures it
  says:
    precision.compute: {float16: for, bfloat16: strongly against}
  cures:
    use-bf16: usually
"""


def seeds(folder: Path) -> list[bytes]:
    """The contents of all small files there, the texts in the knowledge's cases, the tests' samples."""
    paths = [path for root in (folder, ROOT / "tests" / "probes" / "samples") for path in root.rglob("*")]
    found = [path.read_bytes() for path in sorted(paths) if path.is_file()]
    for path in sorted((ROOT / "kb" / "causes").rglob("*.test.yaml")):
        cases = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [text.encode() for case in cases for text in case.get("files", {}).values()]
    for path in sorted((ROOT / "kb" / "fixes").glob("*.yaml")):
        found.append(path.read_bytes())
        patches = yaml.safe_load(path.read_text(encoding="utf-8")).get("patches", {}).values()
        found += [patch["before"].encode() for patch in patches]  # a setting of each framework
    found += [(ROOT / "kb" / "tree.test.yaml").read_bytes(), CLAIMS]
    return found + binaries()


def binaries() -> list[bytes]:
    """What the readers of files that are no text begin from: weights, events, rows."""
    header = b'{"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},"__metadata__":{"format":"pt"}}'
    event = b"\x09" + bytes(8) + b"\x10\x01\x2a\x0d\x0a\x0b\x0a\x04loss\x15" + struct.pack("<f", 1.5)
    version = b"\x09" + bytes(8) + b"\x1a\x0dbrain.Event:2"
    rows = (
        b'{"messages": [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "b"}]}\n',
        b'{"conversation": [{"system": "s", "input": "a?", "output": "b"}]}\n',
        b'{"instruction": "a?", "input": "", "output": "b"}\n',
        b'{"input_ids": [1, 2, 3], "labels": [-100, -100, -100]}\n',
        b'[{"text": "a b"}, {"text": null}]',
    )
    weights = io.BytesIO()
    with zipfile.ZipFile(weights, "w") as archive:
        archive.writestr(zipfile.ZipInfo("m/data.pkl"), STATE)
        archive.writestr(zipfile.ZipInfo("m/data/0"), bytes(8))
    return [
        struct.pack("<Q", len(header)) + header + struct.pack("<4e", 1, -2, float("nan"), 0),
        _record(version) + _record(event) + _record(event.replace(b"\x10\x01", b"\x10\x02")),
        weights.getvalue(),
        STATE,
        *rows,
    ]


def _record(data: bytes) -> bytes:
    """TensorBoard's form of one event; a checksum of 0 is looked at by nobody but the length's."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", _masked(length)) + data + bytes(4)


def _masked(data: bytes) -> int:
    """TFRecord's checksum: CRC-32C, turned and moved."""
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
    rest ^= 0xFFFFFFFF
    return (rest >> 15 | rest << 17) + 0xA282EAD8 & 0xFFFFFFFF


def packed(found: list[bytes]) -> list[bytes]:
    """Some of the seeds in archives."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, seed in enumerate(found[:3]):
            archive.writestr(f"run/{number}.log", seed)
    return [gzip.compress(seed) for seed in found[:9]] + [buffer.getvalue(), _zstandard(found[0][:200])]


def _zstandard(data: bytes) -> bytes:
    """A frame of one block that is stored as it is (RFC 8878, 3.1.1)."""
    return (
        struct.pack("<IBB", 0xFD2FB528, 0x20, len(data)) + (len(data) << 3 | 1).to_bytes(3, "little") + data
    )
