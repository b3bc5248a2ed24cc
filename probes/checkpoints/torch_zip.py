"""What torch.save writes: a zip of raw storages and of a pickle that says which tensor lies in which.

The pickle is read as data (probes.checkpoints.opcodes). Of its calls only those count that torch itself
makes of a tensor (torch._utils, `_rebuild_tensor_v2` and its kin); of any other nothing but its name is kept.
"""

from __future__ import annotations

import math
import pathlib
import struct
import typing
import zipfile
import zlib

from probes.checkpoints import opcodes
from probes.checkpoints.listing import NOTE, DamagedError, Finding, Listing
from probes.checkpoints.opcodes import Call, Global, PickleError
from probes.checkpoints.tensor import DTYPES, Tensor
from probes.report import ReadError

NAME = "torch"
LARGEST_PICKLE = 64_000_000  # bytes
MOST_OBJECTS = 2_000_000

_ZIP = b"PK\x03\x04"
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the number that torch.save wrote first until 1.5
_STORAGES = {
    "Double": "F64",
    "Float": "F32",
    "Half": "F16",
    "BFloat16": "BF16",
    "Long": "I64",
    "Int": "I32",
    "Short": "I16",
    "Char": "I8",
    "Byte": "U8",
    "Bool": "BOOL",
    "ComplexFloat": "C64",
}
_DTYPES = {
    "torch.float8_e4m3fn": "F8_E4M3",
    "torch.float8_e5m2": "F8_E5M2",
    "torch.uint16": "U16",
    "torch.uint32": "U32",
    "torch.uint64": "U64",
}
_REBUILD = [f"torch._utils._rebuild_tensor{version}" for version in ("", "_v2", "_v3")]
# What zipfile raises of bytes that are none of its own.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, RuntimeError, ValueError,
    OverflowError,
)  # fmt: skip
_HARMLESS = (
    "torch._utils._rebuild_", "torch.Size", "torch.device", "torch.nn.modules.",
    "torch.serialization._get_layout", "collections.OrderedDict", "collections.defaultdict",
    "argparse.Namespace", "_codecs.encode", "deepspeed.", "__builtin__.set", "builtins.set",
    "numpy.core.multiarray.", "numpy._core.multiarray.", "numpy.dtype",
)  # fmt: skip


def recognises(path: pathlib.Path, head: bytes) -> bool:
    """Whether a file begins as a zip whose first entry is the pickle, or as torch wrote before 1.6."""
    return head.startswith(_LEGACY) or (head.startswith(_ZIP) and b"/data.pkl" in head)


def read(path: pathlib.Path) -> Listing:
    """The tensors of the file, by their place in what was saved ("module.layers.0.weight").

    Raises DamagedError for a broken file, ReadError for one that is something else.
    """
    value, members = _open(path)
    tensors, calls = {}, set()
    for name, call in walk(value):
        found = _tensor(name, call, path, members)
        if found is None:
            calls.add(call.name)
        elif (found.offset, found.size) not in tensors:  # tied weights are one storage under two names
            tensors[found.offset, found.size] = found
    strange = sorted(name for name in calls if name and not name.startswith(_HARMLESS))
    note = f"would call {', '.join(strange[:5])} when it is loaded: load it with weights_only=True"
    findings = (Finding(NOTE, path.name, "", note),) if strange else ()
    return Listing(NAME, tuple(sorted(tensors.values(), key=lambda tensor: tensor.offset)), findings)


def numbers(path: pathlib.Path) -> dict[str, int]:
    """The whole numbers of the outermost dict: DeepSpeed keeps its world size there."""
    value, _ = _open(path)
    return {k: v for k, v in value.items() if type(v) is int} if isinstance(value, dict) else {}


def _open(path: pathlib.Path) -> tuple[typing.Any, dict[str, tuple[int, int]]]:
    """What the pickle describes, and where the bytes of each storage are: (offset, size) by its key."""
    with path.open("rb") as file:
        if file.read(len(_LEGACY)) == _LEGACY:
            raise ReadError(
                f"{path.name}: saved in the form of PyTorch before 1.6, "
                "load it with weights_only=True and torch.save it anew"
            )
        try:
            with zipfile.ZipFile(file) as archive:
                entries = {info.filename: info for info in archive.infolist()}
                pickled = next((info for name, info in entries.items() if name.endswith("data.pkl")), None)
                if pickled is None:
                    raise ReadError(f"{path.name}: a zip, but no checkpoint, give what torch.save wrote")
                if pickled.file_size > LARGEST_PICKLE:
                    raise ReadError(
                        f"{path.name}: its pickle has {pickled.file_size} bytes, too many to be read"
                    )
                value = opcodes.read(archive.read(pickled))
            folder = pickled.filename[: -len("data.pkl")] + "data/"
            members = {
                name[len(folder) :]: (_begin(file, info, path), info.file_size)
                for name, info in entries.items()
                if name.startswith(folder)
            }
        except _BROKEN as error:
            raise DamagedError(f"its zip is broken or cut off ({error})") from None
        except PickleError as error:
            raise DamagedError(f"its pickle cannot be read, {error}") from None
    return value, members


def _begin(file: typing.BinaryIO, info: zipfile.ZipInfo, path: pathlib.Path) -> int:
    """Where a member's bytes begin: behind its local header, whose length no other place tells."""
    if info.compress_type != zipfile.ZIP_STORED:
        raise ReadError(
            f"{path.name}: its tensors are compressed, which torch.save never does, unpack the zip"
        )
    file.seek(info.header_offset)
    header = file.read(30)
    name, extra = struct.unpack("<HH", header[26:30])
    begin = info.header_offset + 30 + int(name) + int(extra)
    if header[:4] != _ZIP or begin + info.file_size > path.stat().st_size:
        raise DamagedError(f"the bytes of {info.filename} are cut off")
    return begin


def walk(value: typing.Any) -> typing.Iterator[tuple[str, Call]]:
    """Every call in what was read, with its path; what is reached in two ways comes once."""
    seen: set[int] = set()
    rest: list[tuple[str, typing.Any]] = [("", value)]
    while rest:
        path, value = rest.pop()
        if not isinstance(value, (dict, list, tuple, Call)) or id(value) in seen:
            continue
        if len(seen) > MOST_OBJECTS:
            return
        seen.add(id(value))
        if isinstance(value, Call):
            yield path, value
            inner = [*value.items, ("", value.state), *(("", arg) for arg in _arguments(value))]
        else:
            inner = list(value.items() if isinstance(value, dict) else enumerate(value))
        rest += [(".".join(filter(None, (path, _word(key))))[-500:], item) for key, item in reversed(inner)]


def _word(key: typing.Any) -> str:
    return str(key)[:200] if isinstance(key, (str, int)) else ""


def _arguments(call: Call) -> tuple[typing.Any, ...]:
    return call.args if isinstance(call.args, tuple) else ()


def _tensor(name: str, call: Call, path: pathlib.Path, members: dict[str, tuple[int, int]]) -> Tensor | None:
    """The tensor that a call would make, None for other calls. Raises DamagedError for an impossible one."""
    if call.name not in _REBUILD:
        return None
    args = _arguments(call)
    try:
        stored, first, shape, strides = args[:4]
        _, storage, key, *_ = stored.reference
    except (ValueError, AttributeError, TypeError):
        raise DamagedError(f"tensor {name} is described in no known way") from None
    kind = storage.name.rpartition(".")[2] if isinstance(storage, Global) else ""
    told = args[6] if call.name.endswith("_v3") and len(args) > 6 else None
    form = _DTYPES.get(told.name) if isinstance(told, Global) else _STORAGES.get(kind[: -len("Storage")])
    dtype = DTYPES.get(form or "")
    if not isinstance(key, str) or key not in members:
        raise DamagedError(f"the storage of tensor {name} is missing")
    if dtype is None:
        return None  # quantized: not judged
    shape, strides = _size(shape), _size(strides)
    if shape is None or strides is None or type(first) is not int:
        raise DamagedError(f"tensor {name} has no shape")
    begin, size = members[key]
    length = math.prod(shape) * dtype.width
    if not _dense(shape, strides) and size % dtype.width == 0:
        return Tensor(name, dtype, shape, path, begin, size, dense=False)
    if first < 0 or first * dtype.width + length > size:
        raise DamagedError(f"tensor {name} reaches beyond its storage")
    return Tensor(name, dtype, shape, path, begin + first * dtype.width, length)


def _size(value: typing.Any) -> tuple[int, ...] | None:
    """A shape, which older versions wrap into torch.Size."""
    if isinstance(value, Call) and value.name == "torch.Size" and _arguments(value):
        value = value.args[0]
    whole = isinstance(value, tuple) and all(type(n) is int and n >= 0 for n in value)
    return value if whole else None


def _dense(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    step = 1
    for size, stride in zip(reversed(shape), reversed(strides)):
        if size != 1 and stride != step:
            return False
        step *= size
    return True
