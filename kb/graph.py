"""The interview as a graph: which questions are open, and which path the answers took."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import networkx as nx

from kb.bands import band
from kb.model import Knowledge, Node, Plain

START = "start"
ANY = "*"


def graph(knowledge: Knowledge) -> nx.DiGraph[str]:
    """The tree as a directed graph from `START`; an edge's `answers` are the answers that open the node."""
    tree: nx.DiGraph[str] = nx.DiGraph()
    tree.add_node(START)
    for name in knowledge.tree.start:
        tree.add_edge(START, name, answers=())
    for name, node in knowledge.tree.nodes.items():
        tree.add_node(name, fact=node.fact)
        for answer, opened in node.branches.items():
            for target in opened:
                known = tree.get_edge_data(name, target, {"answers": ()})["answers"]
                tree.add_edge(name, target, answers=(*known, answer))
    return tree


def walk(
    knowledge: Knowledge, facts: Mapping[str, Plain], skipped: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """The nodes that the answers have passed, in order, and the nodes that are open now.

    A node is passed when its fact is known, or when the person does not know (`skipped`); the latter opens
    what any other answer would open.
    """
    passed: list[str] = []
    open_: list[str] = []
    queue = list(knowledge.tree.start)
    seen = set(queue)
    while queue:
        name = queue.pop(0)
        node = knowledge.tree.nodes[name]
        if node.fact not in facts and node.fact not in skipped:
            open_.append(name)
            continue
        passed.append(name)
        fresh = [target for target in _opened(knowledge, node, facts) if target not in seen]
        seen.update(fresh)
        queue.extend(fresh)
    return passed, open_


def _opened(knowledge: Knowledge, node: Node, facts: Mapping[str, Plain]) -> tuple[str, ...]:
    answer = band(knowledge.facts[node.fact], facts[node.fact], facts) if node.fact in facts else None
    if answer is not None and answer in node.branches:
        return node.branches[answer]
    return node.branches.get(ANY, ())
