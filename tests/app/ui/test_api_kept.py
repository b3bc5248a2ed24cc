"""What the JSON interface keeps, and where it keeps nothing."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from app.store import connect
from app.ui.rates import SAVING

TOLD = {"facts": {"loss.symptom": "zero", "precision.compute": "float16"}}


def call(address: str, body: Any = None) -> tuple[int, Any]:
    """Status and JSON of a POST of `body`, of a GET where there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_what_is_saved_is_found_again_by_its_id_until_its_key_deletes_it(serving, tmp_path):
    database = f"sqlite:///{tmp_path}/kept.db"
    with serving("--database", database, "--public-url", "https://why.example/x") as address:
        status, saved = call(f"{address}/api/diagnose", {**TOLD, "save": True, "days": 7})
        assert status == 201
        assert saved["short"] == f"https://why.example/x/?s={saved['id']}"

        status, found = call(f"{address}/api/diagnosis/{saved['id']}?lang=zh")
        assert (status, found["causes"][0]["id"]) == (200, saved["causes"][0]["id"])
        assert found["expires"] - found["made"] == 7 * 86_400
        assert "key" not in found

        assert connect(database).delete(saved["id"], saved["key"])
        status, gone = call(f"{address}/api/diagnosis/{saved['id']}")
        assert (status, gone["error"].partition(",")[0]) == (404, saved["id"])


@pytest.mark.parametrize("name", ["x", "A" * 22, "%27%20OR%201=1"])
def test_an_id_that_was_never_given_out_finds_nothing(server, name):
    assert call(f"{server}/api/diagnosis/{name}")[0] == 404


def test_a_client_that_saves_too_often_waits(serving):
    with serving() as address:
        status = [call(f"{address}/api/diagnose", {**TOLD, "save": True})[0] for _ in range(SAVING.burst + 2)]

    assert status == [201] * SAVING.burst + [429] * 2


def test_a_read_only_server_diagnoses_and_finds_but_saves_nothing(serving, tmp_path):
    database = f"sqlite:///{tmp_path}/kept.db"
    with serving("--database", database) as address:
        saved = call(f"{address}/api/diagnose", {**TOLD, "save": True})[1]
    with serving("--database", database, "--read-only") as address:
        assert call(f"{address}/api/diagnose", TOLD)[0] == 200
        assert call(f"{address}/api/diagnosis/{saved['id']}")[0] == 200
        status, refused = call(f"{address}/api/diagnose", {**TOLD, "save": True})

    assert (status, refused["error"].partition(",")[0]) == (403, "save")
