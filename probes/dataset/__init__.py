"""Data sets for fine-tuning, raw or tokenised: whether something is left to learn, and which rows are bad."""

from __future__ import annotations

import json
import pathlib
import re
import typing

from probes.dataset import rows, survey
from probes.dataset.samples import sample
from probes.dataset.survey import Survey
from probes.report import Fact, ReadError, Report, Unknown

MANY = 0.05  # the share of rows from which on something is more than a few stray ones
HOW = "whynan scan FILE --max-length N --tokenizer tokenizer.json"
_LOGGED = {"loss", "step", "global_step", "eval_loss", "train_loss"}


def recognises(head: bytes) -> bool:
    """Whether a file's beginning is a table's, or a row of a known form in JSON lines or in a JSON array."""
    if rows.is_table(head):
        return True
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    text = text[1:].lstrip() if text.startswith("[") else text
    if not text.startswith("{"):
        return False
    try:
        row, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        # A row longer than the beginning: its first column tells.
        return bool(
            re.match(r'\{\s*"(?:messages|conversations?|input_ids|instruction|prompt|text)"\s*:', text)
        )
    return isinstance(row, dict) and not _LOGGED & set(row) and sample(row) is not None


def read(path: pathlib.Path, max_length: int | None = None, tokenizer: pathlib.Path | None = None) -> Survey:
    """Reads every row once. Raises ReadError, one line, for what cannot be read."""
    length = _length(tokenizer) if tokenizer else None
    try:
        return survey.survey(rows.read(path), max_length, length)
    except OSError as error:
        raise ReadError(f"{path.name}: cannot be read ({error.strerror}), give another file") from None


def report(found: Survey, name: str) -> Report:
    """The survey as facts, each with the first rows that say so."""
    facts: list[Fact] = []
    unknown: list[Unknown] = []
    labelled = found.forms.get("input_ids and labels", 0)
    texts = sum(count for form, count in found.forms.items() if not form.startswith("input_ids"))

    def say(fact: str, value: typing.Any, complaint: str) -> None:
        facts.append(Fact(fact, value, ", ".join([name, *first(found, complaint)])))

    if labelled or found.count(survey.NO_ANSWER_LEFT):
        masked = found.count(survey.MASKED) + found.count(survey.NO_ANSWER_LEFT)
        complaint = survey.MASKED if found.count(survey.MASKED) else survey.NO_ANSWER_LEFT
        say("data.fully_masked", _share(masked, max(labelled, found.measured)), complaint)
    else:
        why = "the rows are texts: the chat template and the maximum length decide which labels count"
        unknown.append(Unknown("data.fully_masked", why, HOW))
    if texts:
        say("data.empty_answers", _share(found.count(survey.EMPTY), texts), survey.EMPTY)
    if found.measured:
        say("data.truncated", found.count(survey.TOO_LONG) >= MANY * found.measured, survey.TOO_LONG)
    else:
        unknown.append(Unknown("data.truncated", "the maximum length, or the tokenizer, is not known", HOW))
    if found.rows:
        say("data.nonfinite", bool(found.count(survey.NOT_FINITE)), survey.NOT_FINITE)
    if found.hashed:
        say("data.duplicates", found.count(survey.DUPLICATE) / found.hashed, survey.DUPLICATE)
    return Report(name, "dataset", tuple(facts), tuple(unknown))


def abnormal(found: Survey) -> bool:
    """Whether something in it can break a run, duplicates and long rows aside where they are few."""
    few = {survey.DUPLICATE, survey.TOO_LONG}
    return any(
        tally.count > (MANY * found.rows if complaint in few else 0)
        for complaint, tally in found.tallies.items()
    )


def first(found: Survey, complaint: str) -> list[str]:
    """The first rows with the complaint, as words: "line 7"."""
    tally = found.tallies.get(complaint)
    return [f"{place.word} {place.number}" for place in tally.places] if tally else []


def _share(count: int, of: int) -> str:
    return "none" if not count else "all" if count >= of else "some"


def _length(path: pathlib.Path) -> survey.Length:
    """How many tokens a text has, by a tokenizer.json. Raises ReadError where it cannot be loaded."""
    try:
        import tokenizers
    except ImportError:
        raise ReadError("--tokenizer, needs a package that is not here, pip install tokenizers") from None
    try:
        loaded = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001 (its Rust half raises Exception itself)
        raise ReadError(f"{path.name}: is no tokenizer.json ({str(error)[:100]}), give another") from None
    loaded.no_truncation()
    return lambda text: len(loaded.encode(text, add_special_tokens=False).ids)
