import itertools

import hypothesis
import pytest
from hypothesis import strategies

from probes.logs import figures, figures_numpy

numpy = pytest.importorskip("numpy")

PIECES = strategies.sampled_from(
    [
        *(b"loss", b"Loss", b"LOSS", b"grad_norm", b"gnorm", b"_step", b" train", b" val", b"_scale", b"oss"),
        *(b": ", b"=", b"'", b" ", b"\n", b",", b"}", b"|", b"\xff", b"\x00", b"] "),
        *(b"nan", b"NaN", b"-inf", b"1.825000E+00", b"1.000000E-12", b"1.8", b"0.0", b"-0.3", b"+12.5"),
        *(b"123456.7", b"9.5e-05", b"7", b"1.e-05", b"2e3", b", 'learning_rate'", b"de"),
    ]
)
EDGE = b" " * figures.MARGIN


def plain(numbers):
    return [list(map(int, part)) for part in numbers]


def find(module, block, before=()):
    ends = (len(EDGE), len(block) // 2, len(block) - len(EDGE))
    return module.find(block, [module.names(block, *part) for part in itertools.pairwise(ends)], before)


@hypothesis.given(strategies.lists(PIECES, max_size=200).map(b"".join))
@hypothesis.settings(max_examples=300, deadline=None)
def test_numpy_finds_what_the_regular_expression_finds(text):
    block = EDGE + text + EDGE

    for before in ((), (b"_n", b": ", b"\n "), (b"  ",)):
        one, two = (find(module, block, before) for module in (figures, figures_numpy))
        assert plain(two[0]) == plain(one[0])
        assert two[1:] == one[1:]
        assert figures_numpy.odd(two[0], 3) == figures.odd(one[0], 3)
        for choose in ("first", "lowest", "highest"):
            assert getattr(figures_numpy, choose)(two[0]) == getattr(figures, choose)(one[0])


@pytest.mark.parametrize(
    "line",
    [
        b"loss: 1.8250  grad_norm: 0.9\n",
        b"{'loss': 1.82, 'grad_norm': nan}\n",
        b"{'loss': nan, 'grad_norm': 12.5}\nloss: 1.5\n",
        b"loss=1 norm=2 norm=3 loss=4\n",
        b"  norm: 0.9  loss: 1.8\nloss: 1.5\rnorm 3 loss: 1.6\nnorm: 7\n",
        b"loss: 1.8" + b"x" * 600 + b"norm: 1\nloss: 2.5" + b"x" * 500 + b"norm: 2\n",
        b"loss: 1.5\n" * 50 + b"norm: 2 loss: 1.5\n",
    ],
)
def test_numpy_finds_the_same_norms_behind_losses(line):
    block = EDGE + line * 100 + EDGE

    one, two = (module.near(block, find(module, block)[0]) for module in (figures, figures_numpy))

    assert plain(two) == plain(one)
    assert len(one[0]) in (100, 200)


def test_ranks_order_numbers_of_all_sizes():
    numbers = [b"-12.5", b"-0.3", b"0.0", b"0.02", b"1.825", b"9.9", b"12.8", b"100.", b"1.000000E+06"]
    block = EDGE + b"".join(b"loss: %s \n" % number for number in numbers) + EDGE

    (_, ranks), *_ = find(figures, block)

    assert ranks == sorted(ranks)
    assert len(ranks) == len(numbers)
