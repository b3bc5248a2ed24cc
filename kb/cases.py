"""What stands beside a cause: examples, which tests/test_cases.py runs, and an expert's claims in words."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from kb import claims
from kb.claims import Claims
from kb.load import Problem, Source, read
from kb.model import Case, Knowledge


def beside(path: Path) -> Path:
    """The file with the examples and claims of the cause at `path`."""
    return path.with_name(path.stem + ".test.yaml")


def cases(path: Path, root: Path, problems: list[Problem]) -> tuple[Case, ...]:
    """The cases beside the cause at `path`; what is wrong with them is added to `problems`."""
    return tuple(item for item in _items(path, root, problems)[1].values() if isinstance(item, Case))


def claimed(path: Path, root: Path, problems: list[Problem]) -> tuple[Claims, ...]:
    """The claims beside the cause at `path`, which need not have any."""
    return tuple(item for item in _items(path, root, problems)[1].values() if isinstance(item, Claims))


def check(path: Path, root: Path, knowledge: Knowledge) -> list[Problem]:
    """What is wrong beside the cause at `path`: it must win one case and stay low in one; its claims hold."""
    problems: list[Problem] = []
    source, items = _items(path, root, problems)
    if problems or source is None:
        return problems
    found = [item for item in items.values() if isinstance(item, Case)]
    for wanted in ("first", "low"):
        if not any(case.expect == wanted for case in found):
            problems.append(
                Problem(source.path, 1, 1, f"give it a case in which {path.stem} must be {wanted}")
            )
    for case in found:
        for fact in sorted(set(case.facts) - set(knowledge.facts)):
            problems.append(Problem(source.path, 1, 1, f"{case.name}: no fact is called {fact!r}"))
        if case.first_fix is not None and case.first_fix not in knowledge.fixes:
            problems.append(Problem(source.path, 1, 1, f"{case.name}: no fix is called {case.first_fix!r}"))
    for index, item in items.items():
        if isinstance(item, Claims):
            wrong = claims.wrong(knowledge, knowledge.causes[path.stem], item)
            problems += [source.problem((index, *loc), message) for loc, message in wrong]
    return problems


def _items(path: Path, root: Path, problems: list[Problem]) -> tuple[Source | None, dict[int, Case | Claims]]:
    """The file's data, and its entries by their place in it."""
    if not beside(path).exists():
        missing = f"{beside(path).name} is missing: give it a case"
        problems.append(Problem(str(path.relative_to(root)), 1, 1, missing))
        return None, {}
    source = read(beside(path), root, problems, form=list)
    items: dict[int, Case | Claims] = {}
    for index, data in enumerate(source.data if source else ()):
        is_claims = isinstance(data, dict) and not {"says", "cures"}.isdisjoint(data)
        try:
            items[index] = (Claims if is_claims else Case).model_validate(data)
        except ValidationError as errors:
            for error in errors.errors():
                loc = (index, *(step for step in error["loc"] if step != "[key]"))
                message = f"{'.'.join(map(str, loc))}: {error['msg']}"
                if source:
                    problems.append(source.problem(loc, message))
    return source, items
