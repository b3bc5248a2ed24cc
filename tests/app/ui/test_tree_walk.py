from __future__ import annotations

import re

import pytest

import kb
from kb.graph import START, graph

KNOWLEDGE = kb.load()
TREE = graph(KNOWLEDGE)


def picture(at) -> str:
    (chart,) = at.get("graphviz_chart")
    return chart.proto.spec


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_question_has_its_picture_with_links_to_all_neighbours(open_page, lang):
    at = open_page("browse.py", lang=lang)
    for name in TREE:
        at.query_params["node"] = name
        at.run()
        assert not at.exception, name
        linked = set(re.findall(r'URL="\?[^"]*node=([^"&]+)', picture(at)))
        assert linked == {name, *TREE.predecessors(name), *TREE.successors(name)}, name


def test_what_the_session_passed_is_drawn_bold(open_page, fp16):
    lines = picture(open_page("browse.py", fp16, node="symptom")).splitlines()
    bold = {line.split(" ")[0].strip('"') for line in lines if "penwidth=2" in line and "->" not in line}

    assert bold == {START, "symptom"}


def test_a_question_of_the_picture_can_be_answered(open_page, fp16):
    at = open_page("browse.py", fp16, node="rate")

    assert any("ask=optimizer.learning_rate" in link.proto.query_string for link in at.get("page_link"))


def test_a_node_that_is_not_there_is_said_so_and_the_start_is_shown(open_page):
    at = open_page("browse.py", node="nothing")

    assert len(at.warning) == 1
    assert f'"{START}"' in picture(at)
