"""A diagnosis that a program asks for as JSON: what it may say, its bounds, and the answer.

The web server's interface and the agents' server take the same form.
"""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from app import inputs, render, telling
from app.inputs import Inputs
from app.session import Session
from app.telling import BadInputError
from kb.model import Knowledge, Lang

MOST_TEXT = 1_000_000  # characters of all texts together; a longer log goes through the command line
MOST_FILES, MOST_FACTS = 20, 200
NOTHING = Inputs()

Word = Annotated[str, StringConstraints(max_length=200)]
Body = Annotated[str, StringConstraints(max_length=MOST_TEXT)]


class Asked(BaseModel):
    """What is known of one run; everything may be left out, but not all of it."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    facts: dict[Word, bool | int | float | Word] = Field(
        default={}, max_length=MOST_FACTS, description="what you know, by fact id: {loss.symptom: zero}"
    )
    tried: dict[Word, Word] = Field(
        default={},
        max_length=MOST_FACTS,
        description="fixes that were tried: worked, no-change, worse or other-symptom",
    )
    text: Body = Field(default="", description="a log, a config, a command, a report, as one would paste it")
    files: dict[Word, Body] = Field(
        default={}, max_length=MOST_FILES, description="texts by file name; configs get their patch by it"
    )
    link: str = Field(default="", max_length=9_000, description="go on from a link (?d=…)")
    lang: Lang = Field(default="en", description="the language of titles and steps")

    @model_validator(mode="after")
    def _bounded(self) -> Asked:
        if len(self.text) + sum(map(len, self.files.values())) > MOST_TEXT:
            raise ValueError(f"text and files have more than {MOST_TEXT} characters in all")
        return self


Form = TypeVar("Form", bound=BaseModel)


def formed(data: Any, form: type[Form]) -> Form:
    """`data`, parsed JSON, in a form. Raises BadInputError with one line."""
    try:
        return form.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:200] or "the request"
        said = first["msg"][:200].lower().removeprefix("value error, ")
        line = f"{where}, {said}, see docs/interfaces.md for the form"
        raise BadInputError(line) from error


def read(data: Any) -> Asked:
    """`data`, parsed JSON, as a request. Raises BadInputError with one line."""
    return formed(data, Asked)


def answer(
    knowledge: Knowledge, asked: Asked, further: Inputs = NOTHING, address: str = ""
) -> dict[str, Any]:
    """The diagnosis in the contract's form; `problems` in it has a line for each text that cannot be read.

    `further` is what was read elsewhere. Raises BadInputError and app.link.LinkError.
    """
    facts = [
        (name, value if isinstance(value, str) else json.dumps(value)) for name, value in asked.facts.items()
    ]
    session = telling.tell(knowledge, telling.opened(asked.link), facts, asked.tried.items())
    given = further + texts(asked)
    session = session.read(*given.reports)
    if session == Session():
        nothing = "nothing to diagnose, no text and no facts, give a log, a config or loss.symptom"
        raise BadInputError("; ".join(given.problems) or nothing)
    conclusion, shown = telling.concluded(knowledge, session, dict(given.texts), address)
    diagnosis = render.to_json(conclusion, knowledge, shown, asked.lang)
    return {**diagnosis, "problems": list(given.problems)} if given.problems else diagnosis


def texts(asked: Asked) -> Inputs:
    """What the texts say, each by its own reader."""
    found = inputs.paste(asked.text) if asked.text.strip() else Inputs()
    for name, text in asked.files.items():
        found += inputs.paste(text, PurePath(name.replace("\\", "/")).name or "file")
    return found
