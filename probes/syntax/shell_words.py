"""Shell text cut into commands and words, with every word's place. Nothing is run or expanded.

Continuations, quotes, comments, `VAR=value` and `$VAR`, arrays, redirections and prompts are understood
as far as launch scripts use them.
"""

from __future__ import annotations

import dataclasses
import itertools
import re

_TOKEN = re.compile(
    r"""(?P<space>(?:[^\S\n]|\\[^\S\n]*\r?\n)+)
      | (?P<comment>\#[^\n]*)
      | (?P<redirect>(?!<[A-Za-z][\w\-]*>)\d*[<>]+(?:&\d)?)
      | (?P<end>[\n;|&()]+)
      | (?P<word>(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|`[^`]*`?|\$\(\([^()]*\)\)|\$\([^()]*\)
                 |\$\{(?:[^{}"\n]|"[^"\n]*")*\}|\\[^\n]|<[A-Za-z][\w\-]*>|[^\s;|&()<>"'`\\$]+|\$|\\(?!\s*\n))+)""",
    re.VERBOSE | re.DOTALL,
)
_REFERENCE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:\[[@*]\])?(?::?-([^}]*))?\})")
_SUM = re.compile(r"\$\((?:\(|expr\s)\s*(\d{1,9}(?:\s*\\?[*/]\s*\d{1,9})+)\s*\)?\)")
_ARRAY = re.compile(r'"?\$\{\w+\[[@*]\]\}"?')
_HERE = re.compile(r"\s*read\b[^\n<]*<<-?\s*['\"]?(\w+)['\"]?\s*$")  # read -r -d '' command <<EOF
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_BEFORE_COMMAND = {
    "$", "!", "%", "sudo", "nohup", "time", "exec", "export", "env", "do", "then", "else", "set", ">",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Word:
    """A word: its text with quotes and known variables resolved (None: not decided), and its place.

    `start` and `end` span the characters that decide the text: the variable's value, if it is one.
    """

    __slots__ = ("end", "here", "start", "text", "until")  # a script has thousands of them

    text: str | None
    start: int
    end: int
    here: int  # where the word itself begins and ends
    until: int


@dataclasses.dataclass(frozen=True)
class Command:
    """The assignments before a command, and its words."""

    variables: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]


def without_heads(text: str) -> str:
    """The text in which a command that `read` takes from the lines below, up to EOF, stands by itself."""
    if "<<" not in text:
        return text
    lines = text.split("\n")
    last = {line.strip(): number for number, line in enumerate(lines)}
    ends: list[str] = []
    for number, line in enumerate(lines):
        head = None if ends else _HERE.match(line)
        if head and last.get(head[1], 0) > number:
            ends.append(head[1])
            lines[number] = " " * len(line)
        elif ends and line.strip() == ends[0]:
            lines[number] = " " * len(line)
            ends.clear()
    return "\n".join(lines)


def commands(
    text: str, known: dict[str, Word] | None = None, begin: int = 0, until: int | None = None
) -> list[Command]:
    """The commands of a script, or of a part of it, in their order. `known` has the variables so far."""
    known = {} if known is None else known
    result: list[Command] = []
    words: list[Word] = []
    variables: list[tuple[str, Word]] = []
    skip_next = False
    until = len(text) if until is None else until
    tokens = ((m.lastgroup, m[0], m.start(), m.end()) for m in _TOKEN.finditer(text, begin, until))
    for kind, token, start, end in itertools.chain(tokens, [("end", "\n", until, until)]):
        if kind == "redirect":
            skip_next = "&" not in token and bool(words)
        elif kind == "end":
            if words or variables:
                result.append(Command(tuple(variables), tuple(words)))
            words, variables, skip_next = [], [], False
        elif kind == "word" and skip_next:
            skip_next = False
        elif kind == "word" and _ARRAY.fullmatch(token):  # its words were read where it was filled
            words.append(Word("-", start, end, start, end))
        elif kind == "word":
            if not words and token.lstrip("!%") in ("", *_BEFORE_COMMAND):
                continue
            shift = len(token) - len(token.lstrip("!%")) if not words else 0
            assigned = _ASSIGNMENT.match(token) if not words else None
            if assigned:
                name = assigned[0].rstrip("+=")
                known[name] = _word(token, assigned.end(), start, end, known)
                variables.append((name, known[name]))
            else:
                words.append(_word(token, shift, start, end, known))
    return result


def _word(token: str, shift: int, start: int, end: int, known: dict[str, Word]) -> Word:
    """The word behind the first `shift` characters of a token."""
    raw, start = token[shift:], start + shift
    quoted = len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "'\"" and raw[0] not in raw[1:-1]
    inner = raw[1:-1] if quoted else raw
    if raw[:1] == "'" and quoted:
        return Word(inner, start + 1, end - 1, start, end)
    whole = _REFERENCE.fullmatch(inner)
    if whole and (source := known.get(whole[1] or whole[2])):
        return dataclasses.replace(source, here=start, until=end)
    decided = "`" not in inner

    def resolve(match: re.Match[str]) -> str:
        nonlocal decided
        source = known.get(match[1] or match[2])
        value = source.text if source else match[3]
        decided = decided and value is not None
        return value or ""

    resolved = _SUM.sub(_calculate, _REFERENCE.sub(resolve, inner))
    if not quoted:
        resolved = re.sub(r"\\(.)", r"\1", resolved).replace('"', "").replace("'", "")
    text = resolved if decided and "$" not in resolved else None
    return Word(text, start + quoted, end - quoted, start, end)


def _calculate(match: re.Match[str]) -> str:
    """$(expr 16 / $n) and $((16 / n)), the sums of launch scripts; what divides by 0 stays as it is."""
    first, *rest = re.findall(r"[*/]|\d+", match[1])
    value = int(first)
    for operator, number in zip(rest[::2], rest[1::2]):
        if operator == "/" and int(number) == 0:
            return match[0]
        value = value // int(number) if operator == "/" else value * int(number)
    return str(value)
