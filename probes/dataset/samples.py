"""A row as a sample: what is asked, what is answered, and where the row is tokenised already, its labels."""

from __future__ import annotations

import dataclasses
import json
import typing

from probes.dataset.rows import Row

# Column by column, as the public sets and the frameworks call them.
_ANSWERS = ("output", "completion", "response", "answer", "chosen", "target")
_PROMPTS = ("system", "instruction", "prompt", "query", "question", "input", "context")
_CHATS = ("messages", "conversations", "conversation")
_ASKING = ("user", "human", "system", "tool", "observation", "function")


@dataclasses.dataclass(frozen=True)
class Sample:
    """`form` names the columns, `answers` are the texts to learn, `tokens` is the number of input_ids."""

    form: str
    prompt: str = ""
    answers: tuple[str, ...] = ()
    labels: typing.Sequence[typing.Any] | None = None
    tokens: int | None = None


def sample(row: Row) -> Sample | None:
    """The sample in a row, None where its columns are of no known form."""
    if isinstance(row.get("input_ids"), list):
        labels = row.get("labels")
        return Sample(
            "input_ids and labels" if isinstance(labels, list) else "input_ids",
            labels=labels if isinstance(labels, list) else None,
            tokens=len(row["input_ids"]),
        )
    for name in _CHATS:
        if isinstance(row.get(name), list):
            return _chat(name, row[name])
    for name in _ANSWERS:
        if name in row and any(prompt in row for prompt in _PROMPTS):
            answer = row[name]
            if isinstance(answer, list) and name == "chosen":
                return dataclasses.replace(_chat(name, answer), form="chosen")
            prompts = [_text(row[prompt]) for prompt in _PROMPTS if prompt in row]
            return Sample(f"prompt and {name}", "\n".join(filter(None, prompts)), (_text(answer),))
    return Sample("text", answers=(_text(row["text"]),)) if "text" in row else None


def _chat(form: str, turns: list[typing.Any]) -> Sample:
    """Roles and texts (messages), from and value (ShareGPT), or input and output (XTuner)."""
    prompts, answers = [], []
    for turn in turns:
        if not isinstance(turn, dict):
            continue
        if "output" in turn:
            prompts.append(_text(turn.get("input")))
            answers.append(_text(turn["output"]))
            continue
        text = _text(turn.get("content", turn.get("value")))
        asking = str(turn.get("role", turn.get("from"))).lower() in _ASKING
        called = not text and bool(turn.get("tool_calls"))  # an answer that calls a tool has no text
        if asking or called:
            prompts.append(text)
        else:
            answers.append(text)
    return Sample(form, "\n".join(prompts), tuple(answers))


def _text(value: typing.Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
