"""What docs/interfaces.md promises holds: its Python is run."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "interfaces.md"


def test_the_python_says_what_it_says() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False)

    assert (result.failed, result.attempted > 10) == (0, True)
