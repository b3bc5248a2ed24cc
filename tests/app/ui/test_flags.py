"""The options of `whynan serve`, each on a server that runs with it."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request

import pytest

from app.link import encode
from app.session import Session

browser = pytest.importorskip("measure.streamlit_browser", reason="its protobufs are of another Streamlit")


def get(address: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def buttons(address: str, page: str = "", query: str = "") -> list[str]:
    """The keys of the buttons on a page."""

    async def load() -> list[str]:
        tab = await browser.tab(address, page)
        await tab.load(query)
        await tab.close()
        return list(tab.buttons)

    return asyncio.run(load())


def test_a_base_path_stands_before_pages_and_routes(serving):
    with serving("--base-path", "/x/why/") as address:
        assert get(f"{address}/healthz")[0] == 200  # a balancer asks without it
        assert get(f"{address}/x/why/healthz")[0] == 200
        told = json.dumps({"facts": {"loss.symptom": "zero"}}).encode()
        request = urllib.request.Request(
            f"{address}/x/why/api/diagnose", told, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["schema"] == 1
        status, page = get(f"{address}/x/why/wizard")
        assert (status, b"<title>" in page) == (200, True)
        assert any(key.startswith("answer-") for key in buttons(f"{address}/x/why", "wizard"))


def test_a_server_without_probes_never_offers_to_measure_itself(serving, server):
    with serving("--no-probes") as address:
        without = buttons(address)

    assert ("probe" in buttons(server), "probe" in without) == (True, False)


def test_a_read_only_server_takes_no_files_and_keeps_nothing(serving, server):
    query = f"d={encode(Session().answer('loss.symptom', 'zero'))}"
    with serving("--read-only") as address:
        start, diagnosis = buttons(address), buttons(address, "diagnosis", query)
        assert get(f"{address}/upload/token/name")[0] != 201

    assert "probe" not in start
    assert "FormSubmitter:paste-0-Read it" not in start
    assert "short" in buttons(server, "diagnosis", query)
    assert "short" not in diagnosis
