"""The configs that an mmengine config builds on: `_base_ = …`, and imports under `with read_base():`.

They are read as the config itself is, and never executed.
"""

from __future__ import annotations

import ast
import dataclasses
import typing

from probes.syntax.python_paths import Found, below
from probes.syntax.python_value import Item, Names, evaluate


class Elsewhere(ast.AST):
    """Where a base file decides a value; a patch of the config itself cannot reach it."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file = file
        self.line = line


@dataclasses.dataclass(frozen=True)
class Base:
    """What a base file sets, and what its names stand for."""

    found: Found
    names: Names


Bring = typing.Callable[[str], typing.Optional[Base]]  # a path from the config's folder -> what lies there


def nothing(path: str) -> Base | None:
    """No other file was given."""
    return None


def placed(base: Base, place: typing.Callable[[ast.AST], Elsewhere]) -> Base:
    """`base` with a place in its own file for each node, however deep; values used twice stay one."""
    done: dict[int, Item] = {}

    def move(item: Item) -> Item:
        if id(item) not in done:
            value = item.value
            if isinstance(value, dict):
                value = {key: move(part) for key, part in value.items()}
            elif isinstance(value, list):
                value = [move(part) for part in value]
            node = item.node if isinstance(item.node, Elsewhere) else place(item.node)
            done[id(item)] = Item(value, node, node)
        return done[id(item)]

    return Base(
        [(path, move(item)) for path, item in base.found],
        {name: move(item) for name, item in base.names.items()},
    )


def listed(body: list[ast.stmt]) -> typing.Iterator[tuple[str, ast.AST]]:
    """The paths in `_base_ = 'a.py'` and `_base_ = ['a.py', 'b.py']`."""
    for statement in body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "_base_":
            item = evaluate(statement.value, {})
            for part in item.value if isinstance(item.value, list) else [item]:
                if isinstance(part.value, str):
                    yield part.value, part.node


def imported(statement: ast.ImportFrom) -> str:
    """The file that `from ..models.llama import model` reads: ../models/llama.py."""
    return "../" * (statement.level - 1) + (statement.module or "").replace(".", "/") + ".py"


def inherit(base: Found, own: Found) -> Found:
    """mmengine's merge: key by key; a list, or a dict with `_delete_=True`, takes the place of the base's."""
    replaced = {
        path
        for path, item in own
        if isinstance(item.value, list) or (isinstance(item.value, dict) and "_delete_" in item.value)
    }
    return [pair for pair in base if not below(pair[0], replaced)] + own if replaced else base + own
