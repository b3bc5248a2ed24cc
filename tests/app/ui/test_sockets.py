from __future__ import annotations

import socket
import sys

import pytest

from app.ui.sockets import send_at_once


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells a process its open files so"
)
def test_connections_to_a_socket_that_was_opened_elsewhere_send_at_once():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert send_at_once() >= 1
        with socket.create_connection(listening.getsockname()):
            taken, _ = listening.accept()
            with taken:
                assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
