"""Zstandard, where this Python has it: since 3.14 by itself, before that with the package zstandard."""

from __future__ import annotations

import typing

WIDEST = 27  # log2 of the window that is allowed: 128 MiB, what `zstd` itself takes without --long

ERRORS: tuple[type[Exception], ...] = ()
try:
    from compression import zstd

    ERRORS = (zstd.ZstdError,)
except ImportError:
    zstd = None
    try:
        import zstandard as package

        zstandard: typing.Any = package
        ERRORS = (package.ZstdError,)
    except ImportError:
        zstandard = None


def unpack(stream: typing.Any) -> typing.IO[bytes]:
    """The unpacked bytes of a stream. Raises ImportError where neither is there."""
    if zstd is not None:
        options = {zstd.DecompressionParameter.window_log_max: WIDEST}
        return typing.cast("typing.IO[bytes]", zstd.ZstdFile(stream, options=options))
    if zstandard is None:
        raise ImportError("zstandard")
    opened = zstandard.ZstdDecompressor(max_window_size=2**WIDEST)
    return typing.cast("typing.IO[bytes]", opened.stream_reader(stream, read_across_frames=True))
