import pytest

from probes.syntax import recognise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lr = 1", "python"),
        ("TrainingArguments(fp16=True)", "python"),
        ("fp16=True,\nlr=1", "python"),
        ("{'fp16': True}", "python"),
        ("model = dict(\n    a=1,\n    b=2)", "python"),
        ("x = dict(a=1\ny = = 2\nz = 3", "python"),
        ("fp16: true", "yaml"),
        ("a:\n  - b: 1\n    c: 2", "yaml"),
        ("a: [1\nb: 2", "yaml"),
        ('{"a": 1}', "json"),
        ('// c\n{"a": 1}', "json"),
        ('"fp16": {"enabled": true}', "json"),
        ('{"a": tru', "json"),
        ("--fp16 True", "command"),
        ("--lr 1\n--fp16", "command"),
        ("NPROC_PER_NODE=8 xtuner train cfg --deepspeed deepspeed_zero2", "command"),
        ("$ torchrun --nproc_per_node 8 train.py \\\n  --lr 1", "command"),
        ("#!/bin/bash\nset -e\n", "command"),
        ("export A=1\nLR=2e-5\npython train.py --lr $LR", "command"),
        ("n=2\n\nA=1 \\\nswift sft \\\n  --lr 1", "command"),
        ('P="You are an assistant.\nYou answer:\n# 42"\nswift sft --system "$P"', "command"),
        ("", None),
        ("# only a remark\n", None),
        ("The loss is NaN from the first step on, what could be wrong with my settings?", None),
        ("训练时 loss 一直是 0，请问应该如何排查这个问题？", None),
        ("config.yaml with attn_implementation=sdpa and batch_size=2 goes NaN early: at step 11.", None),
    ],
)
def test_a_text_is_known_by_its_look(text, expected):
    assert recognise(text) == expected
