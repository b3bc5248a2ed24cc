from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import app.ui
from app.link import encode
from app.session import Session

MAIN = Path(app.ui.__file__).with_name("main.py")
Open = Callable[..., AppTest]


@pytest.fixture
def open_page() -> Open:
    """Opens a page with a session in its address: `at.query_params` is the address."""

    def opened(page: str, session: Session | None = None, **params: str) -> AppTest:
        at = AppTest.from_file(str(MAIN), default_timeout=30)
        address = {"lang": "en", **({"d": encode(session)} if session else {}), **params}
        if page != "start.py":
            at.run()  # the pages are known only after a first run
        for name, value in address.items():
            at.query_params[name] = value
        if page != "start.py":
            at.switch_page(page)
        at.run()
        assert not at.exception
        return at

    return opened


@pytest.fixture
def fp16() -> Session:
    """A run in float16 that turns NaN after some steps, on a GPU that knows bfloat16."""
    answers = {"loss.symptom": "nan-after-steps", "precision.compute": "float16", "gpu.bf16": True}
    session = Session()
    for fact, value in answers.items():
        session = session.answer(fact, value)
    return session
