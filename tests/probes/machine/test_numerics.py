from types import SimpleNamespace

import pytest

from probes.machine import accelerator, numerics
from probes.machine.numerics import EFFORTS, Effort, as_found, check, measure
from probes.machine.verdict import AGAIN, MISSING, OK, UNSTABLE, WRONG, Outcome
from probes.report import Fact, Unknown

SMALL = Effort((24,), 2, 60)


def test_fifty_clean_runs_give_no_false_alarm(torch):
    verdicts = set()
    for seed in range(50):
        outcomes, failed = check(torch, ["cpu"], SMALL, seed)
        assert failed == []
        verdicts |= {outcome.verdict for outcome in outcomes}

    assert verdicts == {OK, MISSING}  # some attention kernels are for GPUs only


def test_each_operation_runs_in_each_format_on_each_device(torch):
    devices = []

    def on_the_cpu(case, device, repeats):
        devices.append(device)
        return measure(case, "cpu", repeats)

    outcomes, failed = check(torch, ["cuda:0", "cuda:1"], Effort((8, 16), 2, 60), measure=on_the_cpu)

    names = {outcome.case for outcome in outcomes if outcome.verdict != MISSING}
    assert (len(outcomes), failed) == (len(devices), [])
    assert [outcome.device for outcome in outcomes] == len(outcomes) // 2 * ["cuda:0", "cuda:1"]
    for operation in (
        "matmul",
        "sum",
        "norm",
        "softmax",
        "cross entropy",
        "optimizer step",
        "attention by math",
    ):
        for dtype in ("float32", "bfloat16", "float16"):
            assert {f"{operation} in {dtype}, size {size}" for size in (8, 16)} <= names
            assert f"exact products on every multiprocessor in {dtype}" in names


def test_a_slow_machine_does_the_first_size_only(torch):
    outcomes, failed = check(torch, ["cpu"], Effort((8, 16), 2, -1))

    sizes = {outcome.case.partition(", size ")[2] for outcome in outcomes}
    assert (sizes, failed) == ({"8", ""}, [])


def faulty(fault, run):
    """A stand-in for a device: an element of the `run`th result, or of all, goes through `fault`."""

    def measured(case, device, repeats):
        results = measure(case, "cpu", repeats)
        for number, result in enumerate(results):
            if run in (None, number):
                element = 7 % result.numel()
                result.view(-1)[element] = fault(result.view(-1)[element])
        return results

    return measured


@pytest.mark.parametrize(("run", "expected"), [(None, WRONG), (1, UNSTABLE)])
@pytest.mark.parametrize(
    "fault", [lambda x: -x, lambda x: 2 * x, lambda x: x + float("inf")], ids=["-", "x2", "inf"]
)
def test_a_device_that_errs_in_one_element_is_found(torch, fault, run, expected):
    outcomes, _failed = check(torch, ["cuda:0"], SMALL, measure=faulty(fault, run))

    # (a loss or a weight next to 0 may hide its sign)
    found = [outcome.verdict for outcome in outcomes]
    assert set(found) <= {expected, OK, MISSING}
    assert found.count(expected) >= 0.8 * (len(found) - found.count(MISSING))


def test_a_missing_operation_is_left_out_and_a_failing_device_drops_out(torch):
    def half_missing(case, device, repeats):
        if device == "cuda:1":
            raise RuntimeError("CUDA error: uncorrectable ECC error encountered\nCompile with …")
        if "float16" in case.name:
            raise RuntimeError("\"addmm_impl_cpu_\" not implemented for 'Half'")
        return measure(case, "cpu", repeats)

    outcomes, failed = check(torch, ["cuda:0", "cuda:1"], SMALL, measure=half_missing)

    assert failed == [
        "cuda:1 failed at matmul in float32, size 24: CUDA error: uncorrectable ECC error encountered"
    ]
    assert {o.verdict for o in outcomes if "in float16" in o.case} == {MISSING}
    assert {o.verdict for o in outcomes if "matmul in float32" in o.case} == {OK}


def test_float32_is_not_judged_where_the_environment_makes_it_tf32(torch, monkeypatch):
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "1")

    outcomes, _failed = check(torch, ["cpu"], SMALL)

    assert not any("float32" in outcome.case for outcome in outcomes)


def state(torch):
    matmul = torch.backends.cuda.matmul
    return (
        torch.get_rng_state().tolist(),
        torch.get_default_dtype(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.get_float32_matmul_precision(),
        matmul.allow_tf32,
        matmul.allow_fp16_reduced_precision_reduction,
        matmul.allow_bf16_reduced_precision_reduction,
        torch.are_deterministic_algorithms_enabled(),
    )


def test_the_self_test_leaves_torch_as_it_was(torch):
    threads, default = torch.get_num_threads(), torch.get_default_dtype()
    try:
        torch.set_num_threads(2)
        torch.set_default_dtype(torch.float64)
        torch.backends.cuda.matmul.allow_tf32 = True
        before = state(torch)

        answers = numerics.probe_formats("quick") + numerics.probe_arithmetic("quick")

        assert state(torch) == before
        assert answers[1].value == 65520.0
    finally:
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.set_default_dtype(default)
        torch.set_num_threads(threads)


def test_the_settings_come_back_after_an_error_too(torch):
    before = state(torch)
    during = []

    def fail():
        with as_found(torch):
            during.append((torch.get_num_threads(), torch.is_grad_enabled()))
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    assert during == [(1, False)]
    assert state(torch) == before


def test_without_torch_nothing_is_judged(monkeypatch):
    def no_torch():
        raise ImportError("torch is not installed in this Python")

    monkeypatch.setattr(accelerator, "load_torch", no_torch)
    why, how = "torch is not installed in this Python", "run the probe with the Python that trains"

    assert numerics.probe_formats("quick") == [Unknown("numerics.device", why, how)]
    assert numerics.probe_arithmetic("full") == [Unknown("gpu.numerics", why, how)]


def test_a_torch_that_is_too_old_is_told(monkeypatch):
    monkeypatch.setattr(accelerator, "load_torch", lambda: SimpleNamespace(__version__="1.13.1+cu117"))

    why = "torch 1.13.1+cu117 is too old for the self-test, 2.0 is needed"
    assert numerics.probe_arithmetic("quick") == [Unknown("gpu.numerics", why, AGAIN)]


def test_a_self_test_that_was_not_asked_for_is_not_run():
    why = "the self-test was not asked for"

    assert numerics.probe_formats("none") == [Unknown("numerics.device", why, AGAIN)]
    assert numerics.probe_arithmetic("none") == [Unknown("gpu.numerics", why, AGAIN)]


def test_where_every_gpu_is_full_nothing_is_judged(torch, monkeypatch):
    full = "cuda:0 has 0.2 GiB free, 1 is needed"
    monkeypatch.setattr(accelerator, "devices", lambda torch: ([], [full], ""))

    assert numerics.probe_formats("quick") == [Unknown("numerics.device", full, AGAIN)]
    assert numerics.probe_arithmetic("quick") == [Unknown("gpu.numerics", full, AGAIN)]


def test_a_gpu_that_is_right_is_ok(torch, monkeypatch):
    monkeypatch.setattr(accelerator, "devices", lambda torch: (["cuda:0"], [], ""))
    monkeypatch.setattr(numerics, "check", lambda *_: ([Outcome("cuda:0", "sum", OK, 0.25)], []))

    said = "1 results right, largest error 0.25 x what rounding explains"
    row = Unknown("numerics.masked_row", "no such device")
    monkeypatch.setattr(numerics.attention, "masked_row", lambda *_: row)
    expected = [Fact("gpu.numerics", "ok", f"self-test on cuda:0: {said}"), row]
    assert numerics.probe_arithmetic("quick") == expected


def test_only_nvidia_and_the_cpu_are_held_to_equal_bits(torch, monkeypatch):
    def last_bit(case, device, repeats):
        results = measure(case, "cpu", repeats)
        # in 16 bits, and of whole numbers, the last one alone is more than rounding explains
        if "float32" in case.name and "exact" not in case.name:
            results[1].view(torch.int32).view(-1)[0] ^= 1
        return results

    def verdicts(device):
        outcomes, _failed = check(torch, [device], SMALL, measure=last_bit)
        return {outcome.verdict for outcome in outcomes} - {MISSING}

    assert (verdicts("cpu"), verdicts("cuda:0")) == ({OK, UNSTABLE}, {OK, UNSTABLE})
    assert verdicts("mps:0") == {OK}
    monkeypatch.setattr(torch, "version", SimpleNamespace(hip="6.0", cuda=None))
    assert verdicts("cuda:0") == {OK}


@pytest.mark.gpu
def test_a_cuda_machine_computes_right_each_time(cuda):  # measure/numerics.py does it more often
    with as_found(cuda):
        for seed in range(10):
            outcomes, failed = check(cuda, ["cuda:0"], EFFORTS["quick", "gpu"], seed)
            assert failed == []
            assert {outcome.verdict for outcome in outcomes} <= {OK, MISSING}


@pytest.mark.gpu
def test_the_full_self_test_takes_less_than_a_gib_of_a_gpu(cuda):
    cuda.cuda.empty_cache()
    cuda.cuda.reset_peak_memory_stats(0)
    with as_found(cuda):
        check(cuda, ["cuda:0"], EFFORTS["full", "gpu"])

    assert cuda.cuda.max_memory_reserved(0) < 2**30
