"""Makes the screenshots of docs/images: `python -m docs.screenshots`, with Chromium and a font for Chinese.

A server of its own reads the document's run (loss 1.8250 at step 10, NaN from step 20) and an XTuner config.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
LINE = (
    "2024/07/17 15:21:11 - mmengine - INFO - Iter(train) [  {step}/9600]  lr: 1.8001e-06  eta: 11:27:41"
    "  time: 4.3026  data_time: 0.0120  memory: 21512  loss: {loss}\n"
)
LOSSES = [(10, "1.8250"), *((step, "nan") for step in range(20, 90, 10))]
CONFIG = """\
import torch
from mmengine.optim import AmpOptimWrapper
from torch.optim import AdamW
from transformers import AutoModelForCausalLM
from xtuner.model import SupervisedFinetune

lr = 2e-5
model = dict(
    type=SupervisedFinetune,
    llm=dict(
        type=AutoModelForCausalLM.from_pretrained,
        pretrained_model_name_or_path='meta-llama/Meta-Llama-3-8B',
        torch_dtype=torch.float16))
optim_wrapper = dict(
    type=AmpOptimWrapper,
    optimizer=dict(type=AdamW, lr=lr),
    clip_grad=dict(max_norm=1, error_if_nonfinite=False),
    dtype='float16')
"""
# name of the set: width, height, colours, language
SETS = {
    "": (1280, 800, "light", "en"),
    "-dark-zh": (1280, 800, "dark", "zh"),
    "-phone": (390, 844, "light", "en"),
    "-phone-dark-zh": (390, 844, "dark", "zh"),
}


@contextmanager
def server() -> Iterator[str]:
    """The address of a whynan server on a free port."""
    port = free_port()
    database = f"sqlite:///{tempfile.mkdtemp(prefix='whynan-')}/whynan.db"
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--database", database]
    process = subprocess.Popen(command)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(process, f"{address}/healthz")
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(process: subprocess.Popen[bytes], address: str) -> None:
    """Waits until the server answers, or has ended."""
    while process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)


def settle(page: Page) -> None:
    """Waits for charts and fonts: nothing on the page says when they are done."""
    page.wait_for_timeout(1500)


def walk(page: Page, address: str, files: list[Path]) -> Iterator[str]:
    """Goes the main way and stops at each page that is worth a picture."""
    page.goto(address)
    page.locator("input[type=file]").set_input_files([file for file in files if file.suffix == ".log"])
    page.locator(".st-key-go").wait_for()
    page.locator(".st-key-go button").click()
    page.locator("[class*=st-key-answer-] button").first.wait_for()
    yield "wizard"
    page.goto(address)
    page.locator("input[type=file]").set_input_files(files)
    page.locator(".st-key-go").wait_for()
    yield "start"
    page.locator(".st-key-go button").click()  # no question is worth its time any more: the diagnosis follows
    page.locator(".st-key-first-fix h4").wait_for()
    yield "diagnosis"
    page.locator('nav a[href*="browse"]').click()
    overflow = page.locator('a[href*="entry=fp16-overflow"]')
    overflow.wait_for()
    yield "knowledge"
    overflow.click()
    page.locator("a[href*='entry=use-bf16']").wait_for()
    yield "entry"
    page.goto(f"{page.url.partition('&entry')[0].partition('entry')[0]}&node=gradient")
    page.locator(".st-key-walk svg g.node").first.wait_for(state="attached")  # a phone does not show it
    yield "interview"
    page.locator('nav a[href*="try_it"]').click()
    page.locator("[data-testid=stMain] h2").wait_for()
    yield "try"
    page.locator('nav a[href*="trial"]').click()
    page.locator(".st-key-figures-merits table").wait_for()
    yield "trial"


def pictures(browser: Browser, address: str, files: list[Path]) -> None:
    """All pages in all sets."""
    for name, (width, height, colours, lang) in SETS.items():
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if colours == "dark" else "light",
            locale="zh-CN" if lang == "zh" else "en-US",
        )
        page = context.new_page()
        for stop in walk(page, address, files):
            settle(page)
            page.screenshot(path=IMAGES / f"{stop}{name}.png")
        context.close()


def main() -> int:
    """Writes the pictures; 2 where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("screenshots: no Chromium, on this machine, install the package chromium", file=sys.stderr)
        return 2
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, server() as address, sync_playwright() as playwright:
        log, config = Path(folder, "train.log"), Path(folder, "llama3_8b_full.py")
        log.write_text("".join(LINE.format(step=step, loss=loss) for step, loss in LOSSES))
        config.write_text(CONFIG)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        pictures(browser, address, [log, config])
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
