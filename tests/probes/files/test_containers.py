import bz2
import contextlib
import gzip
import io
import lzma
import tarfile
import tracemalloc
import zipfile

import hypothesis
import pytest
from hypothesis import strategies

from probes.files import budget, containers, documents, zstd
from probes.report import ReadError

LOG = b"".join(
    b"{'loss': %s, 'step': %d}\n" % (loss, 10 * step) for step, loss in enumerate([b"1.5", b"nan"])
)


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(mode, **members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return buffer.getvalue()


def zst(content):
    return pytest.importorskip("zstandard", reason="zstandard is not installed").compress(content)


def given(tmp_path, content, name="x"):
    path = tmp_path / name
    path.write_bytes(content)
    return list(documents(path))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zst])
def test_a_packed_log_is_read_as_it_is(tmp_path, pack):
    (found,) = given(tmp_path, pack(LOG), "train.log.gz")
    (report,) = found.reports

    assert report.values()["loss.symptom"] == "nan-after-steps"
    assert {fact.source for fact in report.facts} == {"train.log.gz:1", "train.log.gz:2"}


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (zipped(**{"run/a.log": LOG, "b.log": LOG, ".git/c.log": LOG}), ["x!run/a.log", "x!b.log"]),
        (tarred("w", **{"./a.log": LOG}), ["x!a.log"]),
        (tarred("w:gz", **{"a.log": LOG, "__MACOSX/a.log": LOG}), ["x!a.log"]),
        (gzip.compress(tarred("w:xz", **{"a.log": LOG})), ["x!a.log"]),
        (zipped(**{"a.zip": zipped(**{"a.log.gz": gzip.compress(LOG)})}), ["x!a.zip!a.log.gz"]),
        (tarred("w", **{"a.zip": zipped(**{"a.log": LOG}), "b.log": LOG}), ["x!a.zip!a.log", "x!b.log"]),
        (zipped(**{"a\n.log": LOG}), ["x!a?.log"]),
    ],
)
def test_what_is_in_an_archive_is_named_by_its_way(tmp_path, content, names):
    found = given(tmp_path, content)

    assert [(document.name, document.problem) for document in found] == [(name, "") for name in names]
    assert all(d.reports[0].values()["loss.symptom"] == "nan-after-steps" for d in found)
    assert all(f.source.startswith(f"{d.name}:") for d in found for f in d.reports[0].facts)


def test_a_config_in_an_archive_keeps_its_text_for_a_patch(tmp_path):
    (found,) = given(tmp_path, zipped(**{"c.yaml": "学习率: 1\nfp16: true\n".encode("gbk")}))

    assert (found.name, found.text) == ("x!c.yaml", "学习率: 1\nfp16: true\n")


def test_one_bad_member_costs_only_a_line(tmp_path):
    found = given(tmp_path, zipped(**{"a.pt": b"\x80\x02}q", "b.log": LOG, "c.gz": gzip.compress(LOG)[:15]}))

    assert [(document.name, document.problem) for document in found] == [
        ("x!a.pt", "x!a.pt: is a checkpoint, look into it with `whynan scan x!a.pt`"),
        ("x!b.log", ""),
        ("x!c.gz", "x!c.gz: is empty, give the log or the config itself"),
    ]


def test_a_packed_log_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path):
    packed = gzip.compress(b"".join(b"{'loss': 1.%d, 'step': %d}\n" % (i * i % 97, i) for i in range(9999)))
    (found,) = given(tmp_path, packed[: len(packed) // 2])

    assert found.problem == ""
    assert 1_000 < found.reports[0].curve[-1][0] < 9_000


@pytest.mark.parametrize(
    ("content", "start"),
    [
        (gzip.compress(LOG * 9)[:30] + b"\xff" * 50, "x: cannot be unpacked ("),
        (b"PK\x03\x04 and nothing", "x: cannot be unpacked (File is not a zip file)"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 50, "x: "),
    ],
)
def test_what_cannot_be_unpacked_ends_in_one_line(tmp_path, content, start):
    (found,) = given(tmp_path, content)

    assert found.problem.startswith(start)
    assert "\n" not in found.problem


def test_without_zstandard_the_way_round_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(zstd, "zstd", None)
    monkeypatch.setattr(zstd, "zstandard", None, raising=False)  # not there since Python 3.14
    (found,) = given(tmp_path, b"\x28\xb5\x2f\xfd" + b"\0" * 50)

    assert found.problem == (
        "x: is packed by Zstandard, which this Python lacks, "
        "`pip install zstandard`, or unpack it with `zstd -d`"
    )


# --- bombs ------------------------------------------------------------------------------------------


def bomb(megabytes):
    return gzip.compress((LOG * 40_000)[: 2**20] * megabytes)


@pytest.mark.parametrize(
    "content",
    [
        bomb(6),
        zipped(**{str(i): bomb(1) for i in range(9)}),
        tarred("w:gz", a=bomb(3), b=bomb(3)),
    ],
)
def test_a_bomb_ends_in_one_line_and_in_little_memory(tmp_path, content, monkeypatch):
    monkeypatch.setattr(budget, "FREE_BYTES", 2**20)
    monkeypatch.setattr(budget, "MOST_RATIO", 5)
    tracemalloc.start()
    found = given(tmp_path, content)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found[-1].problem.endswith("unpacks to far more than a log would, unpack it and give the log")
    assert most < 2**24


def test_packed_again_and_again_is_given_up(tmp_path):
    content = LOG
    for _ in range(6):
        content = gzip.compress(content)
    (found,) = given(tmp_path, content)

    assert found.problem == "x: is packed more than 4 times, unpack it and give the log"


def test_an_archive_of_too_many_files_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "MOST_MEMBERS", 3)
    found = given(tmp_path, tarred("w", **{str(number): LOG for number in range(5)}))

    assert [document.problem for document in found] == [
        *[""] * 3,
        "x: holds more than 3 files, give the log alone",
    ]


def test_a_zip_whose_list_of_files_is_the_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "LARGEST_DIRECTORY", 100)
    (found,) = given(tmp_path, zipped(**{str(number): b"" for number in range(9)}))

    assert found.problem == "x: is a zip of more files than can be looked through, give the log alone"


def test_a_tar_whose_header_is_the_bomb_is_refused(tmp_path):
    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.XHDTYPE, 2**33
    (found,) = given(tmp_path, gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + b"\0" * 2**20))

    assert found.problem.startswith("x: cannot be unpacked (a header of more than a megabyte)")


@hypothesis.given(
    strategies.sampled_from([gzip.compress(LOG), lzma.compress(LOG), zipped(a=LOG), tarred("w:bz2", a=LOG)]),
    strategies.lists(
        strategies.tuples(strategies.integers(0, 10**6), strategies.integers(0, 255)), max_size=9
    ),
)
def test_damage_of_any_kind_ends_in_reports_or_lines(packed, changes):
    content = bytearray(packed)
    for position, value in changes:
        content[position % len(content)] = value
    stream = io.BufferedReader(io.BytesIO(bytes(content)), containers.HEAD)
    for _, leaf in containers.leaves(stream, "x", len(content)):
        if isinstance(leaf, ReadError):
            continue
        with contextlib.suppress(ReadError):
            leaf.read()
