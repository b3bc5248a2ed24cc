"""Who must be asked what: an expert's claims on the interview, in `tree.test.yaml` beside the tree.

The tree says what each answer opens; the claims say for each question whom it must reach:

    gpu.numerics:                        # whether the GPU computes right is asked
      loss.symptom: [spike, level-shift]     # after a spike, and after a shift of the level
      run.last_change: [machine]             # and whoever has changed the machine
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import networkx as nx
from pydantic import TypeAdapter, ValidationError

from kb.graph import ANY, START, graph, walk
from kb.load import Problem, read
from kb.model import Knowledge, Plain, key

# The question -> the fact that was answered -> the answers after which the question is open.
Asked = dict[str, dict[str, list[Plain]]]


def asked(root: Path, problems: list[Problem]) -> Asked:
    """The claims of the folder, none where it has no such file; what is wrong is added to `problems`."""
    path = root / "tree.test.yaml"
    source = read(path, root, problems) if path.exists() else None
    if source is None:
        return {}
    try:
        return TypeAdapter(Asked).validate_python(source.data)
    except ValidationError as errors:
        problems += [source.problem(error["loc"], error["msg"]) for error in errors.errors()]
        return {}


def check(root: Path, knowledge: Knowledge) -> list[Problem]:
    """The claims that the tree does not keep, each as its line."""
    problems: list[Problem] = []
    claims = asked(root, problems)
    source = read(root / "tree.test.yaml", root, problems) if claims else None
    if source is not None:
        problems += [source.problem(loc, message) for loc, message in unkept(knowledge, claims)]
    return problems


def unkept(knowledge: Knowledge, claims: Asked) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where a person who answers so is not asked, though everything else on the way there is answered."""
    tree = graph(knowledge)
    nodes = {node.fact: name for name, node in knowledge.tree.nodes.items()}
    ways = nx.single_source_shortest_path(tree, START)
    for question, answered in claims.items():
        for fact, values in answered.items():
            way = ways.get(nodes.get(fact, ""), [])
            for index, value in enumerate(values):
                if not way or nodes.get(question) not in _open(knowledge, way, value):
                    yield (question, fact, index), f"{question} is not asked after {fact} = {key(value)}"


def _open(knowledge: Knowledge, way: list[str], value: Plain) -> list[str]:
    """The open nodes once the way's questions were answered as it goes, the last of them with `value`."""
    tree = graph(knowledge)
    answers = [tree.edges[edge]["answers"][0] for edge in pairwise(way[1:])]
    facts: dict[str, Plain] = {}
    skipped: list[str] = []
    for node, answer in zip(way[1:], [*answers, key(value)], strict=True):
        fact = knowledge.tree.nodes[node].fact
        if answer == ANY:  # "don't know" opens what any other answer would
            skipped.append(fact)
        else:
            facts[fact] = answer
    return walk(knowledge, facts, skipped)[1]
