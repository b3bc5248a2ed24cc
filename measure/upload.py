"""A log of 1 GB, given to the web app by a real browser, beside `curl -T` of the same file and a plain copy.

    .venv/bin/python -m measure.upload [--megabytes 1000] [--write]

Chromium chooses the file on the start page, which shows how much has come and goes on to the diagnosis by
itself; curl sends it to the address that the same page shows. Memory is the server's own and, while the file
is read, that of the process that reads it. The files lie in a temporary folder, which is deleted.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from docs.screenshots import server
from measure.logs import make
from measure.tables import put

SHOWN = re.compile(r"Received: (\d+) of (\d+) MB")
PICKER = ".st-key-send-large input"
LONGEST = 120  # seconds of one way
DONE = ".st-key-first-fix h4"


def below(process: int) -> Iterator[tuple[str, float]]:
    """Command line and resident MB of every process that this one began, and theirs."""
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                words = Path(f"/proc/{child}/cmdline").read_bytes().decode().replace("\0", " ")
                used = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{child}/status").read_text())
                yield words, int(used[1]) / 1e3 if used else 0.0
                yield from below(int(child))
    except OSError:  # it has ended meanwhile
        return


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """The largest resident memory, in MB, of the server and of all that it starts, while this is open."""
    most = {"server": 0.0, "reader": 0.0}
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.2):
            for words, used in below(os.getpid()):
                for kind, sign in (("server", "app.cli serve"), ("reader", "app.ui.read_large")):
                    if sign in words:
                        most[kind] = max(most[kind], used)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        stop.set()
        thread.join()


def arrived(page: Page, path: Path) -> tuple[float, list[int]]:
    """Seconds until the file that the browser sends has come, and the megabytes that the page showed."""
    finished: list[str] = []
    page.on("requestfinished", lambda request: finished.append(request.method))
    began, shown = time.monotonic(), list[int]()
    page.locator(PICKER).set_input_files(path)
    while "PUT" not in finished and time.monotonic() - began < LONGEST:
        match = SHOWN.search(page.locator("body").inner_text())
        if match and int(match[1]) not in shown:
            shown.append(int(match[1]))
        page.wait_for_timeout(100)
    return time.monotonic() - began, shown


def sent(page: Page, address: str, path: Path, by: str) -> list[str]:
    """One row: the file is sent, and the diagnosis appears."""
    page.goto(address)
    page.get_by_text("A file above").click()
    page.locator(PICKER).wait_for()
    with watched() as most:
        began = time.monotonic()
        if by == "browser":
            seconds, shown = arrived(page, path)
        else:
            line = page.locator("code").filter(has_text="curl -T").inner_text().split()
            command = ["curl", "-sS", "-T", str(path), line[-1]]
            start = time.monotonic()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=LONGEST)
            seconds, shown = time.monotonic() - start, []
        page.get_by_role("button", name="Find the cause").click(timeout=1000 * LONGEST)
        page.wait_for_url("**d=*")
        page.goto(page.url.replace("/wizard?", "/diagnosis?"))
        page.locator(DONE).wait_for()
        whole = time.monotonic() - began
    progress = f"{len(shown)} times" if by == "browser" else "not looked at"
    return [by, f"{seconds:.1f}", progress, f"{whole:.1f}", f"{most['server']:.0f}", f"{most['reader']:.0f}"]


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="whynan-upload-") as folder, server() as address:
        path = Path(folder, "train.log")
        make(path, arguments.megabytes * 10**6, 0)
        began = time.monotonic()
        shutil.copyfile(path, path.with_suffix(".copy"))
        copied = time.monotonic() - began
        path.with_suffix(".copy").unlink()
        names = ("chromium", "chromium-browser", "google-chrome", "chrome")
        program = next((found for name in names if (found := shutil.which(name))), None)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            rows = []
            for by in ("browser", "curl -T"):
                context = browser.new_context(locale="en-US")
                rows.append(sent(context.new_page(), address, path, by))
                context.close()
            browser.close()
    rows.append(["`cp` on the same disk", f"{copied:.1f}", "", "", "", ""])
    head = [
        "sent by",
        "s until it has come",
        "progress shown",
        "s until the diagnosis",
        "server, MB",
        "reader, MB",
    ]
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---", *["---:"] * 5], *rows)]
    text = f"A log of {arguments.megabytes:,} MB; memory is the peak.\n\n" + "\n".join(lines)
    print(text)
    if arguments.write:
        put("upload", text)


if __name__ == "__main__":
    main()
