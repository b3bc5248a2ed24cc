"""The database's tables, as the list of changes that made them; a database has gone through the first few.

A change that was released is never edited: the next one comes after it.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, Text

_LOCK = 0x77_68_79  # "why": PostgreSQL's advisory locks are numbers

tables = MetaData()
_done = Table("migrations", tables, Column("number", Integer, primary_key=True))

# A diagnosis is its portable link. Times are seconds since 1970; `key` is a hash of what its author keeps.
diagnoses = Table(
    "diagnoses",
    tables,
    Column("id", String(32), primary_key=True),
    Column("link", Text, nullable=False),
    Column("key", String(64), nullable=False),
    Column("parent", ForeignKey("diagnoses.id", ondelete="SET NULL")),
    Column("made", Integer, nullable=False),
    Column("expires", Integer, index=True),
)
# What came of a fix; one word for each fix of a diagnosis, the last that was said.
outcomes = Table(
    "outcomes",
    tables,
    Column("diagnosis", ForeignKey("diagnoses.id", ondelete="CASCADE"), primary_key=True),
    Column("fix", String(64), primary_key=True, index=True),
    Column("outcome", String(32), nullable=False),
    Column("told", Integer, nullable=False),
)


def migrate(connection: sa.Connection) -> None:
    """Brings the database to the newest tables. `connection` is in a transaction that writes."""
    if connection.dialect.name == "postgresql":  # the second of two servers that start at once waits here
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    _done.create(connection, checkfirst=True)
    last = connection.scalar(sa.select(sa.func.max(_done.c.number))) or 0
    for number, change in enumerate(MIGRATIONS[last:], start=last + 1):
        change(connection)
        connection.execute(_done.insert().values(number=number))


def _diagnoses(connection: sa.Connection) -> None:
    diagnoses.create(connection)
    # Deleting a parent looks for its children.
    connection.execute(sa.text("CREATE INDEX ix_diagnoses_parent ON diagnoses (parent)"))


def _outcomes(connection: sa.Connection) -> None:
    outcomes.create(connection)


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_diagnoses, _outcomes)
