"""Works out, before anybody asks, what follows from the answers that people begin with most often."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterator
from itertools import count

import kb
from app.session import Session
from app.ui.address import concluded, knowledge
from kb.bands import value_of

MOST = 1000  # interviews; half of what is kept, so that visitors' own have room
_LATER = 10.0  # seconds: a server that has just come up has its first visitors to serve
_PAUSE = 0.03  # seconds after each: whoever is here already comes first


def begin() -> threading.Event:
    """Starts in the background; the event, once set, ends it."""
    stop = threading.Event()

    def work() -> None:
        if stop.wait(_LATER):
            return
        for _ in interviews():
            if stop.wait(_PAUSE):
                return

    threading.Thread(target=work, name="ahead", daemon=True).start()
    return stop


def interviews(most: int = MOST) -> Iterator[Session]:
    """The likeliest beginnings of an interview by facts.yaml; the conclusion of each is kept from then on."""
    order = count()
    waiting = [(-1.0, next(order), Session())]
    for _ in range(most):
        if not waiting:
            return
        chance, _, session = heapq.heappop(waiting)
        step = concluded(session, ()).next
        yield session
        if isinstance(step, kb.Ask):
            fact = knowledge().facts[step.fact]
            for value, share in fact.typical.items():
                answered = session.answer(fact.id, value_of(fact, value))
                heapq.heappush(waiting, (chance * share, next(order), answered))
