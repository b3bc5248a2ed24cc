from __future__ import annotations

import kb
from app.session import Session
from app.ui import ahead
from app.ui.address import concluded


def test_the_likeliest_answers_come_first_and_lead_on_from_the_best_question(knowledge):
    found = list(ahead.interviews(8))

    assert found[0] == Session()
    asked = concluded(Session(), ()).next
    assert isinstance(asked, kb.Ask)
    typical = knowledge.facts[asked.fact].typical
    first = next(session for session in found if len(session.answers) == 1)
    assert first.answers == ((asked.fact, max(typical, key=lambda value: typical[value])),)
    assert len(set(found)) == 8


def test_it_ends_at_once_when_the_server_stops(monkeypatch):
    worked = []
    monkeypatch.setattr(ahead, "_LATER", 0.0)
    monkeypatch.setattr(ahead, "_PAUSE", 60.0)
    monkeypatch.setattr(ahead, "concluded", lambda *_: worked.append(1) or concluded(Session(), ()))
    ahead.begin().set()

    assert len(worked) <= 1
