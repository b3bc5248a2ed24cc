"""What the shipped examples of four frameworks set, worked out without whynan's readers.

The defaults are taken out of the framework's own source with `ast`; YAML is read by PyYAML; launch scripts
are run by bash in restricted mode with nothing on its path, so that all it can do is say which words each
command got. The few rules that turn arguments into facts are written down here again, from the frameworks'
source. What hangs on the GPU, on the checkpoint or on a file that is not shipped is left out.
"""

from docs.configs_reference.axolotl import axolotl
from docs.configs_reference.llamafactory import llamafactory
from docs.configs_reference.ms_swift import ms_swift
from docs.configs_reference.sources import Facts, defaults
from docs.configs_reference.torchtune import torchtune

__all__ = ["Facts", "axolotl", "defaults", "llamafactory", "ms_swift", "torchtune"]
