import json

import hypothesis
import pytest
from hypothesis import strategies

from probes.files import notebook, read_text
from probes.report import ReadError

TABLE = "<table><thead><tr><th>Step</th><th>Training Loss</th></tr></thead>" + "".join(
    f"<tr>\n<td>{step}</td>\n<td>{loss}</td>\n</tr>"
    for step, loss in ((1, "1.51"), (2, "1.48"), (3, "nan"), (4, "nan"))
)


def written(*cells):
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def code(*lines, outputs=()):
    source = [line + "\n" for line in lines]
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "metadata": {}}


NOTEBOOK = written(
    {"cell_type": "markdown", "source": "# The loss is NaN in float16\n"},
    code("%%capture", "!pip install trl", "rate = 2e-4"),
    code(
        "from trl import SFTConfig",
        "args = SFTConfig(learning_rate=rate, fp16=True)",
        outputs=[
            {"output_type": "stream", "name": "stdout", "text": ["transformers==4.55.0\n", "done\n"]},
            {"output_type": "display_data", "data": {"text/html": TABLE, "text/plain": ["<HTML object>"]}},
        ],
    ),
    code("%%writefile ds.json", '{"zero_optimization": {"stage": 2}}'),
    code("!torchrun --nproc_per_node 2 train.py"),
    code("%%bash", "deepspeed --num_gpus 4 train.py --bf16 True"),
)


def test_code_output_and_written_files_are_read_with_their_cells():
    said = {
        fact.id: (fact.value, fact.source)
        for report in read_text(NOTEBOOK, "a.ipynb")
        for fact in report.facts
        if fact.state == "measured"
    }

    assert said["optimizer.learning_rate"] == (2e-4, "a.ipynb!cell 2:3")
    assert said["version.transformers"] == ("4.55.0", "a.ipynb!cell 3, output:1")
    assert said["loss.symptom"] == ("nan-after-steps", "a.ipynb!cell 3, output:7")
    assert said["deepspeed.stage"] == (2, "a.ipynb!cell 4:2")
    assert said["gpu.count"] == (4, "a.ipynb!cell 6:2")


def test_magics_do_not_break_the_code():
    parts = notebook.cut(written(code("if x:", "    !ls", "y = 1")), "x")

    assert [(part.kind, part.text) for part in parts] == [
        (notebook.CODE, "if x:\n    pass  #     !ls\ny = 1\n"),
        (notebook.COMMAND, "\nls\n\n"),
    ]


@pytest.mark.parametrize(
    "text", ['{"cells": [{"cell_type": 1, "source": ', '{"cells": 5, "cell_type": "code", "source": ""}']
)
def test_a_broken_notebook_ends_in_one_line(text):
    with pytest.raises(ReadError, match=r"^x: is a broken notebook, save it again or give it as a script$"):
        read_text(text, "x")


def test_a_notebook_without_training_says_so():
    with pytest.raises(ReadError, match=r"^x: a notebook that says nothing of a training, give its log"):
        read_text(written(code("print('hello')")), "x")


@hypothesis.given(
    strategies.recursive(
        strategies.none() | strategies.booleans() | strategies.text(max_size=9),
        lambda inner: (
            strategies.lists(inner, max_size=3)
            | strategies.dictionaries(
                strategies.sampled_from(
                    ["cells", "cell_type", "source", "outputs", "data", "text/html", "text"]
                ),
                inner | strategies.just("code"),
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_cut_or_refused_in_one_line(data):
    try:
        notebook.cut(json.dumps(data), "x")
    except ReadError as error:
        assert str(error) == "x: is a broken notebook, save it again or give it as a script"  # noqa: PT017
