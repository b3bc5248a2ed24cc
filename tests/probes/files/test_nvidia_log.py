"""The sample is what a real H100 said; the others are made of it, by the words that drivers write."""

from pathlib import Path

import pytest

from probes.files import nvidia_log
from probes.report import Fact

LOG = (Path(__file__).parents[1] / "samples" / "nvidia-smi-q-h100.txt").read_text("utf-8")


def values(text):
    return {answer.id: answer.value for answer in nvidia_log.facts(text, "q.txt") if isinstance(answer, Fact)}


def changed(*pairs):
    text = LOG
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after, 1)
    return text


def test_a_healthy_h100():
    assert values(LOG) == {
        "gpu.memory_free_gib": 79.2,
        "gpu.ecc": "clean",
        "gpu.remapped": "none",
        "gpu.throttled": "none",
        "gpu.temperature": 44.0,
        "gpu.power": "72 of 700 W",
        "gpu.clock": "345 of 1980 MHz",
        "gpu.pcie": "gen 5 x16 of gen 5 x16",
        "gpu.programs": "none",
    }


@pytest.mark.parametrize(
    ("before", "after", "fact", "value"),
    [
        ("DRAM Uncorrectable                         : 0", "DRAM Uncorrectable : 3", "gpu.ecc", "uncorrected"),  # noqa: E501
        ("SRAM Correctable                           : 0", "SRAM Correctable : 1", "gpu.ecc", "corrected"),
        ("Pending                                        : No", "Pending : Yes", "gpu.remapped", "pending"),
        ("Remapping Failure Occurred                     : No", "Remapping Failure Occurred : Yes", "gpu.remapped", "failed"),  # noqa: E501
        ("HW Thermal Slowdown                        : Not Active", "HW Thermal Slowdown : Active", "gpu.throttled", "heat"),  # noqa: E501
        ("HW Power Brake Slowdown                    : Not Active", "HW Power Brake Slowdown : Active", "gpu.throttled", "hardware"),  # noqa: E501
        ("SW Power Cap                                   : Not Active", "SW Power Cap : Active", "gpu.throttled", "power"),  # noqa: E501
        ("GPU Current Temp                               : 44 C", "GPU Current Temp : 93 C", "gpu.temperature", 93.0),  # noqa: E501
    ],
)  # fmt: skip
def test_a_gpu_that_is_not_well(before, after, fact, value):
    assert values(changed((before, after)))[fact] == value


def test_what_errors_were_in_all_the_past_is_not_this_run():
    aggregate = LOG.index("Aggregate\n")
    worn = LOG[:aggregate] + LOG[aggregate:].replace(
        "DRAM Uncorrectable                         : 0", "DRAM Uncorrectable                         : 9", 1
    )

    assert worn != LOG
    assert values(worn)["gpu.ecc"] == "clean"


def test_an_older_driver_heads_things_otherwise():
    older = changed(
        ("Clocks Event Reasons\n", "Clocks Throttle Reasons\n"),
        ("GPU Power Readings\n", "Power Readings\n"),
        ("Average Power Draw ", "Power Draw "),
        ("Current Power Limit ", "Power Limit "),
    )

    assert values(older) == values(LOG)


def test_the_worst_of_two_gpus_counts():
    second = LOG[LOG.index("GPU 00000000:00:06.0") :].replace(
        "GPU Current Temp                               : 44", "GPU Current Temp : 90"
    )

    assert values(LOG + second.replace("00:06.0", "00:07.0", 1))["gpu.temperature"] == 90.0


@pytest.mark.parametrize("text", ["", "GPU 00000000:00:06.0\n", LOG[:200], LOG.replace(": ", ":")])
def test_half_a_log_tells_what_it_holds(text):
    assert set(values(text)) <= set(values(LOG))
