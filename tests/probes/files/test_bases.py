import pytest

from probes import files
from probes.merge import merge

BASE = "optim_wrapper = dict(type=AmpOptimWrapper, optimizer=dict(type=AdamW, lr=1e-4), dtype='float16')\n"
CHILD = "_base_ = '../base.py'\noptim_wrapper = dict(optimizer=dict(lr=3e-4))\n"


@pytest.fixture
def tree(tmp_path):
    """given/base.py and given/runs/child.py; secret.py lies outside of what was handed over."""
    runs = tmp_path / "given" / "runs"
    runs.mkdir(parents=True)
    (tmp_path / "given" / "base.py").write_text(BASE)
    (tmp_path / "secret.py").write_text(BASE)
    (runs / "child.py").write_text(CHILD)
    return tmp_path / "given"


def values(path, within=None):
    return merge(files.read_file(path, within)).values()


def test_a_config_is_read_with_its_base(tree):
    found = values(tree / "runs" / "child.py", tree)
    assert (found["optimizer.learning_rate"], found["precision.compute"]) == (3e-4, "float16")


def test_nothing_outside_of_the_folder_is_opened(tree):
    assert "precision.compute" not in values(tree / "runs" / "child.py")  # alone: its own folder is the limit
    (tree / "out.py").write_text(CHILD.replace("../base.py", "../secret.py"))
    assert "precision.compute" not in values(tree / "out.py", tree)
    (tree / "link.py").symlink_to(tree.parent / "secret.py")
    (tree / "linked.py").write_text(CHILD.replace("../base.py", "link.py"))
    assert "precision.compute" not in values(tree / "linked.py", tree)


@pytest.mark.parametrize("name", ["a\\x00b.py", "x" * 300 + ".py", ".", "runs", "/etc/hostname"])
def test_a_base_with_an_odd_name_is_not_there(tree, name):
    (tree / "odd.py").write_text(CHILD.replace("../base.py", name))
    assert values(tree / "odd.py", tree)["optimizer.learning_rate"] == 3e-4


def test_a_base_alone_is_no_run(tree):
    reports = [report for path in files.listing(tree) for report in files.read_file(path, tree)]
    assert [report.name for report in reports] == ["base.py", "child.py"]
    assert merge(reports).values()["optimizer.learning_rate"] == 3e-4
