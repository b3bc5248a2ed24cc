from __future__ import annotations

from pathlib import Path

import networkx as nx

import kb
from kb.graph import START, graph, walk
from kb.model import Knowledge


def test_an_answer_opens_what_its_branch_names(folder: Path) -> None:
    knowledge = kb.load(folder)

    assert walk(knowledge, {}) == ([], ["symptom"])
    assert walk(knowledge, {"loss.symptom": "nan"}) == (["symptom"], ["precision", "rate"])
    assert walk(knowledge, {"loss.symptom": "zero"}) == (["symptom"], ["rate"])
    assert walk(knowledge, {"loss.symptom": "nan", "precision": "float16"}) == (
        ["symptom", "precision"],
        ["rate", "bf16"],
    )


def test_not_knowing_opens_what_any_other_answer_would(folder: Path) -> None:
    assert walk(kb.load(folder), {}, skipped=["loss.symptom"]) == (["symptom"], ["rate"])


def test_the_graph_has_the_answers_on_its_edges(folder: Path) -> None:
    tree = graph(kb.load(folder))

    assert tree.edges["symptom", "rate"]["answers"] == ("nan", "*")
    assert tree.edges["precision", "bf16"]["answers"] == ("float16",)


def test_our_own_tree_has_no_circle_and_reaches_every_node(knowledge: Knowledge) -> None:
    tree = graph(knowledge)

    assert nx.is_directed_acyclic_graph(tree)
    assert nx.descendants(tree, START) == set(knowledge.tree.nodes)
