import itertools

import pytest

from probes.machine import arithmetic, attention
from probes.machine.gpu import ELSEWHERE
from probes.machine.verdict import AGAIN, MISSING, OK, UNSTABLE, WRONG, Outcome, judge, verdict
from probes.report import Fact, Unknown

WIDTHS = {"float32": "int32", "bfloat16": "int16", "float16": "int16"}
# The lowest bit whose flip rounding does not explain: above it stand mantissa, exponent and sign.
LOWEST = {"float32": 18, "bfloat16": 4, "float16": 7}


def flipped(torch, result, element, bit):
    """The result with one bit of one element flipped."""
    bits = result.clone().view(getattr(torch, WIDTHS[str(result.dtype).replace("torch.", "")]))
    mask = -(1 << bit) if bit in (15, 31) else 1 << bit
    bits.view(-1)[element] ^= mask
    return bits.view(result.dtype)


OPERATIONS = ("matmul", "sum", "norm", "softmax", "cross entropy", "optimizer step", "attention by math")


@pytest.fixture(params=[(name, operation) for name in WIDTHS for operation in OPERATIONS], ids=str)
def case(request, torch):
    name, operation = request.param
    dtype = getattr(torch, name)
    made = itertools.chain(arithmetic.cases(torch, dtype, 32, 3), attention.cases(torch, dtype, 32, 3))
    return name, next(case for case in made if case.name.startswith(f"{operation} in {name}"))


def test_right_results_are_ok(torch, case):
    _, case = case
    runs = [case.compute(*case.inputs) for _ in range(3)]

    said, share = judge(torch, runs, case, exact_repeats=True)

    assert said == OK
    assert 0 < share < 0.6


def test_any_bit_that_flips_once_makes_it_unstable(torch, case):
    name, case = case
    good = case.compute(*case.inputs)
    for bit in range(32 if name == "float32" else 16):
        for element in (0, good.numel() // 2, good.numel() - 1):
            runs = [good, flipped(torch, good, element, bit), good]

            assert judge(torch, runs, case, exact_repeats=True)[0] == UNSTABLE


def test_a_high_bit_that_is_always_flipped_makes_it_wrong(torch, case):
    name, case = case
    good = case.compute(*case.inputs)
    largest = int(good.double().abs().argmax())
    for bit in range(LOWEST[name], 32 if name == "float32" else 16):
        bad = flipped(torch, good, largest, bit)

        said, share = judge(torch, [bad, bad.clone()], case, exact_repeats=True)

        assert (said, share > 1) == (WRONG, True), bit


def test_nan_is_wrong(torch, case):
    _, case = case
    bad = case.compute(*case.inputs)
    bad.view(-1)[0] = float("nan")

    assert judge(torch, [bad, bad.clone()], case, exact_repeats=True) == (WRONG, float("inf"))


def test_where_the_library_promises_no_equal_bits_only_errors_count(torch):
    case = next(arithmetic.cases(torch, torch.float16, 32, 3))
    good = case.compute(*case.inputs)
    last_bit, sign = flipped(torch, good, 5, 0), flipped(torch, good, int(good.abs().argmax()), 15)

    assert judge(torch, [good, last_bit], case, exact_repeats=False)[0] == OK
    assert judge(torch, [good, sign], case, exact_repeats=False)[0] == UNSTABLE


GOOD = Outcome("cuda:0", "matmul", OK, 0.45)
FULL = "cuda:1 has 0.5 GiB free, 1 is needed"
RIGHT = "1 results right, largest error 0.45 x what rounding explains"
NO_GPU = "torch reaches no GPU (built for the CPU)"


def fact(value, said):
    return Fact("gpu.numerics", value, f"self-test on {said}")


def unknown(why, how=AGAIN):
    return Unknown("gpu.numerics", why, how)


@pytest.mark.parametrize(
    ("outcomes", "left_out", "expected"),
    [
        ([GOOD], [], fact("ok", f"cuda:0: {RIGHT}")),
        (
            [GOOD, Outcome("cuda:1", "sum", OK, 0.31)],
            [],
            fact("ok", f"cuda:0, cuda:1: {RIGHT.replace('1 results', '2 results')}"),
        ),
        (
            [GOOD, Outcome("cuda:1", "sum", WRONG, 4096.0)],
            [],
            fact("wrong", "cuda:1: sum is wrong, error 4.1e+03 x what rounding explains"),
        ),
        (
            [Outcome("cuda:0", "attention", UNSTABLE, 0.2), Outcome("cuda:0", "sum", WRONG, 9.0)],
            [FULL],
            fact("unstable", "cuda:0: attention is unstable, error 0.2 x what rounding explains"),
        ),
        ([GOOD], [FULL], unknown(f"{FULL}; on cuda:0 {RIGHT}")),
        ([], [FULL], unknown(FULL)),
        ([Outcome("npu:0", "sum", MISSING)], [], unknown("torch lacks these operations there")),
    ],
    ids=[
        "ok",
        "two ok",
        "wrong",
        "unstable",
        "one untested",
        "none tested",
        "no operation",
    ],
)
def test_the_verdict(outcomes, left_out, expected):
    assert verdict(outcomes, left_out, "") == [expected]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome("cpu", "matmul", OK, 0.45), RIGHT),
        (Outcome("cpu", "matmul", WRONG, 50.0), "matmul is wrong, error 50 x what rounding explains"),
    ],
    ids=["right", "wrong"],
)
def test_where_only_the_cpu_is_tested_nothing_is_said_of_a_gpu(outcome, said):
    assert verdict([outcome], [], "built for the CPU") == [
        Fact("numerics.cpu", outcome.verdict, f"self-test on the CPU: {said}"),
        unknown(NO_GPU, ELSEWHERE),
    ]
