from __future__ import annotations

import pytest

import kb

KNOWLEDGE = kb.load()
DOCUMENT = KNOWLEDGE.document
ENTRIES = {
    **KNOWLEDGE.causes,
    **KNOWLEDGE.fixes,
    **KNOWLEDGE.advisories,
    **(DOCUMENT.sections if DOCUMENT else {}),
}


def test_all_entries_are_listed(open_page):
    listed = {button.key.removeprefix("entry-") for button in open_page("browse.py").button}

    assert listed - {"language"} == set(ENTRIES)


def test_no_two_entries_share_an_address():
    tables = (KNOWLEDGE.causes, KNOWLEDGE.fixes, KNOWLEDGE.advisories, DOCUMENT.sections if DOCUMENT else {})

    assert len(ENTRIES) == sum(map(len, tables))


@pytest.mark.parametrize("text", ["float16 overflows", "上溢"])
def test_the_filter_takes_both_languages(open_page, text):
    at = open_page("browse.py")
    at.text_input(key="filter").set_value(text).run()
    listed = {button.key.removeprefix("entry-") for button in at.button} - {"language"}

    assert "fp16-overflow" in listed
    assert listed < set(ENTRIES)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_entry_has_a_page_of_its_own(open_page, lang):
    at = open_page("browse.py", lang=lang)
    for name, entry in ENTRIES.items():
        at.query_params["entry"] = name
        at.run()
        assert not at.exception, name
        assert f"## {entry.title[lang]}" in [element.value for element in at.markdown]


def test_from_an_entry_one_gets_to_what_helps_and_back_to_the_list(open_page):
    at = open_page("browse.py", entry="fp16-overflow")
    at.button(key="entry-use-bf16").click().run()
    assert at.query_params["entry"] == "use-bf16"

    at.button(key="all").click().run()
    assert "entry" not in at.query_params


def test_an_entry_that_is_not_there_is_said_so(open_page):
    assert [warning.value for warning in open_page("browse.py", entry="nothing").warning] == [
        "There is no such entry."
    ]
