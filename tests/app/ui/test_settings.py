from __future__ import annotations

import pytest

from app.ui.settings import Settings, settings
from app.ui.theme import DARK, LIGHT


@pytest.mark.parametrize(
    "given",
    [
        Settings(),
        Settings(public_url="https://a.example/x", base_path="/x", read_only=True, probes=False),
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


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_background(theme):
    pairs = [
        ("#ffffff", theme["primaryColor"]),
        (theme["textColor"], theme["backgroundColor"]),
        (theme["textColor"], theme["secondaryBackgroundColor"]),
        (theme["linkColor"], theme["backgroundColor"]),
        (theme["codeTextColor"], theme["codeBackgroundColor"]),
    ]

    assert [pair for pair in pairs if contrast(*pair) < 4.5] == []
