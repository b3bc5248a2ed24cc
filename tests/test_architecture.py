"""The house rules that no linter knows: who may import what, how large a module is, what it never holds."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
MODULES = [path for folder in ("app", "kb", "probes") for path in sorted((ROOT / folder).rglob("*.py"))]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}

# Beside the standard library. The most specific folder counts.
MAY_IMPORT = {
    "probes": {"probes"},
    "probes/lab": {"probes", "torch"},  # a model is made of torch; the rest of the lab runs without
    "probes/watch.py": {"torch"},  # runs where there is a training, and nothing else of whynan
    "kb": {"kb", "networkx", "numpy", "packaging", "pydantic", "yaml"},
    "app": {"app", "kb", "probes", "markdown_it", "pydantic", "sqlalchemy", "yaml"},
    # Streamlit charts are altair's, and its routes are starlette's.
    "app/ui": {"app", "kb", "probes", "streamlit", "altair", "numpy", "pydantic", "starlette"},
}
# Used where present: inside `try` or a function. An old Python has no tomllib and no compression.
WHERE_PRESENT = {
    "probes": {
        "torch",
        "flash_attn",
        "numpy",
        "pyarrow",
        "tokenizers",
        "transformers",
        "pynvml",
        "yaml",
        "tomllib",
        "zstandard",
        "compression",
    }
}
WHERE_PRESENT["probes/watch.py"] = {"transformers", "lightning", "mmengine"}
# The only modules that start another program.
STARTS_PROGRAMS = {"app/jobs.py", "probes/shell.py"}

# What turns data into code, or text into HTML, by the name that it is called or imported by.
NEVER = {
    *("exec", "eval", "compile", "__import__"),
    *("pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"),
    *("os.system", "os.popen", "pty", "commands", "multiprocessing", "runpy"),
    *("yaml.full_load", "yaml.unsafe_load", "yaml.full_load_all", "yaml.unsafe_load_all"),
    *(
        "yaml.Loader",
        "yaml.CLoader",
        "yaml.FullLoader",
        "yaml.CFullLoader",
        "yaml.UnsafeLoader",
        "yaml.CUnsafeLoader",
    ),
}
NEVER_SET = {
    "shell",
    "unsafe_allow_html",
    "allow_pickle",
}  # keywords that are never set to anything but False


class Import(NamedTuple):
    """The line and the full name of an import, and whether a missing module would do no harm."""

    line: int
    name: str
    guarded: bool


def here(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def folder(path: Path) -> str:
    """The most specific folder of MAY_IMPORT that the module lies in, or the module itself."""
    return max((name for name in MAY_IMPORT if f"{here(path)}/".startswith(f"{name}/")), key=len)


def imports(node: ast.AST, guarded: bool = False) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(node.lineno, alias.name, guarded) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert not node.level, f"line {node.lineno}: an import names its package"
        yield from (Import(node.lineno, f"{node.module}.{alias.name}", guarded) for alias in node.names)
    guarded = guarded or isinstance(node, (ast.Try, ast.FunctionDef, ast.AsyncFunctionDef))
    for child in ast.iter_child_nodes(node):
        yield from imports(child, guarded)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_a_folder_imports_only_what_it_may() -> None:
    """probes needs only Python, kb and probes know neither each other nor app, Streamlit stays in app/ui."""
    offences = []
    for path, tree in TREES.items():
        where_present = WHERE_PRESENT.get(folder(path), set())
        allowed = MAY_IMPORT[folder(path)] | (sys.stdlib_module_names - where_present)
        for line, name, guarded in imports(tree):
            top = name.partition(".")[0]
            if top in where_present and not guarded:
                offences.append(
                    f"{here(path)}:{line}: {top} may be missing, import it inside `try` or a function"
                )
            elif top not in allowed | where_present:
                offences.append(f"{here(path)}:{line}: {folder(path)} may not import {top}")

    assert not offences, "\n".join(offences)


def test_only_two_modules_start_other_programs() -> None:
    starters = {
        here(path)
        for path, tree in TREES.items()
        for _, name, _ in imports(tree)
        if name.startswith("subprocess")
    }

    assert starters == STARTS_PROGRAMS


def test_the_command_line_and_the_pages_leave_torch_alone() -> None:
    """torch costs the web process 300 MB and slows each click; `whynan facts` needs no Streamlit."""
    plain = [
        here(p)[:-3].replace("/", ".") for p in MODULES if here(p).startswith("app/") and folder(p) == "app"
    ]
    script = f"import sys, importlib\nfor name in {plain}: importlib.import_module(name)\n"
    script += "print(sorted({'torch', 'streamlit'} & set(sys.modules)))\n"
    script += "import app.ui.server\nprint('torch' in sys.modules)"
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("[]\nFalse\n", "")


def test_nothing_turns_data_into_code() -> None:
    """What a person hands in is data: it is never executed, unpickled, or shown as HTML."""
    offences = []
    for path, tree in TREES.items():
        where = here(path)
        for line, name, _ in imports(tree):
            if name in NEVER or name.partition(".")[0] in NEVER:
                offences.append(f"{where}:{line}: {name}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in NEVER:
                offences.append(f"{where}:{node.lineno}: {ast.unparse(node)}")
        for call in calls(tree):
            said = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            what = ast.unparse(call.func)
            if isinstance(call.func, ast.Name) and what in NEVER:
                offences.append(f"{where}:{call.lineno}: {what}()")
            if what in ("yaml.load", "yaml.load_all") and not said.get("Loader", "").endswith("SafeLoader"):
                offences.append(f"{where}:{call.lineno}: {what}() without a safe loader")
            if what == "torch.load" and said.get("weights_only") != "True":
                offences.append(f"{where}:{call.lineno}: torch.load() without weights_only=True")
            offences += [
                f"{where}:{call.lineno}: {name}={said[name]}"
                for name in NEVER_SET & set(said)
                if said[name] != "False"
            ]

    assert not offences, "\n".join(offences)


@pytest.mark.parametrize(
    "source",
    [
        "eval(text)",
        "import pickle",
        "from pickle import loads",
        "os.system(text)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.UnsafeLoader)",
        "torch.load(path)",
        "subprocess.run(text, shell=True)",
        "st.markdown(text, unsafe_allow_html=True)",
    ],
)
def test_the_rule_against_code_in_data_sees(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TREES, ROOT / "app" / "planted.py", ast.parse(source))

    with pytest.raises(AssertionError, match=r"app/planted\.py:1: "):
        test_nothing_turns_data_into_code()


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("probes/planted.py", "import kb"),
        ("probes/planted.py", "import torch"),
        ("probes/planted.py", "import requests"),
        ("kb/planted.py", "from probes.report import Fact"),
        ("kb/planted.py", "def late():\n    import app.session"),
        ("app/planted.py", "import streamlit as st"),
        ("app/ui/planted.py", "import torch"),
    ],
)
def test_the_rule_of_imports_sees(module: str, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TREES, ROOT / module, ast.parse(source))

    with pytest.raises(AssertionError, match=rf"{module}:\d: "):
        test_a_folder_imports_only_what_it_may()


def test_modules_are_read_in_one_sitting() -> None:
    paths = [*MODULES, *(ROOT / "measure").rglob("*.py")]
    lines = {here(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    code = [count for count in lines.values() if count > 5]

    # One file by purpose: it is copied alone into other projects.
    assert {name: count for name, count in lines.items() if count > 300 and name != "probes/watch.py"} == {}
    assert lines["probes/watch.py"] < 450
    assert statistics.median(code) < 120


def test_modules_are_named_for_what_they_hold() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "base"}

    assert [here(path) for path in MODULES if path.stem in drawers or path.parent.name in drawers] == []


def test_the_probes_are_written_in_python_3_9() -> None:
    for path in MODULES:
        if here(path).startswith("probes/"):
            ast.parse(path.read_text(encoding="utf-8"), filename=here(path), feature_version=(3, 9))


def test_tests_are_no_package() -> None:
    """tests/app/__init__.py would stand in front of the package app."""
    assert [here(path) for path in (ROOT / "tests").rglob("__init__.py")] == []
