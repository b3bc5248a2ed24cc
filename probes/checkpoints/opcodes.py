"""Pickles read as data: what they would call is noted down, and never called, imported or looked up.

`pickletools.genops` cuts the bytes into opcodes; the few that build plain values are carried out here. A call
(REDUCE, NEWOBJ, BUILD) becomes a Call, a reference to a storage (BINPERSID) a Stored, whatever they name.
"""

from __future__ import annotations

import dataclasses
import pickletools
import typing

MOST_OPCODES = 2_000_000  # a checkpoint of 10,000 tensors has some 300,000


class PickleError(Exception):
    """Bytes that are no pickle, or one with more in it than whynan reads: what, in a few words."""


@dataclasses.dataclass(frozen=True)
class Global:
    """A name that the pickle would import."""

    name: str


@dataclasses.dataclass(eq=False)
class Call:
    """A call that the pickle would make: `items` and `state` are what it would then put into the result."""

    name: str
    args: typing.Any
    items: list[tuple[typing.Any, typing.Any]] = dataclasses.field(default_factory=list)
    state: typing.Any = None


@dataclasses.dataclass(frozen=True, eq=False)
class Stored:
    """What lies outside the pickle, by the reference that the pickle has for it."""

    reference: typing.Any


@dataclasses.dataclass
class _Reading:
    stack: list[typing.Any]
    memo: dict[int, typing.Any]

    def upto_mark(self) -> list[typing.Any]:
        at = max(i for i, value in enumerate(self.stack) if value is _MARK)
        values = self.stack[at + 1 :]
        del self.stack[at:]
        return values


Action = typing.Callable[[_Reading], None]

_MARK = object()
_CONSTANTS: dict[str, typing.Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "MARK": _MARK}
_EMPTY = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_SET": list}
_NOTHING = {"PROTO", "FRAME", "STOP"}
_VALUES = (
    "INT", "BININT", "LONG", "FLOAT", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BIN", "UNICODE", "BINUNICODE",
    "BINBYTES", "BYTEARRAY",
)  # fmt: skip


def read(data: bytes) -> typing.Any:
    """What the pickle describes: containers, plain values, Call, Global, Stored. Raises PickleError."""
    reading = _Reading([], {})
    try:
        for count, (opcode, arg, _) in enumerate(pickletools.genops(data)):
            if count == MOST_OPCODES:
                raise PickleError(f"it has more than {MOST_OPCODES} steps")
            name = opcode.name
            if name in _CONSTANTS:
                reading.stack.append(_CONSTANTS[name])
            elif name in _EMPTY:
                reading.stack.append(_EMPTY[name]())
            elif name in _ACTIONS:
                _ACTIONS[name](reading)
            elif name in _WITH_ARGUMENT:
                _WITH_ARGUMENT[name](reading, arg)
            elif name not in _NOTHING:
                reading.stack.append(_plain(name, arg))
        (value,) = reading.stack
        if value is _MARK:
            raise ValueError("nothing stands behind its mark")
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise PickleError(f"it is no whole pickle ({error})") from None
    return value


def _plain(name: str, arg: typing.Any) -> typing.Any:
    if name.startswith(_VALUES):
        return arg
    raise PickleError(f"its step {name} is none that checkpoints have")


def _global(reading: _Reading, arg: str) -> None:
    reading.stack.append(Global(arg.replace(" ", ".")))


def _stack_global(reading: _Reading) -> None:
    name, module = reading.stack.pop(), reading.stack.pop()
    reading.stack.append(Global(f"{module}.{name}"))


def _call(reading: _Reading) -> None:
    args, function = reading.stack.pop(), reading.stack.pop()
    reading.stack.append(Call(function.name if isinstance(function, Global) else "", args))


def _call_with_keywords(reading: _Reading) -> None:
    keywords = reading.stack.pop()
    _call(reading)
    reading.stack[-1].state = keywords


def _build(reading: _Reading) -> None:
    state = reading.stack.pop()
    if isinstance(reading.stack[-1], Call):
        reading.stack[-1].state = state


def _persistent(reading: _Reading) -> None:
    reading.stack.append(Stored(reading.stack.pop()))


def _tuple(reading: _Reading) -> None:
    reading.stack.append(tuple(reading.upto_mark()))


def _short_tuple(size: int) -> Action:
    def action(reading: _Reading) -> None:
        values = tuple(reading.stack[len(reading.stack) - size :])
        del reading.stack[len(reading.stack) - size :]
        reading.stack.append(values)

    return action


def _append(reading: _Reading) -> None:
    _extend(reading, [reading.stack.pop()])


def _appends(reading: _Reading) -> None:
    _extend(reading, reading.upto_mark())


def _extend(reading: _Reading, values: list[typing.Any]) -> None:
    target = reading.stack[-1]
    if isinstance(target, Call):
        target.items += enumerate(values, start=len(target.items))
    else:
        target.extend(values)


def _set(reading: _Reading) -> None:
    value, key = reading.stack.pop(), reading.stack.pop()
    _update(reading, [key, value])


def _sets(reading: _Reading) -> None:
    _update(reading, reading.upto_mark())


def _update(reading: _Reading, flat: list[typing.Any]) -> None:
    target = reading.stack[-1]
    pairs = list(zip(flat[::2], flat[1::2]))
    if isinstance(target, Call):
        target.items += pairs
    else:
        target.update(pairs)


def _put(reading: _Reading, arg: int) -> None:
    reading.memo[arg] = reading.stack[-1]


def _memoize(reading: _Reading) -> None:
    reading.memo[len(reading.memo)] = reading.stack[-1]


def _get(reading: _Reading, arg: int) -> None:
    reading.stack.append(reading.memo[arg])


def _pop(reading: _Reading) -> None:
    reading.stack.pop()


_ACTIONS: dict[str, Action] = {
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _call,
    "NEWOBJ": _call,
    "NEWOBJ_EX": _call_with_keywords,
    "BUILD": _build,
    "BINPERSID": _persistent,
    "TUPLE": _tuple,
    "EMPTY_TUPLE": _short_tuple(0),
    "TUPLE1": _short_tuple(1),
    "TUPLE2": _short_tuple(2),
    "TUPLE3": _short_tuple(3),
    "APPEND": _append,
    "APPENDS": _appends,
    "ADDITEMS": _appends,
    "SETITEM": _set,
    "SETITEMS": _sets,
    "MEMOIZE": _memoize,
    "POP": _pop,
}
_WITH_ARGUMENT: dict[str, typing.Callable[[_Reading, typing.Any], None]] = {
    "GLOBAL": _global,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _get),
}
