"""The tools that an agent calls. Files that it names are read as data, never run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app import asked, inputs
from app.asked import MOST_FILES, Asked
from app.telling import BadInputError, like
from kb.model import Knowledge, Lang
from probes.merge import merge

Place = Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
Paths = Annotated[list[Place], Field(max_length=MOST_FILES)]
PATHS = "files and folders on this machine: logs, configs, commands, checkpoints"


class Diagnose(Asked):
    """What is known of a run, as `whynan diagnose` takes it."""

    paths: Paths = Field(default=[], description=PATHS)
    most: int = Field(default=5, ge=1, le=100, description="how many causes and fixes to tell, best first")


class Facts(BaseModel):
    """Files and texts to read."""

    model_config = ConfigDict(extra="forbid")

    paths: Paths = Field(default=[], description=PATHS)
    text: asked.Body = Field(default="", description="a pasted log, config, command, environment or report")


class Explain(BaseModel):
    """The id of a cause, fix, advisory or fact; without one, all ids."""

    model_config = ConfigDict(extra="forbid")

    id: asked.Word = Field(default="", description="a cause, fix, advisory or fact; left out: all ids")
    lang: Lang = "en"


@dataclass(frozen=True)
class Tool:
    """`run` takes the knowledge and a valid `form`, and gives plain data."""

    title: str
    description: str
    form: type[BaseModel]
    run: Callable[[Knowledge, Any], dict[str, Any]]

    def answer(self, knowledge: Knowledge, arguments: Any) -> dict[str, Any]:
        """What the tool says. Raises BadInputError, LinkError."""
        return self.run(knowledge, asked.formed(arguments, self.form))


def diagnose(knowledge: Knowledge, form: Diagnose) -> dict[str, Any]:
    """As `whynan diagnose --format json`, with the `most` best causes and fixes."""
    found = asked.answer(knowledge, form, inputs.read(map(Path, form.paths)))
    return {**found, "causes": found["causes"][: form.most], "fixes": found["fixes"][: form.most]}


def facts(_: Knowledge, form: Facts) -> dict[str, Any]:
    """What each file says, and where it stands; `problems` has a line for each that cannot be read."""
    found = inputs.read(map(Path, form.paths))
    found += inputs.paste(form.text) if form.text.strip() else asked.NOTHING
    if not found.reports:
        raise BadInputError("; ".join(found.problems) or "nothing to read, no path and no text, give one")
    files = []
    for name in dict.fromkeys(report.name for report in found.reports):
        report = merge(tuple(report for report in found.reports if report.name == name))
        where = {fact.id: fact.source for fact in report.facts}
        files.append({"name": name, "facts": report.values(), "where": where})
    return {"files": files, "problems": list(found.problems)}


def explain(knowledge: Knowledge, form: Explain) -> dict[str, Any]:
    """An entry of the knowledge base in one language, with its sources."""
    tables: Mapping[str, Mapping[str, Any]] = {
        "causes": knowledge.causes,
        "fixes": knowledge.fixes,
        "advisories": knowledge.advisories,
        "facts": knowledge.facts,
    }
    if not form.id:
        return {
            kind: {name: _title(entry, form.lang) for name, entry in table.items()}
            for kind, table in tables.items()
        }
    for kind, table in tables.items():
        if form.id in table:
            entry = table[form.id].model_dump(mode="json", by_alias=True, exclude_defaults=True)
            return {"entry": kind, **_in(entry, form.lang)}
    names = [name for table in tables.values() for name in table]
    raise BadInputError(f"{form.id}, there is no such entry{like(form.id, names)}")


def _title(entry: Any, lang: str) -> str:
    text = getattr(entry, "title", None) or getattr(entry, "question", None)
    return str(text[lang]) if text else ""


def _in(data: Any, lang: str) -> Any:
    """Plain data with each text in one language."""
    if isinstance(data, dict):
        if data.keys() == {"en", "zh"}:
            return data[lang]
        return {name: _in(value, lang) for name, value in data.items()}
    return [_in(item, lang) for item in data] if isinstance(data, list) else data


TOOLS = {
    "diagnose": Tool(
        "Why a training run broke",
        "From logs, configs, commands, checkpoints, pasted text and facts to causes with their evidence, "
        "fixes ranked by worth (with a patch for the user's config), and the next step. Go on with `link`.",
        Diagnose,
        diagnose,
    ),
    "facts": Tool(
        "What files say of a run",
        "Facts (precision, optimizer, first bad step, versions) of each file or text, with their lines.",
        Facts,
        facts,
    ),
    "explain": Tool(
        "What an id means",
        "A cause, fix, known library bug or fact: explanation, signs, steps, sources. Without an id: all.",
        Explain,
        explain,
    ),
}


def described(name: str) -> dict[str, Any]:
    """The tool as `tools/list` tells of it. All of them only read, and reach no network."""
    tool = TOOLS[name]
    hints = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
    return {
        "name": name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.form.model_json_schema(),
        "annotations": hints,
    }
