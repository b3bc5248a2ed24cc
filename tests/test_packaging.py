"""What is shipped: the wheel's files, the version, the pins."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


PINS = [Requirement(line) for line in CONSTRAINTS.splitlines() if line and not line.startswith("#")]


def test_the_wheel_holds_all_of_the_product_and_none_of_its_cases(wheel: Path) -> None:
    product = {
        path.relative_to(ROOT).as_posix()
        for folder in ("app", "kb", "probes")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.endswith(".test.yaml")
    }
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert shipped == product
    assert {"app/words.yaml", "app/link_v1.txt", "kb/facts.yaml", "kb/tree.yaml"} <= shipped


def test_the_wheel_names_its_licence_and_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        about = {Path(name).name: name for name in archive.namelist() if ".dist-info/" in name}
        licence = archive.read(about["LICENSE"]).decode()
        entry_points = archive.read(about["entry_points.txt"]).decode()

    assert licence == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert entry_points == "[console_scripts]\nwhynan = app.cli:main\n"


def test_the_newest_changes_are_those_of_this_version() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## \[([\d.]+)\]", changes, re.MULTILINE)[0]

    assert re.findall(r'^version = "(.+)"$', PROJECT, re.MULTILINE) == [newest]


@pytest.mark.parametrize("python", PYTHONS)
def test_each_requirement_has_one_pin_that_satisfies_it(wheel: Path, python: str) -> None:
    """A package whose newest left an old Python behind has a line for that one."""
    with zipfile.ZipFile(wheel) as archive:
        (about,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        asked = re.findall(r"^Requires-Dist: (.+)$", archive.read(about).decode(), re.MULTILINE)
    wanted = {canonicalize_name(each.name): each.specifier for each in map(Requirement, asked)}
    environment = {"python_version": python}
    pins = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate(environment)]
    pinned = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}

    assert len(pinned) == len(pins)
    assert pinned.keys() == wanted.keys()
    assert {name for name in wanted if pinned[name] not in wanted[name]} == set()
