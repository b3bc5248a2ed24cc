"""The lab's faults of a user's own loss, as a user writes them: what their probes.lab.faults module does."""

from __future__ import annotations

LOSSES = {
    "masked-mean": """def own_loss(logits, labels):
    labels = labels[:, 1:].flatten()
    mask = (labels != -100).float()
    each = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels.clamp(min=0), reduction="none")
    return (each * mask).sum() / mask.sum()
""",
    "softmax-in-float16": """def own_loss(logits, labels):
    chances = logits[:, :-1].half().softmax(-1)
    return F.nll_loss(chances.log().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
""",
    "equal-rewards": """def own_loss(logits, labels):
    rewards = (labels != -100).sum(1).ge(34).float()
    advantage = (rewards - rewards.mean()) / rewards.std()
    each = [
        F.cross_entropy(one[:-1], own[1:], ignore_index=-100) for one, own in zip(logits, labels)
    ]
    return ((1 + 0.1 * advantage) * torch.stack(each)).mean()
""",
}
