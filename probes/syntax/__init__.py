"""Reading and changing settings in a text, one module a syntax. The text is data: it is never executed.

A syntax gives `settings(text) -> tuple[Setting, ...]` and `edit(text, changes) -> str`.
"""

from __future__ import annotations

import types

from probes.syntax import command_line, json_object, python_source, toml_table, yaml_mapping
from probes.syntax.recognise import recognise
from probes.syntax.setting import NULL, Setting, Symbol, UnreadableError

__all__ = ["NULL", "SYNTAXES", "Setting", "Symbol", "UnreadableError", "recognise"]

SYNTAXES: dict[str, types.ModuleType] = {
    "python": python_source,
    "json": json_object,
    "yaml": yaml_mapping,
    "toml": toml_table,
    "command": command_line,
}
