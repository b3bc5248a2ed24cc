"""From a fact's value to the key that signs and branches speak of: a choice, true or false, or a band."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kb.model import Fact, Plain, key


def band(fact: Fact, value: Plain, facts: Mapping[str, Plain]) -> str | None:
    """The key of `value` in `typical`, `signs` and `branches`, or None where the vocabulary has none.

    `facts` are the other facts that are known: what a usual learning rate is depends on the optimizer.
    """
    if fact.kind == "number" and not isinstance(value, bool):
        if fact.none and value == "none":
            return "none"
        try:
            number = float(value)
        except ValueError:
            return str(value) if value in fact.typical else None  # a band itself: "high" was answered
        return _band_of(number, bands(fact, facts))
    name = key(value)
    if name in fact.typical:
        return name
    return "other" if "other" in fact.typical else None


def value_of(fact: Fact, text: str) -> Plain:
    """A value as a person writes it ("true", "2e-5", "float16", "off"), in the fact's own type.

    Raises ValueError with one sentence that names what the fact takes.
    """
    word = text.strip()
    if fact.kind == "text":
        if word:
            return word
        raise ValueError(f"{fact.id} is empty")
    if fact.kind == "bool":
        if word.lower() in ("true", "yes", "on", "1", "是"):
            return True
        if word.lower() in ("false", "no", "off", "0", "否"):
            return False
        raise ValueError(f"{fact.id} is true or false, not {word!r}")
    if fact.kind == "number":
        if (fact.none and word.lower() in ("none", "off")) or word in fact.typical:
            return "none" if word.lower() in ("none", "off") else word
        try:
            number = float(word)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return (
                int(number) if number.is_integer() and "." not in word and "e" not in word.lower() else number
            )
        raise ValueError(f"{fact.id} is a number{' or none' if fact.none else ''}, not {word!r}")
    if word in fact.typical:
        return int(word) if word.isdigit() else word
    if "other" in fact.typical and word:
        return word.lower()
    raise ValueError(f"{fact.id} is one of {', '.join(fact.typical)}, not {word!r}")


def limits(text: str) -> tuple[float, float]:
    """The two ends of "a..b"; an end that is not there is infinite. Raises ValueError on anything else."""
    low, dots, high = str(text).partition("..")
    if not dots:
        raise ValueError(f"{text!r} is not of the form a..b")
    ends = (float(low or -math.inf), float(high or math.inf))
    if not ends[0] < ends[1]:
        raise ValueError(f"{text!r} holds no number")
    return ends


def bands(fact: Fact, facts: Mapping[str, Plain]) -> dict[str, str]:
    """The fact's bands (name -> "a..b") that hold beside the other `facts`; none for what is no number."""
    for table in fact.bands:
        when = table.get("when", {})
        if all(name in facts and key(facts[name]) == key(wanted) for name, wanted in when.items()):
            return {name: ends for name, ends in table.items() if name != "when"}
    return {}


def _band_of(number: float, table: Mapping[str, str]) -> str | None:
    for name, ends in table.items():
        low, high = limits(ends)
        if low <= number < high:
            return name
    return None
