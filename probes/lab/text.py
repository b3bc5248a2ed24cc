"""The lab's text: functions of Python's own library, each a signature and the docstring that explains it.

Pre-training reads them as they are. Fine-tuning asks for a docstring whose words all begin with a capital,
which the model learns within some fifty steps; one that lost what it knew stands above where it began.
"""

from __future__ import annotations

import ast
import functools
import pathlib
import sysconfig
import typing

# Every token is a byte of UTF-8, and these.
BEGIN, PAD = 256, 257
VOCABULARY = 272  # the rest is never trained: what a model's reserved tokens are
IGNORED = -100  # the label of a position whose token is not learnt
LONGEST = 64  # tokens of a sample, the prompt among them

MODULES = (
    "argparse", "ast", "asyncio/base_events", "asyncio/streams", "bdb", "calendar", "codecs",
    "collections/__init__", "configparser", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal",
    "_pydecimal", "difflib", "doctest", "email/message", "enum", "fractions", "ftplib", "functools",
    "gettext", "heapq", "html/parser", "http/client", "http/cookiejar", "imaplib", "inspect", "ipaddress",
    "json/decoder", "logging/__init__", "logging/handlers", "mailbox", "mimetypes", "multiprocessing/pool",
    "optparse", "os", "pathlib", "pdb", "pickletools", "platform", "poplib", "pprint", "random", "shutil",
    "smtplib", "socket", "socketserver", "ssl", "statistics", "subprocess", "tarfile", "tempfile", "textwrap",
    "threading", "tokenize", "traceback", "turtle", "typing", "unittest/case", "unittest/mock",
    "urllib/parse", "urllib/request", "uuid", "weakref", "xml/dom/minidom", "xml/etree/ElementTree",
    "xmlrpc/client", "zipfile", "zipfile/__init__",
)  # fmt: skip


class Sample(typing.NamedTuple):
    """A prompt (a signature) and its answer, as text."""

    prompt: str
    answer: str

    def tokens(self, longest: int = LONGEST) -> tuple[list[int], list[int]]:
        """The prompt's tokens, the begin mark first, and the answer's, cut at `longest` altogether."""
        prompt = [BEGIN, *self.prompt.encode()][:longest]
        return prompt, list(self.answer.encode())[: longest - len(prompt)]


def samples() -> list[Sample]:
    """All of it, in one order on every machine with this Python. Raises OSError without its sources."""
    return list(_library())


@functools.lru_cache(maxsize=1)
def _library() -> tuple[Sample, ...]:
    """Each sample once. To parse the modules takes a second, a run of the lab four."""
    library = pathlib.Path(sysconfig.get_path("stdlib"))
    found: dict[Sample, None] = {}  # in order
    for name in MODULES:
        path = library / f"{name}.py"
        if path.is_file():  # a module may have moved from one Python to another
            found.update(dict.fromkeys(_functions(ast.parse(path.read_text(encoding="utf-8")))))
    if len(found) < 200:
        raise FileNotFoundError(
            f"{library}: Python's own sources are not there, and the lab's text is made of them"
        )
    return tuple(found)


def titled(sample: Sample) -> Sample:
    """The usual task: Every Word Begins With A Capital."""
    return Sample(sample.prompt, sample.answer.title())


def capitals(sample: Sample) -> Sample:
    """A task that lies further away: the loss begins at 5 nats in place of 2.5."""
    return Sample(sample.prompt, sample.answer.upper())


TASKS = {"titled": titled, "capitals": capitals}


def _functions(tree: ast.Module) -> typing.Iterator[Sample]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            said = ast.get_docstring(node)
            if said and said.isascii() and len(said) > 20:
                arguments = ", ".join(argument.arg for argument in node.args.args)
                yield Sample(
                    f"def {node.name}({arguments})"[: LONGEST // 2 - 3] + ":\n", " ".join(said.split())
                )
