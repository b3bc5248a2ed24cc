"""A browser's half of Streamlit's protocol, without a browser: it opens a page, and clicks on buttons.

As Streamlit's own frontend does, it keeps one WebSocket a tab, sends the address and what was clicked, and
has the page once `script_finished` is there. Large messages that it has are named, so as not to be sent
again. The messages are Streamlit's own (private) protobufs: made for the version in constraints.txt.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 60.0  # seconds for the next message
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


class PageError(Exception):
    """The page showed an exception, or the run did not end well."""


@dataclass
class Tab:
    """One tab: `query` is its address behind the ?, `buttons` maps the keys on the page to (id, fragment).

    A click on a button of a fragment makes that fragment again, in place of the page. `texts` are the bodies
    of the page's Markdown, in order; `bytes` is what came over the line so far.
    """

    socket: ClientConnection
    page: str
    query: str = ""
    script: str = ""
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    bytes: int = 0
    first: float = 0.0

    async def load(self, query: str = "") -> float:
        """Opens the page at an address, as a reload does. Seconds until it was there. Raises PageError."""
        self.query = query
        return await self._run()

    async def click(self, key: str) -> float:
        """Clicks a button. Seconds until the page had changed. Raises PageError, KeyError."""
        return await self._run(*self.buttons[key])

    async def close(self) -> None:
        """Closes the tab."""
        await self.socket.close()

    async def _run(self, clicked: str = "", fragment: str = "") -> float:
        sent = BackMsg()
        state = sent.rerun_script
        state.query_string, state.page_name, state.page_script_hash = self.query, self.page, self.script
        state.cached_message_hashes.extend(self.known)
        state.context_info.locale, state.context_info.timezone = "en-US", "UTC"
        if clicked:
            state.fragment_id = fragment
            widget = state.widget_states.widgets.add()
            widget.id, widget.trigger_value = clicked, True
        began = time.perf_counter()
        await self.socket.send(sent.SerializeToString())
        self.buttons, self.texts = {}, []
        while not self._take(await asyncio.wait_for(self.socket.recv(), PATIENCE)):
            pass
        return time.perf_counter() - began

    def _take(self, raw: Any) -> bool:
        """Reads one message; True for the one that ends the run."""
        self.bytes += len(raw)
        message = ForwardMsg.FromString(raw)
        if message.metadata.cacheable:
            self.known.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "navigation":  # which of the pages it is
            self.script, self.page = message.navigation.page_script_hash, ""
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta":
            self._element(message.delta)
        elif kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return False
            if message.script_finished not in FINISHED:
                raise PageError(f"the run ended with status {message.script_finished}")
            return True
        return False

    def _element(self, delta: Any) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise PageError(element.exception.message)
        if kind == "button":
            # The id of a keyed widget is $$ID-<hash>-<key>.
            self.buttons[element.button.id.split("-", 2)[-1]] = element.button.id, delta.fragment_id
        elif kind == "markdown":
            self.texts.append(element.markdown.body)


async def tab(address: str, page: str = "", cookies: str = "") -> Tab:
    """A new tab of the server at `address` (http://host:port or with a base path); nothing is loaded yet."""
    socket = await connect(
        f"ws{address.removeprefix('http')}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        origin=address,  # type: ignore[arg-type]
        additional_headers={"Cookie": cookies} if cookies else {},
        max_size=None,
        compression=None,
        ping_interval=None,
        open_timeout=PATIENCE,
    )
    return Tab(socket, page)
