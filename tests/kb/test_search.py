from __future__ import annotations

import pytest

from kb.search import entries, search


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("float16 overflows", "fp16-overflow"),
        ("上溢", "fp16-overflow"),
        ("float16 上溢", "fp16-overflow"),
        ("FP16-Overflow", "fp16-overflow"),
        ("学习率过高", "lr-too-high"),
        ("梯度裁剪", "clip-gradients"),
        ("overlap_comm 0.19", "overlap-buffers"),
        ("ＢＦ１６", "use-bf16"),
    ],
)
def test_words_of_either_language_find_the_entry_among_the_first(knowledge, words, wanted):
    assert wanted in search(knowledge, words)[:4]


def test_every_entry_leads_for_its_own_titles(knowledge):
    """In both languages it is on the first page of its kind."""
    far = {
        (name, lang)
        for table in entries(knowledge).values()
        for name, entry in table.items()
        for lang in ("en", "zh")
        if name not in [found for found in search(knowledge, entry.title[lang]) if found in table][:5]
    }

    assert far == set()


def test_the_beginning_of_a_word_and_one_character_find(knowledge):
    assert "fp16-overflow" in search(knowledge, "overfl")
    assert "fp16-overflow" in search(knowledge, "溢")


def test_the_label_of_a_symptom_finds_what_shows_so(knowledge):
    assert "loss-scale" in search(
        knowledge, knowledge.facts["loss.symptom"].values["loss-scale-exhausted"].zh
    )


def test_an_error_line_that_no_entry_holds_whole_still_finds(knowledge):
    line = "RuntimeError: Function 'LogSoftmaxBackward0' returned nan values in its 0th output"

    assert "custom-loss" in search(knowledge, line)[:10]


@pytest.mark.parametrize("words", ["", "  ", "*", '"', "()", "、。"])
def test_no_words_find_nothing(knowledge, words):
    assert search(knowledge, words) == ()


@pytest.mark.parametrize(
    "words", ['a"b', "NEAR(", "title:loss", "loss AND", "-loss", "x" * 10_000, "a b " * 500]
)
def test_what_means_something_to_sqlite_is_only_words(knowledge, words):
    assert set(search(knowledge, words)) <= {name for table in entries(knowledge).values() for name in table}
