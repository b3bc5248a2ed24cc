"""Makes what follows from the code: the editor's schemas, the tables of the knowledge, the list of commands.

python -m docs.generate            writes them (`make generate`)
python -m docs.generate --check    writes nothing: a line for each file that is stale, and status 1
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

import kb
from app.cli import parser
from docs import evidence, tutorial
from kb import Knowledge
from kb.model import WORDS, Advisory, Cause, Fact, Fix, Policy, Strict, Tree

ROOT = Path(__file__).parent.parent
MODELS: dict[str, type[Strict]] = {
    "cause": Cause,
    "fix": Fix,
    "advisory": Advisory,
    "tree": Tree,
    "policy": Policy,
}
Row = Sequence[str]
TRACED = {"both": "source, both ends", "fix": "source, the fix", "thread": "thread"}


def made(knowledge: Knowledge) -> dict[str, str]:
    """The path of every file that is generated, wholly or in part, and the text that it should have."""
    schemas = {f"kb/schema/{name}.json": schema(model) for name, model in MODELS.items()}
    return {
        **schemas,
        "kb/schema/facts.json": facts_schema(),
        "docs/knowledge.md": page(
            "docs/knowledge.md",
            causes=table(("cause", "title", "document", "prior", "signs", "fixes"), causes(knowledge)),
            fixes=table(("fix", "title", "document", "minutes", "cures", "patches"), fixes(knowledge)),
        ),
        "docs/evidence.md": page(
            "docs/evidence.md",
            evidence="\n".join(evidence.lines(knowledge)),
            interview=table(("question", "answer", "opens"), interview(knowledge)),
        ),
        "docs/advisories.md": page("docs/advisories.md", advisories="\n\n".join(advisories(knowledge))),
        "docs/tutorial.md": page("docs/tutorial.md", **tutorial.outputs()),
        "docs/commands.md": page("docs/commands.md", commands="\n".join(commands(parser()))),
    }


def page(name: str, **blocks: str) -> str:
    """The page as it is, with each block between the two comments that name it."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for block, content in blocks.items():
        before, rest = text.split(f"<!-- {block} -->\n")
        text = f"{before}<!-- {block} -->\n{content}\n<!-- /{block} -->{rest.split(f'<!-- /{block} -->')[1]}"
    return text


# --- schemas for editors --------------------------------------------------------------------------


class _Untitled(GenerateJsonSchema):
    """Without the titles that pydantic makes from the keys: an editor shows the key already."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema(model: type[Strict]) -> str:
    """The schema of a file that holds one `model`."""
    return dump(model.model_json_schema(schema_generator=_Untitled))


def facts_schema() -> str:
    """The schema of facts.yaml: a fact's id is its key, and one set of bands stands without a list."""
    fact = Fact.model_json_schema(schema_generator=_Untitled)
    definitions = fact.pop("$defs")
    fact["properties"].pop("id")
    fact["required"].remove("id")
    bands = fact["properties"]["bands"]
    fact["properties"]["bands"] = {"anyOf": [bands["items"], bands]}
    return dump({"type": "object", "additionalProperties": fact, "$defs": definitions})


def dump(found: dict[str, Any]) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(head | worded(found), indent=2, ensure_ascii=False) + "\n"


def worded(found: Any) -> Any:
    """The schema with each probability also as one of the seven words, which the model turns into numbers."""
    if isinstance(found, list):
        return [worded(item) for item in found]
    if not isinstance(found, dict):
        return found
    if found.get("type") == "number" and 1 in (found.get("le"), found.get("maximum")):
        default = {"default": found["default"]} if "default" in found else {}
        return {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"enum": list(WORDS)}], **default}
    return {name: worded(item) for name, item in found.items()}


# --- tables -----------------------------------------------------------------------------------------


def table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def causes(knowledge: Knowledge) -> Iterator[Row]:
    for cause in knowledge.causes.values():
        yield (
            f"[{cause.id}](../{place('causes', cause.id)})",
            f"{cause.title.en}<br>{cause.title.zh}",
            cause.document or "",
            f"{cause.prior:.1%}",
            str(len(cause.signs)),
            ", ".join(
                f"{fix} {cause.fixes[fix]:.0%}"
                for fix in sorted(cause.fixes, key=lambda fix: (-cause.fixes[fix], fix))
            ),
        )


def fixes(knowledge: Knowledge) -> Iterator[Row]:
    for fix in knowledge.fixes.values():
        yield (
            f"[{fix.id}](../{place('fixes', fix.id)})",
            f"{fix.title.en}<br>{fix.title.zh}",
            fix.document or "",
            f"{fix.minutes:g}",
            ", ".join(cause.id for cause in knowledge.causes.values() if fix.id in cause.fixes),
            ", ".join(fix.patches),
        )


def advisories(knowledge: Knowledge) -> Iterator[str]:
    """A heading and a table for each library."""
    libraries = sorted({advisory.package for advisory in knowledge.advisories.values()})
    for library in libraries:
        yield f"## {library}"
        yield table(
            ("advisory", "affected", "fixed", "known from", "what happens", "cause", "seen in"),
            (
                (
                    f"[{advisory.id}](../{place('advisories', advisory.id)})",
                    f"`{advisory.affected}`",
                    f"`{advisory.fixed}`" if advisory.fixed else "",
                    TRACED[advisory.traced],
                    f"{advisory.title.en}<br>{advisory.title.zh}",
                    advisory.cause,
                    "<br>".join(f"[{ref.title.partition(':')[0]}]({ref.url})" for ref in advisory.references),
                )
                for advisory in knowledge.advisories.values()
                if advisory.package == library
            ),
        )


def interview(knowledge: Knowledge) -> Iterator[Row]:
    for name, node in knowledge.tree.nodes.items():
        for answer, targets in node.branches.items():
            yield f"{name} ({node.fact})", "any other" if answer == "*" else answer, ", ".join(targets)


def place(folder: str, entry: str) -> str:
    """Where the entry's file lies, from the repository's root."""
    (path,) = (ROOT / "kb" / folder).rglob(f"{entry}.yaml")
    return path.relative_to(ROOT).as_posix()


# --- commands -----------------------------------------------------------------------------------------


def commands(whole: argparse.ArgumentParser) -> Iterator[str]:
    """Each command with its arguments. Not argparse's own help, which every Python lays out differently."""
    for verb, about in verbs(whole):
        rows = [(f"`{spelled(action)}`", action.help or "") for action in own(verb)]
        for child, text in verbs(verb):
            name = child.prog.split()[-1]
            told = [action for action in own(child) if action.option_strings and action.help]
            words = [name, *(spelled(action) for action in own(child) if action not in told)]
            rows.append((f"`{' '.join(words)}`", text))
            rows += [(f"`{name} {spelled(action)}`", action.help or "") for action in told]
        yield f"### {verb.prog}\n\n{verb.description or about}\n"
        if rows:
            yield table(("argument", "what it is"), rows) + "\n"


def verbs(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """The commands right below this one, each with the sentence that its parent's help has for it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            about = {choice.dest: choice.help or "" for choice in action._choices_actions}
            yield from ((verb, about[name]) for name, verb in action.choices.items())


def own(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    others = (argparse._SubParsersAction, argparse._HelpAction)
    return [action for action in parser._actions if not isinstance(action, others)]


def spelled(action: argparse.Action) -> str:
    """The argument as a person types it: --set FACT=VALUE …, --lang en|zh, [PATH …]."""
    value = "|".join(action.choices) if action.choices else action.metavar or action.dest.upper()
    words = [", ".join(action.option_strings), str(value) if action.nargs != 0 else ""]
    words.append("…" if action.nargs in ("*", "+") else "")
    text = " ".join(filter(None, words))
    return f"[{text}]" if action.nargs == "*" else text


# --- writing ------------------------------------------------------------------------------------------


def stale(texts: dict[str, str], root: Path = ROOT) -> list[str]:
    """The paths whose file is missing or says something else."""
    return [
        name
        for name, text in texts.items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str]) -> int:
    texts = made(kb.load())
    old = stale(texts)
    for name in old:
        if "--check" in arguments:
            print(f"{name}: is not what docs/generate.py makes, say `make generate`")
        else:
            (ROOT / name).parent.mkdir(exist_ok=True)
            (ROOT / name).write_text(texts[name], encoding="utf-8")
            print(f"{name}: made anew")
    return 1 if old and "--check" in arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
