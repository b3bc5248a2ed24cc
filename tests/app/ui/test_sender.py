from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from app.ui.intake import BALANCED

DEPLOY = Path(__file__).parents[3] / "deploy"


@pytest.mark.parametrize("base", ["", "/why"])
def test_a_file_is_sent_from_the_browser_and_read(
    serving: Any, chromium: Any, log: str, tmp_path: Path, base: str
) -> None:
    """Wherever the server is known as: the browser may send to where its page is from, and nowhere else."""
    path = tmp_path / "train.log"
    path.write_text(log, encoding="utf-8")
    options = ["--public-url", f"https://why.example.org{base}", *(["--base-path", base] if base else [])]
    with serving(*options) as server:
        page = chromium.new_context(locale="en-US").new_page()
        page.context.add_cookies([{"name": BALANCED, "value": "7", "url": server}])
        page.goto(f"{server}{base}/")
        page.get_by_text("A file above 50 MB").click()
        command = page.locator(".st-key-large code").inner_text()
        assert re.fullmatch(
            rf"curl -b {BALANCED}=7 -T train.log https://why.example.org{base}/upload/[\w-]+/", command
        )

        page.locator(".st-key-send-large input").set_input_files(path)

        page.get_by_text("train.log").first.wait_for()
        page.get_by_role("button", name="Find the cause").click()
        page.wait_for_url("**d=*")
        page.context.close()


def test_the_cookie_is_the_balancers() -> None:
    assert f'"{BALANCED}=$whynan_server;' in (DEPLOY / "nginx.conf").read_text()
