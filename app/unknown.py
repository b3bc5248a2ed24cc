"""Why something is not known, in the reader's language: the probes run anywhere and speak English alone."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

_FIELD = re.compile(r"\{(\w+)\}")


def _pattern(en: str) -> re.Pattern[str]:
    """Matches the English text with anything in the place of each {field}."""
    parts = _FIELD.split(en)  # text, field, text, …
    made = "".join(f"(?P<{part}>.+?)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return re.compile(made, re.DOTALL)


def _catalogue() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    with (Path(__file__).parent / "unknown.yaml").open(encoding="utf-8") as file:
        pairs: dict[str, str] = yaml.safe_load(file)
    return tuple((en, _pattern(en), zh) for en, zh in pairs.items())


CATALOGUE = _catalogue()


def said(text: str, lang: str) -> str:
    """A probe's sentence in `lang`; a command or a library's error, which is not here, stays as it is."""
    if lang == "zh":
        for _, pattern, zh in CATALOGUE:
            if match := pattern.fullmatch(text):
                return _FIELD.sub(lambda field: match[field[1]], zh)
    return text
