"""The whole way in Chromium: a log and a config, a question, the fixes, a link, a teammate who opens it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from app.conclusion import conclude
from app.session import Session
from probes.files import read_file

sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed, say `make install`")
pytestmark = pytest.mark.browser

# Streamlit looks for its own base path below each page's address, and takes 404 for an answer.
HARMLESS = re.compile(r"/(wizard|diagnosis|browse)/_stcore/")


@pytest.fixture
def files(tmp_path: Path, config: str) -> list[Path]:
    """A config and an environment; what the loss does is asked for."""
    paths = [tmp_path / "environment.txt", tmp_path / "llama3_8b_full.py"]
    for path, text in zip(paths, ("torch==2.3.0\ntransformers==4.41.2\n", config), strict=True):
        path.write_text(text)
    return paths


def opened(chromium: Any, errors: list[str], **options: Any) -> Any:
    """A page of a fresh browser profile; what goes wrong in it is added to `errors`."""
    context = chromium.new_context(
        **{"locale": "en-US", "viewport": {"width": 1280, "height": 800}} | options
    )
    page = context.new_page()
    page.set_default_timeout(30_000)

    def said(message: Any) -> None:
        if message.type == "error" and not HARMLESS.search(message.location.get("url", "")):
            errors.append(message.text)

    page.on("console", said)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page


def first_fix(page: Any) -> str:
    heading = page.locator(".st-key-first-fix h4")
    heading.wait_for()
    return heading.inner_text()


def until(page: Any, pattern: str) -> str:
    page.wait_for_url(re.compile(pattern))
    return page.url


def test_the_whole_way_from_files_to_a_teammate(server, chromium, files):
    errors: list[str] = []
    page = opened(chromium, errors, permissions=["clipboard-read", "clipboard-write"])
    page.goto(server)
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_text("Files read: 2").wait_for()
    page.locator(".st-key-go button").click()

    asked = until(page, r"/wizard\?.*d=")
    page.get_by_role("button", name="Normal at first and NaN later").click()
    page.wait_for_url(lambda url: url != asked)
    answered = page.url
    to_diagnosis = page.get_by_role("link", name="Diagnosis", exact=True)
    sync.expect(to_diagnosis).to_have_attribute("href", re.compile(re.escape(answered.partition("?")[2])))
    to_diagnosis.click()
    until(page, r"/diagnosis\?")
    fix = first_fix(page)
    assert fix == "1. Compute in bfloat16"
    page.get_by_text("a/llama3_8b_full.py").first.wait_for()  # the change is to the file that was given

    page.locator(".st-key-share button").first.click()
    page.get_by_role("button", name="Copy the link").click()
    page.get_by_text("Copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{server}/?d=")

    mate = opened(chromium, errors)
    mate.goto(link)
    assert first_fix(mate) == fix
    assert mate.locator("[class*=st-key-tried-]").count() == 0
    mate.locator(".st-key-continue button").click()
    until(mate, r"/wizard\?d=")

    page.keyboard.press("Escape")
    page.go_back()
    page.wait_for_url(answered)
    page.go_back()
    page.wait_for_url(asked)
    page.locator("[class*=st-key-answer-] button").first.wait_for()
    page.reload()
    page.locator("[class*=st-key-answer-] button").first.wait_for()
    assert page.url == asked
    assert errors == []


def test_a_fix_that_did_not_help_makes_way_and_back_brings_it_again(server, chromium, files):
    errors: list[str] = []
    page = opened(chromium, errors)
    page.goto(server)
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_text("Files read: 2").wait_for()
    page.get_by_role("link", name="Diagnosis", exact=True).click()
    before = first_fix(page)
    page.locator(".st-key-tried-use-bf16-no-change button").click()
    page.locator(".st-key-untry-use-bf16").wait_for()
    assert first_fix(page) != before

    page.go_back()
    page.locator(".st-key-untry-use-bf16").wait_for(state="detached")
    assert first_fix(page) == before
    assert errors == []


def test_the_link_is_copied_where_the_browser_has_no_clipboard_api(server, chromium, files):
    page = opened(chromium, [], permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script("Object.defineProperty(navigator.clipboard, 'writeText', {value: undefined})")
    page.goto(server)
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_text("Files read: 2").wait_for()
    page.get_by_role("link", name="Diagnosis", exact=True).click()
    page.locator(".st-key-share button").first.click()
    page.get_by_role("button", name="Copy the link").click()
    page.get_by_text("Copied").wait_for()

    assert page.evaluate("navigator.clipboard.readText()").startswith(f"{server}/?d=")


def test_the_diagnosis_is_downloaded_as_a_capsule_that_replays_it(server, chromium, files, knowledge):
    page = opened(chromium, [])
    page.goto(server)
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_text("Files read: 2").wait_for()
    page.get_by_role("link", name="Diagnosis", exact=True).click()
    before = first_fix(page)
    page.locator(".st-key-share button").first.click()
    with page.expect_download() as download:
        page.locator(".st-key-export-capsule button").click()

    assert download.value.suggested_filename == "whynan.capsule.json"
    replayed = conclude(knowledge, Session().read(*read_file(download.value.path())))
    assert before.endswith(replayed.fixes[0].entry.title["en"])


def test_on_a_phone_what_a_click_has_brought_comes_into_sight(server, chromium, config):
    page = opened(chromium, [], viewport={"width": 390, "height": 700})
    page.goto(server)
    page.locator(".st-key-ask-me").wait_for()
    page.locator(".stTextArea textarea").fill(f"the loss is nan after 20 steps\n{config}")
    page.get_by_role("button", name="Read it").click()
    sync.expect(page.locator(".st-key-go button")).to_be_in_viewport()

    page.get_by_role("link", name="Diagnosis", exact=True).click()
    before = first_fix(page)
    page.locator("[class*=st-key-tried-][class*=-no-change] button").first.click()
    heading = page.locator(".st-key-first-fix h4")
    sync.expect(heading).not_to_have_text(before)
    sync.expect(heading).to_be_in_viewport()


def test_a_short_link_opens_on_a_phone_where_its_outcome_is_told(server, chromium, files):
    errors: list[str] = []
    page = opened(chromium, errors)
    page.goto(server)
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_text("Files read: 2").wait_for()
    page.get_by_role("link", name="Diagnosis", exact=True).click()
    fix = first_fix(page)
    page.locator(".st-key-share button").first.click()
    page.get_by_role("button", name="Make a short link").click()
    page.get_by_role("button", name="Copy the short link").wait_for()
    address = page.locator("[data-testid=stCode]", has_text="?s=").inner_text().strip()

    phone = opened(chromium, errors, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.goto(address)
    assert first_fix(phone) == fix
    main = phone.locator("[data-testid=stMain]")
    assert main.evaluate("e => e.scrollWidth <= e.clientWidth")
    phone.locator(".st-key-tried-use-bf16-worked button").tap()
    phone.get_by_text("Kept: It worked").wait_for()
    phone.locator(".st-key-continue button").tap()
    gone_on = until(phone, r"/wizard\?")
    assert address.partition("?")[2] in gone_on
    assert "d=" in gone_on

    mate = opened(chromium, errors)
    mate.goto(f"{server}/browse?entry=use-bf16")
    mate.get_by_text("Told here of 1 runs: worked 1").wait_for()
    assert errors == []


def test_a_phone_in_the_dark_in_chinese(server, chromium, files):
    errors: list[str] = []
    page = opened(
        chromium, errors, locale="zh-CN", color_scheme="dark", viewport={"width": 390, "height": 844}
    )
    page.goto(server)
    page.get_by_text("你的训练出了什么问题？").wait_for()
    page.locator("input[type=file]").set_input_files(files)
    page.locator(".st-key-go").wait_for()
    page.get_by_role("link", name="诊断").click()

    assert first_fix(page) == "1. 改用 bfloat16 计算"
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("e => e.scrollWidth <= e.clientWidth")
    background = page.locator("[data-testid=stApp]").evaluate("e => getComputedStyle(e).backgroundColor")
    assert background == "rgb(18, 22, 28)"
    assert errors == []
