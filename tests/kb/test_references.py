from __future__ import annotations

import pytest

from kb.model import Reference
from kb.references import mistakes

GOOD = (
    "https://github.com/huggingface/trl/pull/4078",
    "https://github.com/huggingface/trl/issues/1",
    "https://github.com/NVIDIA/Megatron-LM/commit/c94d58f326",
    "https://github.com/stas00/ml-engineering/blob/master/training/patterns.md",
    "https://github.com/huggingface/trl",
    "https://arxiv.org/abs/1710.03740",
    "https://x.org/search?q=nan",
)


def said(*addresses: str) -> list[tuple[int, str]]:
    return list(mistakes(tuple(Reference(title="text", url=address) for address in addresses)))


def test_addresses_in_form_pass() -> None:
    assert said(*GOOD) == []


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://arxiv.org/abs/1710.03740", "is no https address"),
        ("https:///abs", "is no https address"),
        ("https://github.com/huggingface/trl/pulls/4078", "is no project, issue"),
        ("https://github.com/huggingface/trl/issues/", "is no project, issue"),
        ("https://github.com/huggingface/trl/commit/c94", "is no project, issue"),
        ("https://github.com/huggingface/trl/issues/1#issuecomment-2", "leave out what follows"),
        ("https://x.org/post?utm_source=mail&id=3", "utm_source="),
    ],
)
def test_one_out_of_form_is_named_with_its_place(address: str, message: str) -> None:
    ((place, text),) = said(GOOD[0], address)

    assert (place, message in text, address in text) == (1, True, True)


@pytest.mark.parametrize(
    "again",
    [
        "https://github.com/huggingface/trl/pull/4078",
        "https://github.com/huggingface/trl/issues/4078",
        "https://github.com/HuggingFace/trl/pull/4078/",
    ],
)
def test_an_address_stands_once_in_an_entry(again: str) -> None:
    assert [(place, "twice" in text) for place, text in said(GOOD[0], again)][-1] == (1, True)
