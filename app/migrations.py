"""The database's tables, and the list of changes that made them; a database has gone through the first few.

A change that was released is never edited: the next one comes after it. All are SQL that SQLite and
PostgreSQL both understand.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, String, Table, Text

_LOCK = 0x77_68_79  # "why": PostgreSQL's advisory locks are numbers

tables = MetaData()
_done = Table("migrations", MetaData(), Column("number", Integer, primary_key=True))

# A diagnosis is its portable link. Times are seconds since 1970; `key` is a hash of what its author keeps;
# `run` is the diagnosis that began the chain of parents, even where that was deleted.
diagnoses = Table(
    "diagnoses",
    tables,
    Column("id", String(32), primary_key=True),
    Column("link", Text, nullable=False),
    Column("key", String(64), nullable=False),
    Column("parent", String(32), sa.ForeignKey("diagnoses.id")),
    Column("made", Integer, nullable=False),
    Column("expires", Integer),
    Column("run", String(32), nullable=False),
)
# What came of a fix, each time that it was told; the last counts.
outcomes = Table(
    "outcomes",
    tables,
    Column("diagnosis", String(32), sa.ForeignKey("diagnoses.id"), primary_key=True),
    Column("fix", String(64), primary_key=True),
    Column("told", Integer, primary_key=True),
    Column("outcome", String(32), nullable=False),
)


def migrate(connection: sa.Connection) -> None:
    """Brings the database to the newest tables. `connection` is in a transaction that writes."""
    if connection.dialect.name == "postgresql":  # the second of two servers that start at once waits here
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    _done.create(connection, checkfirst=True)
    last = connection.scalar(sa.select(sa.func.max(_done.c.number))) or 0
    for number, change in enumerate(MIGRATIONS[last:], start=last + 1):
        for statement in change:
            connection.execute(sa.text(statement))
        connection.execute(_done.insert().values(number=number))


_DIAGNOSES = (
    """
    CREATE TABLE diagnoses (
        id VARCHAR(32) NOT NULL PRIMARY KEY, link TEXT NOT NULL, key VARCHAR(64) NOT NULL,
        parent VARCHAR(32) REFERENCES diagnoses (id) ON DELETE SET NULL,
        made INTEGER NOT NULL, expires INTEGER
    )
    """,
    "CREATE INDEX ix_diagnoses_expires ON diagnoses (expires)",
    "CREATE INDEX ix_diagnoses_parent ON diagnoses (parent)",  # deleting a parent looks for its children
)
_OUTCOMES = (
    """
    CREATE TABLE outcomes (
        diagnosis VARCHAR(32) NOT NULL REFERENCES diagnoses (id) ON DELETE CASCADE,
        fix VARCHAR(64) NOT NULL, outcome VARCHAR(32) NOT NULL, told INTEGER NOT NULL,
        PRIMARY KEY (diagnosis, fix)
    )
    """,
    "CREATE INDEX ix_outcomes_fix ON outcomes (fix)",
)
# What was told before stays, so that `kb learn` knows what it counted of a run.
_RUNS = (
    "ALTER TABLE diagnoses ADD COLUMN run VARCHAR(32) NOT NULL DEFAULT ''",
    """
    WITH RECURSIVE chain (id, run) AS (
        SELECT id, id FROM diagnoses WHERE parent IS NULL
        UNION ALL SELECT child.id, chain.run FROM diagnoses AS child JOIN chain ON child.parent = chain.id
    )
    UPDATE diagnoses SET run = (SELECT chain.run FROM chain WHERE chain.id = diagnoses.id)
    """,
    """
    CREATE TABLE told (
        diagnosis VARCHAR(32) NOT NULL REFERENCES diagnoses (id) ON DELETE CASCADE,
        fix VARCHAR(64) NOT NULL, told INTEGER NOT NULL, outcome VARCHAR(32) NOT NULL,
        PRIMARY KEY (diagnosis, fix, told)
    )
    """,
    "INSERT INTO told SELECT diagnosis, fix, told, outcome FROM outcomes",
    "DROP TABLE outcomes",
    "ALTER TABLE told RENAME TO outcomes",
    "CREATE INDEX ix_outcomes_fix ON outcomes (fix)",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_DIAGNOSES, _OUTCOMES, _RUNS)
