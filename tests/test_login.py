"""The whole log-in in Chromium, with an OpenID Connect provider on this machine, as docs/threats.md says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import tomllib
from ports import free_port

from app.link import encode
from app.session import Session

sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed, say `make install`")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        find_spec("oidc_provider_mock") is None, reason="oidc-provider-mock is missing, say `make install`"
    ),
]

THREATS = Path(__file__).parent.parent / "docs" / "threats.md"
ADA = {"sub": "ada", "name": "Ada *L.*", "email": "ada@example.org"}
ZERO = {"facts": {"loss.symptom": "zero"}}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [
        sys.executable,
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--user-claims",
        json.dumps(ADA),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            assert process.poll() is None, "the provider ended before it answered"
            try:
                urllib.request.urlopen(f"{address}/.well-known/openid-configuration", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def secrets(provider: str, server: str) -> str:
    """What docs/threats.md says to write, with this provider's and this server's addresses."""
    (text,) = re.findall(r"```toml\n(.*?)```", THREATS.read_text(), re.DOTALL)
    for said, here in (
        ("https://accounts.example.org", provider),
        ("https://why.example.org", server),
        ("…", "whynan"),
    ):
        text = text.replace(said, here)
    auth = tomllib.loads(text)["auth"]
    assert auth["server_metadata_url"] == f"{provider}/.well-known/openid-configuration"
    assert auth["redirect_uri"] == f"{server}/oauth2callback"
    return text


@pytest.mark.parametrize("base", ["", "/why"])
def test_the_log_in_leads_back_to_the_page_and_its_diagnosis(serving, chromium, provider, tmp_path, base):
    port = free_port()
    server = f"http://127.0.0.1:{port}{base}"
    path = tmp_path / ".streamlit" / "secrets.toml"
    path.parent.mkdir()
    path.write_text(secrets(provider, server))
    options = ["--base-path", base] if base else []
    with serving(*options, port=port, folder=tmp_path, WHYNAN_API_TOKEN="open sesame"):
        link = encode(Session().answer("loss.symptom", "zero"))
        page = chromium.new_context(locale="en-US").new_page()
        page.set_default_timeout(30_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        place = f"{server}/diagnosis?d={link}&lang=zh"
        page.goto(place)
        page.locator(".st-key-login button").wait_for()
        assert hidden(page)
        assert ask(f"{server}/api/diagnose") == 401
        assert ask(f"{server}/api/diagnose", authorization="Bearer open sesame") == 200

        page.locator(".st-key-login button").click()
        page.get_by_role("button", name="Deny").click()
        page.locator(".st-key-login button").wait_for()  # who was refused is asked again, at the same place
        assert page.url == place
        assert hidden(page)

        page.locator(".st-key-login button").click()
        page.wait_for_url(f"{provider}/**")
        page.get_by_role("button", name="ada", exact=True).click()
        page.locator(".st-key-first-fix h4").wait_for()
        assert page.url == place
        sync.expect(page.locator(".st-key-logout")).to_have_text("Ada *L.* · 退出登录")
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        assert "whynan_place" not in cookies
        assert cookies["_streamlit_user"]["httpOnly"]

        page.locator(".st-key-logout button").click()
        page.get_by_role("button", name="End session").click()  # the provider's own question
        page.locator(".st-key-login button").wait_for()
        assert page.url.partition("?")[0] == f"{server}/"
        page.goto(place)
        page.locator(".st-key-login button").wait_for()
        assert hidden(page)
        assert errors == []
        page.context.close()


def hidden(page: Any) -> bool:
    """Whether nothing of the diagnosis is on the page."""
    return page.locator(".st-key-first-fix, [data-testid=stMain] h2").count() == 0


def ask(address: str, **headers: str) -> int:
    """The status of the JSON interface's answer."""
    request = urllib.request.Request(
        address, json.dumps(ZERO).encode(), {"content-type": "application/json"} | headers
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
