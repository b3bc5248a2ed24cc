"""How long each page takes until a person can read what it is about, beside a bare Streamlit page.

    .venv/bin/python -m measure.pages             prints the table; takes two minutes
    .venv/bin/python -m measure.pages --write     puts it into docs/measured.md

From the moment that Chromium is told the address until what the page is about is drawn and can be seen.
"Cold" is a browser that was never here (an empty cache), "again" a second visit, in a session of its
own. The bare page is one title and one button, served by the same Streamlit with the same options. All
pages take turns, so that what else the machine does falls on all of them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from app.inputs import Inputs, paste
from app.link import encode
from app.session import Session
from docs.screenshots import CONFIG, LINE, LOSSES, free_port, server, wait_for
from measure.tables import put

ROUNDS = 7
BARE = """\
import streamlit as st

st.title("A bare page")
st.button("Go on")
"""
# Serves that page with whynan's own options of speed.
SERVE = """\
import sys
import streamlit as st
from app.ui.server import configuration
from app.ui.settings import Settings

st.App(sys.argv[1]).run(config=configuration("127.0.0.1", int(sys.argv[2]), Settings()))
"""


def pages() -> dict[str, tuple[str, str]]:
    """Each page's path, and the selector of what it is about."""
    log = "".join(LINE.format(step=step, loss=loss) for step, loss in LOSSES)
    given = (paste(log, "train.log"), paste(CONFIG, "config.py"))
    link = encode(Session().read(*sum(given, Inputs()).reports).answer("gpu.bf16", True))
    return {
        "start": ("/", "[class*=st-key-symptom-] button >> nth=0"),
        "questions": ("/wizard", "[class*=st-key-answer-] button >> nth=0"),
        "diagnosis": (f"/diagnosis?d={link}", ".st-key-first-fix h4"),
        "a shared link": (f"/?d={link}", ".st-key-first-fix h4"),
        "knowledge": ("/browse", ".st-key-find-q input"),
        "an entry": ("/browse?entry=fp16-overflow", "h2"),
        "the interview": ("/browse?node=gradient", ".st-key-walk svg g.node >> nth=0"),
    }


@contextmanager
def bare() -> Iterator[str]:
    """The address of the bare page."""
    with tempfile.TemporaryDirectory() as folder:
        page, port = Path(folder, "bare.py"), free_port()
        page.write_text(BARE, encoding="utf-8")
        process = subprocess.Popen([sys.executable, "-c", SERVE, str(page), str(port)])
        try:
            wait_for(process, f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(15)


def visits(browser: Browser, address: str, selector: str) -> tuple[float, float]:
    """Seconds of a visit with an empty cache, and of a second one."""
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    seconds = []
    for _ in range(2):
        page = context.new_page()
        start = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.locator(selector).wait_for()
        seconds.append(time.perf_counter() - start)
        page.close()
    context.close()
    return seconds[0], seconds[1]


def measured() -> str:
    """The table."""
    found: dict[str, list[tuple[float, float]]] = {}
    with server() as ours, bare() as plain, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        addresses = {"bare Streamlit": (f"{plain}/", "h1")}
        addresses |= {name: (ours + path, selector) for name, (path, selector) in pages().items()}
        for number in range(ROUNDS + 1):
            for name, (address, selector) in addresses.items():
                both = visits(browser, address, selector)
                if number:  # the first round warms the servers up
                    found.setdefault(name, []).append(both)
        browser.close()
    return table(found)


def table(found: dict[str, list[tuple[float, float]]]) -> str:
    """A row for each page: medians, the slowest, and the medians over those of the bare page."""
    base = [statistics.median(pair[i] for pair in found["bare Streamlit"]) for i in range(2)]
    cores, load = os.cpu_count(), os.getloadavg()[0]
    rows = [
        "| page | cold, median (s) | slowest | × bare | again, median (s) | slowest | × bare |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, pairs in found.items():
        cells = [name]
        for i in range(2):
            times = [pair[i] for pair in pairs]
            middle = statistics.median(times)
            cells += [f"{middle:.2f}", f"{max(times):.2f}", f"{middle / base[i]:.2f}"]
        rows.append(f"| {' | '.join(cells)} |")
    note = f"{ROUNDS} visits each, in turns; {cores} cores, load {load:.1f} at the end."
    return "\n".join([*rows, "", note])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the table into docs/measured.md")
    arguments = parser.parse_args()
    text = measured()
    print(text)
    if arguments.write:
        put("pages", text)


if __name__ == "__main__":
    main()
