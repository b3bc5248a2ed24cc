"""Pre-trains the fault lab's model on the docstrings of Python's own library: probes/lab/weights.pt.

    .venv/bin/python -m measure.pretrain_lab

Two to three minutes on one core, and the same weights again on the same machine. The file is in the
repository, so that a run of the lab begins at once and everybody's begins with the same weights. It is
float16: 1 MB.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
from torch.nn import functional

from probes.lab.batches import stream
from probes.lab.model import Llama
from probes.lab.text import samples

WEIGHTS = Path(__file__).parent.parent / "probes" / "lab" / "weights.pt"
STEPS, SIZE, RATE, WARM_UP = 2000, 20, 3e-3, 50


def main(steps: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = Llama()
    for name, weight in model.named_parameters():
        if weight.dim() == 2:
            deep = name.endswith(("o_proj.weight", "down_proj.weight"))
            torch.nn.init.normal_(weight, std=0.04 / (2.8 if deep else 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.05)
    batches, began = stream(samples(), SIZE, 0, "packed"), time.monotonic()
    for step in range(steps):
        rate = RATE * min((step + 1) / WARM_UP, 1, (steps - step) / (0.6 * steps))
        optimizer.param_groups[0]["lr"] = rate
        batch = next(batches)
        logits = model(batch.tokens, batch.bias)
        # The prompt is learnt too: the model has to know all of its text.
        following = batch.tokens[:, 1:].reshape(-1)
        loss = functional.cross_entropy(logits[:, :-1].reshape(following.numel(), -1), following)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0 or step == steps - 1:
            print(
                f"step {step + 1}/{steps} loss {loss.item():.3f} {time.monotonic() - began:.0f} s", flush=True
            )
    torch.save({name: weight.half() for name, weight in model.state_dict().items()}, WEIGHTS)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STEPS)
