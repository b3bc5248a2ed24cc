from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import migrations, store
from app.link import LinkError, encode
from app.session import Session
from app.store import DAY, Store, StoreError, Told, connect

LINK = encode(Session().answer("loss.symptom", "zero"))
FIX = "use-bf16"
SAVES = """
import sys
from app.store import connect
kept = connect(sys.argv[1])
for _ in range(1000):
    print(*kept.save(sys.argv[2]), flush=True)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres").url())
    return f"sqlite:///{tmp_path}/whynan.db"


@pytest.fixture
def kept(url: str) -> Iterator[Store]:
    opened = connect(url)
    yield opened
    opened.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time in seconds, to be put forward."""
    now = [1_700_000_000]
    monkeypatch.setattr(store.time, "time", lambda: now[0])
    return now


def test_what_is_saved_is_found_as_it_was(kept, clock):
    name, _ = kept.save(LINK)

    assert kept.find(name) == store.Kept(name, LINK, None, clock[0], None)


def test_ids_and_keys_are_128_random_bits(kept):
    saved = {word for _ in range(50) for word in kept.save(LINK)}

    assert {len(word) for word in saved} == {22}
    assert len(saved) == 100


@pytest.mark.parametrize("name", ["", "x", "A" * 22, "' OR 1=1 --", "\0" * 22, "诊" * 22, "A" * 100_000])
def test_an_id_that_nobody_was_given_finds_nothing(kept, name):
    kept.save(LINK)

    assert kept.find(name) is None
    assert not kept.record(name, FIX, "worked")
    assert not kept.delete(name, "")


def test_only_a_link_of_whynans_is_kept(kept):
    with pytest.raises(LinkError):
        kept.save("<script>")


def test_a_child_knows_its_parent_and_outlives_it(kept):
    parent, key = kept.save(LINK)
    child, _ = kept.save(LINK, parent)
    orphan, _ = kept.save(LINK, "A" * 22)

    assert kept.find(child).parent == parent
    assert kept.find(orphan).parent is None
    assert kept.delete(parent, key)
    assert kept.find(child).parent is None


def test_only_the_authors_key_deletes(kept):
    name, key = kept.save(LINK)
    _, other = kept.save(LINK)

    assert not kept.delete(name, other)
    assert not kept.delete(name, "")
    assert kept.find(name) is not None
    assert kept.delete(name, key)
    assert kept.find(name) is None


def test_the_database_holds_no_key_in_the_clear(url, kept):
    name, key = kept.save(LINK)

    engine = sa.create_engine(url)
    with engine.connect() as connection:
        row = connection.execute(sa.select(migrations.diagnoses)).one()
    engine.dispose()
    assert row.id == name
    assert key not in str(row)


def test_an_expired_diagnosis_is_gone_and_leaves_with_the_next_save(url, kept, clock):
    short, _ = kept.save(LINK, days=1)
    good, _ = kept.save(LINK)
    kept.record(short, FIX, "worked")
    clock[0] += DAY
    assert kept.find(short) is None
    assert kept.find(good) is not None
    assert not kept.record(short, FIX, "worse")

    kept.save(LINK)
    clock[0] -= DAY
    assert kept.find(short) is None
    assert kept.counts(FIX)["worked"] == 0


def test_the_last_outcome_of_a_fix_counts_once_for_each_run(kept, clock):
    first, _ = kept.save(LINK)
    second, _ = kept.save(LINK)
    child, _ = kept.save(LINK, second)
    for name, outcome in ((first, "no-change"), (first, "worked"), (second, "worse"), (child, "worked")):
        assert kept.record(name, FIX, outcome)
        clock[0] += 1
    assert kept.record(second, "use-fp32", "other-symptom")

    assert kept.counts(FIX) == {"worked": 2, "no-change": 0, "worse": 0, "other-symptom": 0}
    assert kept.counts("use-fp32")["other-symptom"] == 1
    assert sum(kept.counts("use-adamw").values()) == 0
    assert [row for row in kept.told() if row.run == first] == [
        Told(first, LINK, FIX, "no-change", clock[0] - 4),
        Told(first, LINK, FIX, "worked", clock[0] - 3),
    ]


def test_a_diagnosis_and_those_that_go_on_from_it_are_one_run(kept):
    first, _ = kept.save(LINK)
    second, _ = kept.save(LINK, first)
    third, _ = kept.save(LINK, second)
    kept.record(third, FIX, "worked")

    assert [told.run for told in kept.told()] == [first]


def test_a_run_is_one_even_where_its_first_diagnosis_is_gone(kept):
    first, key = kept.save(LINK)
    for child in (kept.save(LINK, first)[0], kept.save(LINK, first)[0]):
        kept.record(child, FIX, "worked")
    kept.delete(first, key)

    assert {told.run for told in kept.told()} == {first}
    assert kept.counts(FIX)["worked"] == 1


def test_outcomes_leave_with_their_diagnosis(kept):
    name, key = kept.save(LINK)
    kept.record(name, FIX, "worked")
    kept.delete(name, key)

    assert kept.told() == ()


@pytest.mark.parametrize(("fix", "outcome"), [(FIX, "great"), (FIX, ""), ("<b>", "worked"), ("\0", "worked")])
def test_an_outcome_has_one_of_the_four_words(kept, fix, outcome):
    name, _ = kept.save(LINK)

    with pytest.raises(ValueError, match="is no fix with one of"):
        kept.record(name, fix, outcome)


def test_many_threads_save_and_find_at_once(kept):
    names: list[str] = []

    def work() -> None:
        for _ in range(10):
            name, _ = kept.save(LINK)
            assert kept.find(name) is not None
            kept.record(name, FIX, "worked")
            names.append(name)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 80
    assert kept.counts(FIX)["worked"] == 80


def test_two_servers_that_start_at_once_share_one_database(url):
    script = "import sys\nfrom app.store import connect\nprint(len(connect(sys.argv[1]).save(sys.argv[2])))"
    command = [sys.executable, "-c", script, url, LINK]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]

    assert [process.communicate(timeout=60) for process in running] == [(b"2\n", b"")] * 4


def test_an_older_database_is_brought_up_to_date_and_keeps_what_it_has(url, monkeypatch):
    monkeypatch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:2])
    connect(url).close()
    engine = sa.create_engine(url)
    first, child, other = "a" * 22, "b" * 22, "c" * 22
    with engine.begin() as connection:
        for name, parent in ((first, None), (child, first), (other, None)):
            row = {"id": name, "link": LINK, "parent": parent}
            connection.execute(
                sa.text("INSERT INTO diagnoses VALUES (:id, :link, 'x', :parent, 1, NULL)"), row
            )
            row = {"of": name, "fix": FIX}
            connection.execute(sa.text("INSERT INTO outcomes VALUES (:of, :fix, 'worked', 7)"), row)
    engine.dispose()
    monkeypatch.undo()
    connect.cache_clear()

    new = connect(url)
    assert {row.run for row in new.told()} == {first, other}
    assert new.counts(FIX)["worked"] == 2
    assert new.record(child, FIX, "worse")
    assert new.counts(FIX)["worse"] == 1
    new.close()


def test_the_tables_are_as_the_store_asks_for_them(url, kept):
    engine = sa.create_engine(url)
    there = sa.MetaData()
    there.reflect(engine)
    engine.dispose()

    for name, table in migrations.tables.tables.items():
        found = there.tables[next(key for key in there.tables if key.endswith(name))]
        assert {column.name: column.nullable for column in found.columns} == {
            column.name: column.nullable for column in table.columns
        }
        assert [column.name for column in found.primary_key] == [column.name for column in table.primary_key]


def test_no_save_that_was_acknowledged_is_lost_by_a_kill(url, request):
    process = subprocess.Popen([sys.executable, "-c", SAVES, url, LINK], stdout=subprocess.PIPE, text=True)
    acknowledged = [process.stdout.readline().split() for _ in range(400)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [line.split() for line in process.stdout.read().splitlines() if len(line) == 45]
    process.wait()
    process.stdout.close()
    if url.startswith("postgresql"):  # its server dies, too
        cluster = request.getfixturevalue("postgres")
        cluster.stop("immediate")
        cluster.start()

    again = connect(url)
    assert 400 <= len(acknowledged) < 1000
    assert [name for name, _ in acknowledged if again.find(name) is None] == []
    again.close()


def test_the_file_is_for_its_owner_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    opened = connect(store.default_url())
    opened.save(LINK)

    path = tmp_path / "data" / "whynan" / "whynan.db"
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    opened.close()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "is no address"),
        ("mysql://anna:hunter2@db/x", "neither SQLite nor PostgreSQL"),
        ("sqlite://", "names no file"),
        ("sqlite:////proc/none/x.db", "cannot be written"),
        ("postgresql+nothing://anna:hunter2@db/x", "its driver is missing"),
        ("postgresql+psycopg://anna:hunter2@/x?host=/nowhere", "the database, "),
    ],
)
def test_a_database_that_cannot_be_used_is_one_line_without_its_password(address, said):
    if address.startswith("postgresql+psycopg"):
        pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=said) as refused:
        connect(address)

    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_file_that_is_no_database_is_one_line(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be looked at\n" * 100)
    with pytest.raises(StoreError, match=r"^the database, file is not a database, [^\n]*$"):
        connect(f"sqlite:///{path}")
    assert os.path.getsize(path) == 4800
