"""What is said of another run beside the sick one: "fine on one GPU", "fp32 gives the same NaN".

A comparison joins a variant and a state, whatever the fact. The variants are a table (prose.yaml,
`comparisons`), the words for states are shared (prose.yaml, `stance`):

    in one clause        "in fp32 it works", "fp32 gives the same NaN"
    in two               "With one GPU, no NaN", "Tried SGD. Same."
    by contrast          "fp16 is NaN, fp32 isn't", "NaN, but not with sdpa", "NaN unless liger is off"
    by what is blamed    "only with flash attention", "fine until I enable liger"
    whatever it is       "no matter whether liger is on or off"

A variant that is fine gives True, one with the same trouble False. A sick variant alone gives nothing:
it may be the run that is reported.
"""

from __future__ import annotations

import collections
import re
import typing

from probes.files.patterns import Pattern, Rules, Said
from probes.files.sentences import Sentence
from probes.files.states import FINE, NUMBER, OTHER, SAME, SICK, Clause

Variant = tuple[Pattern, typing.Optional[re.Match[str]]]  # what it means; where it is named, if it is
_BACK = 2  # sentences in which "without it" looks for what it is
_HEADED = re.compile(r"(?i)^\W*(?:\w+ )?(?:setup|config\w*|environment|hardware|system|versions?)\s?:")
_BRIEF = 45  # characters
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)*(?![\w])")


def find(rules: Rules, told: list[Sentence], clauses: list[Clause]) -> typing.Iterator[Said]:
    """Each comparison, with the line that names its variant. `clauses` are those of the sentences."""
    reader = Reader(rules, told, clauses, rules.comparisons)
    for number, sentence in enumerate(told):
        found = [(pattern, state == FINE) for pattern, state, _ in reader.read(number) if state != OTHER]
        certain = [one for one in found if not one[0].weak]
        for pattern, value in certain or [one for one in found if one[0] is found[0][0]]:
            yield Said(pattern, value, sentence.line)


class Reader:
    """The grammar, for the variants that `patterns` name: other runs, or the fixes that were tried."""

    def __init__(
        self, rules: Rules, told: list[Sentence], clauses: list[Clause], patterns: tuple[Pattern, ...]
    ) -> None:
        self._rules = rules
        self._patterns = patterns
        self._is = rules.senses
        self._told = told
        self._clauses = clauses
        self._states: dict[int, set[str | None]] = collections.defaultdict(set)  # of each sentence
        for clause in clauses:
            self._states[clause.sentence].add(clause.state)
        self._telling = [self._tells(number) for number in range(len(told))]
        self._variants = [tuple(self._named(clause)) for clause in clauses]

    def _named(self, clause: Clause) -> typing.Iterator[Variant]:
        """The variants of a clause; "without it" is one of what was named last."""
        if not self._telling[clause.sentence]:
            return
        for pattern in self._patterns:
            for match in pattern.matches(clause.text):
                yield pattern, match
        text, number = self._told[clause.sentence].text, clause.sentence
        anaphor = self._is["without_it"].search(text, clause.start, clause.end)
        if anaphor is not None:
            before = " ".join(s.text for s in self._told[max(0, number - _BACK) : number])
            before += " " + text[: anaphor.start()]
            last = {
                pattern: match.end()
                for pattern in self._patterns
                if pattern.suspect is not None and pattern.fact.endswith(("without_ok", "attention.other_ok"))
                for match in pattern.suspect.finditer(before)
                if not before.endswith((" from ", " of "), 0, match.start())
            }
            if last:
                yield max(last, key=lambda pattern: last[pattern]), None

    def _tells(self, number: int) -> bool:
        """Whether a sentence may hold a comparison at all: most do not, and their variants need no search."""
        states = self._states[number] | self._states[number + 1]
        words = ("blames", "spares", "moved", "whatever")
        return bool(states & {FINE, SAME, NUMBER}) or (
            SICK in states and any(self._is[word].search(self._told[number].text) for word in words)
        )

    # --- joined ---------------------------------------------------------------------------------------

    def read(self, number: int) -> typing.Iterator[tuple[Pattern, str, Clause]]:
        """The comparisons of one sentence: variant, whether it is FINE, the SAME or OTHER, clause."""
        clauses = [index for index, clause in enumerate(self._clauses) if clause.sentence == number]
        states = {self._clauses[index].state for index in clauses}
        text = self._told[number].text
        whatever = FINE not in states and self._is["whatever"].search(text)
        for index in clauses:
            clause = self._clauses[index]
            for pattern, match in self._variants[index]:
                state = SAME if whatever else self._state_of(index, pattern)
                if state == FINE and match is not None and self._is_left(clause.text, match):
                    continue
                spared = state == SICK and match is not None and self._is_spared(clause.text, match)
                if spared or (state == FINE and self._is_smaller(index, match)):
                    yield pattern, FINE, clause
                elif state in (SAME, OTHER):
                    yield pattern, state, clause
            for pattern, state in self._blamed(index, SICK in states, bool(whatever)):
                yield pattern, state, clause

    def _state_of(self, index: int, pattern: Pattern) -> str | None:
        """How the variant of a clause went: as the clause says, else the next that has no other variant, else
        the one before; None where it stays open, or where the same run went wrong afterwards."""
        own = self._clauses[index]
        if own.state is not None:
            return self._lasting(index, own.state)
        if self._is["at_first"].search(own.text) or self._is["setup"].search(own.text):
            return None
        for follower in self._after(index):
            clause = self._clauses[follower]
            if clause.state is not None:
                others = [
                    other
                    for other, _ in self._variants[follower]
                    if other.fact != pattern.fact and not other.weak
                ]
                return None if others else self._lasting(follower, clause.state)
        before = self._clauses[index - 1] if index else None
        if before is not None and before.sentence == own.sentence and not self._variants[index - 1]:
            return before.state if before.state != SICK and self._is["adds"].search(own.text) else None
        return None

    def _after(self, index: int) -> typing.Iterator[int]:
        """The clauses that may go on with what clause `index` says: of its sentence, or of the next."""
        sentence = self._clauses[index].sentence
        for follower in range(index + 1, len(self._clauses)):
            clause = self._clauses[follower]
            if clause.sentence == sentence or (
                clause.sentence == sentence + 1
                and self._is["goes_on"].search(self._told[clause.sentence].text)
                and self._opens(self._told[sentence].text)
                and all(c.state is None for c in self._clauses if c.sentence == sentence)
            ):
                yield follower
            else:
                return

    def _opens(self, text: str) -> bool:
        """Whether the state of a sentence may be in the next: it is brief, or tells of an attempt."""
        return not _HEADED.search(text) and (
            len(text) < _BRIEF or self._rules.stance.tries(text) or self._rules.stance.acts(text)
        )

    def _lasting(self, index: int, state: str) -> str | None:
        """The state of clause `index`; OTHER if the same run went wrong afterwards ("then it is NaN")."""
        clause = self._clauses[index]
        if state == NUMBER:
            near = (
                other for other in self._clauses if clause.sentence - 1 <= other.sentence <= clause.sentence
            )
            return FINE if any(other.state == SICK for other in near) else None
        later = self._clauses[index + 1 : index + 2]
        if state == FINE and any(
            one.sentence == clause.sentence and one.state == SICK and self._is["afterwards"].search(one.text)
            for one in later
        ):
            return OTHER
        return state

    def _is_smaller(self, index: int, match: re.Match[str] | None) -> bool:
        """Whether the number of a fine variant, if it has one, is below that of what is sick."""
        groups = {name: text for name, text in match.groupdict().items() if text} if match else {}
        if not groups:
            return True
        (name, text), *_ = groups.items()
        clause = self._clauses[index]
        sick = [
            _parts(number)
            for at, other in enumerate(self._clauses)
            if other.state == SICK and abs(other.sentence - clause.sentence) <= 1
            for part in self._clauses[max(0, at - 1) : at + 1]
            if part is other or part.state is None
            for number in _NUMBER.findall(part.text)
        ]
        if name == "less":
            return any(_parts(text) < number for number in sick)
        return not (
            self._is["newer"].search(clause.text) or any(len(n) > 1 and n < _parts(text) for n in sick)
        )

    def _is_spared(self, text: str, match: re.Match[str]) -> bool:
        """Whether the trouble of a sick clause is not with the variant: "unless in fp32", "since we went from
        fp32 to bf16"."""
        return bool(self._is["spares"].search(text[: match.start()]) or self._is_left(text, match))

    def _is_left(self, text: str, match: re.Match[str]) -> bool:
        """Whether the variant is what was given up: "going from bf16 to fp32 cured it"."""
        start = match.end() - len(match[0].lstrip())
        return bool(self._is["from"].search(text[:start]) and self._is["to"].match(text[match.end() :]))

    def _blamed(self, index: int, sick: bool, whatever: bool) -> typing.Iterator[tuple[Pattern, str]]:
        """Whatever is named by "only with X" or "no matter whether X", itself no variant."""
        clause = self._clauses[index]
        for pattern in self._patterns:
            match = pattern.suspect.search(clause.text) if pattern.suspect is not None else None
            if match is None or any(
                other.fact == pattern.fact and not other.weak and not _within(variant, match)
                for other, variant in self._variants[index]
            ):
                continue
            blames = self._is["blames"].search(clause.text[: match.start()])
            if whatever:
                yield pattern, SAME
            elif blames and (blames[0].lower() == "until" or (sick and clause.state in (SICK, None))):
                yield pattern, FINE
            elif clause.state == SICK and self._is["blamed_after"].match(clause.text[match.end() :]):
                yield pattern, FINE  # "装了flash-attn之后才nan"


def _within(inner: re.Match[str] | None, outer: re.Match[str]) -> bool:
    return inner is not None and outer.start() <= inner.start() and inner.end() <= outer.end()


def _parts(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))
