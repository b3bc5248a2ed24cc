"""One file of tensors, whichever of the two forms it has."""

from __future__ import annotations

import pathlib

from probes.checkpoints import safetensors, torch_zip
from probes.checkpoints.listing import DAMAGE, DamagedError, Finding, Listing

SUFFIXES = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")
HEAD = 300  # bytes by which a file of tensors is told


def head_of(path: pathlib.Path) -> bytes:
    """A file's beginning; nothing of a folder, or of what cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def read(path: pathlib.Path) -> Listing | None:
    """The tensors of a file, None for one of another kind. A broken file has no tensors and a finding.

    Raises ReadError for a form of tensors that whynan does not read.
    """
    head = head_of(path)
    for module in (safetensors, torch_zip):
        if module.recognises(path, head):
            try:
                listing: Listing = module.read(path)
            except DamagedError as error:
                return Listing(module.NAME, (), (Finding(DAMAGE, path.name, "", str(error)),))
            return listing
    return None


def read_all(paths: list[pathlib.Path]) -> Listing:
    """The tensors of several files; one that holds none, though its name says so, is damage."""
    listings = [(path, read(path)) for path in paths]
    broken = tuple(
        Finding(DAMAGE, path.name, "", "is no file of tensors: empty, cut off, or a page from the web")
        for path, found in listings
        if found is None
    )
    whole = [found for _, found in listings if found is not None]
    return Listing(
        "folder",
        tuple(tensor for found in whole for tensor in found.tensors),
        tuple(finding for found in whole for finding in found.findings) + broken,
    )


def files_in(folder: pathlib.Path) -> list[pathlib.Path]:
    """The files of a folder whose names say that they hold tensors; optimizers and the like left out."""
    other = ("training_args", "optimizer", "scheduler", "rng_state", "scaler")
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix in SUFFIXES and path.is_file() and not path.name.startswith(other)
    ]
