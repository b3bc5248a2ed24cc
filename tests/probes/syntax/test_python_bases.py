import pytest

from probes.syntax.python_source import settings

FILES = {
    "a.py": "lr = 1e-4\nopt = dict(lr=lr, clip=dict(norm=1), betas=[0.9, 0.95])\nsteps = unknown()\n",
    "deep/b.py": "_base_ = '../a.py'\nopt = dict(lr=2e-4)\n",
    "deep/c.py": "with read_base():\n    from ..a import *\nopt.merge(dict(clip=dict(norm=2)))\n",
    "self.py": "_base_ = 'self.py'\nx = 1\n",
    "broken.py": "x = (\n",
}


def values(text, beside=FILES.get):
    return {
        setting.path: (setting.value, setting.file, setting.line)
        for setting in settings(text, beside)
        if setting.decided
    }


def test_a_listed_base_is_merged_key_by_key():
    assert values("_base_ = ['a.py']\nopt = dict(lr=3e-4, betas=[0.8])\nwd = 0\n") == {
        "_base_.0": ("a.py", "", 1),
        "lr": (1e-4, "a.py", 1),
        "opt.lr": (3e-4, "", 2),
        "opt.clip.norm": (1, "a.py", 2),
        "opt.betas.0": (0.8, "", 2),
        "wd": (0, "", 3),
    }


def test_delete_takes_the_place_of_the_bases_dict():
    found = values("_base_ = 'a.py'\nopt = dict(_delete_=True, lr=3e-4)\n")
    assert {path for path in found if path.startswith("opt.")} == {"opt._delete_", "opt.lr"}


def test_an_imported_base_gives_its_names():
    text = "with read_base():\n    from .a import lr as rate, opt\nmine = dict(lr=rate, twice=rate * 2)\n"
    assert values(text) == {
        "read_base()": ("read_base", "", 1),
        "rate": (1e-4, "a.py", 1),
        "opt.lr": (1e-4, "a.py", 1),
        "opt.clip.norm": (1, "a.py", 2),
        "opt.betas.0": (0.9, "a.py", 2),
        "opt.betas.1": (0.95, "a.py", 2),
        "mine.lr": (1e-4, "a.py", 1),
        "mine.twice": (2e-4, "", 3),
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("opt = dict(lr=1)", {"opt.lr": 1}),
        ("opt['lr'] = 1", {"opt.lr": 1, "opt.clip.norm": 1, "opt.betas.0": 0.9, "opt.betas.1": 0.95}),
        ("opt.clip.norm = 5", {"opt.lr": 1e-4, "opt.clip.norm": 5, "opt.betas.0": 0.9, "opt.betas.1": 0.95}),
        ("opt.merge(dict(clip=dict(kind=2)))", {"opt.lr": 1e-4, "opt.clip.norm": 1, "opt.clip.kind": 2,
                                                "opt.betas.0": 0.9, "opt.betas.1": 0.95}),
        ("opt.update(clip=dict(kind=2), betas=[])", {"opt.lr": 1e-4, "opt.clip.kind": 2}),
    ],
)  # fmt: skip
def test_what_an_imported_base_made_is_changed_as_python_would(change, expected):
    found = values(f"with read_base():\n    from .a import *\n{change}\n")
    assert {path: value for path, (value, *_) in found.items() if path.startswith("opt.")} == expected


def test_a_base_has_bases_from_its_own_folder():
    listed, imported = (
        values("_base_ = 'deep/b.py'\n"),
        values("with read_base():\n    from .deep.c import *\n"),
    )
    assert listed["opt.lr"] == (2e-4, "b.py", 2)
    assert listed["opt.clip.norm"] == (1, "a.py", 2)
    assert imported["opt.clip.norm"] == (2, "c.py", 3)


def test_what_a_base_does_not_decide_is_undecided():
    assert any(one.path == "steps" and not one.decided for one in settings("_base_ = 'a.py'\n", FILES.get))


@pytest.mark.parametrize("base", ["missing.py", "broken.py"])
def test_a_base_that_cannot_be_read_is_named(base):
    name = base[: -len(".py")]
    assert values(f"_base_ = '{base}'\n")[f"base {base}"] == (base, "", 1)
    assert values(f"with read_base():\n    from .{name} import *\n")[f"base {base}"] == (base, "", 2)
    assert values("_base_ = 'a.py'\n", None)["base a.py"] == ("a.py", "", 1)


def test_a_base_that_builds_on_itself_ends():
    assert values("_base_ = 'self.py'\n")["x"] == (1, "self.py", 2)


def test_bases_that_multiply_end():
    many = {f"f{n}.py": f"_base_ = ['f{n + 1}.py', 'f{n + 1}.py']\nx = {n}\n" for n in range(100)}
    assert values("_base_ = 'f0.py'\n", many.get)["x"][0] == 0
