"""Which references of the knowledge nobody has opened, or not for long, and which are out of form.

python -m measure.check_references [--months 12] [--form]

Nothing is fetched: somebody opens a page, sees that it says what the entry claims, and writes the day beside
it as `checked`. `--form` names mistakes of form alone. The status is 1 where there is one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

import kb
from kb.model import Advisory, Cause, Fix, Knowledge, Reference
from kb.references import mistakes

# Projects, papers, and what the makers of a thing say of it: pages that stay, and that anybody can read.
HOSTS = {
    *("github.com", "huggingface.co", "docs.pytorch.org", "discuss.pytorch.org", "www.deepspeed.ai"),
    *("docs.nvidia.com", "arxiv.org", "nlp.stanford.edu"),
}
MONTH = timedelta(days=30)


def referring(knowledge: Knowledge) -> Iterator[tuple[str, tuple[Reference, ...]]]:
    """Every entry that has references, by its kind and id."""
    tables: dict[str, list[Cause] | list[Fix] | list[Advisory]] = {
        "cause": list(knowledge.causes.values()),
        "fix": list(knowledge.fixes.values()),
        "advisory": list(knowledge.advisories.values()),
    }
    for kind, entries in tables.items():
        for entry in entries:
            yield f"{kind} {entry.id}", entry.references
    if knowledge.document is not None:
        yield "document", (knowledge.document.source,)


def out_of_form(knowledge: Knowledge) -> Iterator[str]:
    """A line for each mistake of form, and for each host that this base does not know yet."""
    for name, references in referring(knowledge):
        yield from (f"{name}: {message}" for _, message in mistakes(references))
        for reference in references:
            if (host := urlsplit(reference.url).hostname) not in HOSTS:
                yield f"{name}: {reference.url!r}: {host} is not among the known hosts"


def unopened(knowledge: Knowledge, since: date) -> Iterator[str]:
    """A line for each address that was not opened since that day, with the entries that rest on it."""
    resting: dict[str, list[str]] = {}
    last: dict[str, date] = {}
    for name, references in referring(knowledge):
        for reference in references:
            resting.setdefault(reference.url, []).append(name)
            if reference.checked is not None:
                last[reference.url] = max(reference.checked, last.get(reference.url, reference.checked))
    for address, names in resting.items():
        opened = last.get(address)
        if opened is None or opened < since:
            yield f"{opened or 'never'!s:<10}  {address}  ({', '.join(names)})"


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--months", type=int, default=12, help="how long an opened page counts (12)")
    arguments.add_argument("--form", action="store_true", help="mistakes of form alone")
    asked = arguments.parse_args()
    knowledge = kb.load()
    found = list(out_of_form(knowledge))
    print(*found, sep="\n", end="\n" if found else "")
    if not asked.form:
        stale = list(unopened(knowledge, date.today() - asked.months * MONTH))
        total = len({reference.url for _, items in referring(knowledge) for reference in items})
        print(*stale, sep="\n", end="\n" if stale else "")
        print(f"{total - len(stale)} of {total} addresses opened within {asked.months} months")
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
