from pathlib import Path
from typing import Any


def test_a_file_is_sent_from_the_browser_and_read(
    server: str, chromium: Any, log: str, tmp_path: Path
) -> None:
    path = tmp_path / "train.log"
    path.write_text(log, encoding="utf-8")
    page = chromium.new_context(locale="en-US").new_page()
    page.goto(server)
    page.get_by_text("A file above 50 MB").click()

    page.locator(".st-key-send-large input").set_input_files(path)

    page.get_by_text("train.log").first.wait_for()
    page.get_by_role("button", name="Find the cause").click()
    page.wait_for_url("**d=*")
    page.context.close()
