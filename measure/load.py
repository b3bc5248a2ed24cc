"""How whynan's wizard answers under load, beside bare Streamlit pages that take the same clicks.

python -m measure.load [--sessions 1 20 100 200 400] [--seconds 10] [--rounds 1] [--write]

The bare page has as many elements as a wizard needs (measure/bare_page.py). At 200 sessions there are the
wizard's own elements too, with nothing behind them (measure/wizard_elements.py): what of the time is
Streamlit's. All of it takes five minutes. The servers run all the time; at each number of sessions they are
measured in turn, so that the ratio holds whatever else the machine does. A session opens the page, then
clicks an answer every 2.5 to 7.5 seconds. In the wizard it answers as those who come do: each value of a
fact as often as kb/facts.yaml has it. A click lasts from sending it to the last message of the changed page;
a session's first page is no click. Memory is what the server's resident set grew by, over the sessions that
it gained.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import platform
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st
from websockets.exceptions import WebSocketException

import kb
from app.ui.server import configuration
from app.ui.settings import Settings
from app.ui.sockets import send_at_once
from measure.streamlit_browser import PageError, Tab, tab
from measure.tables import put

HERE = Path(__file__).parent
THINK = (2.5, 7.5)  # seconds between a page and the next click
ARRIVALS = 50  # sessions a second
UP = 50.0  # seconds that the servers are up before the first session, for app.ui.ahead to be done
ELEMENTS_AT = 200  # sessions
FAULTS = (PageError, OSError, TimeoutError, asyncio.TimeoutError, WebSocketException)


@dataclass(frozen=True)
class Server:
    name: str
    page: str
    address: str
    process: int

    def memory(self) -> float:
        """The resident set, in MB."""
        status = Path(f"/proc/{self.process}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]

    def processor(self) -> float:
        """The seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Seen:
    """What came of one server at one number of sessions: seconds of each click, and what went wrong."""

    clicks: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: float = 0.0
    processor: float = 0.0
    gained: float = 0.0

    def quantile(self, share: float) -> float:
        return sorted(self.clicks)[math.ceil(share * len(self.clicks)) - 1]  # the nearest rank


class Person:
    """Answers questions as those who come do; the bare page's answers are all alike."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def choose(self, page: Tab) -> str | None:
        """The button to click, None where no question is left."""
        keys = [key for key in page.buttons if key.startswith("answer-")]
        weights = [_how_common(key) for key in keys]
        return self.random.choices(keys, weights)[0] if keys else None


KNOWLEDGE = kb.load()


def _how_common(key: str) -> float:
    """answer-loss.symptom-nan-after-steps: the share of this value in kb/facts.yaml."""
    for fact in KNOWLEDGE.facts.values():
        if key.startswith(f"answer-{fact.id}-"):
            return max(fact.typical.get(key.removeprefix(f"answer-{fact.id}-"), 0.0), 1e-3)
    return 1.0


async def crowd(server: Server, size: int, seconds: float, seed: int) -> Seen:
    """`size` sessions that click for `seconds`, once all of them have their first page."""
    seen, before = Seen(), server.memory()
    opening = []
    for _ in range(size):
        opening.append(asyncio.create_task(first_page(server, seen)))
        await asyncio.sleep(1 / ARRIVALS)
    pages = [page for page in await asyncio.gather(*opening) if page]
    until = time.monotonic() + seconds + THINK[1]
    used = server.processor()
    people = [Person(seed * 10_000 + number) for number in range(len(pages))]
    await asyncio.gather(
        *(clicking(page, person, seen, until) for page, person in zip(pages, people, strict=True))
    )
    seen.processor = server.processor() - used
    seen.memory = server.memory()
    seen.gained = (seen.memory - before) / size
    await asyncio.gather(*(page.close() for page in pages))
    return seen


async def first_page(server: Server, seen: Seen) -> Tab | None:
    try:
        page = await tab(server.address, server.page)
        await page.load()
        return page
    except FAULTS as error:
        seen.errors.append(f"no page: {error!r}"[:200])
        return None


async def clicking(page: Tab, person: Person, seen: Seen, until: float) -> None:
    await asyncio.sleep(person.random.uniform(0, THINK[1]))  # they do not start at once
    try:
        while time.monotonic() < until:
            key = person.choose(page)
            if key is None:  # the interview is over: somebody else comes
                await page.load()
            else:
                seen.clicks.append(await page.click(key))
            await asyncio.sleep(person.random.uniform(*THINK))
    except FAULTS as error:
        seen.errors.append(repr(error)[:200])


@contextmanager
def running(name: str, page: str, command: list[str]) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tempfile.TemporaryDirectory(prefix="whynan-load-")  # where the server's own database goes
    process = subprocess.Popen(
        [sys.executable, *command, str(port)],
        env=os.environ | {"XDG_DATA_HOME": home.name},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield Server(name, page, address, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
        home.cleanup()


def serve(page: str, port: int) -> None:
    """A page of this folder, with whynan's options."""

    @asynccontextmanager
    async def life(_: st.App) -> AsyncIterator[None]:
        send_at_once()
        yield None

    app = st.App(HERE / page, lifespan=life)
    app.run(config=configuration("127.0.0.1", port, Settings()))


def measured(sizes: list[int], seconds: float, rounds: int) -> dict[int, dict[str, list[Seen]]]:
    found: dict[int, dict[str, list[Seen]]] = {}
    bare = running("bare page", "", ["-m", "measure.load", "--serve", "bare_page.py"])
    same = running("the wizard's elements", "", ["-m", "measure.load", "--serve", "wizard_elements.py"])
    ours = running("whynan", "wizard", ["-m", "app.cli", "serve", "--port"])
    with bare as one, same as elements, ours as other:
        time.sleep(UP)
        for server in (one, elements, other):  # the first visitor of all waits for imports
            asyncio.run(crowd(server, 1, 0, seed=0))
        for size in sizes:
            for number in range(rounds):
                beside = [elements] if size == ELEMENTS_AT else []
                for server in [one, *beside, other][:: -1 if number % 2 else 1]:
                    seen = asyncio.run(crowd(server, size, seconds, seed=number + size))
                    found.setdefault(size, {}).setdefault(server.name, []).append(seen)
                    print(size, server.name, *shown(seen), seen.errors[:2], file=sys.stderr, flush=True)
    return found


def joined(parts: list[Seen]) -> Seen:
    return Seen(
        [click for part in parts for click in part.clicks],
        [error for part in parts for error in part.errors],
        max(part.memory for part in parts),
        sum(part.processor for part in parts),
        max(part.gained for part in parts),
    )


def shown(seen: Seen) -> list[str]:
    if not seen.clicks:
        return ["0", "", "", "", f"{seen.memory:.0f}", "", str(len(seen.errors))]
    middle, high = statistics.median(seen.clicks), seen.quantile(0.95)
    return [
        str(len(seen.clicks)),
        f"{1000 * middle:.1f}",
        f"{1000 * high:.0f}",
        f"{1000 * seen.processor / len(seen.clicks):.1f}",
        f"{seen.memory:.0f}",
        f"{1000 * seen.gained:.0f}",
        str(len(seen.errors)),
    ]


def table(found: dict[int, dict[str, list[Seen]]]) -> str:
    head = (
        "sessions",
        "page",
        "clicks",
        "median, ms",
        "95 %, ms",
        "processor a click, ms",
        "server, MB",
        "a session, KB",
        "errors",
        "median: bare page = 1",
    )
    lines = [head, ("---:", "---", *["---:"] * 8)]
    for size, servers in found.items():
        whole = {name: joined(parts) for name, parts in servers.items()}
        for name, seen in whole.items():
            ratio = statistics.median(seen.clicks) / statistics.median(whole["bare page"].clicks)
            lines.append((str(size), name, *shown(seen), f"{ratio:.2f}"))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", nargs="+", type=int, default=[1, 20, 100, 200, 400])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument(
        "--serve", nargs=2, metavar=("PAGE", "PORT"), help="serve a page, and measure nothing"
    )
    parser.add_argument("--write", action="store_true", help="put the table into docs/measured.md")
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve[0], int(arguments.serve[1]))
        return
    began = os.getloadavg()[0]
    text = table(measured(arguments.sessions, arguments.seconds, arguments.rounds))
    where = f"{os.cpu_count()} cores, Python {platform.python_version()}, Streamlit {st.__version__}"
    text += f"\n\n{where}, knowledge {KNOWLEDGE.version}; load of the machine before it began: {began:.1f}."
    print(text)
    if arguments.write:
        put("load", text)


if __name__ == "__main__":
    main()
