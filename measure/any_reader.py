"""Every reader of what users hand in, as a function of bytes, and real inputs to begin from.

measure/fuzz.py and tests/test_any_input.py give them whatever there is.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import yaml
from pydantic import ValidationError

from app import link
from kb.load import read as read_entry
from kb.model import Advisory, Cause, Fix, Policy, Tree
from probes import checkpoints, configs, dataset, files, logs, private, report, syntax
from probes.configs.findings import Findings
from probes.configs.reading import MAX_CHARACTERS, parse
from probes.files import containers, encoding, environment, notebook, pieces, preamble, prose
from probes.logs import events, trainer_state
from probes.syntax import UnreadableError

ROOT = Path(__file__).parent.parent
EXPECTED = (report.ReadError, UnreadableError, link.LinkError)  # what a reader may raise
# {"a": a 2 x 2 float16 tensor}, as torch.save pickles it.
STATE = (
    b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02((X\x07\x00\x00\x00storageq\x03"
    b"ctorch\nHalfStorage\nq\x04X\x01\x00\x00\x000q\x05X\x03\x00\x00\x00cpuq\x06K\x04tq\x07QK\x00K\x02K\x02\x86q\x08"
    b"K\x02K\x01\x86q\t\x89ccollections\nOrderedDict\nq\n)Rq\x0btq\x0cRq\rs."
)
_FOLDER = Path(tempfile.mkdtemp(prefix="whynan-any-input-"))


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", errors="replace"))


def _lines(text: str) -> None:
    """Every log format's reader on each line."""
    for module in logs.FORMATS.values():
        point_of = module.reader()
        for number, line in enumerate(text.splitlines(), start=1):
            point_of(line[: logs.LONGEST], number)


def _settings(text: str) -> None:
    """Every framework's reader that takes the settings for its own, not only the first."""
    text = text[:MAX_CHARACTERS]  # configs.read refuses more
    found = syntax.recognise(text)
    if found is not None:
        paths = parse(text, found)
        for module in configs.FORMATS.values():
            if module.recognises(paths):
                module.read(paths, Findings("x"))


def _in(name: str) -> Callable[[bytes], object]:
    def run(text: str) -> None:
        syntax.SYNTAXES[name].settings(text[:MAX_CHARACTERS])
        syntax.SYNTAXES[name].undecided(text[:MAX_CHARACTERS])

    return _text(run)


def _unpack(data: bytes) -> None:
    stream = io.BufferedReader(io.BytesIO(data), containers.HEAD)
    for _, leaf in containers.leaves(stream, "x", len(data)):
        if not isinstance(leaf, report.ReadError):
            try:
                while leaf.read(containers.HEAD):
                    pass
            except report.ReadError:
                continue


def _file(data: bytes) -> None:
    path = _FOLDER / "x"
    path.write_bytes(data)
    list(files.documents(path))


def _large_log(data: bytes) -> None:
    """As a log of gigabytes is read, in stretches of a few lines."""
    path = _FOLDER / "large.log"
    path.write_bytes(data)
    logs.read_file(path, small=0, stretches=3)


def _events(data: bytes) -> None:
    events.read(io.BytesIO(data), "x")


def _at(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """A reader of a file whose name tells its form."""

    def run(data: bytes) -> None:
        path = _FOLDER / name
        path.write_bytes(data)
        read(path)

    return run


def _scan(path: Path) -> None:
    checkpoints.report(checkpoints.scan(path))


def _rows(path: Path) -> None:
    dataset.report(dataset.read(path, max_length=512), "x")


def _knowledge(data: bytes) -> None:
    path = _FOLDER / "x.yaml"
    path.write_bytes(data)
    source = read_entry(path, _FOLDER, [])
    for model in (Cause, Fix, Advisory, Policy, Tree):
        if source is not None:
            try:
                model.model_validate(source.data)
            except ValidationError:
                continue


def _report(text: str) -> None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    report.from_json(data, "x")


TARGETS: dict[str, Callable[[bytes], object]] = {
    "files.documents": _file,
    "files.read_text": _text(lambda text: files.read_text(text, "x")),
    "files.containers": _unpack,
    "files.encoding": encoding.find,
    "files.environment": _text(lambda text: environment.read(text, "x")),
    "files.notebook": _text(lambda text: notebook.cut(text, "x")),
    "files.pieces": _text(lambda text: pieces.cut(text[: files.LONGEST_REPORT])),
    "files.preamble": _text(lambda text: preamble.read(text, "x")),
    "private": _text(lambda text: private.redact(text[: 100 * report.LONGEST])),
    "files.prose": _text(lambda text: prose.read(text[: files.LONGEST_REPORT], "x")),
    "logs": _text(lambda text: logs.read(text.splitlines(), "x")),
    "logs.trainer_state": _text(lambda text: trainer_state.read(text, "x")),
    "logs.FORMATS": _text(_lines),
    "logs.read_file, large": _large_log,
    "logs.events": _events,
    "checkpoints, safetensors": _at("x.safetensors", _scan),
    "checkpoints, torch": _at("x.bin", _scan),
    "dataset": _at("x.jsonl", _rows),
    "configs": _text(lambda text: configs.read(text, "x")),
    "configs.FORMATS": _text(_settings),
    **{f"syntax.{name}": _in(name) for name in syntax.SYNTAXES},
    "report.from_json": _text(_report),
    "link.decode": _text(link.decode),
    "kb.load": _knowledge,
}


def seeds(folder: Path) -> list[bytes]:
    """The contents of all small files there, the texts in the knowledge's cases, the tests' samples."""
    paths = [path for root in (folder, ROOT / "tests" / "probes" / "samples") for path in root.rglob("*")]
    found = [path.read_bytes() for path in sorted(paths) if path.is_file()]
    for path in sorted((ROOT / "kb" / "causes").rglob("*.test.yaml")):
        cases = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [text.encode() for case in cases for text in case.get("files", {}).values()]
    found += [path.read_bytes() for path in sorted((ROOT / "kb" / "fixes").glob("*.yaml"))]
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
    return [gzip.compress(seed) for seed in found[:9]] + [buffer.getvalue()]
