"""What a person or an agent says of a run, in words, put into a session; and the diagnosis as plain data.

The command line, the web server's JSON interface and the agents' server all go through here.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlsplit

from app import link
from app.conclusion import Conclusion, conclude, said
from app.session import Session
from kb.bands import value_of
from kb.belief import OUTCOMES
from kb.model import Knowledge

Pairs = Iterable[tuple[str, str]]


class BadInputError(Exception):
    """Something that the person who called can mend: "what, where, what to do" in one line."""


def tell(
    knowledge: Knowledge,
    session: Session,
    facts: Pairs,
    tried: Pairs,
    names: tuple[str, str] = ("facts", "tried"),
) -> Session:
    """The session with (fact, value as text) and (fix, outcome). Raises BadInputError for what nobody knows.

    `names` are what the caller calls the two, to name the place of a mistake.
    """
    fact_of, fix_of = names
    for name, value in facts:
        where = f"{fact_of} {name}={value}"
        if name not in knowledge.facts:
            raise BadInputError(f"{where}, there is no such fact{like(name, knowledge.facts)}")
        try:
            session = session.answer(name, value_of(knowledge.facts[name], value))
        except ValueError as error:
            raise BadInputError(f"{where}, {error}, give such a value") from error
    for name, outcome in tried:
        where = f"{fix_of} {name}={outcome}"
        if name not in knowledge.fixes:
            raise BadInputError(f"{where}, there is no such fix{like(name, knowledge.fixes)}")
        if outcome not in OUTCOMES:
            raise BadInputError(f"{where}, no outcome is called so, give one of {', '.join(OUTCOMES)}")
        session = session.outcome(name, outcome)
    return session


def like(name: str, names: Iterable[str]) -> str:
    """What was probably meant, as the end of a line for people."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f", did you mean {close[0]}?" if close else ", `whynan kb export` lists them"


def opened(given: str | None) -> Session:
    """The session of a link, whole or only what stands behind `?d=`. Raises app.link.LinkError."""
    if not given:
        return Session()
    try:
        asked = dict(parse_qsl(urlsplit(given).query))
    except ValueError as error:
        raise link.LinkError("The link is no address that can be read; copy it again, whole.") from error
    if "s" in asked and "d" not in asked:
        raise link.LinkError("The link is a short one, which only its own server opens; give the long one.")
    return link.decode(asked.get("d") or given)


def concluded(
    knowledge: Knowledge, session: Session, texts: Mapping[str, str], address: str = ""
) -> tuple[Conclusion, str]:
    """What follows from the session, and its link behind the `address` of a server ("" or "https://…/").

    `texts` (name -> text) are the files that a patch may change.
    """
    conclusion = conclude(knowledge, session, texts)
    stamped = session.stamp(knowledge.version, said(conclusion))
    return conclusion, f"{address}?d={link.encode(stamped)}"
