"""A model's tensors against the files beside it: config.json and the tokenizer's."""

from __future__ import annotations

import json
import pathlib
import re
import typing

from probes.checkpoints import weights
from probes.checkpoints.counts import Counts, is_embedding
from probes.checkpoints.listing import ABNORMAL, DAMAGE, Finding

LARGEST = 20_000_000  # bytes of a JSON file beside a model
_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks)\.(\d+)\.")
_PROJECTED = ("word_embed_proj_dim", "embedding_size")  # models whose embedding is narrower than they are


def judge(folder: pathlib.Path, counts: typing.Sequence[Counts], whole: bool) -> typing.Iterator[Finding]:
    """Sizes that are not config.json's, layers that are missing, tokens without a trained row.

    `whole` is False for one shard of several, of which no layer is missed.
    """
    config = json_object(folder / "config.json")
    parts = [config, *(config[name] for name in ("text_config", "llm_config") if name in config)]
    known = {name: value for part in parts if isinstance(part, dict) for name, value in part.items()}
    embeddings = [one for one in counts if is_embedding(one.tensor)]
    for one in embeddings:
        for grade, what in [*_sizes(one, known), *_tokens(one, folder)]:
            yield Finding(grade, one.tensor.path.name, one.tensor.name, what)
    layers = {int(found[1]) for one in counts for found in [_LAYER.search(one.tensor.name)] if found}
    count = known.get("num_hidden_layers")
    if whole and layers and type(count) is int and count <= 10_000:
        missing = sorted(set(range(count)) - layers)
        if missing:
            what = f"layers {weights.spans(missing)} of {count} have no tensor"
            yield Finding(DAMAGE, folder.name, "", what)


def used_untrained(folder: pathlib.Path, one: Counts) -> list[str]:
    """The special tokens that the chat template writes though their rows were never trained."""
    tokens, template = _special_tokens(folder)
    if not tokens:
        return []
    rows = set(weights.untrained(one))
    return [token for row, token in sorted(tokens.items()) if row in rows and token in template]


def _sizes(one: Counts, known: dict[str, typing.Any]) -> typing.Iterator[tuple[str, str]]:
    rows, columns = one.tensor.shape
    vocabulary, hidden = known.get("vocab_size"), known.get("hidden_size")
    if type(vocabulary) is int and rows != vocabulary:
        yield DAMAGE, f"has {rows} rows, config.json has vocab_size {vocabulary}"
    if type(hidden) is int and columns != hidden and not any(name in known for name in _PROJECTED):
        yield DAMAGE, f"has {columns} columns, config.json has hidden_size {hidden}"


def _tokens(one: Counts, folder: pathlib.Path) -> typing.Iterator[tuple[str, str]]:
    tokens, _ = _special_tokens(folder)
    beyond = sorted(token for row, token in tokens.items() if row >= one.tensor.shape[0])
    if beyond:
        yield ABNORMAL, f"has {one.tensor.shape[0]} rows, none for {', '.join(beyond[:4])} of the tokenizer"
    used = used_untrained(folder, one)
    if used:
        yield ABNORMAL, f"the chat template writes {', '.join(used[:4])}, whose rows were never trained"


def _special_tokens(folder: pathlib.Path) -> tuple[dict[int, str], str]:
    """The tokenizer's added tokens by their row, and the text of its chat template."""
    config = json_object(folder / "tokenizer_config.json")
    added = config.get("added_tokens_decoder")
    tokens = {
        int(row): item["content"]
        for row, item in (added.items() if isinstance(added, dict) else ())
        if row.isdecimal() and isinstance(item, dict) and isinstance(item.get("content"), str)
    }
    template = config.get("chat_template")
    try:
        beside = (folder / "chat_template.jinja").read_text(encoding="utf-8", errors="replace")
    except OSError:
        beside = ""
    return tokens, (template if isinstance(template, str) else json.dumps(template or "")) + beside


def json_object(path: pathlib.Path) -> dict[str, typing.Any]:
    """The JSON object in a file; empty where there is none."""
    try:
        if path.stat().st_size > LARGEST:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
