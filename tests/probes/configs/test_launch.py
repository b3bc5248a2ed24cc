import pytest

from probes import configs


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("torchrun --nproc_per_node 8 train.py", 8),
        ("torchrun --nproc-per-node=4 --nnodes 2 train.py", 8),
        ("deepspeed --num_gpus 2 train.py", 2),
        ("accelerate launch --num_processes 16 --num_machines 2 train.py", 16),
        ("CUDA_VISIBLE_DEVICES=0,1,3 python train.py", 3),
        ("CUDA_VISIBLE_DEVICES=5 python train.py", 1),
        ("torchrun --nproc_per_node gpu train.py", None),
        ("python train.py", None),
    ],
)
def test_processes_are_gpus(text, count):
    assert configs.read(text, "x", "command").values().get("gpu.count") == count


def test_accelerate_launch_decides(known):
    said, _ = known("accelerate launch --mixed_precision bf16 --use_deepspeed train.py --lr 1", "command")
    assert said["precision.compute"] == "bfloat16"
    assert said["deepspeed.enabled"] is True


def test_a_launch_without_deepspeed_has_none(known):
    _, assumed = known("torchrun train.py --learning_rate 1e-5", "command")
    assert assumed["deepspeed.enabled"] is False


def test_what_is_no_launch_says_nothing():
    report = configs.read("pip install trl", "x", "command")
    assert (report.facts, report.unknown) == ((), ())
