"""The faults that the lab can make, by id: each module beside this one is a fault, named as its file is."""

from __future__ import annotations

import importlib
import pkgutil

from probes.lab.fault import Fault

FAULTS: dict[str, Fault] = {
    name.replace("_", "-"): importlib.import_module(f"{__name__}.{name}").FAULT
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__))
}
