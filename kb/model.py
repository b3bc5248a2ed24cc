"""The form of the knowledge: what a fact, a cause, a fix, the tree, the policy and an advisory may say."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# An expert's words for a probability (DESIGN.md, section 3). A number may stand in their place.
WORDS = {
    "always": 0.98,
    "usually": 0.85,
    "often": 0.6,
    "sometimes": 0.3,
    "seldom": 0.1,
    "rarely": 0.03,
    "never": 0.005,
}

# A value of a fact as a person, a file or YAML may write it.
Plain = bool | int | float | str


def key(value: Any) -> str:
    """A value as the key that it has in `typical`, `signs` and `branches`: True is "true", 2 is "2"."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(word: Any) -> Any:
    if isinstance(word, str) and word not in WORDS:
        raise ValueError(f"{word!r} is neither a number nor one of {', '.join(WORDS)}")
    return WORDS.get(word, word) if isinstance(word, str) else word


def _keyed(table: Any) -> Any:
    return {key(name): value for name, value in table.items()} if isinstance(table, dict) else table


def _bands(bands: Any) -> Any:
    return [bands] if isinstance(bands, dict) else bands


Probability = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1)]
Keyed = BeforeValidator(_keyed)
Chances = Annotated[dict[str, Probability], Keyed]
Lang = Literal["en", "zh"]


class Strict(BaseModel):
    """No unknown keys, no changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Strict):
    """A text in both languages."""

    en: str
    zh: str

    def __getitem__(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


class Reference(Strict):
    """Where a claim comes from. `checked` is the day on which somebody last opened it and found the claim."""

    title: str
    url: str
    checked: date | None = None


class Rule(Strict):
    """What follows when all of `from` holds: a value, or "unknown" with the reason why.

    A value of `from` that begins with "~" is a regular expression, for what is free text.
    """

    given: Annotated[dict[str, Plain], Field(alias="from")]
    value: Plain
    why: Text | None = None


class Fact(Strict):
    """One thing that can be known: its values, how common each is, and the question that asks for it.

    `bands` cuts a number into named ranges ("1e-6..3e-4" holds its lower end, not its upper one). The
    first set of bands counts whose `when` holds. `minutes` is what it costs a person to find out, `known` the
    chance that one who is asked can, and `check` the command that tells it, where there is one. `told_by` are
    the values of other facts that say it already: beside one of them it counts for nothing. `weighed_as`
    says which other value one stands for: then that one's chances count, and the facts that say so are spent.
    """

    id: str
    kind: Literal["choice", "bool", "number", "text"]
    typical: Chances = {}
    unit: str = ""
    bands: Annotated[tuple[Annotated[dict[str, Any], Keyed], ...], BeforeValidator(_bands)] = ()
    none: bool = False
    minutes: float = Field(default=1, gt=0)
    known: Probability = 1
    check: str = ""
    group: str = ""
    told_by: dict[str, tuple[str, ...]] = {}
    weighed_as: tuple[Rule, ...] = ()
    question: Text | None = None
    help: Text | None = None
    values: Annotated[dict[str, Text], Keyed] = {}
    derive: tuple[Rule, ...] = ()


class Counted(Strict):
    """The cases that a prior was counted from: `here` of `cases` had this cause.

    `guess` is an expert's, before any case was counted. `told` are runs told of, each by the belief that it
    had this cause. kb.learn weighs the three.
    """

    cases: int = Field(ge=0)
    here: int = Field(ge=0)
    guess: Probability
    told: float = Field(default=0, ge=0)


class Proof(Strict):
    """The fault lab's runs with a fix: `cured` of `runs`. `guess` is an expert's, which measure/prove_lab.py
    weighs in.
    """

    runs: int = Field(ge=0)
    cured: int = Field(ge=0)
    guess: Probability


class Cause(Strict):
    """One fault: how common it is, how it shows, and what cures it.

    `signs` holds P(value | this cause); what it does not say is as in the fact's `typical`. `fixes` holds the
    chance that a fix cures this cause, `proved` the runs that it was counted from. A finer cause names the
    one it belongs to in `under`.
    """

    id: str
    title: Text
    prior: Probability
    counted: Counted | None = None
    under: str | None = None
    explanation: Text
    signs: dict[str, Chances] = {}
    fixes: dict[str, Probability] = {}
    proved: dict[str, Proof] = {}
    document: str | None = None
    references: tuple[Reference, ...] = ()


class Patch(Strict):
    """A setting before and after, in a framework's own syntax; the app edits the user's file the same way."""

    before: str
    after: str


class Fix(Strict):
    """One remedy. `minutes` is what it takes to apply it and to see whether it helped.

    `minutes_where` has other minutes for those whose run has such a fact: float32 costs a small model little.
    """

    id: str
    title: Text
    minutes: float = Field(gt=0)
    minutes_where: dict[str, Annotated[dict[str, Annotated[float, Field(gt=0)]], Keyed]] = {}
    restart: bool = False
    needs: dict[str, Plain] = {}
    document: str | None = None
    steps: Text
    patches: dict[str, Patch] = {}
    references: tuple[Reference, ...] = ()


class Advisory(Strict):
    """Versions of a library with a known numerical bug.

    With an affected version at hand it is a hypothesis of its own, under `cause`, with `prior` as the
    chance that somebody who comes with an abnormal loss and this version has this bug. A setting that the
    bug needs is a sign, but not what the version says already: whoever has XTuner trains with it. What is
    free text must be known for the bug to count at all: `also` holds ranges of other packages, `when` a "~"
    pattern for a model's or a GPU's name. `traced` is how the range is known: "both" of its ends were found
    in the source of the releases, only the release with the "fix", or it is what the "thread" says.
    """

    id: str
    title: Text
    explanation: Text | None = None
    package: str
    affected: str
    fixed: str | None = None
    traced: Literal["both", "fix", "thread"] = "thread"
    also: dict[str, str] = {}
    when: dict[str, str] = {}
    cause: str
    prior: Probability = 0.05
    signs: dict[str, Chances] = {}
    fixes: dict[str, Probability] = {}
    references: tuple[Reference, ...] = ()


class Node(Strict):
    """A question of the interview, and the nodes that each answer opens ("*" is any other answer)."""

    fact: str
    branches: Annotated[dict[str, tuple[str, ...]], Keyed] = {}


class Tree(Strict):
    """The interview: the nodes that are open from the start, and all nodes by name."""

    start: tuple[str, ...]
    nodes: dict[str, Node]


class Policy(Strict):
    """Costs and chances that are not one entry's own.

    `none_of_these` is the belief kept for causes that the base does not hold. `escalate_minutes` is what it
    costs to hand the case to an expert, who always solves it. `restart_minutes` is added to each fix with
    `restart: true`. `assumed` is how far a framework's default, which nobody wrote down, is trusted.
    `evidence_weight` is the power to which each fact's likelihoods are raised: 1 is Bayes' rule with the
    signs as they are written. `applied` is the share of tries in which a fix is applied as it is meant, and
    takes effect: so much a failed one tells against its causes. `two_faults` is the share of cases in which
    two causes act at once. What was told of fixes up to `learned_until` (seconds since 1970) is in the priors
    and chances of cure already.
    """

    none_of_these: Probability = 0.03
    escalate_minutes: float = Field(default=480, gt=0)
    restart_minutes: float = Field(default=0, ge=0)
    assumed: Probability = 0.7
    evidence_weight: float = Field(default=1, gt=0)
    applied: float = Field(default=1, gt=0, le=1)
    two_faults: Probability = 0.03
    learned_until: int = Field(default=0, ge=0)


class Section(Strict):
    """A section of the founding document, restated."""

    title: Text
    text: Text


class Document(Strict):
    """The founding document, section by section."""

    source: Reference
    sections: dict[str, Section]


class Case(Strict):
    """An example beside a cause: raw texts that go through the real probes, and what must come of it.

    `first`: the cause leads. `low`: it does not lead and has less than a tenth of the belief.
    """

    name: str
    files: dict[str, str] = {}
    facts: dict[str, Plain] = {}
    expect: Literal["first", "low"]
    first_fix: str | None = None


class Knowledge(Strict):
    """All that the folder holds."""

    version: str
    facts: dict[str, Fact]
    causes: dict[str, Cause]
    fixes: dict[str, Fix]
    advisories: dict[str, Advisory]
    tree: Tree
    policy: Policy
    document: Document | None = None

    # Caches go by which one it is: to compare all of its values takes longer than what they save.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other
