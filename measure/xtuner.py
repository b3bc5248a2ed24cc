"""XTuner's shipped configs: is every value read right, and does the document's run get its patch?

    pip download --no-deps xtuner==0.1.11 && unzip -q xtuner-*.whl -d xtuner-src
    git clone -q https://github.com/InternLM/xtuner xtuner-github
    .venv/bin/python -m measure.xtuner wheel=xtuner-src GitHub=xtuner-github
    (--write puts the tables into docs/measured.md)

Reading: each config is run in a sandbox (sandboxed.py), and what it leaves behind says what is right
(reference_xtuner.py). The baseline searches for the lines that nearly all of these configs have.
The document's run: with its log, fp16-overflow and use-bf16 come first for each config that computes in
float16; the patch applies to the file itself, reads as bfloat16, and runs so in the sandbox.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kb
from app.inputs import paste, read
from app.patch import patch
from app.session import Session, known
from kb.model import Knowledge
from measure.reference_xtuner import values
from measure.sandboxed import namespace
from measure.tables import put
from probes import configs, files
from probes.merge import merge

LINE = "11/24 03:12:{0} - mmengine - INFO - Iter(train) [  {0}/9690]  lr: 2.0e-05  loss: {1}  grad_norm: {2}"
LOG = "\n".join(LINE.format(*row) for row in ((10, 1.8250, 0.8127), (20, "nan", "nan"), (30, "nan", "nan")))
FIRST_FIX = "use-bf16"
FORMATS = {"precision.compute", "precision.loaded", "precision.weights", "quantization.compute_dtype"}

# The line to search for, and what its first group is worth. A bare value stands for all configs.
SEARCH: dict[str, tuple[str, Any]] = {
    "optimizer.learning_rate": (r"^lr = (\S+)", float),
    "optimizer.name": (
        r"^optim_type = (\w+)",
        {"AdamW": "adamw", "PagedAdamW32bit": "paged_adamw_32bit"}.get,
    ),
    "optimizer.max_grad_norm": (r"^max_norm = (\S+)", float),
    "batch.accumulation": (r"^accumulative_counts = (\d+)", int),
    "batch.per_device": (r"^batch_size = (\d+)", int),
    "precision.compute": (r"^\s+dtype=['\"](\w+)['\"]", str),
    "precision.loaded": (r"torch_dtype=torch\.(\w+)", str),
    "quantization.bits": (r"load_in_(4|8)bit=True", int),
    "quantization.compute_dtype": (r"bnb_4bit_compute_dtype=torch\.(\w+)", str),
    "lora.enabled": (r"type=(LoraConfig)", bool),
    "schedule.warmup": (r"type=(LinearLR)", bool),
    "sequence.max_length": (r"^max_length = (\d+)", int),
    "model.name": (r"^(?:pretrained_model|llm)_name_or_path = ['\"](.+)['\"]", str),
    "gradient_checkpointing": (r"^(optim_wrapper)", bool),
}
OTHERWISE = {"quantization.bits": "none", "lora.enabled": False, "precision.loaded": "float32"}


@dataclass(frozen=True)
class Config:
    """One config: what it says when it runs, what whynan reads, and what a plain search finds."""

    path: Path
    right: Mapping[str, Any]
    read: Mapping[str, Any]
    searched: Mapping[str, Any]


def load(path: Path) -> Config:
    """Reads the config in all three ways."""
    text = path.read_text(encoding="utf-8")
    hits = {fact: re.search(pattern, text, re.M) for fact, (pattern, _) in SEARCH.items()}
    found = {fact: SEARCH[fact][1](hit[1]) for fact, hit in hits.items() if hit}
    names = namespace({path.name: text}, path.name)
    return Config(path, values(names), configs.read(text, path.name).values(), {**OTHERWISE, **found})


def share(loaded: Iterable[Config], fact: str) -> tuple[str, str]:
    """Right, missing and wrong values of one field; and how many a plain search has right."""
    kinds = Counter(
        "right" if config.read.get(fact) == right else "missing" if fact not in config.read else "wrong"
        for config in loaded
        for right in [config.right[fact]]
    )
    searched = sum(config.searched.get(fact) == config.right[fact] for config in loaded)
    return f"{kinds['right']} / {kinds['missing']} / {kinds['wrong']}", str(searched)


def judge(config: Config, knowledge: Knowledge) -> tuple[bool, ...]:
    """Whether cause and fix lead, and the patch reads as bfloat16 and runs so with all else as before."""
    given = read([config.path]) + paste(LOG, "train.log")
    facts = known(Session().read(*given.reports), knowledge)
    said = kb.diagnose(knowledge, facts.values(), assumed=facts.assumed())
    made = patch(knowledge.fixes[FIRST_FIX], dict(given.texts), "xtuner")
    name = config.path.name
    text = made.files.get(name, "") if made else ""
    after = merge(files.read_text(text, name)).values() if text else {}
    left = values(namespace({name: text}, name)) if text else {}
    changed = {fact for fact, value in config.right.items() if left.get(fact) != value}
    return (
        said.causes[0][0] == "fp16-overflow",
        said.fixes[0][0] == FIRST_FIX,
        after.get("precision.compute") == "bfloat16",
        left.get("precision.compute") == "bfloat16" and changed <= FORMATS,
    )


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """The rows as Markdown."""
    lines = [list(head), ["---"] * len(list(head)), *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sources", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    knowledge = kb.load()
    sources: dict[str, list[Config]] = {}
    runs: dict[str, list[tuple[bool, ...]]] = {}
    for name, _, folder in (source.partition("=") for source in arguments.sources):
        paths = sorted(Path(folder, "xtuner", "configs").rglob("*.py"))
        with ThreadPoolExecutor(2) as pool:
            every = list(pool.map(load, (path for path in paths if path.name != "__init__.py")))
        sources[name] = [config for config in every if config.right]
        print(f"{name}: {len(paths)} files, {len(sources[name])} of them training configs")
        runs[name] = []
        for config in sources[name]:
            wrong = {f: (config.read.get(f), v) for f, v in config.right.items() if config.read.get(f) != v}
            if wrong:
                print(config.path, "read, right:", wrong)
            if config.right["precision.compute"] == "float16":
                runs[name].append(judge(config, knowledge))
                if not all(runs[name][-1]):
                    print(config.path, "cause, fix, patch read, patch run:", runs[name][-1])
    facts = next(iter(sources.values()))[0].right
    reading = table(
        (
            "value",
            *(part for name in sources for part in (f"{name}: right / missing / wrong", "plain search")),
        ),
        [(fact, *(part for loaded in sources.values() for part in share(loaded, fact))) for fact in facts],
    )
    steps = (
        "fp16-overflow first",
        "use-bf16 first",
        "patched, reads as bfloat16",
        "patched, runs as bfloat16 and else as before",
    )
    ending = table(
        ("of the configs that compute in float16", *sources),
        [
            ("all", *(str(len(rows)) for rows in runs.values())),
            *(
                (step, *(str(sum(row[i] for row in rows)) for rows in runs.values()))
                for i, step in enumerate(steps)
            ),
        ],
    )
    print(reading, ending, sep="\n\n")
    if arguments.write:
        put("xtuner-reading", reading)
        put("xtuner", ending)


if __name__ == "__main__":
    main()
