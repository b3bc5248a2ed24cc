"""Every reason that a probe gives for not knowing is there in Chinese, too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import probes
from app.session import ON_THE_NODE
from app.unknown import CATALOGUE, said
from probes.configs import FORMATS, arguments
from probes.configs.defaults import Defaults

SOURCES = sorted(Path(probes.__file__).parent.rglob("*.py"))
GIVING = ("Unknown", "cannot")  # the two calls that say what is not known
# What begins so is a command, or an error of a library, and the same in every language.
COMMANDS = (
    "sudo ",
    "python ",
    "nvidia-smi",
    "word: word",
    "word; on word",
    "cat ",
    "pip install",
    "torchrun ",
    "whynan scan",
)


def texts(node: ast.AST, names: dict[str, list[ast.AST]]) -> Iterator[str]:
    """The texts that an argument may be, with a word in the place of each field; none for an error's text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "word" for part in node.values)
    elif isinstance(node, ast.Name):
        for value in names.get(node.id, ()):
            yield from texts(value, names)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from texts(value, names)
    elif isinstance(node, ast.Tuple):
        for value in node.elts:
            yield from texts(value, names)


def assigned(scope: ast.AST) -> dict[str, list[ast.AST]]:
    """What each name of the scope is set to, alone or in a tuple."""
    names: dict[str, list[ast.AST]] = {}
    for node in ast.walk(scope):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            pairs = zip(target.elts, node.value.elts, strict=True) if several else [(target, node.value)]
            for name, value in pairs:
                names.setdefault(ast.unparse(name), []).append(value)
    return names


def reasons() -> Iterator[tuple[str, str]]:
    """(where, text) of each why and how."""
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        whole = ast.Module([node for node in tree.body if not isinstance(node, ast.FunctionDef)], [])
        for scope in (whole, *functions):
            names = {**assigned(whole), **assigned(scope)}
            for call in ast.walk(scope):
                if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in GIVING:
                    for argument in call.args[1:]:
                        for text in texts(argument, names):
                            yield f"{path.name}:{call.lineno}", text


REASONS = sorted(set(reasons()))


def test_the_reasons_are_found() -> None:
    assert len(REASONS) > 40


@pytest.mark.parametrize(("where", "text"), REASONS)
def test_every_reason_is_there_in_chinese(where: str, text: str) -> None:
    if not text or text.startswith(COMMANDS):
        return
    assert re.search("[\u4e00-\u9fff]", said(text, "zh")), f"{where}: add {text!r} to app/unknown.yaml"
    assert said(text, "en") == text


PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}|\\bno [a-z]+")  # and not a setting with its value, as `optim adamw`
SETTING = re.compile(
    r"[\w.-]*[_-][\w.-]* [\w.]+|\w+ adamw\w*|eps \S+|fp16 false|(?:dtype|plugins|strategy) \S+"
)


def written_by_readers() -> Iterator[str]:
    """What the readers say behind "…'s default: " where no table has it."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for text in texts(node, {}) if isinstance(node, ast.Constant) else ():
                library, _, what = text.partition(": ")
                if re.search(r"s'? default( \([^)]*\))?$", library) and what:
                    yield what


@pytest.mark.parametrize(
    "written",
    sorted(
        set(written_by_readers())
        | {
            written
            for module in (arguments, *FORMATS.values())
            for table in vars(module).values()
            if isinstance(table, Defaults)
            for _, written in table.values.values()
        }
    ),
)
def test_a_default_in_words_is_there_in_chinese(written: str) -> None:
    if PROSE.search(written) and not SETTING.fullmatch(written):
        assert re.search("[\u4e00-\u9fff]", said(written, "zh")), f"add {written!r} to app/unknown.yaml"


def test_no_reason_is_left_over() -> None:
    given = {ON_THE_NODE}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            given.update(text for text in texts(node, {}) if " " in text)
    given |= {text.partition(": ")[2] for text in given if "default" in text}
    tested = [text for text in given if "rounding explains" in text]
    given |= {f"self-test on {device}: {text}" for device in ("the CPU", "word") for text in tested}

    assert [en for en, pattern, _ in CATALOGUE if not any(pattern.fullmatch(text) for text in given)] == []


def test_fields_are_filled_in_and_what_nobody_wrote_stays() -> None:
    assert said("the GPUs differ: A100, V100", "zh") == "各 GPU 不同：A100, V100"
    assert said("CUDA error: out of memory", "zh") == "CUDA error: out of memory"
    assert said("a {brace} and a \\ stay", "zh") == "a {brace} and a \\ stay"
