"""A diagnosis as a link: facts, answers, tried fixes, a thinned curve and the knowledge base's version.

No text of the user's files travels in it: of a source ("/home/me/secret.py:41") only its kind and line do,
of a model's path only its last part.
A link is "2" (the version of its form) and the base64url of a checksum and deflated JSON. Opening one is
bounded in size, and every value is checked again. Links of every older version open for ever
(tests/app/links); version 1 does not hold what was said.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app import curve as curves
from app.session import Said, Session
from probes.merge import merge
from probes.report import ANSWERED, ASSUMED, MEASURED, Fact, Report, Value, shareable

VERSION = "2"
MOST_CHARACTERS = 8_000  # nginx, by default, cuts a request line at 8 KB
MOST_BYTES = 64_000
MOST_ITEMS = 400
MOST_SAID = 20
CURVE_POINTS = 60

# Deflate finds these words at once. A file belongs to its version of the form and never changes; a new one
# brings another file (measure/link_words.py).
_WORDS = {
    version: Path(__file__).with_name(f"link_v{version}.txt").read_bytes() for version in ("1", VERSION)
}
_STATES = {"m": MEASURED, "a": ANSWERED, "d": ASSUMED}
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class LinkError(Exception):
    """A link that cannot be opened: one sentence for the person who tried."""


def encode(session: Session) -> str:
    """The session as the value of `?d=`: letters, digits, - and _ only."""
    merged = merge(session.reports)
    kinds = {fact: report.kind for report in reversed(session.reports) for fact in report.facts}
    facts = [[kinds.get(fact, ""), *_row(fact)] for fact in merged.facts]
    bad = merged.values().get("loss.first_bad_step")
    thinned = curves.thin(merged.curve, CURVE_POINTS, bad if isinstance(bad, int) else None)
    answers = [[name, None if value is None else shareable(value)] for name, value in session.answers]
    tried = [list(item) for item in session.tried]
    said = [[list(item) for item in part] for part in (session.said.causes, session.said.fixes)]
    data = [session.knowledge, facts, curves.pack(thinned), answers, tried, said]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, _WORDS[VERSION])
    packed = packer.compress(text) + packer.flush()
    return VERSION + base64.urlsafe_b64encode(_checksum(packed) + packed).decode().rstrip("=")


def decode(link: str) -> Session:
    """The session that `encode` packed. Raises LinkError, with one sentence, on anything else."""
    if not link:
        raise LinkError("The link is empty.")
    if len(link) > MOST_CHARACTERS:
        raise LinkError(f"The link is longer than any that whynan makes ({len(link)} characters).")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", link):
        raise LinkError("The link holds characters that whynan's links never have; copy it again, whole.")
    if link[0] not in _WORDS:
        raise LinkError("The link was made by another version of whynan, or is not whynan's.")
    try:
        raw = base64.urlsafe_b64decode(link[1:] + "=" * (-(len(link) - 1) % 4))
        checksum, packed = raw[:4], raw[4:]
        if checksum != _checksum(packed) or base64.urlsafe_b64encode(raw).decode().rstrip("=") != link[1:]:
            raise LinkError(
                "The link is damaged: a character was changed or is missing; copy it again, whole."
            )
        unpacker = zlib.decompressobj(-15, _WORDS[link[0]])
        text = unpacker.decompress(packed, MOST_BYTES)
        if not unpacker.eof:
            raise LinkError("The link holds more than any that whynan makes.")
        return _session(*json.loads(text))
    except (ValueError, TypeError, IndexError, KeyError, RecursionError, OverflowError, zlib.error) as error:
        raise LinkError("The link cannot be read: it was not made by whynan.") from error


def _checksum(packed: bytes) -> bytes:
    return hashlib.blake2b(packed, digest_size=4).digest()


def _row(fact: Fact) -> list[Any]:
    """id, value, state, line: the file's own name stays at home, and so do folders."""
    state = next(code for code, name in _STATES.items() if name == fact.state)
    line = re.search(r":(\d+)$", fact.source)
    return [fact.id, shareable(fact.value), state, int(line[1]) if line else 0]


def _session(
    knowledge: Any, rows: Any, curve: Any, answers: Any, tried: Any, said: Any = ((), ())
) -> Session:
    if len(rows) + len(answers) + len(tried) > MOST_ITEMS or len(curve) > 10 * CURVE_POINTS:
        raise ValueError("too many facts")
    points = curves.unpack(curve)
    facts = [_fact(row) for row in rows]
    kinds = dict.fromkeys([*(kind for kind, _ in facts), *(["log"] if points else [])])
    return Session(
        reports=tuple(
            Report(
                name=kind,
                kind=kind,
                facts=tuple(fact for of, fact in facts if of == kind),
                curve=points if kind == "log" else (),
            )
            for kind in kinds
        ),
        answers=tuple((_id(name), None if value is None else _value(value)) for name, value in answers),
        tried=tuple((_id(fix), _id(outcome)) for fix, outcome in tried),
        knowledge=_id(knowledge) if knowledge else "",
        said=_said(*said),
    )


def _said(causes: Any, fixes: Any) -> Said:
    if len(causes) + len(fixes) > MOST_SAID:
        raise ValueError("more than is said")
    parts = [tuple((_id(name), _percent(share)) for name, share in part) for part in (causes, fixes)]
    return Said(*parts)


def _percent(share: Any) -> int:
    if type(share) is not int or not 0 <= share <= 100:
        raise ValueError(f"{share!r} is no percentage")
    return share


def _fact(row: Sequence[Any]) -> tuple[str, Fact]:
    kind, name, value, state, line = row
    kind = _id(kind) if kind else "file"
    source = f"{kind}:{int(line)}" if line else kind
    return kind, Fact(_id(name), _value(value), source, _STATES[state])


def _id(name: Any) -> str:
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise ValueError(f"{name!r} is no id")
    return name


def _value(value: Any) -> Value:
    if isinstance(value, str) and len(value) <= 200 and value.isprintable():
        return value
    if isinstance(value, (bool, int, float)) and math.isfinite(value):
        return value
    raise ValueError("no plain value")
