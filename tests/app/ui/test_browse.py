from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest

import kb
from app.ui.labels import literal
from kb.search import entries

KNOWLEDGE = kb.load()
TABLES = entries(KNOWLEDGE)
ENTRIES = {name: entry for table in TABLES.values() for name, entry in table.items()}


def addresses(at) -> list[dict[str, str]]:
    """Where the links of a page lead."""
    found = []
    for element in at.get("bidi_component"):
        for _, address in json.loads(element.proto.json).get("links", ()):
            found.append({name: values[0] for name, values in parse_qs(address.removeprefix("?")).items()})
    return found


def listed(at) -> set[str]:
    return {address["entry"] for address in addresses(at) if "entry" in address}


def test_everything_is_listed_and_of_the_known_bugs_the_libraries(open_page):
    at = open_page("browse.py")

    assert listed(at) == ENTRIES.keys() - TABLES["advisories"].keys()
    assert {address["package"] for address in addresses(at) if "package" in address} == {
        advisory.package for advisory in KNOWLEDGE.advisories.values()
    }


def test_every_known_bug_is_listed_with_its_library(open_page):
    found = set()
    for package in {advisory.package for advisory in KNOWLEDGE.advisories.values()}:
        found |= listed(open_page("browse.py", package=package)) & TABLES["advisories"].keys()

    assert found == TABLES["advisories"].keys()


def test_no_two_entries_share_an_address():
    assert len(ENTRIES) == sum(map(len, TABLES.values()))


@pytest.mark.parametrize("text", ["float16 overflows", "上溢"])
def test_the_search_takes_both_languages_and_goes_into_the_address(open_page, text):
    at = open_page("browse.py")
    at.text_input(key="find-q").set_value(text).run()

    assert at.query_params["q"] == text
    assert "fp16-overflow" in listed(at)
    assert listed(at) < ENTRIES.keys()


def test_an_address_holds_all_that_is_looked_for(open_page):
    at = open_page("browse.py", symptom="zero", framework="trl", package="deepspeed", version="0.18.1")

    assert at.selectbox(key="find-symptom").value == "zero"
    assert at.selectbox(key="find-framework").value == "trl"
    assert at.text_input(key="find-version").value == "0.18.1"
    assert "overlap-buffers" in listed(at)
    kept = {"symptom": "zero", "framework": "trl", "package": "deepspeed", "version": "0.18.1", "lang": "en"}
    assert {**kept, "entry": "overlap-buffers"} in addresses(at)


def test_another_library_has_other_versions(open_page):
    at = open_page("browse.py", package="deepspeed", version="0.18.1")
    at.selectbox(key="find-package").set_value("trl").run()

    assert at.query_params["package"] == "trl"
    assert "version" not in at.query_params


def test_what_is_no_version_is_said_so_and_the_rest_is_kept(open_page):
    at = open_page("browse.py", package="deepspeed", version="newest")

    assert len(at.error) == 1
    assert "newest" in at.error[0].value
    assert "overlap-buffers" in listed(at)


def test_nothing_left_is_said_so(open_page):
    assert len(open_page("browse.py", package="deepspeed", version="999").info) == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_entry_has_a_page_of_its_own_with_its_sources(open_page, lang):
    at = open_page("browse.py", lang=lang)
    for name, entry in ENTRIES.items():
        at.query_params["entry"] = name
        at.run()
        assert not at.exception, name
        assert f"## {literal(entry.title[lang])}" in [element.value for element in at.markdown]
        urls = {link.proto.page for link in at.get("page_link")}
        assert {reference.url for reference in getattr(entry, "references", ())} <= urls, name


def test_from_an_entry_one_gets_to_what_helps_and_back_to_the_list(open_page):
    at = open_page("browse.py", entry="fp16-overflow", q="overflow")

    assert {"entry": "use-bf16", "lang": "en"} in addresses(at)
    assert {"q": "overflow", "lang": "en"} in addresses(at)


def test_a_cause_shows_what_the_lab_made_of_each_fix_with_curves_where_there_are_some(open_page, knowledge):
    at = open_page("browse.py", entry="fp16-overflow")
    proof = knowledge.causes["fp16-overflow"].proved["use-bf16"]

    assert any(f"Compute in bfloat16: {proof.cured} of {proof.runs} runs" in e.value for e in at.markdown)
    assert any("no number from step" in element.value for element in at.caption)
    assert len(at.get("vega_lite_chart")) == 1
    plain = open_page("browse.py", entry="lora-config")
    assert any("In the fault lab" in element.value for element in plain.markdown)
    assert not plain.get("vega_lite_chart")


def test_a_known_bug_says_which_versions_it_is_in(open_page):
    at = open_page("browse.py", entry="overlap-buffers")

    assert any("`>=0.14.2,<0.19.0`" in element.value for element in at.markdown)


def test_an_entry_that_is_not_there_is_said_so(open_page):
    assert [warning.value for warning in open_page("browse.py", entry="nothing").warning] == [
        "There is no such entry."
    ]
