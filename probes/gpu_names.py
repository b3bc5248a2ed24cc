"""What follows from a graphics card's name alone: its compute capability and whether it has native bfloat16.

Capabilities are those of NVIDIA's list (https://developer.nvidia.com/cuda-gpus). bfloat16 came with Ampere
(8.0); Volta and Turing compute it by way of float32 and count as without. Ascend and AMD cards have no CUDA
capability.
"""

from __future__ import annotations

import re

from probes import report

FROM_NAME = "from the name"

# (name, capability or "", native bfloat16): the first that fits decides.
_CARDS: tuple[tuple[re.Pattern[str], str, bool], ...] = tuple(
    (re.compile(r"(?i)(?<![A-Za-z0-9])(?:" + name + r")(?![A-Za-z0-9])"), capability, bf16)
    for name, capability, bf16 in (
        # Ascend and AMD first: "910B" is no GeForce
        (r"(?:ascend|昇腾|华为|huawei)?[ -]*910[ _-]?(?:b\d?|c)|atlas[ -]?\d00t?[ -]?a2", "", True),
        (r"(?:ascend|昇腾)[ -]*910(?:a|pro[ab]?)?", "", False),
        (r"MI(?:100|2[15]0X?|3[0-5]\dX?A?)", "", True),
        (r"MI(?:25|50|60)", "", False),
        # Workstation, before the older cards of the same number
        (r"RTX PRO \d{4}\w*|RTX \d{4} Blackwell", "12.0", True),
        (r"(?:RTX[ -]?)?[2-6][05]00[ -]?Ada", "8.9", True),
        (r"A[2-6][05]00", "8.6", True),
        # Data centre
        (r"G?B300", "10.3", True),
        (r"G?B200|B100", "10.0", True),
        (r"GB10|DGX Spark", "12.1", True),
        (r"GH200|H[128]00[A-Z]*|H20[A-Z]*", "9.0", True),
        (r"L40S?|L4|L20", "8.9", True),
        (r"A10G?|A16|A2|A40", "8.6", True),
        (r"A[18]00[A-Z]*|A30", "8.0", True),
        (r"T4|(?:Quadro )?RTX ?[4568]000|Titan RTX", "7.5", False),
        (r"V100[A-Z]*|Titan V|GV100", "7.0", False),
        (r"P40|P4|Titan Xp?", "6.1", False),
        (r"P100[A-Z]*|GP100", "6.0", False),
        (r"M40|M60", "5.2", False),
        (r"K80", "3.7", False),
        # GeForce, with or without its family's name
        (r"(?:(?:RTX|GeForce)[ -]?)*50[5-9]0(?:[ -]?(?:Ti|D|Super))?", "12.0", True),
        (r"(?:(?:RTX|GeForce)[ -]?)*40[5-9]0(?:[ -]?(?:Ti|D|Super))*", "8.9", True),
        (r"(?:(?:RTX|GeForce)[ -]?)*30[5-9]0(?:[ -]?(?:Ti|Super))*", "8.6", True),
        (r"(?:(?:RTX|GeForce)[ -]?)*20[5-8]0(?:[ -]?(?:Ti|Super))*", "7.5", False),
        (r"(?:(?:GTX|GeForce)[ -]?)*16[3-6]0(?:[ -]?(?:Ti|Super))*", "7.5", False),
        (r"(?:(?:GTX|GeForce)[ -]?)*10[3-8]0(?:[ -]?Ti)?", "6.1", False),
    )
)


def find(name: str) -> tuple[str, bool] | None:
    """(compute capability or "", native bfloat16) of the card that `name` names; None for a stranger."""
    for pattern, capability, bf16 in _CARDS:
        if pattern.search(name):
            return capability, bf16
    return None


def facts(name: str, source: str, state: str = report.MEASURED) -> tuple[report.Fact, ...]:
    """gpu.name as written and what follows from it: gpu.capability and gpu.bf16."""
    named = report.Fact("gpu.name", name, source, state)
    card = find(name)
    if card is None:
        return (named,)
    capability, bf16 = card
    follows = report.Fact("gpu.bf16", bf16, f"{source}, {FROM_NAME}", state)
    if not capability:
        return (named, follows)
    return (named, follows, report.Fact("gpu.capability", capability, f"{source}, {FROM_NAME}", state))
