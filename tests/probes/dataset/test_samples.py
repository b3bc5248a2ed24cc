import pytest

from probes.dataset.samples import Sample, sample


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (
            {"instruction": "Add.", "input": "1 2", "output": "3"},
            Sample("prompt and output", "Add.\n1 2", ("3",)),
        ),
        ({"prompt": "Hi", "completion": None}, Sample("prompt and completion", "Hi", ("",))),
        (
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]},
            Sample("messages", "Hi", ("Ho",)),
        ),
        (
            {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]},
            Sample("conversations", "Hi", ("Ho",)),
        ),
        (
            {"conversation": [{"input": "Hi", "output": "Ho"}, {"input": "And", "output": "So"}]},
            Sample("conversation", "Hi\nAnd", ("Ho", "So")),
        ),
        (
            {"messages": [{"role": "user", "content": "1?"}, {"role": "assistant", "tool_calls": [{}]}]},
            Sample("messages", "1?\n", ()),
        ),
        ({"prompt": "Hi", "chosen": "Ho", "rejected": "No"}, Sample("prompt and chosen", "Hi", ("Ho",))),
        (
            {"input_ids": [1, 2], "labels": [-100, 2]},
            Sample("input_ids and labels", labels=[-100, 2], tokens=2),
        ),
        ({"input_ids": [1, 2]}, Sample("input_ids", tokens=2)),
        ({"text": "abc"}, Sample("text", answers=("abc",))),
        ({"loss": 1.5, "step": 3}, None),
        ({"output": "a result without a question"}, None),
    ],
)
def test_a_row_is_a_sample_by_its_columns(row, found):
    assert sample(row) == found
