import ast

from probes.syntax.python_code import argument, name_of, pieces, subject

TEXT = """
import torch
scale = 2
class Net:
    def __init__(self):
        self.loss = torch.nn.MSELoss()
    def forward(self, x):
        y = x * scale
        a, b = y.chunk(2)
        with torch.no_grad():
            z = torch.sqrt(y)
        if y > 0:
            return self.loss(a, b)
    def evaluate(self):
        pass
"""


def call(text):
    return ast.parse(text).body[0].value


def test_functions_that_train_are_pieces_with_their_class():
    assert [(code.owner, code.name) for code in pieces(ast.parse(TEXT).body)] == [
        ("", ""),
        ("Net", "__init__"),
        ("Net", "forward"),
    ]


def test_a_name_is_what_it_was_given_once_here_above_or_in_self():
    forward = pieces(ast.parse(TEXT).body)[-1]

    def value(text):
        return ast.unparse(forward.value(ast.parse(text).body[0].value))

    names = {name: value(name) for name in ("y", "scale", "self.loss", "a")}
    assert names == {"y": "x * scale", "scale": "2", "self.loss": "torch.nn.MSELoss()", "a": "a"}
    assert forward.tested() == {"y"}
    assert not list(forward.calls("sqrt"))  # no gradient goes through it


def test_what_is_called_and_on_what():
    for text in ("torch.log(x)", "x.log()", "torch.nn.functional.log(input=x)"):
        assert (name_of(call(text)), ast.unparse(subject(call(text)))) == ("log", "x")
    assert argument(call("f(x, dtype=torch.half, n=2)"), "dtype") == "torch.half"
