"""A pass through a model that leaves no trace: random state, modes, gradients and hooks are as they were."""

from __future__ import annotations

import contextlib
import typing

# A module's name, "in" or "out", and a tensor that went through.
Seen = typing.Callable[[str, str, typing.Any], None]


@contextlib.contextmanager
def quiet(torch: typing.Any, model: typing.Any) -> typing.Iterator[None]:
    """Evaluation mode while it lasts (no dropout, no running means); modes and random state come back after.

    CUDA's random state is only looked at where CUDA is in use already: asking would start it.
    """
    modes = [(module, module.training) for module in model.modules()]
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(devices=list(devices)):
        try:
            model.eval()
            yield
        finally:
            for module, training in modes:
                module.training = training


@contextlib.contextmanager
def watched(torch: typing.Any, model: typing.Any, seen: Seen) -> typing.Iterator[None]:
    """Calls `seen` for each floating tensor that a module is given first or gives back, as it happens."""
    handles = []
    for name, module in model.named_modules():

        def before(_: typing.Any, args: tuple[typing.Any, ...], name: str = name) -> None:
            for tensor in _tensors(torch, args[:1]):
                seen(name, "in", tensor)

        def after(_: typing.Any, args: typing.Any, out: typing.Any, name: str = name) -> None:
            for tensor in _tensors(torch, out):
                seen(name, "out", tensor)

        handles += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def run(model: typing.Any, batch: typing.Any) -> typing.Any:
    """One call: keyword arguments for a dict, positional ones for a tuple, else the batch itself."""
    if isinstance(batch, typing.Mapping):
        return model(**batch)
    return model(*batch) if isinstance(batch, tuple) else model(batch)


def _tensors(torch: typing.Any, value: typing.Any) -> typing.Iterator[typing.Any]:
    if isinstance(value, torch.Tensor):
        if value.is_floating_point() and value.numel():
            yield value
    elif isinstance(value, typing.Mapping):
        for item in value.values():
            yield from _tensors(torch, item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(torch, item)
