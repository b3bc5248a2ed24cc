"""Finds entries by words in English or Chinese: SQLite's full-text index (FTS5), in memory, built once."""

from __future__ import annotations

import re
import sqlite3
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from kb.model import WORDS, Advisory, Cause, Fact, Fix, Knowledge, Section, Text

Entry: TypeAlias = Cause | Fix | Advisory | Section

# A run of Chinese, or a word; "float16", "65504" and "1e" are words.
_RUN = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff_]+")
# A hit counts most in the id or the title, then in the text, least in what stands around it.
_RANKED = "SELECT id FROM entry WHERE entry MATCH ? ORDER BY bm25(entry, 0.0, 8.0, 1.0, 0.5), id"
_SEEN = WORDS["seldom"]  # what an entry's signs give less than this is no reason to find it
_LONGEST = 40  # words of a question; whoever pastes a page is answered by its beginning
_LOCK = threading.Lock()  # one connection for all sessions of the server


def entries(knowledge: Knowledge) -> dict[str, Mapping[str, Entry]]:
    """All entries by table and id; no two of them share an id."""
    sections = knowledge.document.sections if knowledge.document else {}
    return {
        "causes": knowledge.causes,
        "fixes": knowledge.fixes,
        "advisories": knowledge.advisories,
        "sections": sections,
    }


def search(knowledge: Knowledge, words: str) -> tuple[str, ...]:
    """The ids of the entries that hold all of `words`, best first; where none does, those that hold any.

    A word counts from its beginning: "overf" finds "overflow". Nothing is found for no words.
    """
    asked = [f'"{token}"*' for token in list(_tokens(words, asked=True))[:_LONGEST]]
    if not asked:
        return ()
    return _match(knowledge, " AND ".join(asked)) or _match(knowledge, " OR ".join(asked))


def _match(knowledge: Knowledge, query: str) -> tuple[str, ...]:
    with _LOCK:
        return tuple(name for (name,) in _index(knowledge).execute(_RANKED, (query,)))


@lru_cache(maxsize=2)
def _index(knowledge: Knowledge) -> sqlite3.Connection:
    """Raises sqlite3.OperationalError where SQLite was built without FTS5."""
    base = sqlite3.connect(":memory:", check_same_thread=False)
    base.execute("CREATE VIRTUAL TABLE entry USING fts5(id UNINDEXED, title, text, around)")
    for table in entries(knowledge).values():
        for name, entry in table.items():
            columns = (" ".join(_tokens(text)) for text in _texts(knowledge, name, entry))
            base.execute("INSERT INTO entry VALUES (?, ?, ?, ?)", (name, *columns))
    return base


def _texts(knowledge: Knowledge, name: str, entry: Entry) -> tuple[str, str, str]:
    """The id and the titles; the prose; the library, the signs, the titles of its sources."""
    prose: list[Text | None] = [getattr(entry, part, None) for part in ("explanation", "steps", "text")]
    around: list[str] = []
    if not isinstance(entry, Section):
        around += [reference.title for reference in entry.references]
    if isinstance(entry, Advisory):
        around += [entry.package, entry.affected, entry.fixed or ""]
    if isinstance(entry, Cause | Advisory):
        around += [_sign(knowledge.facts[fact], chances) for fact, chances in entry.signs.items()]
    return (
        f"{name} {entry.title.en} {entry.title.zh}",
        " ".join(f"{text.en} {text.zh}" for text in prose if text),
        " ".join(around),
    )


def _sign(fact: Fact, chances: Mapping[str, float]) -> str:
    """A sign's fact and its likely values, as they are written and as people read them."""
    likely = [value for value, chance in chances.items() if chance >= _SEEN]
    labels = (fact.values[value] for value in likely if value in fact.values)
    return " ".join([fact.id, *likely, *(f"{label.en} {label.zh}" for label in labels)])


def _tokens(text: str, asked: bool = False) -> Iterator[str]:
    """Words in lower case; Chinese, which has no spaces, as pairs of neighbouring characters.

    In a text the last character of a run stands alone too, so that one character finds it by prefix.
    """
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if not "\u3400" <= run[0] <= "\u9fff":
            yield run
            continue
        yield from ("".join(pair) for pair in pairwise(run))
        if not asked or len(run) == 1:
            yield run[-1]
