"""docs/threats.md, tried: one test for each threat, on a server that runs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import json
import re
import time
import urllib.error
import urllib.request
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from websockets.exceptions import InvalidStatus

import app.link
from app import asked, render, telling
from app.link import LinkError, decode
from app.mcp.tools import TOOLS
from app.session import Session
from app.store import connect
from app.telling import BadInputError
from app.ui import api
from app.ui.rates import DIAGNOSING, SAVING
from app.ui.server import application, configuration
from app.ui.settings import UPLOAD_MB, Settings
from app.ui.way_back import COOKIE, WayBack

browser = pytest.importorskip("measure.streamlit_browser", reason="its protobufs are of another Streamlit")

ROOT = Path(__file__).parents[3]
HOSTILE = "<img src=x onerror=alert(1)>[x](javascript:alert(1))|`$x$`"
ZERO = {"facts": {"loss.symptom": "zero"}}
TOKEN = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"  # of the form of a Hugging Face token, and of nobody


def call(
    address: str, body: Any = None, method: str = "", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = {"content-type": "application/json"} if data is not None else {}
    request = urllib.request.Request(address, data, kind | named, method=method or None)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def test_hostile_text_stays_text(knowledge, open_page):
    session = Session().answer("loss.symptom", "zero").answer("model.name", HOSTILE)
    for page in ("start.py", "wizard.py", "diagnosis.py"):
        at = open_page(page, session)
        shown = [item for item in at.markdown if "onerror" in item.value]
        assert [item.value for item in at.markdown if item.allow_html and "onerror" in item.value] == []
        assert all("\\<img" in item.value and "\\]\\(javascript" in item.value for item in shown), page

    conclusion, link = telling.concluded(knowledge, session, {})
    exported = render.html(conclusion, knowledge, link)
    assert "<img" not in exported
    assert 'href="javascript' not in exported


def test_files_are_never_run(knowledge, tmp_path):
    mark = tmp_path / "it-ran"
    texts = {
        "config.py": f"import os\nlr = os.system('touch {mark}')\noptim_wrapper = dict(dtype='float16')",
        "config.yaml": f"lr: !!python/object/apply:os.system ['touch {mark}']\nfp16: true\n",
        "adapter.json": '{"__reduce__": "os.system"}',
        "evil.log": f"cos\nsystem\n(S'touch {mark}'\ntR.",
    }
    asked.answer(knowledge, asked.read({"files": texts, **ZERO}))
    pickled = tmp_path / "pytorch_model.bin"
    pickled.write_bytes(f"cos\nsystem\n(S'touch {mark}'\ntR.".encode())
    with suppress(BadInputError):
        TOOLS["facts"].answer(knowledge, {"paths": [str(pickled)]})

    assert not mark.exists()


def test_a_link_that_swells_is_refused():
    def link(data: bytes) -> str:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
        checksum = hashlib.blake2b(packed, digest_size=4).digest()
        return "1" + base64.urlsafe_b64encode(checksum + packed).decode().rstrip("=")

    began = time.process_time()
    for bomb in (b" " * 50_000_000, b"[" * 60_000, b'["' + b"a" * 60_000 + b'"]'):
        with pytest.raises(LinkError):
            decode(link(bomb)[: app.link.MOST_CHARACTERS])
    with pytest.raises(LinkError):
        decode("1" + "A" * 1_000_000)
    assert time.process_time() - began < 5  # most of it is the making of the bombs


def test_bodies_are_bounded(server):
    status, _, _ = call(f"{server}/api/diagnose", b" " * (api.MOST_BYTES + 1))
    assert status == 413
    assert call(f"{server}/upload/guessed/a.log", b"x", "PUT")[0] == 404
    assert configuration("127.0.0.1", 1, Settings())["server.maxUploadSize"] == UPLOAD_MB


def test_another_site_cannot_act_here(server):
    evil = "https://evil.example"
    status, headers, _ = call(f"{server}/api/diagnose", ZERO, origin=evil, content_type="text/plain")
    assert status == 415
    status, headers, _ = call(f"{server}/api/diagnose", ZERO, origin=evil)
    assert "access-control-allow-origin" not in headers
    status, headers, _ = call(
        f"{server}/api/diagnose", None, "OPTIONS", origin=evil, access_control_request_method="POST"
    )
    assert "access-control-allow-origin" not in headers

    async def connect_from(origin: str) -> None:
        await browser.connect(
            f"ws{server.removeprefix('http')}/_stcore/stream", subprotocols=["streamlit"], origin=origin
        )

    with pytest.raises(InvalidStatus):
        asyncio.run(connect_from(evil))
    assert configuration("0.0.0.0", 1, Settings())["server.enableXsrfProtection"]


def test_a_foreign_name_is_refused(server):
    parts = urlsplit(server)
    for path in ("/", "/healthz", "/api/diagnosis/x", "/probe.pyz"):
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        connection.request("GET", path, headers={"Host": f"rebound.example:{parts.port}"})
        answer = connection.getresponse()
        assert answer.status == 400, path
        connection.close()


def test_every_answer_has_its_headers(server):
    for path in ("/", "/healthz", "/wizard", "/api/nothing", "/probe.pyz", "/_stcore/health"):
        _, headers, _ = call(f"{server}{path}", accept="text/html,*/*")
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy, path
        assert "frame-ancestors 'self'" in policy
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
    assert configuration("127.0.0.1", 1, Settings())["browser.gatherUsageStats"] is False


def test_short_links_cannot_be_guessed_or_taken(tmp_path):
    store = connect(f"sqlite:///{tmp_path}/kept.db")
    link = app.link.encode(Session().answer("loss.symptom", "zero"))
    pairs = [store.save(link) for _ in range(50)]

    assert len({part for pair in pairs for part in pair}) == 100
    assert all(len(base64.urlsafe_b64decode(f"{part}==")) == 16 for pair in pairs for part in pair)
    (name, key), (_, other) = pairs[:2]
    for wrong in (other, "", "' OR '1'='1", key[:-1]):
        assert not store.delete(name, wrong)
    assert store.find("' OR '1'='1") is None
    assert store.find(name) is not None
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert key.encode() not in stored


def test_saving_is_limited(serving):
    with serving() as address:
        status = [call(f"{address}/api/diagnose", {**ZERO, "save": True})[0] for _ in range(SAVING.burst + 1)]

    assert (status[0], status[-1]) == (201, 429)


def test_a_claimed_address_does_not_count(serving):
    with serving(FORWARDED_ALLOW_IPS="192.0.2.1") as address:
        status = {
            call(f"{address}/api/diagnose", {}, x_forwarded_for=f"203.0.113.{number}")[0]
            for number in range(DIAGNOSING.burst + 20)
        }

    assert 429 in status


def test_secrets_do_not_leave(server, log):
    texts = {
        f"/home/jane.doe/{TOKEN}/train.log": log,
        "run.sh": f"HF_TOKEN={TOKEN} python train.py --model_name_or_path /home/jane.doe/llama --fp16 True",
        "config.yaml": f"model_name_or_path: https://jane:{TOKEN}@host/llama\nfp16: true\n",
    }
    status, _, body = call(f"{server}/api/diagnose", {"files": texts, "save": True})
    found = json.loads(body)
    inside = repr(decode(found["link"].partition("?d=")[2]))

    assert status == 201
    for secret in (TOKEN, "jane.doe", f"jane:{TOKEN[:6]}"):
        assert secret not in body.decode()
        assert secret not in inside


def test_a_public_server_does_less(open_page, monkeypatch):
    routes = [route.path for route in application(Settings(read_only=True))._user_routes]
    assert [path for path in routes if "upload" in path] == []

    monkeypatch.setenv("WHYNAN_READ_ONLY", "1")
    monkeypatch.setenv("WHYNAN_NO_PROBES", "1")
    at = open_page("start.py")
    assert len(at.file_uploader) == 0
    assert "probe" not in [button.key for button in at.button]


def test_a_log_in_covers_the_interface(serving, tmp_path):
    pytest.importorskip("authlib", reason="Authlib is not installed, say `pip install 'whynan[login]'`")
    secrets = tmp_path / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    names = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
    place = "https://why.example/oauth2callback"
    secrets.write_text("[auth]\n" + "".join(f'{name} = "{place}"\n' for name in names))

    async def keys(address: str) -> set[str]:
        tab = await browser.tab(address, "wizard")
        await tab.load()
        await tab.close()
        return set(tab.buttons)

    with serving(HOME=str(tmp_path)) as address:
        assert call(f"{address}/api/diagnose", ZERO)[0] == 401
        assert call(f"{address}/api/diagnosis/x")[0] == 401
        assert asyncio.run(keys(address)) == {"language", "login"}
    with serving(HOME=str(tmp_path), WHYNAN_API_TOKEN="open sesame") as address:
        assert call(f"{address}/api/diagnose", ZERO, authorization="Bearer open")[0] == 401
        assert call(f"{address}/api/diagnose", ZERO, authorization="Bearer open sesame")[0] == 200


def test_a_log_in_ends_here():
    async def answered(path: str, base: str, **headers: str) -> Headers:
        sent: list[Any] = []
        given = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"{base}{path}",
            "query_string": b"",
            "headers": given,
        }

        async def send(message: Any) -> None:
            sent.append(message)

        await WayBack(RedirectResponse("/"), base)(scope, receive, send)
        return Headers(scope=sent[0])

    async def receive() -> Any:
        raise AssertionError("nothing of the body is looked at")

    def cookie(referer: str, base: str = "") -> str:
        found = asyncio.run(answered("/auth/login", base, host="why.example", referer=referer))
        return found.get("set-cookie", "").partition(";")[0].removeprefix(f"{COOKIE}=")

    def end(place: str) -> str:
        return asyncio.run(answered("/oauth2callback", "", cookie=f"{COOKIE}={place}"))["location"]

    assert cookie("http://why.example/diagnosis?d=2x") == quote("/diagnosis?d=2x", safe="")
    for foreign in (
        "",
        "https://evil.example/x",
        "http://why.example//evil.example",
        "http://why.example.evil/",
    ):
        assert cookie(foreign) == ""
    assert cookie("http://why.example/other", "/why") == ""
    assert end("%2Fdiagnosis%3Fd%3D2x") == "/diagnosis?d=2x"
    for foreign in (
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%2F%0D%0Ax%3A1",
    ):
        assert end(quote(foreign, safe="")) == "/"


def test_an_agent_gets_facts_and_no_text(knowledge, tmp_path):
    secret = tmp_path / "notes.log"
    secret.write_text("the password of the vault is swordfish\nstep 10 loss 1.82\nstep 20 loss nan\n")
    for tool in ("facts", "diagnose"):
        found = TOOLS[tool].answer(knowledge, {"paths": [str(secret)]})
        assert "swordfish" not in json.dumps(found)
    with pytest.raises(BadInputError, match="is no file"):
        TOOLS["facts"].answer(knowledge, {"paths": ["/dev/zero"]})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.log"]


def test_errors_tell_nothing_of_the_inside(server):
    assert configuration("0.0.0.0", 1, Settings())["client.showErrorDetails"] == "none"
    for body in (
        b"{",
        b"[" * 90_000,
        {"link": "1" * 500},
        {"facts": {"x" * 150: "\x00"}},
    ):
        status, _, said = call(f"{server}/api/diagnose", body)
        line = json.loads(said)["error"]
        assert status == 400
        assert "\n" not in line
        assert not re.search(r"Traceback|\.py|site-packages|/work|/home", line)


def test_dependencies_are_audited():
    check = (ROOT / "Makefile").read_text().partition("\ncheck:")[2].partition("\n\n")[0]

    assert "measure.audit" in check


def test_the_page_of_threats_names_these_tests():
    page = (ROOT / "docs" / "threats.md").read_text()
    named = set(re.findall(r"\| `(\w+)` \|", page))
    ours = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}

    assert named == ours - {"the_page_of_threats_names_these_tests"}
