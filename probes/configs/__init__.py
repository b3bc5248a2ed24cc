"""What configs and launch commands of training frameworks say, and how to change them.

One module a framework: `NAME`, `recognises(paths) -> bool`, `read(paths, found)`, its settings in a table
(path -> fact), and its defaults; `names(paths)` where transformers' arguments have other names in it.
`FORMATS` lists them.
"""

from __future__ import annotations

from probes.configs.formats import FORMATS
from probes.configs.patch import apply
from probes.configs.reading import read

__all__ = ["FORMATS", "apply", "read"]
