"""What an expert says of a cause in words: how an answer speaks for or against it, how often a remedy helps.

A second opinion on the numbers, which stands with the cases beside the cause. A sign says how common a value
is with this one cause; a word here says what the answer is worth among all causes, which is what people see.
Whoever changes a number by mistake contradicts a word; tuning within a word's range does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from kb import belief as beliefs
from kb.model import Cause, Keyed, Knowledge, Strict

# A word's range: of the factor by which an answer alone changes the belief in the cause (kb.belief.factors),
# and of the chance that a remedy cures it. Close to it is good enough: `SLACK` times below or above.
SAYS = {
    "strongly against": (0, 0.25),
    "against": (0.25, 0.8),
    "little": (0.8, 1.25),
    "for": (1.25, 4),
    "strongly for": (4, math.inf),
}
CURES = {"seldom": (0, 0.1), "sometimes": (0.1, 0.5), "usually": (0.5, 1)}
SLACK = 1.1

Says: TypeAlias = Literal["strongly against", "against", "little", "for", "strongly for"]
Cures: TypeAlias = Literal["seldom", "sometimes", "usually"]
Wrong: TypeAlias = tuple[tuple[str, ...], str]  # where in the claims, and what is wrong


class Claims(Strict):
    """Of one cause: what each answer to a question says of it by itself, and how often each fix cures it."""

    name: str
    says: dict[str, Annotated[dict[str, Says], Keyed]] = Field(default_factory=dict)
    cures: dict[str, Cures] = Field(default_factory=dict)


def factor(knowledge: Knowledge, cause: str, fact: str, value: str) -> float | None:
    """By how much the answer alone multiplies the belief in the cause; None where there is no such answer."""
    active = beliefs.space(knowledge, {})
    column = beliefs.weigh(knowledge, active, {fact: value}).get(fact)
    return None if column is None else float(beliefs.factors(active, column)[active.ids.index(cause)])


def word(ranges: dict[str, tuple[float, float]], number: float) -> str:
    """The word whose range holds the number."""
    return [name for name, (low, _) in ranges.items() if low <= number][-1]


def holds(ends: tuple[float, float], number: float) -> bool:
    """Whether the number lies in the range, or close to it."""
    return ends[0] / SLACK <= number <= ends[1] * SLACK


def wrong(knowledge: Knowledge, cause: Cause, claims: Claims) -> Iterator[Wrong]:
    """The claims that the numbers contradict."""
    for fact, words in claims.says.items():
        for value, said in words.items():
            found = factor(knowledge, cause.id, fact, value)
            if found is None:
                yield ("says", fact, value), f"no fact {fact!r} has a value {value!r}"
            elif not holds(SAYS[said], found):
                now = f"{word(SAYS, found)!r}, it counts {found:.2g} times"
                yield (
                    ("says", fact, value),
                    f"{fact} = {value} is claimed as {said!r}, by the signs it is {now}",
                )
    for fix, often in claims.cures.items():
        if fix not in cause.fixes:
            yield ("cures", fix), f"{fix} is claimed to cure it {often}, it is not among the fixes"
        elif not holds(CURES[often], cause.fixes[fix]):
            now = word(CURES, cause.fixes[fix])
            yield ("cures", fix), f"{fix} is claimed to cure it {often}, by its chance it does {now}"
