"""measure/check_references.py: the form of our own references, and who is told to open which page again."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import kb
from kb.model import Advisory, Reference, Text
from measure import check_references

ROOT = Path(__file__).parent.parent
KNOWLEDGE = kb.load()
TEXT = Text(en="text", zh="文本")


def with_references(*references: Reference) -> kb.Knowledge:
    """Our causes and fixes with nothing to open, and one advisory that has these."""
    bare = {"references": ()}
    advisory = Advisory(
        id="bug", title=TEXT, package="lib", affected="<2", cause="library-bug", references=references
    )
    return KNOWLEDGE.model_copy(
        update={
            "causes": {name: entry.model_copy(update=bare) for name, entry in KNOWLEDGE.causes.items()},
            "fixes": {name: entry.model_copy(update=bare) for name, entry in KNOWLEDGE.fixes.items()},
            "advisories": {"bug": advisory},
            "document": None,
        }
    )


def test_our_own_references_are_in_form() -> None:
    assert list(check_references.out_of_form(KNOWLEDGE)) == []


def test_a_host_that_we_do_not_know_is_named() -> None:
    knowledge = with_references(Reference(title="text", url="https://blog.example.org/nan"))

    assert list(check_references.out_of_form(knowledge)) == [
        "advisory bug: 'https://blog.example.org/nan': blog.example.org is not among the known hosts"
    ]


def test_what_was_never_opened_or_long_ago_is_listed_with_the_entries_on_it() -> None:
    knowledge = with_references(
        Reference(title="text", url="https://arxiv.org/abs/1", checked=date(2026, 11, 1)),
        Reference(title="text", url="https://arxiv.org/abs/2", checked=date(2025, 1, 1)),
        Reference(title="text", url="https://arxiv.org/abs/3"),
    )

    assert list(check_references.unopened(knowledge, date(2026, 1, 1))) == [
        "2025-01-01  https://arxiv.org/abs/2  (advisory bug)",
        "never       https://arxiv.org/abs/3  (advisory bug)",
    ]


def test_a_page_opened_for_one_entry_counts_for_all_that_rest_on_it() -> None:
    page = "https://arxiv.org/abs/1"
    opened = Reference(title="text", url=page, checked=date(2026, 11, 1))
    knowledge = with_references(opened, Reference(title="text", url=page))

    assert list(check_references.unopened(knowledge, date(2026, 1, 1))) == []


def test_the_command_asks_for_form_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "measure.check_references", "--form"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
