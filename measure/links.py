"""How long links are, and what becomes of damaged ones.

    .venv/bin/python -m measure.links ../shared/cases          prints the tables
    .venv/bin/python -m measure.links ../shared/cases --write  puts them into docs/measured.md

Lengths: of each shared case and each case of the knowledge, as its files give it; and of full diagnoses (27
facts read, 25 answers, 2 tried fixes, drawn evenly from the vocabulary; with a run's curve, too). Beside each
stands the same JSON in base64url, deflated without the dictionary, and plain. What becomes of a damaged link
is right when it is told in one sentence; only where somebody forged the checksum, too, may it open as another
sound diagnosis. Times are the processor's: other programs do not count.
"""

from __future__ import annotations

import argparse
import base64
import math
import random
import re
import statistics
import string
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import yaml

import kb
from app import inputs, link
from app.conclusion import conclude, said
from app.session import Session
from kb.load import HERE
from kb.model import Fact, Knowledge, Plain
from measure.link_words import MET
from measure.tables import put
from probes import report
from probes.report import Report

ALPHABET = string.ascii_letters + string.digits + "-_"
SENTENCE = re.compile(r"The link [^\n]{5,200}\.")
FULL = 200  # diagnoses drawn at random


def stamped(knowledge: Knowledge, session: Session) -> Session:
    """As pages and commands make links of it."""
    return session.stamp(knowledge.version, said(conclude(knowledge, session)))


def cases(folder: Path) -> list[Session]:
    """The shared cases."""
    found = [case / "artifacts" for case in sorted(folder.iterdir()) if (case / "artifacts").is_dir()]
    return [Session().read(*inputs.read(sorted(case.iterdir())).reports) for case in found]


def own_cases() -> list[Session]:
    """The cases beside the knowledge's causes."""
    sessions = []
    for path in sorted(HERE.glob("causes/*/*.test.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            session = Session()
            for name, text in case.get("files", {}).items():
                session = session.read(*inputs.paste(text, name).reports)
            for fact, value in case.get("facts", {}).items():
                session = session.answer(fact, value)
            sessions.append(session)
    return sessions


def full(knowledge: Knowledge, seed: int, curve: bool) -> Session:
    """A full diagnosis: 27 facts of 3 files, 25 answers, 2 tried fixes, and 60 points of a curve of 500."""
    rng = random.Random(seed)
    rows = [(fact.id, value(fact, rng)) for fact in rng.sample(list(knowledge.facts.values()), 52)]
    read = [report.Fact(name, given, f"file:{rng.randrange(1, 400)}") for name, given in rows[:27]]
    kinds = ("config", "command", "environment")
    reports = [Report(kind, kind, tuple(read[i::3])) for i, kind in enumerate(kinds)]
    if curve:
        points = tuple((10 * i, 3 - math.log1p(i) / 2 + rng.gauss(0, 0.05)) for i in range(500))
        reports.append(Report("log", "log", curve=points))
    fixes = rng.sample(list(knowledge.fixes), 2)
    tried = ((fixes[0], "no-change"), (fixes[1], "worse"))
    return Session(tuple(reports), tuple(rows[27:]), tried)


def value(fact: Fact, rng: random.Random) -> Plain:
    """A value as files and people give it: numbers with three digits, versions, names."""
    if fact.kind == "number":
        return float(f"{10 ** rng.uniform(-6, 4):.3g}")
    if fact.kind == "text":
        version = ".".join(str(rng.randrange(20)) for _ in range(3))
        return version if fact.id.startswith("version.") else f"{rng.choice(MET[:5])}-{rng.randrange(100)}"
    values: list[Plain] = [True, False] if fact.kind == "bool" else [*fact.typical]
    return rng.choice(values or ["other"])


def lengths(name: str, sessions: list[Session], knowledge: Knowledge) -> str:
    """A row: how many, then median and most characters, ours and the two plain forms."""
    links = [link.encode(stamped(knowledge, session)) for session in sessions]
    plain = [_content(text) for text in links]
    forms = (
        [len(text) for text in links],
        [_base64(zlib.compress(text, 9)) for text in plain],
        [_base64(text) for text in plain],
    )
    cells = " | ".join(f"{statistics.median(form):.0f} | {max(form)}" for form in forms)
    return f"| {name} | {len(links)} | {cells} |"


def _base64(data: bytes) -> int:
    return len(base64.urlsafe_b64encode(data).rstrip(b"="))


def _content(text: str) -> bytes:
    """The JSON in a link."""
    raw = base64.urlsafe_b64decode(text[1:] + "=" * (-(len(text) - 1) % 4))
    return zlib.decompressobj(-15, link._WORDS[text[0]]).decompress(raw[4:])


def _packed(content: bytes) -> str:
    """A link with a right checksum round any content."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, link._WORDS[link.VERSION])
    return _checked(packer.compress(content) + packer.flush())


def _checked(packed: bytes) -> str:
    raw = link._checksum(packed) + packed
    return link.VERSION + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _changed(text: str, rng: random.Random) -> str:
    letters = list(text)
    for place in rng.sample(range(len(text)), rng.randint(1, 3)):
        letters[place] = rng.choice(ALPHABET)
    return "".join(letters)


def _dropped(text: str, rng: random.Random) -> str:
    place, length = rng.randrange(len(text)), rng.randint(1, 5)
    return text[:place] + text[place + length :]


def _doubled(text: str, rng: random.Random) -> str:
    place, length = rng.randrange(len(text)), rng.randint(1, 5)
    return text[: place + length] + text[place:]


def _swapped(text: str, rng: random.Random) -> str:
    place = rng.randrange(len(text) - 1)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text))]


def _foreign(text: str, rng: random.Random) -> str:
    place = rng.randrange(len(text))
    return text[:place] + rng.choice(" =+/%#&.<>\"'\n\t诊\0") + text[place:]


def _deflate(text: str, rng: random.Random) -> str:
    """Bits changed in what is packed, and the checksum made anew: what an attacker would send."""
    raw = bytearray(base64.urlsafe_b64decode(text[1:] + "=" * (-(len(text) - 1) % 4))[4:])
    for _ in range(rng.randint(1, 3)):
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return _checked(bytes(raw))


def _json(text: str, rng: random.Random) -> str:
    """Characters changed in the JSON, and packed anew."""
    content = bytearray(_content(text))
    for _ in range(rng.randint(1, 3)):
        content[rng.randrange(len(content))] = rng.choice(b'[]{}",:0159eE.-anull\\ \x00\xff')
    return _packed(bytes(content))


DAMAGE: dict[str, Callable[[str, random.Random], str]] = {
    "characters changed": _changed,
    "characters dropped": _dropped,
    "characters doubled": _doubled,
    "two characters swapped": _swapped,
    "cut short": _cut,
    "a character that no link has": _foreign,
    "packed bits changed, checksum right": _deflate,
    "content changed, checksum right": _json,
}


def damage(links: list[str], number: int) -> str:
    """The table of damaged links, by kind. Raises SystemExit where one is not told in a sentence."""
    rng = random.Random(0)
    told, same, opened = Counter[str](), Counter[str](), Counter[str]()
    slowest: Counter[str] = Counter()
    times: list[float] = []
    for i in range(number):
        kind = list(DAMAGE)[i % len(DAMAGE)]
        good = rng.choice(links)
        bad = DAMAGE[kind](good, rng)
        start = time.process_time()
        try:
            session = link.decode(bad)
        except link.LinkError as error:
            if not SENTENCE.fullmatch(str(error)):
                raise SystemExit(f"{bad!r}: {error!r} is no sentence") from error
            told[kind] += 1
        else:
            (same if session == link.decode(good) else opened)[kind] += 1
        times.append(time.process_time() - start)
        slowest[kind] = max(slowest[kind], times[-1])  # type: ignore[assignment]
    lines = [
        f"{number:,} damaged links: each is told in one sentence, or is sound. Opening took "
        f"{statistics.median(times) * 1000:.2f} ms in the median, {max(times) * 1000:.1f} ms at most.",
        "",
        "| damage | one sentence | the same diagnosis | another, sound one | slowest |",
        "|---|---:|---:|---:|---:|",
    ]
    for kind in DAMAGE:
        cells = f"{told[kind]:,} | {same[kind]:,} | {opened[kind]:,} | {slowest[kind] * 1000:.1f} ms"
        lines.append(f"| {kind} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--number", type=int, default=100_000)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    knowledge = kb.load()
    real, own = cases(arguments.folder), own_cases()
    drawn = {curve: [full(knowledge, seed, curve) for seed in range(FULL)] for curve in (False, True)}
    rows = [
        "| links of | number | ours: median | most | deflate alone: median | most | plain: median | most |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        lengths("shared cases", real, knowledge),
        lengths("cases of the knowledge", own, knowledge),
        lengths("full diagnoses", drawn[False], knowledge),
        lengths("full diagnoses with a curve", drawn[True], knowledge),
    ]
    good = [link.encode(stamped(knowledge, session)) for session in (*real, *own, *drawn[True][:50])]
    text = "\n".join([*rows, "", damage(good, arguments.number)])
    print(text)
    if arguments.write:
        put("links", text)


if __name__ == "__main__":
    main()
