import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import probes
from app.cli import main
from app.pack import PIPED, pack

PYENV = Path.home() / ".pyenv" / "versions"


@pytest.fixture
def pyz(tmp_path):
    file = tmp_path / "packed" / "probe.pyz"
    file.parent.mkdir()
    file.write_bytes(pack())
    return file


@pytest.fixture
def folder(tmp_path):
    """An empty folder to run in, and to be the home."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def run(folder, *command, **environment):
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_same_sources_give_the_same_bytes():
    assert pack() == pack()


def test_every_module_of_the_probes_is_in_it_with_unix_line_ends():
    package = Path(probes.__file__).parent
    modules = {
        f"probes/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*.py")
        if path.parts[len(package.parts)] != "lab"
    }

    with zipfile.ZipFile(io.BytesIO(pack())) as archive:
        names = archive.namelist()
        assert all(b"\r" not in archive.read(name) for name in names)

    assert modules | {"__main__.py"} <= set(names)
    assert names == sorted(names)
    assert not any("__pycache__" in name or "/lab/" in name for name in names)


def test_it_is_a_program_for_unix():
    assert pack().startswith(b"#!/usr/bin/env python3\n")


@pytest.mark.parametrize("flags", [[], ["-I"], ["-S"]], ids=["plain", "isolated", "no site-packages"])
def test_it_runs_anywhere_and_writes_nothing(pyz, folder, flags):
    ended = run(folder, sys.executable, *flags, pyz, "--format", "json")

    assert (ended.returncode, ended.stderr) == (0, "")
    report = json.loads(ended.stdout)
    assert (report["whynan"], report["kind"]) == (1, "machine")
    assert list(folder.rglob("*")) == []
    assert list(pyz.parent.rglob("*")) == [pyz]


@pytest.mark.parametrize("search", ["{folder}", "/nowhere:"])
def test_what_lies_in_the_working_directory_is_never_run(pyz, folder, search):
    """A PYTHONPATH that begins or ends with a colon names the working directory, too."""
    (folder / "probes").mkdir()
    for name in ("probes/__init__.py", "torch.py", "pynvml.py", "yaml.py", "numpy.py"):
        (folder / name).write_text("raise SystemExit('hostile')")

    ended = run(folder, sys.executable, pyz, PYTHONPATH=search.format(folder=folder))

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("this machine\n")


def test_it_comes_through_a_pipe_and_leaves_nothing(pyz, folder):
    """The line that `whynan pack` prints, with sh in the place of ssh."""
    there = folder / "there"
    there.mkdir()
    python = folder / "bin" / "python3"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    line = PIPED.replace("ssh NODE", "TMPDIR=there sh -c").replace("probe.pyz", str(pyz))

    path = f"{python.parent}:{os.environ['PATH']}"
    ended = run(folder, "sh", "-c", line, PATH=path)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads((folder / "probe.json").read_text())["kind"] == "machine"
    assert list(there.iterdir()) == []


def test_torchrun_starts_it_and_the_first_rank_alone_reports(pyz, folder):
    pytest.importorskip("torch", reason="torch is not installed")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]

    ended = run(folder, *launch, pyz, "--format", "json", OMP_NUM_THREADS="1")

    facts = {fact["id"]: (fact["value"], fact["source"]) for fact in json.loads(ended.stdout)["facts"]}
    source = "self-test over 2 ranks by gloo: right in every bit, 3 times"
    assert facts["numerics.collective"] == ("ok", source)


def test_the_command_says_how_to_run_it(tmp_path, capsys):
    there = tmp_path / "p.pyz"

    assert main(["pack", "-o", str(there)]) == 0

    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{there}: on the node, run `python p.pyz --format json > probe.json`, or from here"
    assert second == PIPED.replace("probe.pyz", str(there))
    assert there.read_bytes() == pack()


def test_its_exit_status_is_that_of_the_probe(pyz, folder):
    ended = run(folder, sys.executable, pyz, "--tests", "everything")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("whynan: argument --tests: invalid choice")


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def test_it_runs_under_a_bare_python(pyz, folder, version):
    python = interpreter(folder, version)

    ended = run(folder, python, "-I", pyz, "--format", "json")

    assert (ended.returncode, ended.stderr) == (0, "")
    facts = {fact["id"]: fact["value"] for fact in json.loads(ended.stdout)["facts"]}
    assert facts["machine.python"].startswith(f"{version}.")


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.8"])
def test_an_older_python_is_refused_in_one_line(pyz, folder, version):
    python = interpreter(folder, version)

    ended = run(folder, python, pyz)

    wanted = f"whynan: Python 3.9 or newer is needed, this is {version}, try python3.9\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", wanted)


def interpreter(folder, version):
    """A Python of that version, or the test is skipped with a word."""
    for python in [*sorted(PYENV.glob(f"{version}.*/bin/python")), f"python{version}"]:
        try:
            if run(folder, python, "-c", "pass").returncode == 0:
                return python
        except OSError:
            continue
    pytest.skip(f"there is no Python {version} here")
