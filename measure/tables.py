"""Where the measuring scripts put their tables: between the markers of a page of docs/."""

from __future__ import annotations

import re
from pathlib import Path

MEASURED = Path(__file__).parent.parent / "docs" / "measured.md"


def put(name: str, text: str, path: Path = MEASURED) -> None:
    """Writes `text` between `<!-- name -->` and `<!-- /name -->`. Raises SystemExit where they are not."""
    page = path.read_text(encoding="utf-8")
    marks = re.compile(f"<!-- {name} -->.*<!-- /{name} -->", re.S)
    if not marks.search(page):
        raise SystemExit(f"{path}: there is no <!-- {name} --> … <!-- /{name} --> to write to")
    whole = f"<!-- {name} -->\n{text}\n<!-- /{name} -->"
    path.write_text(marks.sub(lambda _: whole, page), encoding="utf-8")
