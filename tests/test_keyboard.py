"""The keyboard alone is enough, and the browser's own buttons do what they do everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed, say `make install`")
pytestmark = pytest.mark.browser

MOST = 12  # presses of Tab, from the top of a page to its first control
FOCUSED = """() => {
  let element = document.activeElement
  while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return [element.tagName, element.closest("[class*=st-key-]")?.className ?? "", element.innerText]
}"""


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def heading(page: Any) -> str:
    return page.locator("[data-testid=stMain] h2").first.inner_text()


def until(page: Any, title: str) -> None:
    page.locator("[data-testid=stMain] h2", has_text=re.compile(f"^{re.escape(title)}$")).wait_for()


def tab_to(page: Any, what: str, most: int = MOST) -> int:
    """Presses Tab until the focus is within a container of that key; how often it took."""
    for count in range(1, most + 1):
        page.keyboard.press("Tab")
        if what in page.evaluate(FOCUSED)[1]:
            return count
    raise AssertionError(f"{most} presses of Tab do not reach {what}: {page.evaluate(FOCUSED)}")


def test_questions_are_answered_with_tab_and_enter(server: str, page: Any) -> None:
    page.goto(f"{server}/wizard")
    page.locator("[class*=st-key-answer-] button").first.wait_for()
    tab_to(page, "st-key-answer-")
    for _ in range(2):
        asked = heading(page)
        page.keyboard.press("Enter")
        page.wait_for_function(
            "asked => document.activeElement.tagName == 'H2' && document.activeElement.innerText != asked",
            arg=asked,
        )
        assert page.evaluate(FOCUSED)[2] == heading(page)  # a screen reader reads the new question
        over = not page.locator("[class*=st-key-answer-]").count()  # a fix is worth more than a question
        assert tab_to(page, "st-key-diagnosis" if over else "st-key-answer-") == 1


def test_back_forward_reload_and_the_other_language_keep_the_place(server: str, page: Any) -> None:
    page.goto(f"{server}/wizard?ask=optimizer.learning_rate")
    until(page, "Which peak learning rate?")
    page.get_by_label("Or the exact number").fill("3e-4")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("d="))
    page.locator("[data-testid=stMain] h2", has_not_text="Which peak learning rate?").first.wait_for()
    second, address = heading(page), page.url
    page.locator(".st-key-language button").click()
    page.locator("html[lang=zh-CN]").wait_for(state="attached")
    assert "lang=zh" in page.url
    page.reload()
    page.locator("html[lang=zh-CN]").wait_for(state="attached")
    page.go_back()
    until(page, second)
    assert page.url == address
    page.go_back()
    until(page, "Which peak learning rate?")
    page.go_forward()
    until(page, second)
    page.reload()
    until(page, second)


def test_entries_are_reached_by_keyboard_and_have_addresses(server: str, page: Any) -> None:
    page.goto(f"{server}/browse?q=overflow")
    until(page, "What whynan knows")
    link = page.get_by_role("link", name="float16 overflows", exact=True)
    assert link.get_attribute("href") == "?entry=fp16-overflow&q=overflow"
    link.focus()
    page.keyboard.press("Enter")
    until(page, "float16 overflows")
    assert page.title() == "float16 overflows · whynan"
    assert page.url == f"{server}/browse?entry=fp16-overflow&q=overflow"
    page.go_back()
    until(page, "What whynan knows")
    assert page.get_by_label("Search, in English or Chinese").input_value() == "overflow"


def test_the_picture_of_the_interview_is_walked_and_keeps_the_session(server: str, page: Any) -> None:
    page.goto(f"{server}/browse?node=gradient")
    page.evaluate("window.same = true")  # gone after a reload of the page
    page.locator(".st-key-walk svg a", has_text="Which optimizer?").click()
    until(page, "Which optimizer?")
    assert "node=optimizer" in page.url
    assert page.evaluate("window.same")
    page.go_back()
    until(page, "What did the gradient norm do just before the loss went bad?")
