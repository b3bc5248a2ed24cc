"""The examples beside a cause: raw texts, and what must come of them. tests/test_cases.py runs them."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kb.load import Problem, read
from kb.model import Case, Knowledge

_CASES = TypeAdapter(tuple[Case, ...])


def cases(path: Path, root: Path, problems: list[Problem]) -> tuple[Case, ...]:
    """The cases beside the cause at `path`; what is wrong with them is added to `problems`."""
    beside = path.with_name(path.stem + ".test.yaml")
    if not beside.exists():
        problems.append(
            Problem(str(path.relative_to(root)), 1, 1, f"{beside.name} is missing: give it a case")
        )
        return ()
    source = read(beside, root, problems, form=list)
    if source is None:
        return ()
    try:
        return _CASES.validate_python(source.data)
    except ValidationError as errors:
        for error in errors.errors():
            where = ".".join(map(str, error["loc"]))
            problems.append(source.problem(error["loc"], f"{where}: {error['msg']}"))
        return ()


def check(path: Path, root: Path, knowledge: Knowledge) -> list[Problem]:
    """What is wrong with the cases beside the cause at `path`: it must win one and stay low in one."""
    problems: list[Problem] = []
    found = cases(path, root, problems)
    if problems:
        return problems
    name = str(path.relative_to(root).with_name(path.stem + ".test.yaml"))
    for wanted in ("first", "low"):
        if not any(case.expect == wanted for case in found):
            problems.append(Problem(name, 1, 1, f"give it a case in which {path.stem} must be {wanted}"))
    for case in found:
        for fact in sorted(set(case.facts) - set(knowledge.facts)):
            problems.append(Problem(name, 1, 1, f"{case.name}: no fact is called {fact!r}"))
        if case.first_fix is not None and case.first_fix not in knowledge.fixes:
            problems.append(Problem(name, 1, 1, f"{case.name}: no fix is called {case.first_fix!r}"))
    return problems
