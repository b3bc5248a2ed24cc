import pytest

from probes.syntax.command_line import edit, settings

SCRIPT = r"""#!/bin/bash
export CUDA_VISIBLE_DEVICES=0,1
LR=2e-5
pip install -q trl --upgrade
MODEL_ARGS="--num-layers 24 --swiglu"
TRAIN_ARGS=(
    --lr 6.0e-5   # peak
    --clip-grad 1.0
)
NPROC_PER_NODE=8 torchrun --standalone --nnodes=2 train.py \
    --learning_rate $LR --bf16 True \
    --fsdp "full_shard auto_wrap" \
    --output_dir ${OUT}/x --seed -1 \
    --gradient_checkpointing "${TRAIN_ARGS[@]}" > log.txt 2>&1 &
"""


def values(text):
    return {setting.path: setting.value for setting in settings(text) if setting.decided}


def test_a_script_sets_flags_variables_and_words():
    assert values(SCRIPT) == {
        "CUDA_VISIBLE_DEVICES": "0,1",
        "LR": 2e-5,
        "MODEL_ARGS": "--num-layers 24 --swiglu",
        "num_layers": 24,
        "swiglu": True,
        "TRAIN_ARGS": "",
        "lr": 6e-5,
        "clip_grad": 1.0,
        "NPROC_PER_NODE": 8,
        "$0": "torchrun",
        "standalone": True,
        "nnodes": 2,
        "$1": "train.py",
        "learning_rate": 2e-5,
        "bf16": True,
        "fsdp": "full_shard auto_wrap",
        "seed": -1,
        "gradient_checkpointing": True,
    }
    assert {one.path for one in settings(SCRIPT) if not one.decided} == {"output_dir"}


def test_a_variable_decides_where_it_is_set():
    line = next(setting.line for setting in settings(SCRIPT) if setting.path == "learning_rate")
    assert line == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "NPROC_PER_NODE=8 xtuner train cfg --deepspeed zero2 --cfg-options model.dtype=bfloat16",
            {
                "NPROC_PER_NODE": 8,
                "$0": "xtuner",
                "$1": "train",
                "$2": "cfg",
                "deepspeed": "zero2",
                "cfg_options": True,
                "model.dtype": "bfloat16",
            },
        ),
        (
            "deepspeed --num_gpus 8 train.py --deepspeed ds.json",
            {"$0": "deepspeed", "num_gpus": 8, "$1": "train.py", "deepspeed": "ds.json"},
        ),
        (
            "accelerate launch --multi_gpu train.py --lr 1",
            {"$0": "accelerate", "$1": "launch", "multi_gpu": True, "$2": "train.py", "lr": 1},
        ),
        (
            "$ llamafactory-cli train x.yaml learning_rate=1e-5",
            {"$0": "llamafactory-cli", "$1": "train", "$2": "x.yaml", "learning_rate": 1e-5},
        ),
        (
            "!swift sft --model 'Qwen/Qwen2' --lora_rank 8",
            {"$0": "swift", "$1": "sft", "model": "Qwen/Qwen2", "lora_rank": 8},
        ),
        (
            "python -m torch.distributed.run --nproc_per_node=2 train.py --fp16",
            {
                "$0": "python",
                "m": "torch.distributed.run",
                "nproc_per_node": 2,
                "$1": "train.py",
                "fp16": True,
            },
        ),
        (
            "--micro-batch-size 1 --use-distributed-optimizer\n--lr 6e-5",
            {"micro_batch_size": 1, "use_distributed_optimizer": True, "lr": 6e-5},
        ),
        ("git clone --depth 1 x && echo --lr 3; mkdir -p a", {}),
        ("for lr in 1 2; do python train.py --lr $lr; done", {"$0": "python", "$1": "train.py"}),
        ("python train.py --lr ${LR:-1e-4}", {"$0": "python", "$1": "train.py", "lr": 1e-4}),
        ("python train.py --a 'it''s' --b \"x", {"$0": "python", "$1": "train.py", "a": "its", "b": "x"}),
        (
            "python train.py --enable_xformers \\\n  --data_dir=$DATA --lr 1",
            {"$0": "python", "$1": "train.py", "enable_xformers": True, "lr": 1},
        ),
        (
            "fairseq-train $D --rank $R \\ # 0, 10, 20 or 30\n  --adam-eps 1e-6",
            {"$0": "fairseq-train", "adam_eps": 1e-6},
        ),
        ("", {}),
    ],
)
def test_launchers_are_read_in_their_own_ways(text, expected):
    assert values(text) == expected


def test_only_the_changed_flags_change():
    changes = {
        "learning_rate": 1e-5,
        "bf16": False,
        "max_grad_norm": 1.0,
        "fsdp": None,
        "lr": 1e-6,
        "seed": 42,
        "NCCL_P2P_DISABLE": 1,
    }
    assert (
        edit(SCRIPT, changes)
        == r"""#!/bin/bash
export CUDA_VISIBLE_DEVICES=0,1
LR=1e-5
pip install -q trl --upgrade
MODEL_ARGS="--num-layers 24 --swiglu"
TRAIN_ARGS=(
    --lr 1e-6   # peak
    --clip-grad 1.0
)
NPROC_PER_NODE=8 NCCL_P2P_DISABLE=1 torchrun --standalone --nnodes=2 train.py \
    --learning_rate $LR --bf16 False \
    --output_dir ${OUT}/x --seed 42 \
    --gradient_checkpointing "${TRAIN_ARGS[@]}" \
    --max_grad_norm 1.0 > log.txt 2>&1 &
"""
    )


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("python t.py --fp16", {"fp16": None, "bf16": True}, "python t.py --bf16"),
        ("python t.py --fp16 True", {"bf16": True}, "python t.py --fp16 True --bf16 True"),
        ("python t.py --fp16", {"fp16": False}, "python t.py"),
        ("python t.py --fp16", {"fp16": True}, "python t.py --fp16"),
        ("python t.py --fp16 true", {"fp16": False}, "python t.py --fp16 false"),
        (
            "python t.py --seq-length 1",
            {"micro_batch_size": 2},
            "python t.py --seq-length 1 --micro-batch-size 2",
        ),
        ("python t.py --a x", {"a": "b c"}, "python t.py --a 'b c'"),
        ("xtuner train c", {"a.b": 1}, "xtuner train c --cfg-options a.b=1"),
        ("xtuner train c --cfg-options x.y=1", {"a.b": 1}, "xtuner train c --cfg-options x.y=1 a.b=1"),
        ("tune run r --config c lr=1", {"a.b": 1}, "tune run r --config c lr=1 a.b=1"),
        ("echo nothing here", {"a": 1}, "echo nothing here"),
    ],
)
def test_a_flag_is_written_in_the_manner_of_the_command(text, changes, expected):
    assert edit(text, changes) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "swift sft --model a --lr 1 && swift infer --model out --fp16\n",
            {"$0": "swift", "$1": "sft", "model": "a", "lr": 1},
        ),
        (
            "export A=1\nswift pt --model a\nB=2 swift sft --model b\n",
            {"A": 1, "B": 2, "$0": "swift", "$1": "sft", "model": "b"},
        ),
        ("swift infer --model a\n", {"$0": "swift", "$1": "infer", "model": "a"}),
        (
            "python get.py --to x\npython train.py --lr 1\n",
            {"$0": "python", "$1": "train.py", "to": "x", "lr": 1},
        ),
        (
            "python tune.py ++model.amp=True +seed=1\n",
            {"$0": "python", "$1": "tune.py", "model.amp": True, "seed": 1},
        ),
    ],
)
def test_of_several_commands_the_one_that_trains_counts(text, expected):
    assert values(text) == expected


def test_a_flag_is_appended_to_the_command_that_trains():
    text = "swift sft --model a\nswift infer --model b\n"
    assert edit(text, {"bf16": True}) == "swift sft --model a --bf16\nswift infer --model b\n"
