"""Which syntax a text is written in, by its look: a broken file is still the file that it was."""

from __future__ import annotations

import re

_COMMAND = re.compile(
    r"\s*(?:[$!%]\s*)?(?:(?:export\s+|sudo\s+|nohup\s+|env\s+)?(?:[A-Za-z_]\w*=\S*\s+)*)"
    r"(?:(?:torchrun|deepspeed)(?=\s+(?:[-\\$]|\S*[./])|\s*$)|accelerate\s+launch|xtuner\s|llamafactory-cli|swift\s|megatron\s|axolotl\s|tune\s+run|srun\s"
    r"|mpirun|ray\s+job|nemo\s+llm|uv\s+run|python[\d.]*\s|bash\s|sh\s|set\s+-|export\s+\w+=|cd\s|pip3?\s|conda\s|source\s|--[A-Za-z]"
    r"|\./\S+\.sh|[\w./\-]+\.(?:sh|py)(?:\s|$))"
)
_SHELL = re.compile(
    r"\s*(?:[A-Z_][A-Z0-9_]*=\S|if \[|fi$|for \w+ in|do$|done|echo |mkdir |[\w]+=\(|\)"
    r"|\w+=\S*(?:\s+\w+=\S*)*\s*$)"
)
_PYTHON = re.compile(
    r"\s*(?:(?:from\s+[\w.]+\s+)?import\s|def\s+\w+\(|class\s+\w+|with\s+\w|for\s.+:$|if\s.+:$|else:|try:|return\b|@\w"
    r"|[\w.\[\]'\"]+(?:\s*,\s*[\w.]+)*\s*(?::[^=]+)?[*+/-]?=(?!=)|[\w.]+\(|[)\]}],?$|'[^']*'\s*[,:]|\"[^\"]*\"\s*,|\"\"\"|>>>)"
)
_YAML = re.compile(r"\s*(?:-\s+)?[\"']?[A-Za-z_][\w.\-/]*[\"']?\s*:(?:\s|$)|\s*-\s+\S|---\s*$")
_TOML = re.compile(r"\s*(?:\[+[\w.\-\"]+\]+\s*(?:#.*)?$|[\w.\-]+\s*=\s*(?:\[|\"|'|true\b|false\b|[-+.\d]))")
_HEAD = re.compile(r"(?m)^\[+[A-Za-z_][\w.\-]*\]+\s*(?:#.*)?$")  # of a section
_PROMPT = re.compile(  # a shell variable of several lines
    r"""(?m)^((?:export )?\w+=)(?:"[^"\n]*\n[^"]*"|'[^'\n]*\n[^']*')"""
)
_LOOKED_AT = 400  # characters of a line
_PROSE = re.compile(r"(?:[A-Za-z',]+ ){6,}|[一-鿿，。]{12,}")


def recognise(text: str) -> str | None:
    """A key of SYNTAXES, or None for what looks like none of them (prose, a log)."""
    text = _PROMPT.sub(r"\1text", text)
    shown = (line[:_LOOKED_AT] for line in text.splitlines())
    lines = [line for line in shown if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        return None
    first = text.lstrip("\ufeff \t\r\n")
    if first.startswith("#!") and re.match(r"#!.*\b(?:ba|z)?sh\b", first):
        return "command"
    if _HEAD.search(text) and all(_TOML.match(line) or line[:1] in " \t]" for line in lines):
        return "toml"
    body = "\n".join(lines).lstrip()
    if body[:1] in "{[" or re.match(r"//|/\*", body) or re.match(r'"[\w.]+"\s*:\s*[\[{"\w]', body):
        python = re.match(r"\{\s*'", body) or re.match(r"\[[\w\s.]+\]\s*$", lines[0])
        return "python" if python else "json"
    joined = _join(lines)
    commands = sum(bool(_COMMAND.match(line) or _SHELL.match(line)) for line in joined)
    if any(_COMMAND.match(line) for line in joined) and commands * 2 > len(joined):
        return "command"
    code = [line for line in lines if not _PROSE.search(line)]
    yaml = sum(bool(_YAML.match(line)) for line in code)
    statements = sum(bool(_PYTHON.match(line)) for line in code)
    if max(yaml, statements) * 2 <= len(lines):
        return None
    return "python" if statements >= yaml else "yaml"


def _join(lines: list[str]) -> list[str]:
    """Continued lines as one."""
    return re.sub(r"\\\s*\n", " ", "\n".join(lines)).splitlines()
