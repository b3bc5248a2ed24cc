"""Watches a training run; at the first bad value it stops, before the weights are harmed, and notes why.

One file that needs only torch (2.4 or newer): copy it beside your script. One line switches it on:

    watch.Watch(model, optimizer)              # a plain loop; `.loss(loss)` where the model returns none
    watch.trainer(trainer)                     # Hugging Face's Trainer and TRL's, before trainer.train()
    Trainer(callbacks=[watch.lightning()])     # Lightning
    custom_hooks = [dict(type=watch.mmengine)] # mmengine and XTuner

Before each optimizer step it looks at the loss and at the gradients' norm (the one that clip_grad_norm_ has
computed anyway). Steps that a loss scaler skips are noted and are no alarm. The note is a file that
`whynan diagnose` reads. Random state, order of the data and results stay as they are without it, bit for bit.
"""

from __future__ import annotations

import collections
import importlib.metadata
import json
import math
import sys
import typing
import weakref

import torch

STOP, SKIP, RECORD = "stop", "skip", "record"
KEPT, HELD = 2000, 16  # steps of the series; micro-batches that are held until their step is judged
SKIPS = 20  # in a row: a loss scale of 2**16 is below 1 by then, and no batch is to blame
PACKAGES = "torch deepspeed transformers xtuner mmengine flash-attn bitsandbytes peft trl accelerate unsloth "
PACKAGES += "llamafactory axolotl ms-swift lightning liger-kernel triton"

_WATCHES: weakref.WeakSet[Watch] = weakref.WeakSet()
_clip, _scaled_step = torch.nn.utils.clip_grad_norm_, torch.amp.GradScaler.step


class BadStep(FloatingPointError):  # noqa: N818 (named for what happened, as StopIteration is)
    """The loss or the gradients are no numbers; the weights are those of the step before."""


class Watch:
    """Watches one model and its optimizer.

    `on_bad` is "stop" (raises BadStep), "skip" (leaves that update out) or "record" (goes on). `facts` are
    what you know better, by whynan's ids. `replay`: whether the bad batch goes through the model again, to
    find the module that breaks; None: where there is one process, since others would have to take part.
    `parts`: what is called with a batch, where that is not `model`. `divided`: a micro-batch's loss is its
    share of the step's.
    """

    def __init__(
        self,
        model: typing.Any,
        optimizer: typing.Any,
        on_bad: str = STOP,
        folder: str = ".",
        facts: typing.Mapping[str, typing.Any] | None = None,
        replay: bool | None = None,
        step: int = 0,
        parts: typing.Sequence[typing.Any] = (),
        divided: bool = False,
    ) -> None:
        if on_bad not in (STOP, SKIP, RECORD):
            raise ValueError(f"on_bad is {on_bad!r}, it must be stop, skip or record")
        while hasattr(optimizer, "optimizer"):  # Accelerate's and DeepSpeed's wrappers
            optimizer = optimizer.optimizer
        self.model, self.optimizer, self.on_bad, self.folder = model, optimizer, on_bad, folder
        self.step, self.note = step, ""  # steps that were taken, and where the note lies
        self.scale: float | None = None
        self.clipped: torch.Tensor | None = None  # the norm before clipping
        self.replay = (_ranks() == 1) if replay is None else replay
        self._divided, self._told, self._skips = divided, False, 0
        self._calls: list[typing.Any] = []  # module, arguments, keywords, autocast
        self._losses: list[torch.Tensor] = []
        self._series: collections.deque[tuple[typing.Any, ...]] = collections.deque(maxlen=KEPT)
        self.seen = _setup(model, optimizer)
        self._found: dict[str, typing.Any] = {"told": dict(facts or {}), "weights": _weights(model)}
        self._handles = [optimizer.register_step_pre_hook(lambda *_: self._before_step())]
        for part in parts or (model,):
            self._handles.append(part.register_forward_pre_hook(self._called, with_kwargs=True))
            self._handles.append(part.register_forward_hook(self._returned))
        self._handles += _format(model, self.seen)
        _WATCHES.add(self)
        _listen(_noted_clip, _noted_scaled_step)

    def loss(self, loss: torch.Tensor) -> torch.Tensor:
        """Takes a micro-batch's loss and gives it back; it counts before the one that the model returns."""
        if not self._told:
            self._told = True
            self._losses.clear()
        self._losses.append(loss.detach())
        return loss

    def write(self, reason: str = "asked for") -> str:
        """Writes the note now, for a run that goes wrong without NaN, and gives its path ("": it failed)."""
        rank = f"-rank{torch.distributed.get_rank()}" if _ranks() > 1 else ""
        path = f"{self.folder}/whynan{rank}-step{self.step}.json"
        series = [[_plain(number) for number in step] for step in self._series]
        data = {
            "whynan": 1,
            "watched": reason,
            "seen": self.seen,
            **self._found,
            **_machine(),
            "series": series,
        }
        try:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(data, file)
        except OSError as error:
            sys.stderr.write(f"whynan: step {self.step}, {reason}; {path}: {error.strerror}\n")
            return ""
        sys.stderr.write(
            f"whynan: step {self.step}, {reason}; why and what to do:\n  whynan diagnose {path}\n"
        )
        self.note = path
        return path

    def close(self) -> None:
        """Takes all hooks off."""
        for handle in self._handles:
            handle.remove()
        _WATCHES.discard(self)
        if not _WATCHES:
            _listen(_clip, _scaled_step)

    def _called(self, module: typing.Any, args: typing.Any, keywords: typing.Any) -> None:
        if torch.is_grad_enabled() and len(self._calls) < HELD:  # an evaluation has none
            self._calls.append((module, args, keywords, _autocast()))

    def _returned(self, module: typing.Any, args: typing.Any, output: typing.Any) -> None:
        loss = None if self._told or not torch.is_grad_enabled() else _loss(output)
        if loss is not None:
            self._losses.append(loss.detach())

    def _before_step(self) -> None:
        """The optimizer is about to step: the gradients are whole, the weights still clean."""
        gradients = [weight.grad for weight in _trained(self.optimizer) if weight.grad is not None]
        if not gradients:
            return
        norm = _norm(gradients) if self.clipped is None else self.clipped
        scale, overflow = (getattr(self.optimizer, name, None) for name in ("grad_scale", "found_inf"))
        if isinstance(scale, torch.Tensor) and self.clipped is None:  # a fused optimizer unscales by itself
            norm = norm / scale
        self.judge(norm, overflow is not None and bool(overflow))  # and leaves the step out by itself

    def judge(self, norm: torch.Tensor, skipped: bool = False) -> None:
        """Notes a step, by one transfer from the device, and acts where it is bad."""
        one = norm.detach().float()
        grad_norm, *losses = torch.stack(
            [one, *(loss.float().mean().to(one.device) for loss in self._losses)]
        ).tolist()
        loss = sum(losses) / (1 if self._divided else len(losses)) if losses else None
        self.step += 1
        self._skips = self._skips + 1 if skipped else 0
        rate, peak = max((float(g["lr"]), float(g.get("initial_lr", 0))) for g in self.optimizer.param_groups)
        self._series.append((self.step, loss, grad_norm, rate, peak, self.scale, skipped))
        reason = ""
        if loss is not None and not math.isfinite(loss):
            reason = f"the loss is {loss}"
        elif not math.isfinite(grad_norm) and not skipped:
            reason = f"the gradient norm is {grad_norm}"
        elif self._skips >= SKIPS:
            reason = f"the loss scaler skipped {self._skips} steps in a row"
        elif loss == 0 and [step[1] for step in list(self._series)[-3:]] == [0, 0, 0]:
            reason = "the loss is 0"
        if reason and not self.note:
            self._look([math.isfinite(loss) for loss in losses])
            self.write(reason)
        self._calls, self._losses, self.clipped = [], [], None
        if reason and self.on_bad == STOP:
            self.close()
            raise BadStep(f"step {self.step}: {reason}; the weights are those of the step before")
        if reason and self.on_bad == SKIP:
            for weight in _trained(self.optimizer):
                weight.grad = None  # an optimizer passes over it

    def _look(self, finite: list[bool]) -> None:
        """Where the bad value came from. What fails here must not hide it."""
        named, found = list(self.model.named_parameters()), self._found
        one = finite.index(False) if False in finite else -1
        calls = self._calls[one:][:1] if len(finite) == len(self._calls) else self._calls
        found["batch"], found["accumulation"] = list(_figures([call[1:3] for call in calls])), len(finite)
        found["bad_weights"] = [name for name, weight in named if not _finite(weight)]
        found["bad_gradients"] = [name for name, weight in named if not _finite(weight.grad)]
        try:
            found["passed"] = _through(self.model, calls) if self.replay else []
            if self.replay and any(call[3] for call in calls):
                found["float32"] = all(
                    math.isfinite(float(one[-1])) for one in _through(self.model, calls, True)
                )
        except Exception as error:  # noqa: BLE001 (a user's model may raise anything when it is run again)
            found["not_replayed"] = f"{type(error).__name__}: {error}"[:300]


def trainer(hf: typing.Any, **options: typing.Any) -> None:
    """Watches a Hugging Face Trainer, or one of TRL's, from its train() on."""
    from transformers import TrainerCallback

    one_step = hf.training_step

    def begin(self, args, state, control, model=None, optimizer=None, **_):  # type: ignore[no-untyped-def]
        self.watch = watch = Watch(model, optimizer, step=state.global_step, divided=True, **options)
        hf.training_step = lambda *batch, **keywords: watch.loss(one_step(*batch, **keywords))

    def end(self, *_, **__):  # type: ignore[no-untyped-def]
        hf.training_step = one_step
        self.watch.close()

    hf.add_callback(type("Watcher", (TrainerCallback,), {"on_train_begin": begin, "on_train_end": end})())


def lightning(**options: typing.Any) -> typing.Any:
    """A callback for Lightning's Trainer."""
    from lightning.pytorch import Callback

    def begin(self, trainer, module):  # type: ignore[no-untyped-def]
        parts, taken = list(module.children()), trainer.global_step
        self.watch = Watch(module, trainer.optimizers[0], step=taken, parts=parts, **options)

    events = {
        "on_train_start": begin,
        "on_before_backward": lambda self, trainer, module, loss: self.watch.loss(loss),
        "on_train_end": lambda self, trainer, module: self.watch.close(),
    }
    return type("Watcher", (Callback,), events)()


def mmengine(**options: typing.Any) -> typing.Any:
    """A hook for mmengine's Runner, and so for XTuner."""
    from mmengine.hooks import Hook

    def begin(self, runner):  # type: ignore[no-untyped-def]
        self.watch = Watch(runner.model, runner.optim_wrapper.optimizer, step=runner.iter, **options)
        if getattr(runner.optim_wrapper, "clip_func", None) is _clip:
            runner.optim_wrapper.clip_func = _noted_clip

    events = {"before_train": begin, "after_train": lambda self, runner: self.watch.close()}
    return type("Watcher", (Hook,), events)()


def _listen(clip: typing.Any, scaled_step: typing.Any) -> None:
    torch.nn.utils.clip_grad_norm_ = torch.nn.utils.clip_grad.clip_grad_norm_ = clip
    torch.amp.GradScaler.step = scaled_step


def _noted_clip(parameters: typing.Any, max_norm: float, *rest: typing.Any, **more: typing.Any) -> typing.Any:
    parameters = [parameters] if isinstance(parameters, torch.Tensor) else list(parameters)
    norm = _clip(parameters, max_norm, *rest, **more)
    for watch in list(_WATCHES):
        if any(weight is parameters[0] for weight in _trained(watch.optimizer)):
            watch.clipped, watch.seen["optimizer.max_grad_norm"] = norm.detach(), float(max_norm)
    return norm


def _noted_scaled_step(
    scaler: typing.Any, optimizer: typing.Any, *args: typing.Any, **more: typing.Any
) -> typing.Any:
    watch = next((watch for watch in _WATCHES if watch.optimizer is optimizer), None)
    if watch is None or not scaler.is_enabled():
        return _scaled_step(scaler, optimizer, *args, **more)
    watch.scale, before = scaler.get_scale(), watch.step
    result = _scaled_step(scaler, optimizer, *args, **more)
    if watch.step == before:  # the optimizer was not stepped
        watch.judge(torch.tensor(math.inf), skipped=True)
    return result


def _setup(model: typing.Any, optimizer: typing.Any) -> dict[str, typing.Any]:
    """What is known before the first step, by whynan's ids; None where it is not."""
    kinds = {type(module).__name__ for module in model.modules()}
    config, trained = getattr(model, "config", None), _trained(optimizer)
    return {
        "optimizer.name": type(optimizer).__name__,
        "optimizer.epsilon": optimizer.defaults.get("eps"),
        "optimizer.max_grad_norm": "none",  # until something clips
        "precision.weights": str(max(trained, key=torch.Tensor.numel).dtype)[6:],
        "quantization.bits": 4 if "Linear4bit" in kinds else 8 if "Linear8bitLt" in kinds else "none",
        "lora.enabled": any("lora_" in name for name, _ in model.named_parameters()),
        "gradient_checkpointing": any(getattr(m, "gradient_checkpointing", False) for m in model.modules()),
        "attention.kernel": getattr(config, "_attn_implementation", None),
        "model.name": getattr(config, "_name_or_path", None) or type(model).__name__,
        "deepspeed.enabled": any(hasattr(weight, "ds_id") for weight in model.parameters()) or None,
        "gpu.count": _ranks(),
    }


def _format(model: typing.Any, seen: dict[str, typing.Any]) -> list[typing.Any]:
    """Notes in which format the first matrix product comes out, once."""
    handles: list[typing.Any] = []

    def once(module: typing.Any, args: typing.Any, output: typing.Any) -> None:
        seen["precision.compute"] = str(output.dtype)[6:]
        handles[0].remove()

    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            handles.append(module.register_forward_hook(once))
            break
    return handles


def _weights(model: typing.Any) -> dict[str, typing.Any]:
    """The largest weight, and of the embedding's rows the least, the usual and the largest magnitude."""
    wide = [weight.detach() for weight in model.parameters() if weight.is_floating_point() and weight.numel()]
    found = {"largest": _plain(max(_largest(wide), key=lambda top: (top != top, top), default=0.0))}
    table = next((module for module in model.modules() if isinstance(module, torch.nn.Embedding)), None)
    if table is not None and table.weight.is_floating_point() and table.weight.dim() == 2:
        low, high = torch.aminmax(table.weight.detach().float(), dim=1)
        rows = torch.maximum(-low, high)
        found["rows"] = [_plain(float(one)) for one in (rows.min(), rows.median(), rows.max())]
    return found


def _machine() -> dict[str, typing.Any]:
    """Versions, and the GPU where one is in use: asking would start it."""
    versions = {}
    for package in PACKAGES.split():
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    gpu = {}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        about = torch.cuda.get_device_properties(torch.cuda.current_device())
        gpu = {"name": about.name, "memory": about.total_memory, "capability": [about.major, about.minor]}
    return {"versions": versions, "gpu": gpu}


def _figures(value: typing.Any, name: str = "") -> typing.Iterator[dict[str, typing.Any]]:
    """Of each tensor in a batch: name, shape, format, bounds; samples without a label, padded sides."""
    if isinstance(value, torch.Tensor) and value.numel():
        low, high = (_plain(float(one)) for one in torch.aminmax(value.detach().float()))
        one = {
            "name": name,
            "shape": list(value.shape),
            "format": str(value.dtype)[6:],
            "low": low,
            "high": high,
        }
        if name == "labels" and value.dim() == 2:  # the first one is nobody's target
            one["masked"] = [int((value[:, 1:] == -100).all(1).sum()), len(value)]
        if name == "attention_mask" and value.dim() == 2:
            one["padded"] = [bool((value[:, 0] == 0).any()), bool((value[:, -1] == 0).any())]
        yield one
    elif isinstance(value, (typing.Mapping, list, tuple)):
        for key, inner in value.items() if isinstance(value, typing.Mapping) else enumerate(value):
            yield from _figures(inner, str(key))


def _through(model: typing.Any, calls: list[typing.Any], wide: bool = False) -> list[list[typing.Any]]:
    """The calls once more, quietly: module, side, format, whether it multiplies, largest magnitude, in order.

    `wide`: without autocast, and past what wraps the forward method.
    """
    places: list[list[typing.Any]] = []
    bounds: list[torch.Tensor] = []

    def look(name: str, side: str, module: typing.Any, value: typing.Any) -> None:
        for tensor in (
            value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
        ):
            if isinstance(tensor, torch.Tensor) and tensor.is_floating_point() and tensor.dim():  # 0: a loss
                places.append([name, side, str(tensor.dtype)[6:], isinstance(module, torch.nn.Linear)])
                bounds.append(tensor.detach())

    handles, modes = [], [(module, module.training) for module in model.modules()]
    for name, module in model.named_modules():
        before = lambda module, args, name=name: look(name, "in", module, args[:1])  # noqa: E731 (two of a kind)
        after = lambda module, args, output, name=name: look(name, "out", module, output)  # noqa: E731
        handles += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
    try:
        with torch.random.fork_rng(devices=devices), torch.no_grad():
            model.eval()
            for module, args, keywords, cast in calls:
                form = cast if cast and not wide else ("cpu", torch.bfloat16)
                with torch.autocast(*form, enabled=bool(cast) and not wide):
                    (type(module).forward if wide else type(module).__call__)(module, *args, **keywords)
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training
    return [[*place, _plain(top)] for place, top in zip(places, _largest(bounds))]


def _largest(tensors: list[torch.Tensor]) -> list[float]:
    """The largest magnitude of each; NaN where one holds NaN."""
    device = tensors[0].device if tensors else "cpu"
    tops = [torch.stack(torch.aminmax(tensor)).float().abs().max().to(device) for tensor in tensors]
    return torch.stack(tops).tolist() if tops else []


def _norm(gradients: list[torch.Tensor]) -> torch.Tensor:
    """The total norm, in float32: squares of a float16 gradient would overflow."""
    local = [gradient.to_local() if hasattr(gradient, "to_local") else gradient for gradient in gradients]
    norms = torch._foreach_norm(local, 2.0, torch.float32)
    return torch.linalg.vector_norm(torch.stack([norm.to(norms[0].device) for norm in norms]))


def _loss(output: typing.Any) -> torch.Tensor | None:
    """The loss in what a model returns: its attribute, its keys with "loss", or a single number."""
    loss = getattr(output, "loss", output)
    if isinstance(loss, typing.Mapping):
        loss = sum(value for key, value in loss.items() if "loss" in key and isinstance(value, torch.Tensor))
    return loss if isinstance(loss, torch.Tensor) and loss.is_floating_point() and loss.numel() == 1 else None


def _trained(optimizer: typing.Any) -> list[torch.Tensor]:
    return [weight for group in optimizer.param_groups for weight in group["params"]]


def _finite(tensor: torch.Tensor | None) -> bool:
    return tensor is None or not tensor.is_floating_point() or bool(tensor.detach().isfinite().all())


def _autocast() -> tuple[str, torch.dtype] | None:
    kinds = [kind for kind in ("cuda", "cpu") if torch.is_autocast_enabled(kind)]
    return (kinds[0], torch.get_autocast_dtype(kinds[0])) if kinds else None


def _ranks() -> int:
    distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
    return torch.distributed.get_world_size() if distributed else 1


def _plain(number: typing.Any) -> typing.Any:
    """JSON has no NaN and no Inf."""
    return str(number) if isinstance(number, float) and not math.isfinite(number) else number
