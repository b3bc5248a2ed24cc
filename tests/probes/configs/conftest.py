from pathlib import Path

import pytest

from probes import configs

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.fixture
def sample():
    """A sample's text, by its name."""
    return lambda name: (SAMPLES / name).read_text(encoding="utf-8")


@pytest.fixture
def known():
    """What a text says for certain, and what is assumed of it: two dicts, id -> value."""

    def read(text, kind="config"):
        report = configs.read(text, "config", kind)
        return tuple(
            {fact.id: fact.value for fact in report.facts if (fact.state == "assumed") is assumed}
            for assumed in (False, True)
        )

    return read
