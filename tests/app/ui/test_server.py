from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile

import pytest

import kb
from app import jobs
from app.ui import uploads
from app.ui.headers import CSP
from app.ui.server import _life, application, configuration
from app.ui.settings import Settings

PAGES = """
import sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
import app.ui
from app.ui import server
from app.link import encode
from app.session import Session
main = str(Path(app.ui.__file__).with_name("main.py"))
at = AppTest.from_file(main, default_timeout=30).run()
at.query_params["d"] = encode(Session().answer("loss.symptom", "zero"))
for page in ("start.py", "wizard.py", "diagnosis.py", "browse.py"):
    at.switch_page(page).run()
    assert not at.exception, at.exception
print(sorted({"torch", "pynvml"} & set(sys.modules)))
"""


def get(address: str, accept: str = "*/*") -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(address, headers={"accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def test_health_names_the_knowledge(server):
    status, _, body = get(f"{server}/healthz")

    assert (status, json.loads(body)) == (200, {"status": "ok", "knowledge": kb.load().version})


def test_the_page_has_our_title_and_no_inline_script(server):
    status, headers, body = get(f"{server}/", "text/html,*/*")

    assert status == 200
    assert b"<title>whynan</title>" in body
    assert b"<script>" not in body
    assert int(headers["content-length"]) == len(body)


@pytest.mark.parametrize("path", ["/", "/healthz", "/wizard", "/api/nothing", "/_stcore/health"])
def test_every_answer_has_the_security_headers(server, path):
    _, headers, _ = get(f"{server}{path}", "text/html,*/*")

    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_the_probes_can_be_had_as_one_file(server):
    status, _, body = get(f"{server}/probe.pyz")

    assert status == 200
    assert "probes/cli.py" in zipfile.ZipFile(io.BytesIO(body)).namelist()


def test_an_unknown_api_is_not_there(server):
    status, _, body = get(f"{server}/api/v1/x")

    line = "/api/v1/x, there is no such address, see docs/interfaces.md"
    assert (status, json.loads(body)) == (404, {"error": line})


def test_nobody_uploads_without_a_token(server):
    request = urllib.request.Request(f"{server}/upload/guessed/a.log", b"x", method="PUT")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=20)

    with refused.value as answer:
        assert (answer.code, answer.read()[:8]) == (404, b"whynan: ")


def test_the_web_process_never_imports_torch():
    ran = subprocess.run(
        [sys.executable, "-c", PAGES], capture_output=True, text=True, timeout=120, check=False
    )

    assert (ran.stdout, ran.returncode) == ("[]\n", 0), ran.stderr


def test_a_server_that_stops_leaves_no_child_and_no_file_behind():
    job = jobs.start("sleeps", [sys.executable, "-c", "import time; time.sleep(60)"])
    uploads.issue()
    folder = uploads._folder()

    async def life() -> None:
        async with _life(None):
            assert folder.exists()

    asyncio.run(life())
    assert (jobs.view(job).state, folder.exists()) == (jobs.CANCELLED, False)


def paths(settings: Settings) -> list[str]:
    return [route.path for route in application(settings)._user_routes]


def test_a_read_only_server_has_no_route_for_uploads():
    assert [path for path in paths(Settings(read_only=True)) if "upload" in path] == []


def test_a_base_path_is_before_every_route_of_ours():
    assert paths(Settings(base_path="/x")) == [
        "/healthz",
        "/x/probe.pyz",
        "/x/api/diagnose",
        "/x/api/diagnosis/{id}",
        "/x/api/{rest:path}",
        "/x/healthz",
        "/x/upload/{token}/{name}",
    ]


def test_a_server_on_loopback_takes_no_other_name_than_its_own():
    settings = Settings(public_url="https://gpu.example.org/x")

    hosts = configuration("127.0.0.1", 1, settings)["server.allowedHosts"]
    assert set(hosts) == {"127.0.0.1", "localhost", "::1", "gpu.example.org"}
    assert "server.allowedHosts" not in configuration("0.0.0.0", 1, settings)
