"""The pre-trained model, brought into the state that a run's settings ask for."""

from __future__ import annotations

import pathlib
import warnings

import torch
from torch import Tensor, nn

from probes.lab.batches import Batch
from probes.lab.model import Llama
from probes.lab.settings import Settings

FILE = pathlib.Path(__file__).with_name("weights.pt")
LARGEST = 65504.0
GROUP = 32  # weights that share a scale in four bits


def pretrained() -> Llama:
    """The model as measure/pretrain_lab.py left it. Raises OSError where the file is missing."""
    model = Llama()
    state = torch.load(FILE, map_location="cpu", weights_only=True)
    model.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    return model


def prepared(settings: Settings, batch: Batch) -> Llama:
    """Headroom, four bits, adapters and formats, in this order; the headroom is measured on `batch`."""
    model = pretrained()
    if settings.headroom is not None:
        stretch(model, batch, settings.headroom, settings.overflows_at)
    if settings.quantized:
        for product in model.products():
            if product is not model.lm_head:
                product.weight.data = four_bits(product.weight.data)
    if settings.lora_rank:
        model.requires_grad_(False)
        generator = torch.Generator().manual_seed(settings.seed)
        for product in model.products():
            if product is not model.lm_head:
                product.adapt(settings.lora_rank, settings.lora_alpha, generator)
    model.compute_in(settings.precision, settings.weights == settings.precision == "float16", settings.kernel)
    if settings.checkpointing:
        model.checkpoint = reentrant
    return model


def reentrant(block: nn.Module, x: Tensor, *others: object) -> Tensor:
    """Gradient checkpointing in its older variant: a block whose input needs no gradient gets none."""
    from torch.utils.checkpoint import checkpoint

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of just this fault
        return checkpoint(block, x, *others, use_reentrant=True)


def stretch(model: Llama, batch: Batch, share: float, where: str) -> None:
    """Scales weights so that the largest activation is `share` of 65504 while the model computes the same as
    before.

    "feed": the up projection by s, the down projection by 1/s. "residual": whatever is added to the residual
    by s, and the norms' epsilon by s squared, as a norm takes the scale out again. Large models get such
    activations by themselves: Sun et al., Massive Activations in Large Language Models (arXiv:2402.17762).
    """
    peak = 0.0

    def seen(_: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        nonlocal peak
        peak = max(peak, float((given[0] if where == "feed" else made).abs().max()))

    watched = [block.down_proj for block in model.blocks]
    if where == "residual":
        watched += [block.o_proj for block in model.blocks]
    hooks = [module.register_forward_hook(seen) for module in watched]
    with torch.no_grad():
        model(batch.tokens, batch.bias)
        for hook in hooks:
            hook.remove()
        scale = share * LARGEST / peak
        if where == "residual":
            model.embed.weight.mul_(scale)
            model.norm.epsilon *= scale**2
        for block in model.blocks:
            if where == "feed":
                block.up_proj.weight.mul_(scale)
                block.down_proj.weight.div_(scale)
            else:
                block.o_proj.weight.mul_(scale)
                block.down_proj.weight.mul_(scale)
                block.attention_norm.epsilon *= scale**2
                block.feed_norm.epsilon *= scale**2


def four_bits(weight: Tensor, zero: int = 0) -> Tensor:
    """The weight through 4 bits and back, a scale for each group; `zero` is how far the zero point is off."""
    groups = weight.reshape(-1, GROUP)
    scales = groups.abs().amax(1, keepdim=True) / 7
    return (((groups / scales).round() + zero) * scales).reshape(weight.shape)
