"""The interview to walk: a question, what leads to it, its answers, and what each of them opens."""

from __future__ import annotations

import json
from collections.abc import Iterator

import streamlit as st

from app.fact_names import fact_name
from app.phrases import label
from app.ui.address import carried, concluded, knowledge, lang
from app.ui.frame import opened
from app.ui.labels import literal
from app.ui.links import address, links
from app.words import word
from kb.graph import ANY, START, graph

_COLOURS = {
    "light": {"here": "#2456b8", "ink": "#1c2430", "line": "#6b7686", "fill": "#ffffff", "on": "#ffffff"},
    "dark": {"here": "#8ab4ff", "ink": "#e4e8ee", "line": "#8b95a3", "fill": "#12161c", "on": "#12161c"},
}
_LINE = 22  # letters of a line in a box


def page(name: str) -> None:
    """The node called `name`, or the start of the interview."""
    tongue, tree = lang(), graph(knowledge())
    if name not in tree:
        st.warning(word("browse.missing", tongue))
        name = START
    at = opened()
    passed = {*concluded(at.session, at.texts).path, START} if at.link else {START}
    title = _title(name)
    st.set_page_config(page_title=f"{title} · whynan")
    st.markdown(f"## {title}")
    st.caption(word("walk.what", tongue) + (f" · `{_fact(name)}`" if name != START else ""))
    before, after = list(tree.predecessors(name)), list(tree.successors(name))
    text = word("walk.picture", tongue, title=title, before=len(before), after=len(after))
    with st.container(key="walk"):  # a phone has the links below
        st.graphviz_chart(dot(name, passed), width="content", alt=text)
    if name != START:
        st.page_link(
            "wizard.py",
            label=word("walk.ask", tongue),
            icon=":material/help:",
            query_params=carried(ask=_fact(name)),
        )
    left, right = st.columns(2, gap="large")
    with left:
        if before:
            st.markdown(f"### {word('walk.before', tongue)}")
        links("before", {_led(parent, name): {"node": parent} for parent in before}, picture=".st-key-walk")
    with right:
        st.markdown(f"### {word('walk.after' if after else 'walk.end', tongue)}")
        for answer, targets in _branches(name):
            if answer:
                st.markdown(f"**{literal(answer)}**")
            if not targets:
                st.caption(word("walk.none", tongue))
            links(f"after-{answer}", {_title(target): {"node": target} for target in targets})


def _led(parent: str, name: str) -> str:
    """A node that leads here, with the answers that do."""
    answers = word("list.comma", lang()).join(
        _answers(parent, graph(knowledge()).edges[parent, name]["answers"])
    )
    return f"{_title(parent)} {answers}".strip()


def dot(name: str, passed: set[str]) -> str:
    """The node, those that lead to it and those that it opens, in Graphviz's language; each box is a link.

    An edge carries the answers that open what it leads to; what the session has passed is drawn bold.
    """
    tree = graph(knowledge())
    colour = _COLOURS["dark" if st.context.theme.type == "dark" else "light"]
    lines = [
        "digraph {",
        f"rankdir=LR bgcolor=transparent nodesep=0.12 ranksep=0.9 "
        f'node [shape=box style="rounded,filled" fontname="sans-serif" fontsize=12 margin="0.12,0.06" '
        f'color="{colour["line"]}" fillcolor="{colour["fill"]}" fontcolor="{colour["ink"]}"] '
        f'edge [fontname="sans-serif" fontsize=10 arrowsize=0.6 color="{colour["line"]}" '
        f'fontcolor="{colour["ink"]}"]',
    ]
    shown = [*tree.predecessors(name), name, *tree.successors(name)]
    for node in dict.fromkeys(shown):
        here = f'id=here fillcolor="{colour["here"]}" fontcolor="{colour["on"]}"' if node == name else ""
        bold = f'penwidth=2 color="{colour["here"]}"' if node in passed else ""
        lines.append(
            f"{_quoted(node)} [label={_quoted(_wrapped(_title(node)))} tooltip={_quoted(_title(node))} "
            f"URL={_quoted(address({'node': node}))} {here} {bold}]"
        )
    edges = [(node, name) for node in tree.predecessors(name)]
    edges += [(name, node) for node in tree.successors(name)]
    for parent, child in edges:
        label = "\n".join(_answers(parent, tree.edges[parent, child]["answers"], 3))
        bold = f'penwidth=2 color="{colour["here"]}"' if {parent, child} <= passed else ""
        lines.append(f"{_quoted(parent)} -> {_quoted(child)} [label={_quoted(label)} {bold}]")
    return "\n".join([*lines, "}"])


def _branches(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each answer of a node in words, with the nodes that it opens."""
    if name == START:
        yield "", knowledge().tree.start
        return
    for answer, targets in knowledge().tree.nodes[name].branches.items():
        yield _answers(name, (answer,))[0], targets


def _answers(name: str, answers: tuple[str, ...], most: int = 99) -> list[str]:
    """The answers of a node as a person reads them; of many, the first and how many more."""
    if name == START:
        return []
    tongue = lang()
    texts = [
        word("walk.other", tongue) if answer == ANY else label(knowledge(), _fact(name), answer, tongue)
        for answer in answers
    ]
    rest = len(texts) - most
    return [*texts[:most], *([word("walk.more", tongue, count=rest)] if rest > 0 else [])]


def _fact(name: str) -> str:
    return knowledge().tree.nodes[name].fact


def _title(name: str) -> str:
    """The question of a node."""
    if name == START:
        return word("walk.start", lang())
    ask = knowledge().facts[_fact(name)].question
    return ask[lang()] if ask else fact_name(knowledge(), _fact(name), lang())


def _wrapped(text: str) -> str:
    """A text in lines that a box holds: by words, or by letters where there are no spaces."""
    lines, line = [], ""
    parts = text.split(" ") if " " in text else [text[i : i + 12] for i in range(0, len(text), 12)]
    glue = " " if " " in text else ""
    for part in parts:
        if line and len(line) + len(part) > _LINE * (1 if glue else 0.5):
            lines.append(line)
            line = part
        else:
            line = f"{line}{glue}{part}" if line else part
    return "\n".join([*lines, line])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
