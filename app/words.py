"""The app's own few texts, in English and Chinese; the knowledge base has its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGS = ("en", "zh")


@cache
def _words() -> dict[str, dict[str, str]]:
    with (Path(__file__).parent / "words.yaml").open(encoding="utf-8") as file:
        words: dict[str, dict[str, str]] = yaml.safe_load(file)
    return words


def word(name: str, lang: str, **fields: Any) -> str:
    """The text called `name` in `lang`, its {placeholders} filled in. Raises KeyError where there is none."""
    return _words()[name][lang].format(**fields)
