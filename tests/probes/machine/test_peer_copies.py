import pytest

from probes.machine import accelerator, peer_copies
from probes.machine.peer_copies import check, probe
from probes.report import Fact, Unknown

GPUS = ["cuda:0", "cuda:1", "cuda:2"]


@pytest.fixture
def pretended(torch, monkeypatch):
    """torch, with the CPU in the place of GPUs, and copies of 1,000 numbers."""
    monkeypatch.setattr(peer_copies, "NUMBERS", 1000)
    monkeypatch.setattr(
        torch.Tensor, "to", lambda tensor, where: tensor if isinstance(where, str) else tensor.int()
    )
    return torch


def damaged(bad, when=(0, 1, 2)):
    """A way to copy that flips one bit on the ways in `bad`, in the repeats `when`."""
    count = {}

    def copy(tensor, source, target):
        time = count[source, target] = count.get((source, target), -1) + 1
        if (source, target) not in bad or time not in when:
            return tensor
        changed = tensor.clone()
        changed[500] ^= 1 << 20
        return changed

    return copy


@pytest.mark.parametrize(
    ("copy", "value", "said"),
    [
        (damaged([]), "ok", "self-test of 6 ways between 3 GPUs"),
        (
            damaged([("cuda:0", "cuda:2")]),
            "wrong",
            "self-test: what cuda:0 sends to cuda:2 arrives changed (3 of 3 times)",
        ),
        (
            damaged([("cuda:2", "cuda:1"), ("cuda:1", "cuda:2")], when=[1]),
            "unstable",
            "self-test: what cuda:1 sends to cuda:2 arrives changed (1 of 3 times), and 1 other ways",
        ),
    ],
    ids=["fine", "always", "once"],
)
def test_a_flipped_bit_on_the_way_is_found(pretended, copy, value, said):
    assert check(pretended, GPUS, 3, copy) == Fact("numerics.peer_copies", value, said)


def test_without_a_second_gpu_there_is_nothing_to_say(torch, monkeypatch):
    assert probe("none") == []
    monkeypatch.setattr(accelerator, "devices", lambda torch: (["cuda:0"], [], ""))
    assert probe("quick") == []


def test_a_copy_that_fails_is_told(torch, monkeypatch):
    def fail(*_):
        raise RuntimeError("CUDA error: peer access is not supported\nmore")

    monkeypatch.setattr(accelerator, "devices", lambda torch: (GPUS, [], ""))
    monkeypatch.setattr(peer_copies, "check", fail)
    assert probe("quick") == [Unknown("numerics.peer_copies", "CUDA error: peer access is not supported")]


@pytest.mark.gpu
def test_the_gpus_of_this_machine_copy_right(cuda):
    if cuda.cuda.device_count() < 2:
        pytest.skip("there is one GPU here")
    assert probe("full")[0].value == "ok"
