"""What somebody tried before asking, and how it went: facts `tried.<fix>`.

Their values are worked, no-change, worse and other-symptom, as `whynan diagnose --tried` takes them.
"""

from __future__ import annotations

import typing

from probes import report
from probes.files import comparisons, states
from probes.files.patterns import Rules
from probes.files.sentences import Sentence
from probes.files.states import Clause

WORKED, NO_CHANGE, WORSE, OTHER_SYMPTOM = "worked", "no-change", "worse", "other-symptom"


def is_attempt(rules: Rules, text: str) -> bool:
    """Whether the sentence says that something was changed as a cure, so that it is no setting of the run."""
    if rules.stance.tries(text):
        return True
    return rules.stance.acts(text) and _outcome(rules, text) in (NO_CHANGE, WORSE)


def find(
    rules: Rules,
    sentences: list[Sentence],
    clauses: list[Clause],
    symptoms: dict[Sentence, set[str]],
    main: str | None,
    name: str,
) -> typing.Iterator[report.Fact]:
    """Each fix that was tried, once. `symptoms` holds what each sentence names, `main` what the run has.

    A fix and its outcome are joined as a comparison is ("lr 1e-6: same", "turned liger off, loss OK"). Where
    the outcome stands in a later sentence ("None of them helped"), it is that of all fixes named since the
    last. Where none stands anywhere, the trouble is still there, or nobody would report it.
    """
    outcomes: dict[str, report.Fact] = {}
    pending: dict[str, str] = {}
    listing = -1  # the block of the list that an attempt opens: "I tried:" and its items

    def tell(fixes: typing.Iterable[tuple[str, str]], outcome: str, state: str = report.ANSWERED) -> None:
        for fix, source in fixes:
            outcomes.setdefault(fix, report.Fact(f"tried.{fix}", outcome, source, state))

    for fix, result, line in _joined(rules, sentences, clauses):
        tell([(fix, f"{name}:{line}")], result)
    for sentence in sentences:
        outcome = _outcome(rules, sentence.text)
        if is_attempt(rules, sentence.text) or sentence.block == listing:
            if sentence.text.endswith((":", "：")):
                listing = sentence.block
            other = symptoms.get(sentence, set()) - {main}
            if outcome is None and main is not None and other:
                outcome = OTHER_SYMPTOM
            pending.update((fix, f"{name}:{sentence.line}") for fix in _fixes(rules, sentence.text))
        if outcome is not None:
            tell(pending.items(), outcome)
            pending = {}
    tell(pending.items(), NO_CHANGE, report.ASSUMED)
    yield from outcomes.values()


def _joined(
    rules: Rules, told: list[Sentence], clauses: list[Clause]
) -> typing.Iterator[tuple[str, str, int]]:
    """Fix, outcome and line, where the grammar of comparisons joins them. What is fine has to be changed for
    it: "in bf16 it works" is a comparison, "changed to bf16 and it works" an attempt too."""
    reader = comparisons.Reader(rules, told, clauses, rules.tried)
    for number, sentence in enumerate(told):
        text = sentence.text
        for pattern, state, clause in reader.read(number):
            if _outcome(rules, text) == WORSE:
                yield pattern.fact, WORSE, sentence.line
            elif state == states.SAME:
                yield pattern.fact, NO_CHANGE, sentence.line
            elif state == states.OTHER and rules.senses["no_more"].search(text):
                yield pattern.fact, OTHER_SYMPTOM, sentence.line
            elif state == states.FINE and rules.senses["cure"].search(clause.text):
                yield pattern.fact, WORKED, sentence.line


def _outcome(rules: Rules, text: str) -> str | None:
    for outcome, expression in rules.outcomes.items():
        match = expression.search(text)
        if match and not (outcome == "worked" and rules.stance.negated(text, *match.span())):
            return outcome
    return None


def _fixes(rules: Rules, text: str) -> typing.Iterator[str]:
    for pattern in rules.tried:
        for match in pattern.matches(text):
            if not (rules.stance.asked(text, *match.span()) or rules.stance.possible(text, *match.span())):
                yield pattern.fact
                break
