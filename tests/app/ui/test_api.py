from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from app.cli import main
from app.ui import api
from app.ui.rates import DIAGNOSING

JSON = "application/json"


def post(address: str, body: Any, kind: str = JSON, **headers: str) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of a POST to the address's api/diagnose; a body of bytes goes as it is."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    wanted = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{address}/api/diagnose", data, wanted)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, dict(answer.headers), json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            text = error.read()
            return error.code, dict(error.headers), json.loads(text) if text[:1] == b"{" else text


def test_it_answers_as_the_command_line_does(server, broken, capsys):
    texts = {path.name: path.read_text() for path in sorted(broken.iterdir())}
    status, headers, found = post(server, {"files": texts, "facts": {"gpu.bf16": True}})

    main(["diagnose", str(broken), "--set", "gpu.bf16=true", "--format", "json"])
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert found == json.loads(capsys.readouterr().out)


def test_it_answers_in_chinese(server):
    found = post(server, {"facts": {"loss.symptom": "zero"}, "lang": "zh"})[2]

    assert any("\u4e00" <= letter <= "\u9fff" for letter in found["causes"][0]["title"])


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_taken(server, kind):
    status, _, found = post(server, {"facts": {"loss.symptom": "zero"}}, kind)

    assert (status, found["error"].partition(",")[0]) == (415, "content-type")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"{", "the body, is no JSON, send one object"),
        (b"[" * 100_000, "the body, is no JSON, send one object"),
        (b"[]", "the request, input should be a valid dictionary"),
        ({"facts": {"no.such": 1}}, "facts no.such=1, there is no such fact"),
        ({"link": "?d=1damaged"}, "The link"),
        ({"facts": {"loss.last_good": float("nan")}}, "facts.loss.last_good"),
        ({}, "nothing to diagnose"),
    ],
)
def test_what_is_wrong_with_a_request_is_one_line(server, body, line):
    status, _, found = post(server, body)

    assert (status, found["error"][: len(line)]) == (400, line)
    assert "\n" not in found["error"]


def test_a_body_beyond_the_bound_is_refused(server):
    status, _, found = post(server, b" " * (api.MOST_BYTES + 1))

    assert (status, found["error"].partition(",")[0]) == (413, "the body")


def test_a_client_that_comes_too_often_waits(serving):
    with serving() as address:
        answers = [post(address, {}) for _ in range(DIAGNOSING.burst + 5)]

    assert [status for status, _, _ in answers[:20]] == [400] * 20
    status, headers, found = answers[-1]
    assert (status, found["error"]) == (429, "too many requests, from here, wait")
    assert int(headers["retry-after"]) >= 1


def test_the_token_of_the_server_is_asked_for(serving):
    with serving(WHYNAN_API_TOKEN="open sesame") as address:
        told = {"facts": {"loss.symptom": "zero"}}
        refused = [post(address, told)[0], post(address, told, authorization="Bearer open")[0]]
        taken = post(address, told, authorization="Bearer open sesame")[0]

    assert (refused, taken) == ([401, 401], 200)
