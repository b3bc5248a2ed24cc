"""The probes as one file, which the Python of a training machine runs as it is."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import probes

# zipapp's own main would lose the exit status. Old Pythons must be able to read this to refuse it.
# A PYTHONPATH that begins or ends with a colon names the working directory, whose torch.py would be run.
MAIN = """\
import os
import sys

if sys.version_info < (3, 9):
    here = "whynan: Python 3.9 or newer is needed, this is %d.%d, try python3.9\\n" % sys.version_info[:2]
    sys.stderr.write(here)
    raise SystemExit(2)
sys.dont_write_bytecode = True
try:
    here = os.path.realpath(os.getcwd())
except OSError:  # a folder that was deleted meanwhile
    here = ""
sys.path[1:] = [path for path in sys.path[1:] if path and os.path.realpath(path) != here]

from probes.cli import main

raise SystemExit(main())
"""

# Through a pipe, where no file can be copied: Python cannot run an archive that it reads from one.
PIPED = """\
ssh NODE 'f=$(mktemp) && cat >"$f" && python3 "$f" --format json; rm -f "$f"' <probe.pyz >probe.json"""

SUFFIXES = (".py", ".yaml", ".json")
LAB = Path(probes.__file__).parent / "lab"  # stays here: it makes faults and finds none


def pack() -> bytes:
    """The zip application; the same sources give the same bytes, so that a hash names a version."""
    package = Path(probes.__file__).parent
    texts = {
        f"probes/{path.relative_to(package).as_posix()}": path.read_text("utf-8")
        for path in package.rglob("*")
        if path.suffix in SUFFIXES and LAB not in path.parents
    }
    buffer = io.BytesIO()
    buffer.write(b"#!/usr/bin/env python3\n")
    # Stored, not deflated: zlibs of different makers compress to different bytes.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, text in sorted({**texts, "__main__.py": MAIN}.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, wherever it is packed
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return buffer.getvalue()
