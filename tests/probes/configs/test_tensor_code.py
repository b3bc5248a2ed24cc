import ast

import pytest

from probes.configs.tensor_code import constant, is_half, is_mask, is_probability, may_be_zero
from probes.syntax.python_code import pieces

BARE = pieces([])[0]


def expression(text):
    return ast.parse(text).body[0].value


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        (is_probability, "1 - torch.sigmoid(x)[:, 0]", "torch.sigmoid(x) + 1e-6"),
        (is_probability, "x.softmax(-1).gather(1, y)", "x.log_softmax(-1)"),
        (is_mask, "labels != -100", "labels != 0"),
        (is_mask, "batch.loss_mask", "attention_mask"),
        (may_be_zero, "((a - b) ** 2).sum()", "(a ** 2).sum()"),
        (may_be_zero, "F.mse_loss(a, b)", "F.mse_loss(a, b) + 1e-8"),
    ],
)
def test_what_an_expression_is(question, yes, no):
    assert [question(BARE, expression(text)) for text in (yes, no)] == [True, False]


def test_half_and_numbers_as_they_are_written():
    assert [is_half(expression(text)) for text in ("x.half()", "x.to(torch.float16)", "x.to('cuda')")] == [
        True,
        True,
        False,
    ]
    texts = ("-1e9", "float('-inf')", "-torch.inf", "torch.finfo(x.dtype).min")
    assert [constant(expression(text)) for text in texts] == [-1e9, float("-inf"), float("-inf"), None]
