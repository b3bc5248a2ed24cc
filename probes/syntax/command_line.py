"""Settings of launch commands: flags, `key=value` overrides, environment variables, the program itself.

`--learning-rate 1e-5` has the path learning_rate, `NPROC_PER_NODE=8` that name, `optimizer.lr=1e-4` its
own; the words that are no flags are $0, $1, … (xtuner, train, the config). Only training commands count, and
of several that a trainer's own program starts (`swift sft`, `swift infer`) the last that trains.
"""

from __future__ import annotations

import dataclasses
import re
import shlex

from probes.syntax import shell_words
from probes.syntax.setting import Changes, Lines, Plain, Setting, number, plain_text
from probes.syntax.shell_words import Word

_PROGRAM = re.compile(
    r"(?:.*/)?(?:torchrun|deepspeed|accelerate|xtuner|llamafactory-cli|swift|megatron|axolotl|tune|srun|mpirun"
    r"|openrlhf\.cli\.\w+|lightning|composer|colossalai|nemo|automodel|fairseq-(?:hydra-)?train|python[\d.]*|[\w.\-]+\.(?:py|sh))"
)
_SCRIPT = re.compile(r".*\.(?:py|sh)")
_NOT_TRAINING = {"pip", "pip3", "git", "conda", "apt", "apt-get", "wget", "curl", "echo", "cd", "mkdir", "rm"}
_CLI = {"swift", "megatron", "llamafactory-cli", "lmf", "axolotl", "tune", "xtuner", "trl"}
_TRAINING = {"sft", "pt", "rlhf", "train", "run", "dpo", "kto", "grpo", "reward", "rloo"}
_OVERRIDE = re.compile(r"\+{0,2}([A-Za-z_][\w.\-]*)=")  # Hydra's ++key=value adds a key
_OPTIONS = re.compile(r"(?:^|\s)(?:--\w|\+{0,2}[a-z]\w*(?:\.\w+)+=)")  # in a variable that a command takes
_FLAG_OF_VARIABLE = re.compile(
    r"--[A-Za-z][\w.\-]*=.*", re.DOTALL
)  # --out=$DIR is no value of what is before
_ANNOTATED = re.compile(
    r"\\[ \t]+#[^\n]*\n"
)  # a remark behind the backslash, which people add when they paste
_ALONE = {"standalone", "multi_gpu", "no_python", "cfg_options", "overrides"}  # launcher flags without value
_WORDS: dict[str, Plain] = {"true": True, "false": False, "none": None, "null": None}


@dataclasses.dataclass(frozen=True)
class _Found:
    path: str
    word: Word | None  # the value; None: a bare flag
    start: int  # the flag and its value, as they stand
    end: int
    command: int  # the number of the command, -1 for what holds for all


def settings(text: str) -> tuple[Setting, ...]:
    """What the commands set, in their order. Never raises: what is no command has no settings.

    A flag whose value hangs on a variable or a command (`--lr $LR`) is not decided.
    """
    lines = Lines(text)
    result = []
    for found in _read(text)[0]:
        if found.word is None:
            result.append(Setting(found.path, True, lines.of(found.start), found.end, found.end))
        else:
            start, end, written = found.word.start, found.word.end, found.word.text
            value = None if written is None else _plain(written)
            result.append(
                Setting(found.path, value, lines.of(start), start, end, decided=written is not None)
            )
    return tuple(result)


def edit(text: str, changes: Changes) -> str:
    """`text` with each flag set, appended to the last training command, or taken out (None)."""
    for path, value in changes.items():
        found, spans = _read(text)
        here = [one for one in found if one.path == path]
        if value is None:
            for one in reversed(here):
                gap = re.search(r"(?:\s|\\\r?\n)*$", text[: one.start])
                text = text[: gap.start() if gap else one.start] + text[one.end :]
        elif here:
            text = _set(text, here[-1], value)
        elif spans:
            text = _append(text, found, spans[-1], path, value)
    return text


def _plain(text: str) -> Plain:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    known = number(text)
    return text if known is None else known


def _read(text: str) -> tuple[list[_Found], list[tuple[int, int]]]:
    """What is set, and where the training commands stand."""
    text = shell_words.without_heads(text)
    text = _ANNOTATED.sub(lambda remark: " " * (len(remark[0]) - 2) + "\\\n", text)
    found: list[_Found] = []
    commands: list[tuple[Word, ...]] = []
    known: dict[str, Word] = {}
    for command in shell_words.commands(text, known):
        number = len(commands) if command.words else -1
        for name, word in command.variables:
            if name.isupper() and word.text is not None:
                found.append(_Found(name, word, word.here - len(name) - 1, word.until, number))
            if _OPTIONS.search(text, word.start, word.end):
                inside = shell_words.commands(text, dict(known), word.start, word.end)
                _flags(text, [w for c in inside for w in c.words], found, number, 1)
        if _trains(command.words):
            _flags(text, list(command.words), found, number, int(_is_array(command.words)))
            commands.append(command.words)
    chosen = _chosen([_purpose(words) for words in commands])
    if any(word.text == "-" for number in chosen for word in commands[number]):  # it takes arrays of flags
        arrays = [number for number, words in enumerate(commands) if _is_array(words)]
        chosen = sorted({*arrays, *chosen})
    spans = [(commands[number][0].here, commands[number][-1].until) for number in chosen]
    counting = {-1, *chosen}
    return [one for one in found if one.command in counting], spans


def _chosen(purposes: list[bool | None]) -> list[int]:
    """The numbers of the commands that count."""
    trained = [index for index, purpose in enumerate(purposes) if purpose]
    others = [index for index, purpose in enumerate(purposes) if purpose is None]
    return trained[-1:] or others or list(range(len(purposes)))


def _purpose(words: tuple[Word, ...]) -> bool | None:
    """Whether a trainer's own program is to train here; None for any other program."""
    texts = [(word.text or "").rpartition("/")[2] for word in words[:12]]
    if any(text.startswith("openrlhf.cli.train_") for text in texts):
        return True
    program = next((index for index, text in enumerate(texts[:-1]) if text in _CLI), None)
    return None if program is None else texts[program + 1] in _TRAINING


def _trains(words: tuple[Word, ...]) -> bool:
    texts = [word.text or "" for word in words]
    if not texts or texts[0] in _NOT_TRAINING or "pip" in texts[:3]:
        return False
    return _is_array(words) or any(_PROGRAM.fullmatch(text) for text in texts[:12])


def _is_array(words: tuple[Word, ...]) -> bool:
    """What a command takes out of an array: flags or overrides, and no program."""
    return bool(words) and bool(_OPTIONS.match(words[0].text or ""))


def _flags(source: str, words: list[Word], found: list[_Found], command: int, position: int = 0) -> None:
    index = 0
    while index < len(words):
        word = words[index]
        text = _written(source, word)
        index += 1
        override = _OVERRIDE.match(text)
        if re.fullmatch(r"--?[A-Za-z][\w.\-]*(?:=.*)?", text, re.DOTALL):
            name, equals, rest = text.lstrip("-").partition("=")
            path = name.replace("-", "_")
            if equals:
                shift = word.end - len(rest)
                literal = word.here == word.start
                known = None if word.text is None else rest
                value = Word(known, shift if literal else word.start, word.end, word.here, word.until)
                found.append(_Found(path, value, word.here, word.until, command))
            elif index < len(words) and _is_value(source, words[index], path):
                found.append(_Found(path, words[index], word.here, words[index].until, command))
                index += 1
            else:
                found.append(_Found(path, None, word.here, word.until, command))
        elif override and position:
            value = Word(text[override.end() :], word.start + override.end(), word.end, word.here, word.until)
            found.append(_Found(override[1], value, word.here, word.until, command))
        elif text and text[0] != "-":
            found.append(_Found(f"${position}", word, word.here, word.until, command))
            position += 1


def _written(source: str, word: Word) -> str:
    """A word's text; of one that is not decided, `--flag=$VALUE` as it stands, else nothing."""
    if word.text is not None:
        return word.text
    flag = _FLAG_OF_VARIABLE.match(source, word.here, word.until)
    return flag[0] if flag else ""


def _is_value(source: str, word: Word, flag: str) -> bool:
    """Whether `word` belongs to the flag before it, and is not the next flag, the script or an override."""
    text = _written(source, word)
    if flag in _ALONE or _OVERRIDE.match(text) or (_SCRIPT.fullmatch(text) and flag not in ("config", "c")):
        return False
    return not text.startswith("-") or number(text) is not None


def _set(text: str, found: _Found, value: Plain) -> str:
    word = found.word
    if word is None:  # a bare flag says True
        if value is True:
            return text
        if value is False:
            return text[: found.start].rstrip(" \t") + text[found.end :]
        return text[: found.end] + " " + shlex.quote(plain_text(value)) + text[found.end :]
    old = text[word.start : word.end]
    new = plain_text(value)
    if isinstance(value, bool) and old in ("true", "false"):
        new = new.lower()
    quoted = text[word.start - 1 : word.start] in ("'", '"')
    return text[: word.start] + (new if quoted else shlex.quote(new)) + text[word.end :]


def _append(text: str, found: list[_Found], span: tuple[int, int], path: str, value: Plain) -> str:
    """At the end of the command, on a line of its own where the command is continued over lines."""
    start, end = span
    here = [one for one in found if start <= one.start < end]
    if path.isupper():
        return text[:start] + f"{path}={plain_text(value)} " + text[start:]
    if path.startswith("$"):
        return text
    new = shlex.quote(plain_text(value))
    if "." in path:
        xtuner = any(one.path == "$0" and one.word and one.word.text == "xtuner" for one in here)
        options = [one for one in here if "." in one.path or one.path == "cfg_options"]
        if options:
            return text[: options[-1].end] + f" {path}={new}" + text[options[-1].end :]
        flag = f"--cfg-options {path}={new}" if xtuner else f"{path}={new}"
    else:
        dashes = [one for one in here if re.match(r"--\w+-\w", text[one.start : one.end])]
        underscored = [one for one in here if re.match(r"--\w+_\w", text[one.start : one.end])]
        name = path.replace("_", "-") if dashes and not underscored else path
        bare = value is True and not any(one.word and one.word.text in ("True", "true") for one in here)
        flag = f"--{name}" if bare else f"--{name} {new}"
    last_line = text[text.rfind("\n", 0, end) + 1 : end]
    continued = "\n" in text[start:end]
    indent = last_line[: len(last_line) - len(last_line.lstrip())]
    return text[:end] + (f" \\\n{indent}" if continued else " ") + flag + text[end:]
