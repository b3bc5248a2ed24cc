"""What unpacking may cost at most: a small file must not become an endless one.

Real logs pack 10 to 50 times; a bomb packs a thousand times and more, or holds itself.
"""

from __future__ import annotations

import io
import lzma
import tarfile
import time
import typing
import zipfile
import zlib

from probes.files import zstd
from probes.report import ReadError

MOST_BYTES = 4 * 2**30
FREE_BYTES, MOST_RATIO = 64 * 2**20, 200
MOST_MEMBERS = 10_000
MOST_SECONDS = 600.0

# What the unpackers raise over damaged data.
DAMAGES: tuple[type[Exception], ...] = (
    OSError,
    ValueError,
    RuntimeError,
    MemoryError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    tarfile.TarError,
    zipfile.BadZipFile,
    *zstd.ERRORS,
)


class Budget:
    """What is left to spend for one file of `packed` bytes, all that it holds taken together."""

    def __init__(self, packed: int, name: str) -> None:
        self.name = name
        self.bytes = min(MOST_BYTES, max(FREE_BYTES, MOST_RATIO * packed))
        self.members = MOST_MEMBERS
        self.until = time.monotonic() + MOST_SECONDS

    @property
    def is_spent(self) -> bool:
        """Whether nothing more can be unpacked."""
        return self.bytes < 0 or time.monotonic() > self.until

    def spend(self, count: int) -> None:
        """Takes so many unpacked bytes off. Raises ReadError when there are none left."""
        self.bytes -= count
        if self.is_spent:
            raise ReadError(f"{self.name}: unpacks to far more than a log would, unpack it and give the log")

    def member(self) -> None:
        """Takes one member off. Raises ReadError when there are none left."""
        self.members -= 1
        if self.members < 0:
            raise ReadError(f"{self.name}: holds more than {MOST_MEMBERS:,} files, give the log alone")


def damaged(name: str, error: BaseException) -> ReadError:
    """The line for what cannot be unpacked."""
    why = " ".join(str(error).split())[:100] or type(error).__name__
    return ReadError(f"{name}: cannot be unpacked ({why}), pack it anew or give the log itself")


class Unpacked(io.RawIOBase):
    """A stream of unpacked bytes that are paid for. One that is cut off ends there, as a log may."""

    def __init__(self, source: typing.IO[bytes], name: str, budget: Budget) -> None:
        self._source, self._name, self._budget = source, name, budget

    def readable(self) -> bool:
        """Always: a reader reads."""
        return True

    def readinto(self, buffer: typing.Any) -> int:
        """Fills `buffer` unless the stream ends. Raises ReadError on damage and when the budget is spent."""
        filled = 0
        while filled < len(buffer):
            try:
                data = self._source.read(len(buffer) - filled)
            except EOFError:
                break
            except DAMAGES as error:
                raise damaged(self._name, error) from None
            if not data:
                break
            self._budget.spend(len(data))
            buffer[filled : filled + len(data)] = data
            filled += len(data)
        return filled
