"""axe-core finds nothing on any page: en and zh, light and dark, a desktop's width and a phone's.

Each page is judged in every pair of these: each language with both themes and both widths, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.inputs import Inputs, paste
from app.link import encode
from app.session import Session

axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed, say `make install`")
pytestmark = pytest.mark.browser

AXE = Path(axe.__file__).with_name("axe.min.js")
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
# A chart that was drawn wide does not shrink with the window, so the phone comes first.
LOOKS = {
    "en": ((PHONE, "light"), (DESKTOP, "dark")),
    "zh": ((PHONE, "dark"), (DESKTOP, "light")),
}
# What axe calls minor is one thing, and Streamlit's: the uploader's drop zone has a role and a label.
COUNTS = {"moderate", "serious", "critical"}
STILL = "* { transition: none !important; animation: none !important; }"  # no colour on its way to another
SETTLES = 200  # milliseconds, for what is redrawn in other colours or at another width

# name: address without the session and the language, whether there is a session, what is opened there
PAGES = {
    "start": ("/", False, []),
    "start-a-damaged-link": ("/?d=zzz", False, []),
    "shared": ("/", True, []),
    "wizard-first": ("/wizard", False, []),
    "wizard": ("/wizard", True, [".st-key-others summary"]),
    "wizard-number": ("/wizard?ask=optimizer.learning_rate", True, []),
    "diagnosis-empty": ("/diagnosis", False, []),
    "diagnosis": (
        "/diagnosis",
        True,
        [
            ".st-key-prices summary",
            "[class*=st-key-fix-] summary >> nth=0",
            "[class*=st-key-why-] button >> nth=0",
        ],
    ),
    "diagnosis-share": ("/diagnosis", True, [".st-key-share button >> nth=0"]),
    "knowledge": ("/browse", False, []),
    "knowledge-found": ("/browse?q=loss&package=deepspeed&version=0.18.1", False, []),
    "knowledge-nothing": ("/browse?package=deepspeed&version=newest&q=zzz", False, []),
    "cause": ("/browse?entry=fp16-overflow", True, []),
    "fix": ("/browse?entry=use-bf16", False, []),
    "advisory": ("/browse?entry=overlap-buffers", False, []),
    "section": ("/browse?entry=analysis-1", False, []),
    "interview": ("/browse?node=gradient", True, []),
    "try": ("/try_it", True, []),
    "trial": ("/trial", False, []),
}


@pytest.fixture(scope="module")
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(locale="en-US", viewport=PHONE)
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


@pytest.fixture(scope="module")
def link(log: str, config: str) -> str:
    """A run with a curve, a patch, an answer and a fix that did not help."""
    given = (paste(log, "train.log"), paste(config, "config.py"))
    session = Session().read(*sum(given, Inputs()).reports).answer("gpu.bf16", True)
    return encode(session.outcome("clip-gradients", "no-change"))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(server: str, page: Any, link: str, name: str, lang: str) -> None:
    path, session, openers = PAGES[name]
    size, colours = LOOKS[lang][0]
    page.emulate_media(color_scheme=colours)
    page.set_viewport_size(size)
    page.goto(f"{server}{path}{'&' if '?' in path else '?'}lang={lang}{f'&d={link}' if session else ''}")
    page.locator("[data-testid=stMain] :is(h2, h3, [data-testid=stAlert])").first.wait_for()
    page.wait_for_load_state("networkidle")
    for opener in openers:
        page.locator(opener).click()
    page.add_style_tag(content=STILL)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    main = page.locator("[data-testid=stMain]")
    for size, colours in LOOKS[lang]:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=colours)
        page.wait_for_timeout(SETTLES)
        assert main.evaluate("e => e.scrollWidth <= e.clientWidth"), f"{size} scrolls sideways"
        found += [
            (colours, size["width"], violation["id"], node["html"][:200], node["failureSummary"])
            for violation in page.evaluate("axe.run()")["violations"]
            if violation["impact"] in COUNTS
            for node in violation["nodes"]
        ]

    assert found == [], found
