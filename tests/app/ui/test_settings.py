from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.ui import theme
from app.ui.settings import Settings, settings
from app.ui.theme import DARK, LIGHT

CSS = Path(theme.__file__).with_name("page.css").read_text(encoding="utf-8")
BUTTONS = re.findall(r"background-color: (#\w{6})", CSS)


@pytest.mark.parametrize(
    "given",
    [
        Settings(),
        Settings(public_url="https://a.example/x", base_path="/x", read_only=True, probes=False),
        Settings(database="postgresql+psycopg://whynan@db/whynan"),
    ],
)
def test_the_environment_carries_the_settings(given):
    assert settings(given.environment()) == given


def test_a_base_path_has_one_slash_in_front():
    assert settings({"WHYNAN_BASE_PATH": "x/"}).base_path == "/x"


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_background(colours):
    pairs = [
        *(("#ffffff", ground) for ground in BUTTONS),
        (colours["primaryColor"], colours["backgroundColor"]),
        (colours["primaryColor"], colours["secondaryBackgroundColor"]),
        (colours["textColor"], colours["backgroundColor"]),
        (colours["textColor"], colours["secondaryBackgroundColor"]),
        (colours["linkColor"], colours["backgroundColor"]),
        (colours["codeTextColor"], colours["codeBackgroundColor"]),
    ]

    assert len(BUTTONS) == 2
    assert [pair for pair in pairs if contrast(*pair) < 4.5] == []
