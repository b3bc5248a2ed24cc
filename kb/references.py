"""The form of a reference: an address that anybody can open, in one spelling, and once in an entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from kb.model import Reference

# What a thread, a change, a file or a project is at on GitHub.
GITHUB = re.compile(
    r"/[\w.-]+/[\w.-]+(/(issues|pull|discussions)/\d+|/commit/[0-9a-f]{10,40}|/(blob|tree)/.+)?"
)
# Only where somebody came from, nothing of the page.
TRACKING = re.compile(r"utm_\w+|fbclid|gclid|ref|ref_src|source|spm|from")


def mistakes(references: tuple[Reference, ...]) -> Iterator[tuple[int, str]]:
    """For each mistake the reference's place in its entry, and what is wrong."""
    for index, reference in enumerate(references):
        address = reference.url
        parts = urlsplit(address)
        if parts.scheme != "https" or not parts.hostname:
            yield index, f"{address!r} is no https address"
        elif parts.hostname == "github.com" and not GITHUB.fullmatch(parts.path):
            yield index, f"{address!r} is no project, issue, pull request, commit or file of GitHub"
        elif parts.hostname == "github.com" and (parts.fragment or parts.query):
            yield index, f"{address!r}: leave out what follows {parts.path}"
        for name in filter(TRACKING.fullmatch, parse_qs(parts.query)):
            yield index, f"{address!r}: {name}= says where a reader came from, leave it out"
        if any(same(address) == same(other.url) for other in references[:index]):
            yield index, f"{address!r} stands here twice"


def same(address: str) -> str:
    """What two spellings of one address have in common: GitHub shows pull/7 for issues/7 too."""
    return re.sub(r"(github\.com/[^/]+/[^/]+)/pull/", r"\1/issues/", address.rstrip("/").lower())
