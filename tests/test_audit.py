from __future__ import annotations

import json

from measure import audit

SAFE = {"name": "anyio", "version": "4.16.0", "vulns": []}
SKIPPED = {"name": "torch", "skip_reason": "Dependency not found on PyPI"}
FLAWED = {
    "name": "streamlit",
    "version": "1.30.0",
    "vulns": [{"id": "PYSEC-2024-153", "fix_versions": ["1.37.0"], "aliases": [], "description": ""}],
}


def report(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_known_vulnerability_fails_and_names_the_way_out():
    status, text = audit.judged(report(SAFE, FLAWED, SKIPPED), "")

    assert (status, text.splitlines()) == (
        1,
        [
            "streamlit 1.30.0: PYSEC-2024-153, upgrade to 1.37.0",
            "audit: 2 packages asked about, 1 known vulnerabilities",
        ],
    )


def test_what_is_safe_passes():
    assert audit.judged(report(SAFE), "")[0] == 0


def test_without_advisories_it_says_that_nothing_is_known():
    assert audit.judged(report(SKIPPED), "") == (
        0,
        "audit: skipped, the package index here has no advisories",
    )
    status, text = audit.judged("", "Traceback\nConnectionError: no route\n")
    assert (status, text) == (
        0,
        "audit: skipped, PyPI's advisories cannot be had from here (ConnectionError: no route)",
    )
