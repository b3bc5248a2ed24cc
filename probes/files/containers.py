"""Packed files and archives, read as streams: nothing is written to the disk, nothing is held whole.

gzip, bzip2, xz and Zstandard; tar and zip; one inside the other, a few levels deep. What is inside is named
`runs.tar.gz!node0/train.log`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import typing
import zipfile

from probes.files import unreadable, zstd
from probes.files.budget import DAMAGES, Budget, Unpacked, damaged
from probes.report import ReadError

HEAD = 64 * 1024  # bytes by which a file's kind is told
DEEPEST = 4  # a .gz in a .zip in a .tar.gz: four wrappers
LARGEST_INNER_ZIP = 32 * 2**20  # a zip is read from its end: one inside an archive is held
LARGEST_DIRECTORY = 8 * 2**20  # bytes of a zip's list of files, of tar's headers; they are held too
LONGEST_HEADER = 2**20

Opener = typing.Callable[[typing.Any], typing.IO[bytes]]
if typing.TYPE_CHECKING:
    Stream = io.BufferedReader[typing.Any]
    Leaf = tuple[str, typing.Union[Stream, ReadError]]


def is_packed(head: bytes) -> bool:
    """Whether a file that begins with `head` holds others, or itself in a smaller form."""
    return _opener(head) is not None or _is_tar(head) or head.startswith(_ZIP)


def leaves(stream: Stream, name: str, packed: int) -> typing.Iterator[Leaf]:
    """The name and the bytes of each file in a packed file of `packed` bytes; or why it cannot be had.

    `stream` has a buffer of HEAD bytes. A stream that is given is good until the next one is asked for.
    """
    yield from _guarded(stream, name, Budget(packed, name), 0)


def _guarded(stream: Stream, name: str, budget: Budget, depth: int) -> typing.Iterator[Leaf]:
    try:
        yield from _leaves(stream, name, budget, depth)
    except ReadError as error:
        yield name, error
    except DAMAGES as error:
        yield name, damaged(name, error)


def _leaves(stream: Stream, name: str, budget: Budget, depth: int) -> typing.Iterator[Leaf]:
    head = stream.peek(HEAD)[:HEAD]
    opener = _opener(head)
    if depth and opener is None and not _is_tar(head) and not head.startswith(_ZIP):
        yield name, stream
        return
    if depth == DEEPEST:
        raise ReadError(f"{name}: is packed more than {DEEPEST} times, unpack it and give the log")
    if opener is not None:
        try:
            source = opener(stream)
        except ImportError:
            how = "`pip install zstandard`, or unpack it with `zstd -d`"
            raise ReadError(f"{name}: is packed by Zstandard, which this Python lacks, {how}") from None
        inner = io.BufferedReader(Unpacked(source, name, budget), HEAD)
        yield from _leaves(inner, name, budget, depth + 1)
    elif _is_tar(head):
        yield from _of_tar(stream, name, budget, depth)
    else:
        yield from _of_zip(stream, name, budget, depth)


# --- what is packed alone ---------------------------------------------------------------------------


def _opener(head: bytes) -> Opener | None:
    for magic, opener in _OPENERS:
        if head.startswith(magic):
            return opener
    return None


def _gzip(stream: typing.Any) -> typing.IO[bytes]:
    return typing.cast("typing.IO[bytes]", gzip.GzipFile(fileobj=stream))


_OPENERS: tuple[tuple[bytes, Opener], ...] = (
    (b"\x1f\x8b\x08", _gzip),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
    (b"\x28\xb5\x2f\xfd", zstd.unpack),
)


# --- archives ---------------------------------------------------------------------------------------


class _Header(tarfile.TarInfo):
    """A member of a tar file, whose long name or extra header is no way to fill the memory."""

    def _proc_member(self, archive: tarfile.TarFile) -> typing.Any:
        if not self.isreg() and not self.isdir() and self.size > LONGEST_HEADER:
            raise tarfile.ReadError("a header of more than a megabyte")
        return super()._proc_member(archive)  # type: ignore[misc]  # made to be overridden, says its source


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _of_tar(stream: Stream, name: str, budget: Budget, depth: int) -> typing.Iterator[Leaf]:
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header) as archive:
        for member in archive:
            budget.member()
            archive.members = []  # type: ignore[attr-defined]  # of a stream nobody goes back to them
            if member.isreg() and _is_shown(member.name) and (source := archive.extractfile(member)):
                inside = f"{name}!{_plain(member.name)}"
                inner = io.BufferedReader(Unpacked(source, inside, budget), HEAD)
                yield from _guarded(inner, inside, budget, depth + 1)


_ZIP = b"PK\x03\x04"


def _of_zip(stream: Stream, name: str, budget: Budget, depth: int) -> typing.Iterator[Leaf]:
    file: typing.BinaryIO = stream
    if depth:
        held = stream.read(LARGEST_INNER_ZIP + 1)
        if len(held) > LARGEST_INNER_ZIP:
            raise ReadError(f"{name}: is a large zip in an archive, unpack the outer one and give the folder")
        file = io.BytesIO(held)
    _refuse_directory(file, name)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        line = unreadable.by_members([member.filename for member in members], name)
        if line:
            raise ReadError(line)
        for member in members:
            budget.member()
            if budget.is_spent:
                return  # said already
            if member.filename.endswith("/") or not _is_shown(member.filename):
                continue  # is_dir() fails where a damaged name is empty
            inside = f"{name}!{_plain(member.filename)}"
            if member.flag_bits & 1:
                yield inside, ReadError(f"{inside}: is locked with a password, unpack it and give the log")
                continue
            try:
                source = archive.open(member)
            except DAMAGES as error:
                yield inside, damaged(inside, error)
                continue
            with source:
                inner = io.BufferedReader(Unpacked(source, inside, budget), HEAD)
                yield from _guarded(inner, inside, budget, depth + 1)


def _refuse_directory(file: typing.BinaryIO, name: str) -> None:
    """Python holds a zip's whole list of files: one that is itself the bomb is refused."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 66_000))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    directory = int.from_bytes(tail[end + 12 : end + 16], "little")
    if end >= 0 and (directory > LARGEST_DIRECTORY or b"PK\x06\x07" in tail):
        raise ReadError(f"{name}: is a zip of more files than can be looked through, give the log alone")
    file.seek(0)


def _is_shown(member: str) -> bool:
    return not any(part.startswith(".") or part == "__MACOSX" for part in member.split("/") if part != ".")


def _plain(member: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in member)
    return shown.removeprefix("./")[-200:]
