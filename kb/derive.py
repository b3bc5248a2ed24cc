"""What follows from several facts together, by the rules that stand beside the fact in facts.yaml."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kb.model import Knowledge, Plain, Text, key


@dataclass(frozen=True)
class Derived:
    """A fact that follows from others: its value (None where only "unknown" follows), and from what."""

    id: str
    value: Plain | None
    given: tuple[str, ...]
    why: Text | None = None


def derive(
    knowledge: Knowledge, facts: Mapping[str, Plain], answered: Collection[str] = ()
) -> tuple[Derived, ...]:
    """What the rules say of `facts`. What a person answered is not overruled.

    A rule may overrule what one file says: XTuner's optimizer wrapper names a format, and DeepSpeed's engine
    decides otherwise at launch.
    """
    found = (
        (fact.id, rule)
        for fact in knowledge.facts.values()
        if fact.id not in answered
        for rule in [next((rule for rule in fact.derive if holds(rule.given, facts)), None)]
        if rule is not None
    )
    return tuple(
        Derived(name, None if rule.value == "unknown" else rule.value, tuple(rule.given), rule.why)
        for name, rule in found
    )


def holds(given: Mapping[str, Plain], facts: Mapping[str, Plain]) -> bool:
    """Whether all facts of `given` are known and as they are wanted."""
    return all(name in facts and _is(facts[name], wanted) for name, wanted in given.items())


def _is(value: Plain, wanted: Plain) -> bool:
    """Whether a value is the wanted one; "~" before it makes it a pattern that is searched in a text."""
    if isinstance(wanted, str) and wanted.startswith("~"):
        return re.search(wanted[1:], str(value), re.IGNORECASE) is not None
    return key(value) == key(wanted)
