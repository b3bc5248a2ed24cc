import math

import pytest

from probes.logs import norms
from probes.logs.point import Point

NAN = math.nan


def run(*pairs):
    return [
        Point(step=line, loss=loss, grad_norm=norm, line=line) for line, (loss, norm) in enumerate(pairs, 1)
    ]


def test_a_mean_over_no_label_is_nan_and_its_gradient_a_number():
    assert norms.beside_nan(run((2.0, 1.0), (NAN, 0.0), (1.9, 1.1), (NAN, 0.9))) == ("finite", 2)
    assert norms.beside_nan(run((2.0, 1.0), (NAN, NAN), (NAN, NAN))) == ("non-finite", 2)
    assert norms.beside_nan(run((2.0, 1.0), (1.9, NAN))) is None


def test_one_norm_a_hundredfold_out_of_the_calm():
    calm = [(2.0, 1.0 + 0.1 * (step % 3)) for step in range(8)]

    assert norms.hundredfold(run(*calm, (2.0, 900.0), (8.0, 40.0))) == (True, 9)
    assert norms.hundredfold(run(*calm, (2.0, 5.0), (2.5, 25.0), (3.0, 900.0))) is None  # it climbs there
    assert norms.hundredfold(run(*calm, (2.0, 20.0))) is None
    assert norms.hundredfold(run((2.0, 900.0), *calm)) is None  # a start is no break


@pytest.mark.timeout(20)  # with the median of all norms so far found anew at each step it took minutes
def test_a_long_log_is_read_in_one_pass():
    waves = ((2.0, 1.0 + step % 7 / 10) for step in range(60_000))

    assert norms.hundredfold(run(*waves, (2.0, 900.0))) == (True, 60_001)


def test_norms_without_the_noise_of_the_batches():
    stale = run(*[(2.0, 6.0 * 1.04**step) for step in range(12)])
    healthy = run(*[(2.0, 6.0 * 1.04**step * (0.9 if step % 2 else 1.1)) for step in range(12)])
    level = run(*[(2.0, 6.0)] * 12)

    assert norms.standing_still(stale) == (True, 12)
    assert norms.standing_still(healthy) is None
    assert norms.standing_still(level) is None
