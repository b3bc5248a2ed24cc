import pytest

from probes import shell
from probes.machine import accelerator, gpu
from probes.machine.gpu import ELSEWHERE, WITH_TORCH, facts, see, smi
from probes.machine.sight import AbsentError, BlindError, Gpu, Sight
from probes.report import Fact, Unknown

A100 = Gpu("NVIDIA A100-SXM4-80GB", 80.0, (8, 0))


def fails(error):
    def look():
        raise error

    return look


def test_eight_a100():
    assert facts(Sight("NVML", 8 * (A100,), "535.129.03", "12.2"), []) == [
        Fact("gpu.count", 8, "NVML"),
        Fact("gpu.name", "NVIDIA A100-SXM4-80GB", "NVML"),
        Fact("gpu.capability", "8.0", "NVML"),
        Fact("gpu.bf16", True, "compute capability, NVML"),
        Fact("gpu.memory_gib", 80.0, "NVML"),
        Fact("machine.driver", "535.129.03", "NVML"),
        Fact("machine.cuda", "12.2", "NVML"),
    ]


@pytest.mark.parametrize(
    ("capability", "native"), [((7, 0), False), ((7, 5), False), ((8, 6), True), ((12, 0), True)]
)
def test_bfloat16_is_native_from_capability_8_on(capability, native):
    answers = facts(Sight("NVML", (Gpu("a GPU", 16.0, capability),)), [])

    assert Fact("gpu.bf16", native, "compute capability, NVML") in answers


def test_without_a_capability_the_name_decides():
    answers = facts(Sight("nvidia-smi", (Gpu("Tesla V100-SXM2-16GB", 15.8),), "470.182.03"), [])

    assert Fact("gpu.capability", "7.0", "nvidia-smi, from the name") in answers
    assert Fact("gpu.bf16", False, "nvidia-smi, from the name") in answers


def test_a_stranger_is_reported_by_name_and_the_rest_is_unknown():
    why, how = "no CUDA compute capability of Some GPU is known", "see the GPU's data sheet"

    assert facts(Sight("torch.xpu", (Gpu("Some GPU"),)), []) == [
        Fact("gpu.count", 1, "torch.xpu"),
        Fact("gpu.name", "Some GPU", "torch.xpu"),
        Unknown("gpu.capability", why, how),
        Unknown("gpu.bf16", why, how),
        Unknown("gpu.memory_gib", "torch.xpu does not tell it", WITH_TORCH),
    ]


def test_where_gpus_differ_the_smallest_memory_counts_and_what_differs_is_unknown():
    answers = facts(Sight("NVML", (A100, Gpu("Tesla T4", 15.0, (7, 5)))), [])

    how = "set CUDA_VISIBLE_DEVICES to the GPUs of the run and probe again"
    assert answers == [
        Fact("gpu.count", 2, "NVML"),
        Fact("gpu.name", "NVIDIA A100-SXM4-80GB + Tesla T4", "NVML"),
        Unknown("gpu.capability", "the GPUs differ: 7.5, 8.0", how),
        Unknown("gpu.bf16", "the GPUs differ: False, True", how),
        Fact("gpu.memory_gib", 15.0, "NVML"),
    ]


def test_no_gpu_is_an_answer():
    sight, failures = see(
        [fails(AbsentError("no NVML")), fails(AbsentError("no nvidia-smi")), lambda: Sight("torch", ())]
    )

    assert facts(sight, failures) == [
        Fact("gpu.count", 0, "no driver of a GPU answers"),
        Unknown("gpu.name", "this machine has no GPU", ELSEWHERE),
        Unknown("gpu.bf16", "this machine has no GPU", ELSEWHERE),
    ]


def test_a_driver_that_fails_leaves_the_count_open():
    sight, failures = see([fails(BlindError("NVML: Driver Not Loaded")), lambda: Sight("torch", ())])

    assert facts(sight, failures) == [Unknown("gpu.count", "NVML: Driver Not Loaded", "nvidia-smi")]


def test_a_failing_driver_is_told_even_where_torch_sees_gpus():
    sight, failures = see([fails(BlindError("NVML: GPU is lost")), lambda: Sight("torch.cuda", (A100,))])

    assert Unknown("machine.driver", "NVML: GPU is lost", "nvidia-smi") in facts(sight, failures)


def test_the_next_way_fills_what_the_first_leaves_open_and_no_further_way_is_asked():
    asked = []

    def torch():
        asked.append("torch")
        return Sight("torch.cuda", (Gpu("Tesla V100", 15.7, (7, 0)),))

    old = Sight("nvidia-smi", (Gpu("Tesla V100", 15.8),), "470.182.03", "11.4")

    assert see([lambda: old, torch])[0] == Sight(
        "nvidia-smi", (Gpu("Tesla V100", 15.8, (7, 0)),), "470.182.03", "11.4"
    )
    assert see([lambda: Sight("NVML", (A100,), "535.129.03", "12.2"), torch])[0].source == "NVML"
    assert asked == ["torch"]


def test_ways_that_see_different_numbers_of_gpus_do_not_fill_each_other():
    visible = Sight("torch.cuda", (Gpu("NVIDIA A100", None, (8, 0)),))
    all_of_them = Sight("NVML", 8 * (A100,), "535.129.03", "12.2")

    assert see([lambda: visible, lambda: all_of_them])[0] == Sight(
        "torch.cuda", visible.gpus, "535.129.03", "12.2"
    )


def test_an_old_nvidia_smi_is_asked_again_without_the_field_it_refuses(sample):
    asked = []

    def run(*options):
        asked.append(options)
        if not options:
            return shell.Completed(0, sample("nvidia-smi-banner-550.txt"), "")
        if "compute_cap" in options[0]:
            return shell.Completed(2, sample("nvidia-smi-driver-470-refuses.txt"), "")
        return shell.Completed(0, sample("nvidia-smi-2xv100-driver-470.csv"), "")

    assert len(smi(run).gpus) == 2
    assert asked == [
        ("--query-gpu=name,memory.total,compute_cap,driver_version,mig.mode.current", "--format=csv"),
        ("--query-gpu=name,memory.total,driver_version,mig.mode.current", "--format=csv"),
        (),
    ]


def test_an_nvidia_smi_that_refuses_everything_comes_to_an_end():
    refuses = shell.Completed(2, 'Field "serial" is not a valid field to query.', "")

    with pytest.raises(BlindError, match="not a valid field"):
        smi(lambda *options: refuses)


def test_no_nvidia_smi_is_no_failure():
    with pytest.raises(AbsentError, match="nvidia-smi: not found"):
        smi(lambda *options: shell.Completed(shell.MISSING, "", "nvidia-smi: not found"))


def test_an_nvidia_smi_that_hangs_leaves_it_open():
    with pytest.raises(BlindError, match="no answer in 30 seconds"):
        smi(lambda *options: shell.Completed(shell.TIMED_OUT, "", "nvidia-smi: no answer in 30 seconds"))


def test_a_driver_of_another_make_without_torch_leaves_the_count_open(monkeypatch, tmp_path):
    def no_torch():
        raise ImportError("torch is not installed in this Python")

    monkeypatch.setattr(accelerator, "load_torch", no_torch)
    monkeypatch.setattr(gpu, "OTHER_DRIVERS", {str(tmp_path): "AMD"})
    with pytest.raises(BlindError, match="a driver of AMD is here, but torch is not installed"):
        gpu.look_with_torch()
    monkeypatch.setattr(gpu, "OTHER_DRIVERS", {str(tmp_path / "none"): "AMD"})
    with pytest.raises(AbsentError, match="torch is not installed"):
        gpu.look_with_torch()


def test_under_cuda_visible_devices_torch_is_asked_first(monkeypatch):
    monkeypatch.setattr(gpu, "look_with_nvml", lambda: Sight("NVML", 8 * (A100,), "535.129.03", "12.2"))
    monkeypatch.setattr(gpu, "look_with_torch", lambda: Sight("torch.cuda", (A100,)))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert gpu.probe("none")[0] == Fact("gpu.count", 8, "NVML")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert gpu.probe("none")[0] == Fact("gpu.count", 1, "torch.cuda")


def test_this_machine_gives_an_answer_about_its_gpus():
    answers = gpu.probe("none")

    assert "gpu.count" in {answer.id for answer in answers}


@pytest.mark.gpu
def test_all_ways_agree_about_a_cuda_machine(cuda):
    answers = {answer.id: answer for answer in gpu.probe("none")}

    assert isinstance(answers["gpu.count"], Fact)
    assert answers["gpu.bf16"].value == (cuda.cuda.get_device_capability(0) >= (8, 0))
