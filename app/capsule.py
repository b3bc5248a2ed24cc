"""A diagnosis as a file that replays it: every report, answer and tried fix, and no text of the user's files.

`whynan diagnose … --format capsule > case.json` makes one, and `whynan diagnose case.json` comes to the same
causes and fixes. It is a list of reports, and what reads a probe's report reads it. A file that was made once
opens for ever: tests/app/capsules.
"""

from __future__ import annotations

import json

from app.session import Session
from probes.report import to_json


def text(session: Session) -> str:
    """The session as JSON, for probes.files.read_text and Session.read."""
    reports = [to_json(report) for report in (*session.reports, session.told())]
    data = {"whynan": 1, "knowledge": session.knowledge, "reports": reports}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
