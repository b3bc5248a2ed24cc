"""The command `whynan`: one module in app/commands a verb."""

from __future__ import annotations

import argparse
import os
import sys
from types import ModuleType
from typing import NoReturn

from app.commands import (
    BadInputError,
    diagnose,
    facts,
    headroom,
    knowledge,
    lab,
    mcp,
    pack,
    scan,
    series,
    serve,
)
from app.link import LinkError
from kb import KnowledgeError

COMMANDS: dict[str, tuple[ModuleType | None, str]] = {
    "serve": (serve, "the web app"),
    "diagnose": (diagnose, "from a log, a config, a folder, a text to ranked fixes"),
    "facts": (facts, "what each file says"),
    "series": (series, "every step of a log as CSV"),
    "probe": (None, "measure this machine: hardware, software, numeric self-test"),
    "scan": (scan, "the tensors of a checkpoint, or the rows of a data set"),
    "headroom": (headroom, "whether a model's activations fit into float16"),
    "lab": (lab, "makes a fault happen on a small model, with or without a fix"),
    "pack": (pack, "the probes as one file that needs only Python"),
    "mcp": (mcp, "the tools for coding agents (Model Context Protocol, on standard input and output)"),
    "kb": (knowledge, "the knowledge base"),
}


class Parser(argparse.ArgumentParser):
    """argparse, but a mistake is one line."""

    def error(self, message: str) -> NoReturn:
        """Ends with status 2 and one line on standard error."""
        print(f"whynan: {message}, on the command line, see `{self.prog} --help`", file=sys.stderr)
        raise SystemExit(2)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = Parser(prog="whynan", description="Tells why a fine-tuning run broke and what to do about it.")
    verbs = whole.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for name, (module, text) in COMMANDS.items():
        verb = verbs.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}.", add_help=module is not None
        )
        if module is not None:
            module.add(verb)
    return whole


def main(argv: list[str] | None = None) -> int:
    """Runs a command and returns its exit status; bad input is one line on standard error and status 2."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["probe"]:  # the probes describe their own arguments: they also run without whynan
        from probes.cli import main as probe

        return probe(words[1:])
    arguments = parser().parse_args(words)
    module = COMMANDS[arguments.command][0]
    try:
        return int(module.run(arguments)) if module else 2
    except (BadInputError, LinkError) as error:
        print(f"whynan: {error}", file=sys.stderr)
    except KnowledgeError as error:
        count = len(error.problems)
        print(f"whynan: {error.problems[0]}, one of {count} problems, see `whynan kb check`", file=sys.stderr)
    except BrokenPipeError:  # `whynan … | head`: nobody reads any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
