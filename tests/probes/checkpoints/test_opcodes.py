import collections
import os
import pickle

import pytest

from probes.checkpoints import opcodes
from probes.checkpoints.opcodes import Call, Global, PickleError


class Deletes:
    """Unpickling one would run a command."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_plain_values_are_what_they_are(protocol):
    value = {"a": [1, 2.5, None, True, -(10**30)], "b": ("x", (), (1,), (1, 2), (1, 2, 3, 4))}
    value["again"] = value["b"]

    assert opcodes.read(pickle.dumps(value, protocol)) == value


def test_a_call_is_noted_down_and_never_made(tmp_path):
    touched = tmp_path / "touched"
    call = opcodes.read(pickle.dumps([Deletes(touched)]))[0]

    assert (call.name, call.args) == (f"{os.system.__module__}.system", (f"touch {touched}",))
    assert not touched.exists()


def test_what_is_put_into_a_result_stays_with_its_call():
    value = opcodes.read(pickle.dumps(collections.OrderedDict(a=1, b=2)))

    assert isinstance(value, Call)
    assert (value.name, value.items) == ("collections.OrderedDict", [("a", 1), ("b", 2)])


def test_a_class_is_a_name():
    assert opcodes.read(pickle.dumps(collections.OrderedDict)) == Global("collections.OrderedDict")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no pickle",
        pickle.dumps([1, 2])[:-1],
        b"\x80\x02(.",
        b"\x80\x02h\x05.",
        b"\x80\x02]}]s.",
        b"I1\nI2\n.",
    ],
)
def test_what_is_no_whole_pickle_says_so(data):
    with pytest.raises(PickleError):
        opcodes.read(data)


def test_a_pickle_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(opcodes, "MOST_OPCODES", 100)

    with pytest.raises(PickleError, match="more than 100 steps"):
        opcodes.read(pickle.dumps(list(range(200))))
