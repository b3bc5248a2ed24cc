"""Short links on the pages: made, opened, gone on from, told of, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.link import decode, encode
from app.session import Said
from app.store import Store, connect
from app.ui import rates


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/whynan.db"
    monkeypatch.setenv("WHYNAN_DATABASE", url)
    monkeypatch.setattr("app.ui.kept.SAVING", rates.Rate(burst=20, seconds=30))
    opened = connect(url)
    yield opened
    opened.close()


def codes(at):
    return [code.value for code in at.code]


def keys(at):
    return [button.key for button in at.button]


def made(at) -> tuple[str, str]:
    """The id and the key that the share panel shows."""
    at.button(key="short").click().run()
    assert not at.exception
    address = next(code for code in codes(at) if "?s=" in code)
    return address.partition("?s=")[2], codes(at)[codes(at).index(address) + 1]


def test_a_short_link_opens_the_same_diagnosis_to_read(open_page, fp16, kept):
    name, _ = made(open_page("diagnosis.py", fp16))

    at = open_page("start.py", s=name)
    assert "#### 1. Compute in bfloat16" in [text.value for text in at.markdown]
    assert kept.find(name).link == encode(fp16)


def test_going_on_makes_a_child_that_knows_its_parent(open_page, fp16, kept):
    parent, _ = kept.save(encode(fp16))
    at = open_page("start.py", s=parent)
    at.button(key="continue").click().run()
    assert (at.query_params["s"], at.query_params["d"]) == (parent, encode(fp16))

    at.switch_page("diagnosis.py").run()
    at.query_params["s"], at.query_params["d"] = parent, encode(fp16.answer("lora.enabled", True))
    at.run()
    child, _ = made(at)
    assert kept.find(child).parent == parent
    assert kept.find(parent).link == encode(fp16)
    assert "lora.enabled" in dict(decode(kept.find(child).link).answers)


def test_anyone_with_the_short_link_tells_what_came_of_a_fix_and_its_page_counts(open_page, fp16, kept):
    name, _ = kept.save(encode(fp16))
    at = open_page("start.py", s=name)
    at.button(key="tried-use-bf16-worked").click().run()
    assert "Kept: It worked" in [text.value for text in at.markdown]
    assert kept.counts("use-bf16")["worked"] == 1

    page = open_page("browse.py", entry="use-bf16")
    told = "Told here of 1 runs: worked 1, no change 0, worse 0, another symptom 0."
    assert told in [caption.value for caption in page.caption]


def test_what_was_tried_counts_once_though_a_child_holds_it_too(open_page, fp16, kept):
    tried = fp16.outcome("use-bf16", "no-change")
    parent, _ = made(open_page("diagnosis.py", tried))
    made(open_page("diagnosis.py", tried.outcome("use-fp32", "worked"), s=parent))

    assert kept.counts("use-bf16")["no-change"] == 1
    assert kept.counts("use-fp32")["worked"] == 1


def test_its_author_deletes_it_with_the_key_and_nobody_else(open_page, fp16, kept):
    name, key = kept.save(encode(fp16))
    at = open_page("start.py", s=name)
    at.text_input(key="short-key").set_value("wrong").run()
    at.button(key="short-delete").click().run()
    assert kept.find(name) is not None

    at.text_input(key="short-key").set_value(key).run()
    at.button(key="short-delete").click().run()
    assert kept.find(name) is None
    assert at.error[0].value.startswith("This server keeps nothing under this short link: it was deleted")


def test_a_read_only_server_opens_short_links_and_keeps_nothing(open_page, fp16, kept, monkeypatch):
    name, _ = kept.save(encode(fp16))
    monkeypatch.setenv("WHYNAN_READ_ONLY", "1")

    at = open_page("start.py", s=name)
    assert "#### 1. Compute in bfloat16" in [text.value for text in at.markdown]
    assert [key for key in keys(at) if key.startswith(("tried-", "short"))] == []


def test_a_server_without_a_database_offers_no_short_link(open_page, fp16):
    assert "short" not in keys(open_page("diagnosis.py", fp16))
    assert len(open_page("start.py", s="A" * 22).error) == 1


def test_who_saves_too_often_waits(open_page, fp16, kept, monkeypatch):
    monkeypatch.setattr("app.ui.kept.SAVING", rates.Rate(burst=0, seconds=30))
    at = open_page("diagnosis.py", fp16)
    at.button(key="short").click().run()

    assert ["wait" in toast.value for toast in at.toast] == [True]
    assert "short" in keys(at)


def test_what_was_said_then_stands_beside_today(open_page, fp16):
    said = Said((("lr-too-high", 60), ("gone-since", 20)), (("clip-gradients", 55),))
    at = open_page("start.py", fp16.stamp("0123456789", said))

    causes, fixes = (at.dataframe[i].value for i in range(2))
    assert list(causes["Then"][:2]) == ["60 %", "20 %"]
    assert list(causes["Causes"])[1] == "gone-since"
    assert list(causes["Today"])[1] == "–"
    assert "Compute in bfloat16" in list(fixes["Fixes, best first"])
    assert list(fixes["Then"])[:1] == ["55 %"]


def test_a_link_of_this_very_knowledge_has_nothing_to_compare(open_page, fp16, knowledge):
    at = open_page("start.py", fp16.stamp(knowledge.version, Said((("lr-too-high", 60),), ())))

    assert [caption.value for caption in at.caption if "Made with knowledge" in caption.value] == []
