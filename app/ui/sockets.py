"""The server's own sockets, which Streamlit opens out of reach."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

_OPEN = Path("/proc/self/fd")  # Linux; elsewhere nothing is done


def send_at_once() -> int:
    """Makes the sockets that this process listens on send small messages at once; returns how many.

    A page is many small messages. With Nagle's algorithm on, each waits until the one before is acknowledged,
    which costs a click a round trip, or 40 ms. asyncio turns it off, but not for a socket that was opened
    without naming its protocol, as Streamlit's is. What a listening socket has, its connections inherit.
    """
    found = 0
    for link in _OPEN.iterdir() if _OPEN.is_dir() else ():
        with contextlib.suppress(OSError):  # no socket, or closed since
            if os.readlink(link).startswith("socket:"):
                with socket.socket(fileno=os.dup(int(link.name))) as copy:
                    listens = copy.family != socket.AF_UNIX and copy.getsockopt(
                        socket.SOL_SOCKET, socket.SO_ACCEPTCONN
                    )
                    if listens:
                        copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        found += 1
    return found
