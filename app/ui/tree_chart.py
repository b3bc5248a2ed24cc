"""The interview as a tree, with the path that the answers took."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.conclusion import Conclusion
from app.fact_names import fact_name
from app.phrases import stated
from app.ui.address import knowledge, lang
from app.words import word
from kb.graph import START, graph
from probes.columns import cells

_COLOURS = {
    "light": {"path": "#2456b8", "open": "#b45309", "rest": "#8b95a3", "text": "#1c2430"},
    "dark": {"path": "#8ab4ff", "open": "#fbbf6b", "rest": "#6b7686", "text": "#e4e8ee"},
}
_ROW, _LEAST = 26, 160  # pixels
_LONGEST = 34  # columns of a label, a Chinese character takes two


def tree_chart(shown: Conclusion) -> None:
    """Draws the nodes that were passed, those that are open, and, folded up, what they may open."""
    root = _tree(shown, _COLOURS["dark" if st.context.theme.type == "dark" else "light"])
    series = {
        "type": "tree",
        "data": [root],
        "top": 24,
        "bottom": 12,
        "left": 24,
        "right": 230,
        "symbol": "circle",
        "symbolSize": 9,
        "initialTreeDepth": -1,
        "label": {"position": "top", "align": "right", "distance": 6, "fontSize": 12},
        "leaves": {"label": {"position": "right", "align": "left"}},
        "animationDuration": 0,
    }
    height = max(_LEAST, _ROW * _visible(root))
    with st.container(key="tree"):  # a phone has the path in words above it
        st.echarts_chart({"series": [series]}, height=height, alt=describe(shown))


def describe(shown: Conclusion) -> str:
    """The path in words: each answered question with its answer."""
    steps = [_name(shown, node) for node in shown.path]
    return word("tree.path", lang(), path=" → ".join(steps) or "…", open=len(shown.open))


def _tree(shown: Conclusion, colour: dict[str, str]) -> dict[str, Any]:
    """Each node once, under the first node that opens it; what was passed is placed before what was not."""
    edges, passed = graph(knowledge()), set(shown.path)
    placed = {START}

    def grow(name: str) -> dict[str, Any]:
        # What an answer did open belongs under the node that was passed, not under one that might have.
        children = [child for child in edges.successors(name) if child not in placed]
        if name in passed:
            children = [child for child in children if child in passed or child in shown.open]
        elif name != START:
            children = [child for child in children if child not in passed and child not in shown.open]
        children.sort(key=lambda child: child not in passed)
        placed.update(children)
        state = "path" if name in passed or name == START else "open" if name in shown.open else "rest"
        return {
            "name": word("tree.start", lang()) if name == START else _short(_name(shown, name)),
            "itemStyle": {"color": colour[state], "borderColor": colour[state]},
            "label": {
                "color": colour["text"] if state != "rest" else colour["rest"],
                **({"align": "left"} if name == START else {}),
            },
            "lineStyle": {"color": colour[state], "width": 2.5 if state == "path" else 1},
            "collapsed": name not in passed and name != START,
            "children": [grow(child) for child in children],
        }

    return grow(START)


def _name(shown: Conclusion, node: str) -> str:
    fact = knowledge().tree.nodes[node].fact
    values = shown.known.values()
    if fact in values:
        return stated(knowledge(), fact, values[fact], lang())
    name = fact_name(knowledge(), fact, lang())
    return f"{name}?" if fact in shown.known.skipped else name


def _short(text: str) -> str:
    while cells(text) > _LONGEST:
        text = f"{text.rstrip('…')[:-1]}…"
    return text


def _visible(node: dict[str, Any]) -> int:
    if node["collapsed"] or not node["children"]:
        return 1
    return sum(_visible(child) for child in node["children"])
