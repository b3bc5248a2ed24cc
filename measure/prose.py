"""How much of what people plainly say is read, and how much is read that they do not say.

    .venv/bin/python -m measure.prose           prints the table
    .venv/bin/python -m measure.prose --missed  and each fact that was missed or misread
    .venv/bin/python -m measure.prose --write   puts the table into docs/measured.md

measure/said has sentences as engineers write them, in English and Chinese, a line each: the `facts` that the
text states, those that it does `not` state though a careless reader takes them from it, and those that are
`open` to judgement, which count neither way. They were written before it was seen what is read of them, most
by somebody who had not seen the patterns; these were then widened on those that are marked `seen`. The
others tell how well new words are read.
A word for a symptom alone ("nan", "0", "not converging") is the baseline: what a search for it would say.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from measure.tables import put
from probes import files
from probes.merge import merge
from probes.report import ReadError, Value

SAID = Path(__file__).parent / "said"
LOOSE = ("gpu.name", "model.name")  # as the text has them, with more or fewer words
WORDS: dict[str, tuple[str, Value]] = {
    r"\bnan\b": ("loss.symptom", "nan-after-steps"),
    r"\binf\b": ("loss.symptom", "inf"),
    r"\bloss\W*(?:is|=|为|是)?\W*0\b": ("loss.symptom", "zero"),
    r"\bfp16\b|float16": ("precision.compute", "float16"),
    r"\bbf16\b|bfloat16": ("precision.compute", "bfloat16"),
    r"\blora\b": ("lora.enabled", True),
}


@dataclass
class Count:
    """Of some texts: the facts that they state, and how the reading of them went."""

    texts: int = 0
    right: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    made_up: list[str] = field(default_factory=list)

    def row(self, name: str) -> str:
        """A line of the table."""
        stated = self.right + len(self.missed) + len(self.wrong)
        shares = (f"{number / stated:.0%}" for number in (self.right, len(self.missed), len(self.wrong)))
        return f"| {name} | {self.texts} | {stated} | {' | '.join(shares)} | {len(self.made_up)} |"


def read(text: str) -> Mapping[str, Value]:
    """What whynan reads."""
    try:
        return merge(files.read_text(text, "report.txt")).values()
    except ReadError:
        return {}


def searched(text: str) -> Mapping[str, Value]:
    """What a search for words would say."""
    return dict(found for word, found in WORDS.items() if re.search(word, text, re.IGNORECASE))


def same(fact: str, said: Value, found: Value) -> bool:
    """Whether two values are the same; 1e-5 and 0.00001 are."""
    if fact in LOOSE:
        return str(said).lower() in str(found).lower() or str(found).lower() in str(said).lower()
    if isinstance(said, bool) or isinstance(found, bool) or isinstance(said, str):
        return str(said) == str(found)
    return not isinstance(found, str) and abs(said - found) <= 1e-9 * abs(said)


def judge(line: dict[str, object], found: Mapping[str, Value], count: Count) -> None:
    """Counts one text."""
    said: dict[str, Value] = line["facts"]  # type: ignore[assignment]
    count.texts += 1
    for fact, value in said.items():
        shown = f"{fact} = {value}, read {found.get(fact)}: {line['text']}"
        if fact not in found:
            count.missed.append(shown)
        elif same(fact, value, found[fact]):
            count.right += 1
        else:
            count.wrong.append(shown)
    for fact in line.get("not", ()):  # type: ignore[attr-defined]
        if fact in found and fact not in said and fact not in line.get("open", ()):  # type: ignore[operator]
            count.made_up.append(f"{fact} = {found[fact]}: {line['text']}")


def lines(language: str) -> Iterator[dict[str, object]]:
    """The texts of a language."""
    for line in (SAID / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--missed", action="store_true")
    arguments = parser.parse_args()
    table = [
        "| texts | number | facts stated | right | missed | wrong | made up |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for language in ("en", "zh"):
        new, seen, words = Count(), Count(), Count()
        for line in lines(language):
            judge(line, read(str(line["text"])), seen if line.get("seen") else new)
            if not line.get("seen"):
                judge(line, searched(str(line["text"])), words)
        table += [new.row(f"{language}, new"), words.row(f"{language}, new, by a search for words")]
        table.append(seen.row(f"{language}, seen"))
        if arguments.missed:
            print("\n".join([*seen.missed, *seen.wrong, *seen.made_up]))
    print("\n".join(table))
    if arguments.write:
        put("prose", "\n".join(table))


if __name__ == "__main__":
    main()
