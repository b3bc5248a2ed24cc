"""Every reader of what users hand in, as a function of bytes; any_input.py has what to begin from.

measure/fuzz.py and tests/test_any_input.py give them whatever there is.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import kb
from app import asked, link
from app.mcp.protocol import Server
from app.telling import BadInputError
from kb import cases, drafts, interview
from kb.load import read as read_entry
from kb.model import Advisory, Cause, Fix, Knowledge, Policy, Tree
from measure.any_input import binaries
from probes import checkpoints, configs, dataset, files, logs, private, report, syntax
from probes.configs import loss_code
from probes.configs.findings import Findings, Paths
from probes.configs.reading import MAX_CHARACTERS, parse
from probes.files import containers, encoding, environment, notebook, pieces, preamble, prose, watched
from probes.files.text import LONGEST_REPORT
from probes.logs import events, series, trainer_state
from probes.machine import kernel_log, other_makes, pci, sight, smi
from probes.machine.sight import BlindError
from probes.syntax import UnreadableError
from probes.syntax.python_tree import Source

# What a reader may raise.
EXPECTED = (report.ReadError, UnreadableError, link.LinkError, BadInputError, BlindError)
_FOLDER = Path(tempfile.mkdtemp(prefix="whynan-any-input-"))


def _text(read: Callable[[str], object], most: int | None = None) -> Callable[[bytes], object]:
    """A reader of a text, which is refused above so many bytes before the reader gets it."""
    return lambda data: read(data[:most].decode("utf-8", errors="replace"))


def _lines(text: str) -> None:
    """Every log format's reader on each line."""
    for module in logs.FORMATS.values():
        point_of = module.reader()
        for number, line in enumerate(io.StringIO(text), start=1):
            point_of(line[: logs.LONGEST], number)


def _settings(text: str) -> None:
    """Every framework's reader that takes the settings for its own, not only the first."""
    found = syntax.recognise(text)
    if found is not None:
        paths = parse(text, found)
        for module in configs.FORMATS.values():
            if module.recognises(paths):
                module.read(paths, Findings("x"))


def _loss_code(text: str) -> None:
    loss_code.read(Source(text), Paths({}), Findings("x"))


def _in(name: str) -> Callable[[bytes], object]:
    return _text(syntax.SYNTAXES[name].settings, MAX_CHARACTERS)


def _edit(name: str) -> Callable[[bytes], object]:
    """A text with one of its settings changed, or taken out, or one put in."""
    module = syntax.SYNTAXES[name]

    def run(text: str) -> None:
        found = [setting.path for setting in module.settings(text)][:1]
        changes = [dict.fromkeys(found, 1), dict.fromkeys(found), {"x.y": "a b"}]
        module.edit(text, changes[zlib.crc32(text.encode()) % 3])

    return _text(run, MAX_CHARACTERS)


def _based(text: str) -> None:
    """A config that builds on files which are all like itself."""
    parse(text, "python", lambda path: text)


@functools.cache
def _knowledge() -> Knowledge:
    return kb.load()


def _patch(text: str) -> None:
    """One of the knowledge's patches, another for each text, made in it as in a user's config."""
    patches = [patch for fix in _knowledge().fixes.values() for patch in fix.patches.values()]
    chosen = patches[zlib.crc32(text.encode()) % len(patches)]
    configs.apply(text, chosen.before, chosen.after)


def _pieces(text: str) -> None:
    pieces.cut(text[:LONGEST_REPORT])
    pieces.blocks(text[:LONGEST_REPORT])


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


def _series(path: Path) -> None:
    for _ in series.read(path, small=0):
        pass


def _machine(data: bytes) -> None:
    """What the tools of GPU makers, the kernel and the bus say."""
    text = data.decode("utf-8", errors="replace")
    smi.rows(text)
    smi.matrix(text)
    kernel_log.facts(text)
    pci.acs(data)
    for read in (
        lambda said: sight.from_smi(said, said),
        other_makes.from_rocm_smi,
        other_makes.from_npu_smi,
    ):
        with contextlib.suppress(BlindError):
            read(text)


def _beside(data: bytes) -> None:
    """A model's tensors with files beside them that are all like this one."""
    folder = _FOLDER / "model"
    folder.mkdir(exist_ok=True)
    (folder / "adapter_model.safetensors").write_bytes(binaries()[0])
    (folder / "zero_pp_rank_0_mp_rank_00_model_states.pt").write_bytes(binaries()[2])
    names = ("config.json", "tokenizer_config.json", "chat_template.jinja", "model.safetensors.index.json")
    for name in (*names, "latest", "adapter_config.json"):
        (folder / name).write_bytes(data)
    for name in ("adapter_config.json", "model.safetensors.index.json"):  # an adapter, shards, ZeRO's parts
        with contextlib.suppress(report.ReadError):
            _scan(folder)
        (folder / name).unlink()
    with contextlib.suppress(report.ReadError):
        _scan(folder)


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


def _entry(data: bytes) -> None:
    path = _FOLDER / "x.yaml"
    path.write_bytes(data)
    source = read_entry(path, _FOLDER, [])
    for model in (Cause, Fix, Advisory, Policy, Tree):
        if source is not None:
            try:
                model.model_validate(source.data)
            except ValidationError:
                continue


def _claims(data: bytes) -> None:
    """The cases and claims beside a cause, and the claims beside the tree."""
    path = _FOLDER / "fp16-overflow.yaml"
    for file in (cases.beside(path), _FOLDER / "tree.test.yaml"):
        file.write_bytes(data)
    found = cases.claimed(path, _FOLDER, [])
    cases.cases(path, _FOLDER, [])
    cases.check(path, _FOLDER, _knowledge())
    if found:
        text = data.decode("utf-8", errors="replace")
        drafts.updated(text, _knowledge(), _knowledge().causes[path.stem], found[0])
    interview.check(_FOLDER, _knowledge())


def _json(read: Callable[[Any], object]) -> Callable[[bytes], object]:
    """A reader of parsed JSON."""

    def run(text: str) -> None:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return
        read(data)

    return _text(run)


def _agent(data: bytes) -> None:
    """A line of an agent; one that calls a tool goes through the readers above."""
    if b"tools/call" not in data:
        Server(_knowledge).answer(data)


TARGETS: dict[str, Callable[[bytes], object]] = {
    "files.documents": _file,
    "files.read_text": _text(lambda text: files.read_text(text, "x")),
    "files.containers": _unpack,
    "files.encoding": encoding.find,
    "files.environment": _text(lambda text: environment.read(text, "x")),
    "files.notebook": _text(lambda text: notebook.cut(text, "x")),
    "files.pieces": _text(_pieces),
    "files.preamble": _text(lambda text: preamble.read(text, "x")),
    "private": _text(lambda text: private.redact(text[: 100 * report.LONGEST])),
    "files.prose": _text(lambda text: prose.read(text[:LONGEST_REPORT], "x")),
    "logs": _text(lambda text: logs.read(io.StringIO(text), "x")),
    "logs.trainer_state": _text(lambda text: trainer_state.read(text, "x")),
    "logs.FORMATS": _text(_lines),
    "logs.read_file, large": _large_log,
    "logs.series": _at("x.log", _series),
    "logs.events": _events,
    "checkpoints, safetensors": _at("x.safetensors", _scan),
    "checkpoints, torch": _at("x.bin", _scan),
    "checkpoints, files beside": _beside,
    "dataset": _at("x.jsonl", _rows),
    "configs": _text(lambda text: configs.read(text, "x")),
    "configs.FORMATS": _text(_settings, MAX_CHARACTERS),
    "configs.loss_code": _text(_loss_code, MAX_CHARACTERS),
    "configs.apply": _text(_patch),
    "syntax.python, bases": _text(_based, MAX_CHARACTERS),
    **{f"syntax.{name}": _in(name) for name in syntax.SYNTAXES},
    **{f"syntax.{name}, edit": _edit(name) for name in syntax.SYNTAXES},
    "report.from_json": _json(lambda data: report.from_json(data, "x")),
    "files.watched": _json(lambda data: watched.read(data, "x")),
    "machine": _machine,
    "link.decode": _text(link.decode),
    "asked": _json(asked.read),
    "mcp": _agent,
    "kb.load": _entry,
    "kb.cases, claims": _claims,
}
