"""Facts and values as a person reads them."""

from __future__ import annotations

import re

from app.phrases import label
from app.words import word
from kb.bands import bands
from kb.belief import Evidence
from kb.model import Fact, Knowledge, Lang, Plain


def choices(knowledge: Knowledge, fact: Fact, facts: dict[str, Plain], lang: Lang) -> dict[str, str]:
    """What can be answered: value -> label, a band with the numbers that it holds beside the other facts."""
    if fact.kind == "bool":
        return {name: label(knowledge, fact.id, name, lang) for name in ("true", "false")}
    ranges = bands(fact, facts)
    found: dict[str, str] = {}
    for name in fact.typical:
        text = label(knowledge, fact.id, name, lang)
        # Some labels say their numbers already.
        found[name] = f"{text} ({span(ranges[name])})" if name in ranges and not _digits(text) else text
    return found


def span(ends: str) -> str:
    """A band's ends "1e-6..2e-4" as a reader expects them; it holds its lower end and not its upper one."""
    low, _, high = ends.partition("..")
    if not low:
        return f"< {high}"
    return f"≥ {low}" if not high else f"{low} – {high}"


def likelihood(probability: float, lang: Lang) -> str:
    """A probability as the nearest of the words that the knowledge is written in."""
    steps = {
        "always": 0.93,
        "usually": 0.72,
        "often": 0.45,
        "sometimes": 0.18,
        "seldom": 0.06,
        "rarely": 0.015,
    }
    name = next((name for name, least in steps.items() if probability >= least), "never")
    return word(f"chance.{name}", lang)


def factor(item: Evidence) -> str:
    """How much a fact raises or lowers the belief in a cause."""
    return f"×{item.factor:.2g}"


def literal(text: str) -> str:
    """Text of a user's for a place that takes Markdown only: every sign with a meaning is escaped."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text.replace("\n", " "))


def _digits(label: str) -> bool:
    return any(letter.isdigit() for letter in label)
