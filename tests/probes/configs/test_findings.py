import re

from probes.configs.findings import Findings, Paths
from probes.configs.words import number
from probes.report import Fact, Unknown
from probes.syntax import Setting


def setting(path, value, line=1):
    return Setting(path, value, line, 0, 0)


def test_the_first_word_on_a_fact_stands_and_a_default_yields():
    found = Findings("a.py")
    found.say("x", 1, setting("p", 1, 3))
    found.say("x", 2, setting("p", 2, 4))
    found.say("y", None, setting("q", None))
    found.assume("x", 5, "a default")
    found.assume("y", 6, "a default")
    assert found.facts == {"x": Fact("x", 1, "a.py:3"), "y": Fact("y", 6, "a default", "assumed")}


def test_no_default_holds_where_something_is_set_that_is_not_understood():
    found = Findings("a.py")
    paths = Paths({"p": setting("p", "odd")}, frozenset({"q"}))
    found.look_up(paths, {"p": ("x", number), "q": ("y", number), "r": ("z", number)})
    found.cannot("w", "why", "how")
    for fact in "xyzw":
        found.assume(fact, 1, "a default")
    assert list(found.facts) == ["z"]
    assert found.undecided_facts() == ["y"]
    assert found.unknown == {"w": Unknown("w", "why", "how")}


def test_of_two_settings_under_one_name_the_part_of_a_call_wins():
    paths = Paths({"T.lr": setting("T.lr", 1), "lr": setting("lr", 2)}, frozenset({"T.lr", "T.n"}))
    renamed = paths.renamed(lambda path: path.rpartition(".")[2])
    assert renamed == Paths({"lr": setting("T.lr", 1)}, frozenset({"n"}))
    assert paths.under("T.").value("lr") == 1


def test_a_word_is_taken_of_a_setting_that_is_there():
    found = Findings("a.py")
    found.take("x", number, setting("p", "2", 3))
    found.take("y", number, None)
    found.elsewhere("z", "b.json")
    assert found.facts == {"x": Fact("x", 2, "a.py:3")}
    assert found.unknown["z"].why == "it stands in b.json, which was not given"


def test_settings_by_what_they_are():
    names = ("$0", "Trainer.precision", "import torch", "$1", "Fabric.lr")
    paths = Paths({name: setting(name, name) for name in names})
    assert paths.first == setting("$0", "$0")
    assert [one.path for one in paths.command] == ["$0", "$1"]
    assert [one.path for one in paths.imports] == ["import torch"]
    assert list(paths.fitting(re.compile(r"(?:Trainer|Fabric)\.(\w+)")).settings) == ["precision", "lr"]
    assert Paths({}).first is None
