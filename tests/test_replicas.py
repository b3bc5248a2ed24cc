"""Several servers with one database: whoever served a person before, another one goes on."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from ports import free_port
from websockets.exceptions import WebSocketException

from app.link import encode
from app.session import Session

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
browser = pytest.importorskip("measure.streamlit_browser", reason="its protobufs are of another Streamlit")

TOLD = {"facts": {"loss.symptom": "nan-after-steps", "precision.compute": "float16"}, "save": True}


def ask(address: str, path: str, body: Any = None, cookie: str = "") -> tuple[Any, str]:
    """The JSON of an answer, and the cookie that the balancer gave."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"} | ({"cookie": cookie} if cookie else {})
    with urllib.request.urlopen(
        urllib.request.Request(f"{address}{path}", data, headers), timeout=60
    ) as answer:
        return json.load(answer), answer.headers.get("set-cookie", "").partition(";")[0]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/whynan.db"
    return str(request.getfixturevalue("postgres").url())


def test_a_person_moves_from_one_server_to_the_other(serving, database):
    with serving("--database", database) as one, serving("--database", database) as other:
        saved, _ = ask(one, "/api/diagnose", TOLD)
        found, _ = ask(other, f"/api/diagnosis/{saved['id']}")
        assert [cause["id"] for cause in found["causes"]] == [cause["id"] for cause in saved["causes"]]

        asyncio.run(move(one, other, saved["id"]))


async def move(one: str, other: str, short: str) -> None:
    """Begins at one server, and goes on at the other with the address that the browser shows."""
    first = await browser.tab(one, "wizard")
    await first.load(f"d={encode(Session().answer('loss.symptom', 'zero'))}")
    await first.click(next(key for key in first.buttons if key.startswith("answer-")))
    second = await browser.tab(other, "wizard")
    await second.load(first.query)
    assert second.buttons.keys() == first.buttons.keys()
    assert second.texts == first.texts

    opened = await browser.tab(other)
    await opened.load(f"s={short}")
    assert "continue" in opened.buttons
    for page in (first, second, opened):
        await page.close()


def configuration(folder: Path, port: int, servers: list[str]) -> Path:
    """deploy/nginx.conf, with these servers in place of the two that compose.yaml starts."""
    names = iter(server.removeprefix("http://") for server in servers)
    text = (DEPLOY / "nginx.conf").read_text()
    text = re.sub(r"server whynan-\d:8501", lambda _: f"server {next(names)}", text)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{port};")
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""  # its workers must reach pytest's folder
    path.write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{places}{text}\n}}\n"
    )
    return path


@contextmanager
def balancer(folder: Path, servers: list[str]) -> Iterator[str]:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("there is no nginx here, install the package `nginx-light`")
    port = free_port()
    command = [nginx, "-p", str(folder), "-c", str(configuration(folder, port, servers))]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while True:
            assert process.poll() is None, "nginx ended"
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(20)


def test_behind_the_balancer_a_browser_stays_and_moves_on_when_its_server_dies(serving, tmp_path):
    database = f"sqlite:///{tmp_path}/whynan.db"
    with ExitStack() as stack:
        doomed = stack.enter_context(ExitStack())
        servers = [doomed.enter_context(serving("--database", database))]
        servers.append(stack.enter_context(serving("--database", database)))
        front = stack.enter_context(balancer(tmp_path, servers))
        saved, cookie = ask(front, "/api/diagnose", TOLD)
        assert cookie.startswith("whynan_server=")
        asyncio.run(stays(front, doomed.close, saved["id"]))


async def stays(front: str, end: Callable[[], None], short: str) -> None:
    """Twelve browsers, on both servers; one of these dies, and all twelve go on."""
    pages = [await browser.tab(front, "wizard", f"whynan_server={number}") for number in range(12)]
    for page in pages:
        await page.load()
        await page.click("answer-loss.symptom-zero")
    await asyncio.to_thread(end)

    moved = 0
    for number, page in enumerate(pages):
        key = next(key for key in page.buttons if key.startswith("answer-"))
        try:
            await page.click(key)
        except WebSocketException:
            moved += 1
            again = await browser.tab(front, "wizard", f"whynan_server={number}")
            await again.load(page.query)
            await again.click(key)
            await again.close()
        await page.close()
    assert 0 < moved < len(pages)  # each browser had stayed with one server
    for number in range(12):
        found, _ = await asyncio.to_thread(
            ask, front, f"/api/diagnosis/{short}", None, f"whynan_server={number}"
        )
        assert found["id"] == short


def test_behind_the_balancer_clients_are_told_apart(serving, tmp_path):
    """Else one busy client would use up what all may do."""
    with serving(FORWARDED_ALLOW_IPS="127.0.0.1") as one:
        status = []
        for number in range(70):
            headers = {"content-type": "application/json", "x-forwarded-for": f"203.0.113.{number % 2}"}
            request = urllib.request.Request(f"{one}/api/diagnose", b"{}", headers)
            try:
                urllib.request.urlopen(request, timeout=20).close()
            except urllib.error.HTTPError as error:
                with error:
                    status.append(error.code)

    assert status == [400] * 70  # 35 each: nobody is over the bound of 60


COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
REPLICAS = ("whynan-1", "whynan-2")
# Of the Compose Specification, what stands in ours: a misspelt key is an error to Docker, too.
SERVICE = {
    *("build", "command", "depends_on", "environment", "healthcheck"),
    *("image", "networks", "ports", "restart", "volumes"),
}


def test_the_compose_file_has_the_form_of_the_specification():
    assert {key for key in COMPOSE if not key.startswith("x-")} == {"services", "volumes", "networks"}
    for name, service in COMPOSE["services"].items():
        assert service.keys() <= SERVICE, name
        assert ("image" in service) != ("build" in service), name
        assert service["restart"] == "unless-stopped"
        for other, how in service.get("depends_on", {}).items():
            healthy = "healthcheck" in COMPOSE["services"][other] or "build" in COMPOSE["services"][other]
            assert (how, healthy) == ({"condition": "service_healthy"}, True)
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).is_file(), volume
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()  # the replicas' own


def test_the_compose_file_shares_one_database_and_knows_its_balancer():
    one, other = (dict(COMPOSE["services"][name]) for name in REPLICAS)
    upstream = re.findall(r"server ([\w-]+):8501", (DEPLOY / "nginx.conf").read_text())
    (subnet,) = (pool["subnet"] for pool in COMPOSE["networks"]["default"]["ipam"]["config"])
    addresses = {service.pop("networks")["default"]["ipv4_address"] for service in (one, other)}

    assert upstream == list(REPLICAS)
    assert one == other
    assert len(addresses) == 2
    assert all(ip_address(address) in ip_network(subnet) for address in addresses)
    environment = one["environment"]
    assert environment["WHYNAN_DATABASE"].startswith("postgresql+psycopg://")
    assert environment["FORWARDED_ALLOW_IPS"] == subnet
    assert "ports" not in one  # only the balancer is reached from outside
    assert os.path.normpath(DEPLOY / one["build"]["context"]) == str(ROOT)


def test_what_compose_starts_outlives_a_dead_server_and_a_dead_database(serving, postgres, tmp_path):
    """The commands and variables of compose.yaml, nginx and PostgreSQL, as processes of this machine."""
    replica = COMPOSE["services"]["whynan-1"]
    program, verb, *options = replica["command"]
    assert (program, verb) == ("whynan", "serve")
    options = ["127.0.0.1" if word == "0.0.0.0" else word for word in options]
    variables = {
        name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in replica["environment"].items()
    }
    variables["WHYNAN_DATABASE"] = postgres.url()
    ports = [free_port(), free_port()]

    def start(port: int) -> Any:
        return serving(*options, port=port, **variables)

    with ExitStack() as stack:
        doomed = stack.enter_context(ExitStack())
        doomed.enter_context(start(ports[0]))
        stack.enter_context(start(ports[1]))
        front = stack.enter_context(balancer(tmp_path, [f"http://127.0.0.1:{port}" for port in ports]))
        saved, _ = ask(front, "/api/diagnose", TOLD)
        assert saved["short"].startswith(variables["WHYNAN_URL"])

        def everywhere() -> list[str]:
            """What browsers on both servers find under the short link."""
            cookies = [f"whynan_server={number}" for number in range(6)]
            return [ask(front, f"/api/diagnosis/{saved['id']}", None, cookie)[0]["id"] for cookie in cookies]

        assert everywhere() == [saved["id"]] * 6
        doomed.close()
        assert everywhere() == [saved["id"]] * 6
        stack.enter_context(start(ports[0]))  # restart: unless-stopped
        assert ask(f"http://127.0.0.1:{ports[0]}", "/healthz")[0]["status"] == "ok"
        postgres.stop("immediate")
        postgres.start()
        again, _ = ask(front, "/api/diagnose", TOLD)
        assert ask(front, f"/api/diagnosis/{again['id']}")[0]["id"] == again["id"]
        assert everywhere() == [saved["id"]] * 6
