"""The words that a link's deflate finds at once, for a next version of the form: made from the knowledge.

    .venv/bin/python -m measure.link_words app/link_v3.txt

A file that links were made with never changes: this refuses to write over one.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import kb
from kb.belief import OUTCOMES
from kb.model import Fact, Knowledge

# The values of free text that are met most often.
MET = (
    "NVIDIA A100-SXM4-80GB",
    "NVIDIA H100 80GB HBM3",
    "NVIDIA GeForce RTX 4090",
    "Tesla V100-SXM2-32GB",
    "meta-llama/Meta-Llama-3-8B-Instruct",
    "Qwen/Qwen2.5-7B-Instruct",
    "internlm/internlm2-chat-7b",
    "2.1.0+cu121",
    "paged_adamw_8bit",
    *('"log",', '"report",', '"command",', '"machine",', '"trainer_state",'),
)


def words(knowledge: Knowledge) -> str:
    """What links say, the rarest first: deflate tells a near place in fewer bits."""
    rare = [_row(fact) for fact in knowledge.facts.values() if not fact.typical]
    usual = [_row(fact) for fact in knowledge.facts.values() if fact.typical]
    tried = [json.dumps([fix, outcome]) for fix in knowledge.fixes for outcome in OUTCOMES[1:2]]
    said = [json.dumps([name, 12]) for name in (*knowledge.causes, *knowledge.fixes)]
    outcomes = [json.dumps(outcome) for outcome in OUTCOMES]
    return "".join((*MET, *rare, *tried, *said, *outcomes, *usual)).replace(" ", "")


def _row(fact: Fact) -> str:
    """A fact as a config's row has it, with its likeliest value, and its other values."""
    values = sorted(fact.typical, key=lambda value: -fact.typical[value])
    first = {"bool": True, "number": 1}.get(fact.kind, values[0] if values else "")
    others = ",".join(json.dumps(value) for value in values[1:]) if fact.kind == "choice" else ""
    return json.dumps(["config", fact.id, first, "m", 41]) + others


def main() -> None:
    """Writes a new file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", type=Path)
    with parser.parse_args().path.open("x", encoding="utf-8") as file:
        file.write(words(kb.load()))


if __name__ == "__main__":
    main()
