"""Diagnoses that a server keeps, each under an id that nobody guesses, and what people told of their fixes.

What is kept is the portable link, as it was made: it holds facts only, and never changes. SQLite needs no
setting up; PostgreSQL lets several servers share one store.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from app.link import decode
from app.migrations import diagnoses, migrate, outcomes
from app.telling import BadInputError
from kb.belief import OUTCOMES

DAY = 86_400
LONGEST_DAYS = 3_660
_ID = re.compile(r"[A-Za-z0-9_-]{22}")  # 128 bits
_FIX = re.compile(r"[a-z0-9-]{1,64}")
_WAIT = 30  # seconds that a writer waits for another one


class StoreError(BadInputError):
    """The database cannot be used: "what, where, what to do" in one line."""


@dataclass(frozen=True)
class Kept:
    """A diagnosis as it was saved. `made` and `expires` are seconds since 1970."""

    id: str
    link: str
    parent: str | None
    made: int
    expires: int | None


@dataclass(frozen=True)
class Told:
    """What somebody told of a fix. `run` is the diagnosis that the one with `link` goes on from."""

    run: str
    link: str
    fix: str
    outcome: str
    told: int


class Store:
    """One database; threads may share it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._readers = engine.execution_options(writes=False)

    def save(self, link: str, parent: str | None = None, days: int | None = None) -> tuple[str, str]:
        """Keeps a portable link for `days`, or for good; the new id, and the key that deletes it again.

        `parent` is the id of the diagnosis that this one goes on from. Once this returns, the diagnosis
        outlives a crash. Raises app.link.LinkError for what is no link, StoreError.
        """
        decode(link)
        name, key, now = secrets.token_urlsafe(16), secrets.token_urlsafe(16), int(time.time())
        known = sa.select(diagnoses.c.id).where(diagnoses.c.id == _id(parent)).scalar_subquery()
        its_run = sa.select(diagnoses.c.run).where(diagnoses.c.id == _id(parent)).scalar_subquery()
        row = {
            "id": name,
            "link": link,
            "key": _hash(key),
            "parent": known,
            "run": sa.func.coalesce(its_run, name),
            "made": now,
            "expires": now + DAY * min(max(days, 1), LONGEST_DAYS) if days else None,
        }
        with _one_line(), self._engine.begin() as connection:
            connection.execute(diagnoses.delete().where(diagnoses.c.expires <= now))
            connection.execute(diagnoses.insert().values(row))
        return name, key

    def find(self, name: str) -> Kept | None:
        """What was saved under this id, unless it was deleted or has expired. Raises StoreError."""
        alive = sa.or_(diagnoses.c.expires.is_(None), diagnoses.c.expires > int(time.time()))
        columns = [diagnoses.c[field] for field in ("id", "link", "parent", "made", "expires")]
        with _one_line(), self._readers.connect() as connection:
            row = connection.execute(
                sa.select(*columns).where(diagnoses.c.id == _id(name), alive)
            ).one_or_none()
        return Kept(**row._mapping) if row else None

    def delete(self, name: str, key: str) -> bool:
        """Deletes it, and what was told of it, if the key is its own. Raises StoreError."""
        with _one_line(), self._engine.begin() as connection:
            stored = connection.scalar(sa.select(diagnoses.c.key).where(diagnoses.c.id == _id(name)))
            if stored is None or not hmac.compare_digest(stored, _hash(key)):
                return False
            connection.execute(diagnoses.delete().where(diagnoses.c.id == name))
        return True

    def record(self, name: str, fix: str, outcome: str) -> bool:
        """Keeps what came of a fix; the last that is told counts. False if there is no such diagnosis.

        Raises ValueError for an outcome that is none of kb.belief.OUTCOMES, StoreError.
        """
        if outcome not in OUTCOMES or not _FIX.fullmatch(fix):
            raise ValueError(f"{fix}={outcome}, is no fix with one of {', '.join(OUTCOMES)}")
        if self.find(name) is None:
            return False
        row = {"diagnosis": name, "fix": fix, "told": int(time.time()), "outcome": outcome}
        dialect: Any = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(outcomes).values(row)
        key, changed = ["diagnosis", "fix", "told"], {"outcome": statement.excluded["outcome"]}
        try:
            with _one_line(), self._engine.begin() as connection:
                connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed))
        except IntegrityError:  # it was deleted just now
            return False
        return True

    def counts(self, fix: str) -> dict[str, int]:
        """How often each outcome was told of a fix: outcome -> number of runs, for all of OUTCOMES."""
        last = {row.run: row.outcome for row in self.told(fix)}
        return {outcome: list(last.values()).count(outcome) for outcome in OUTCOMES}

    def told(self, fix: str = "") -> tuple[Told, ...]:
        """All that was told (of `fix`), with the link of its diagnosis, oldest first. Raises StoreError."""
        columns = (diagnoses.c.run, diagnoses.c.link, outcomes.c.fix, outcomes.c.outcome, outcomes.c.told)
        query = sa.select(*columns).select_from(outcomes).join(diagnoses)
        if fix:
            query = query.where(outcomes.c.fix == fix)
        order = (outcomes.c.told, diagnoses.c.made, diagnoses.c.id, outcomes.c.fix)
        with _one_line(), self._readers.connect() as connection:
            return tuple(Told(*row) for row in connection.execute(query.order_by(*order)))

    def close(self) -> None:
        """Lets go of the database."""
        self._engine.dispose()


@cache
def connect(url: str) -> Store:
    """The store at `url` (sqlite:////a/path, postgresql+psycopg://…), with its tables brought up to date.

    Raises StoreError.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "--database, is no address, give sqlite:////path or postgresql+psycopg://…"
        ) from error
    if address.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"--database {address!r}, neither SQLite nor PostgreSQL, give one of these")
    if address.get_backend_name() == "sqlite":
        _prepare(address)
    else:
        address = address.update_query_dict({"connect_timeout": address.query.get("connect_timeout", "10")})
    try:
        engine = sa.create_engine(address, pool_pre_ping=address.get_backend_name() != "sqlite")
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError(
            f"--database {address!r}, its driver is missing, install whynan[postgres]"
        ) from error
    if engine.dialect.name == "sqlite":
        _durable(engine)
    try:
        with _one_line(), engine.begin() as connection:
            migrate(connection)
    except StoreError:
        engine.dispose()
        raise
    return Store(engine)


def default_url() -> str:
    """A file of the user's own: $XDG_DATA_HOME/whynan/whynan.db, else ~/.local/share/whynan/whynan.db."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return URL.create("sqlite", database=str(Path(home) / "whynan" / "whynan.db")).render_as_string()


def _id(name: str | None) -> str:
    """The id, or one that nothing has where it has not an id's form: no database sees strange characters."""
    return name if name and _ID.fullmatch(name) else ""


def _hash(key: str) -> str:
    """The key is 128 random bits, so that one round is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        raise StoreError(f"the database, {lines[0]}, see that it runs and its address is right") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the database, {str(error).splitlines()[0]}, try again") from error


def _prepare(address: URL) -> None:
    """The folder, and the file for nobody else to read."""
    if not address.database or address.database == ":memory:":
        raise StoreError("--database, names no file, give sqlite:////path/of/whynan.db")
    path = Path(address.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise StoreError(f"{path}, cannot be written ({error.strerror}), name another file") from error


def _durable(engine: sa.Engine) -> None:
    """Readers beside one writer; a save that returned is on the disk; foreign keys hold."""

    @sa.event.listens_for(engine, "connect")
    def opened(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins no transactions of its own: `begun` does
        connection.execute(f"PRAGMA busy_timeout = {_WAIT * 1000}")
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {setting}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        # A reader that turns into a writer may not wait for another one: SQLite refuses it at once.
        writes = connection.get_execution_options().get("writes", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
