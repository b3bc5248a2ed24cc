"""Reads a folder of knowledge: all errors at once, each as path:line:column."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import ValidationError

from kb.model import Advisory, Cause, Document, Fact, Fix, Knowledge, Policy, Strict, Tree

HERE = Path(__file__).parent
LARGEST = 500_000  # bytes of a file: ten times whynan's largest; its nodes take 26 times that in memory
MOST = 10_000  # beginnings of lists and mappings; libyaml's recursion ends the process at 25,000 levels
SWOLLEN = 200_000  # values, those that an alias repeats counted each time
M = TypeVar("M", bound=Strict)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Problem(NamedTuple):
    """One error in the knowledge, as an editor can jump to it."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class KnowledgeError(Exception):
    """The folder does not hold valid knowledge; `problems` are all the reasons."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Source:
    """A YAML file: its data, and its node tree, which knows the lines."""

    path: str
    node: Any
    data: Any

    def problem(self, loc: tuple[int | str, ...], message: str) -> Problem:
        """An error at `loc`; where that is missing, at its nearest parent."""
        node, mark = self.node, self.node.start_mark
        for step in loc:
            if isinstance(node, yaml.MappingNode):
                pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
                if pair is None:
                    break
                mark, node = pair[0].start_mark, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                mark = node.start_mark
            else:
                break
        return Problem(self.path, mark.line + 1, mark.column + 1, message)


def load(folder: str | Path = HERE) -> Knowledge:
    """The knowledge in `folder`, whynan's own by default.

    Raises KnowledgeError with every file that cannot be read as what it should be. What spans files
    (dangling ids, cycles, entries out of reach) is kb.check's part.
    """
    root = Path(folder)
    problems: list[Problem] = []
    entries: dict[str, dict[str, Any]] = {}
    for table, pattern, model in (
        ("causes", "causes/*/*.yaml", Cause),
        ("fixes", "fixes/*.yaml", Fix),
        ("advisories", "advisories/*/*.yaml", Advisory),
    ):
        found = [p for p in sorted(root.glob(pattern)) if not p.name.endswith(".test.yaml")]
        entries[table] = {p.stem: e for p in found if (e := _entry(p, root, model, problems)) is not None}
    facts = _facts(root, problems)
    tree = _single(root, "tree.yaml", Tree, problems)
    policy = _single(root, "policy.yaml", Policy, problems)
    document = (
        _single(root, "document.yaml", Document, problems) if (root / "document.yaml").exists() else None
    )
    if problems or tree is None or policy is None:
        raise KnowledgeError(sorted(problems))
    return Knowledge(
        version=_version(root),
        facts=facts,
        tree=tree,
        policy=policy,
        document=document,
        **entries,
    )


def read(path: Path, root: Path, problems: list[Problem], form: type = dict) -> Source | None:
    """The file's data and lines, or None with the reason added to `problems`. `form` is dict or list."""
    name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    try:
        if path.stat().st_size > LARGEST:
            problems.append(Problem(name, 1, 1, f"is larger than {LARGEST // 1000} kB, split it"))
            return None
        text = path.read_text(encoding="utf-8")
        if sum(map(text.count, ("[", "{", "- ", "? "))) > MOST:
            problems.append(Problem(name, 1, 1, f"has more than {MOST} lists and mappings, split it"))
            return None
        loader = _Loader(text)
        node = loader.get_single_node()
        if _swells(node):
            problems.append(
                Problem(name, 1, 1, f"has more than {SWOLLEN} values, aliases (*name) among them")
            )
            return None
        data = loader.construct_document(node) if node else None
        doubled = list(_doubled(node))
    except RecursionError:
        problems.append(Problem(name, 1, 1, "is nested too deeply"))
        return None
    except OSError as error:
        problems.append(Problem(name, 1, 1, f"cannot be read ({error.strerror})"))
        return None
    except UnicodeDecodeError:
        problems.append(Problem(name, 1, 1, "is not UTF-8 text"))
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problems.append(Problem(name, line, column, f"not YAML: {error.problem}"))
        return None
    except yaml.YAMLError as error:
        problems.append(Problem(name, 1, 1, f"not YAML: {str(error).splitlines()[0]}"))
        return None
    if not isinstance(data, form):
        problems.append(Problem(name, 1, 1, "must be a list" if form is list else "must be a mapping"))
        return None
    source = Source(name, node, data)
    problems.extend(
        Problem(name, mark.line + 1, mark.column + 1, f"key {key!r} is given twice") for key, mark in doubled
    )
    return None if doubled else source


def _swells(root: Any) -> bool:
    """Whether aliases make the data larger than a file may be, or endless: walked as if written out."""
    count, left = 0, [root] if root else []
    while left and count <= SWOLLEN:
        node = left.pop()
        count += 1
        if not isinstance(node, yaml.ScalarNode):
            for value in node.value:
                left.extend(value if isinstance(value, tuple) else [value])
    return count > SWOLLEN


def _doubled(node: Any) -> Iterator[tuple[str, Any]]:
    """Every key that a mapping holds twice; PyYAML itself keeps the last in silence."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for name, value in node.value:
            if name.value in seen:
                yield name.value, name.start_mark
            seen.add(name.value)
            yield from _doubled(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _doubled(value)


def _valid(
    source: Source, data: Any, model: type[M], problems: list[Problem], prefix: tuple[str, ...] = ()
) -> M | None:
    try:
        return model.model_validate(data)
    except ValidationError as errors:
        for error in errors.errors():
            loc = tuple(step for step in error["loc"] if step != "[key]")
            message = error["msg"].removeprefix("Value error, ")
            problems.append(
                source.problem((*prefix, *loc), f"{'.'.join(map(str, (*prefix, *loc)))}: {message}")
            )
        return None


def _entry(path: Path, root: Path, model: type[M], problems: list[Problem]) -> M | None:
    source = read(path, root, problems)
    if source is None:
        return None
    if source.data.get("id") != path.stem:
        problems.append(source.problem(("id",), f"id must be {path.stem!r}, the file's name"))
    return _valid(source, source.data, model, problems)


def _single(root: Path, name: str, model: type[M], problems: list[Problem]) -> M | None:
    source = read(root / name, root, problems)
    return None if source is None else _valid(source, source.data, model, problems)


def _facts(root: Path, problems: list[Problem]) -> dict[str, Fact]:
    source = read(root / "facts.yaml", root, problems)
    facts: dict[str, Fact] = {}
    for name, data in (source.data if source else {}).items():
        data = {"id": name, **data} if isinstance(data, dict) else data
        fact = _valid(source, data, Fact, problems, prefix=(name,)) if source else None
        if fact is not None:
            facts[name] = fact
    return facts


def _version(root: Path) -> str:
    """A hash of everything that a diagnosis depends on: the same bytes, the same version."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.yaml")):
        if not path.name.endswith(".test.yaml"):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:10]
