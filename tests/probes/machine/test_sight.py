from types import SimpleNamespace

import pytest

from probes.machine.sight import AbsentError, BlindError, Gpu, Sight, from_nvml, from_smi, from_torch

GIB = 2**30


def test_smi_eight_a100(sample):
    sight = from_smi(sample("nvidia-smi-8xa100.csv"), "")

    assert sight == Sight("nvidia-smi", 8 * (Gpu("NVIDIA A100-SXM4-80GB", 80.0, (8, 0)),), "535.129.03")


def test_smi_of_an_old_driver_has_no_capability(sample):
    sight = from_smi(sample("nvidia-smi-2xv100-driver-470.csv"), "")

    assert sight == Sight("nvidia-smi", 2 * (Gpu("Tesla V100-SXM2-16GB", 15.8),), "470.182.03")


def test_smi_and_its_banner(sample):
    sight = from_smi(sample("nvidia-smi-t4.csv"), sample("nvidia-smi-banner-550.txt"))

    assert sight == Sight("nvidia-smi", (Gpu("Tesla T4", 15.0, (7, 5)),), "550.54.15", "12.4")


def test_smi_of_the_610_series_words_its_banner_anew(sample):
    sight = from_smi(sample("nvidia-smi-t4.csv"), sample("nvidia-smi-banner-610.txt"))

    assert sight.cuda == "13.3"


def test_the_memory_of_a_split_gpu_is_not_what_a_program_gets(sample):
    sight = from_smi(sample("nvidia-smi-mig.csv"), "")

    assert sight.gpus == (Gpu("NVIDIA A100-SXM4-40GB", None, (8, 0)),)


def test_a_field_without_a_value_is_not_known(sample):
    sight = from_smi(sample("nvidia-smi-shared-memory.csv"), "")

    assert sight.gpus == (Gpu("NVIDIA GB10", None, (12, 1)),)


def test_smi_that_sees_no_device():
    assert from_smi("No devices were found\n", "") == Sight("nvidia-smi", ())


def test_a_warning_among_the_rows_is_no_gpu(sample):
    table = sample("nvidia-smi-t4.csv") + "\nWARNING: infoROM is corrupted at gpu 0000:00:04.0\n"

    assert len(from_smi(table, "").gpus) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "nvidia-smi-failed.txt",
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
        ),
        ("nvidia-smi-mismatch.txt", "Failed to initialize NVML: Driver/library version mismatch"),
        (
            "nvidia-smi-gpu-lost.txt",
            "Unable to determine the device handle for GPU3: 0000:5F:00.0: Unknown Error",
        ),
    ],
)
def test_smi_that_fails_is_quoted(sample, name, words):
    with pytest.raises(BlindError) as error:
        from_smi(sample(name), "")

    assert str(error.value).startswith(f"nvidia-smi: {words}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "\n\n", "\x00\x01\x02", "name", "a,b,c\n1,2,3"])
def test_what_is_no_table_is_refused(text):
    with pytest.raises(BlindError, match=r"^nvidia-smi: "):
        from_smi(text, "")


def test_old_bindings_that_lack_a_function_leave_it_open():
    library = nvml([("Tesla T4", 15 * GIB, (7, 5))])
    del library.nvmlDeviceGetMigMode

    with pytest.raises(BlindError, match=r"^NVML: .*nvmlDeviceGetMigMode"):
        from_nvml(library)


class NVMLError(Exception):
    def __init__(self, value, text):
        super().__init__(text)
        self.value = value


def nvml(gpus=(), starts=None, mig=None):
    """A stand-in for the module pynvml; `gpus` are (name, bytes or an error, capability)."""

    def fail(error):
        raise error

    def memory(index):
        total = gpus[index][1]
        return fail(total) if isinstance(total, Exception) else SimpleNamespace(total=total)

    calls = []
    return SimpleNamespace(
        calls=calls,
        NVMLError=NVMLError,
        NVML_ERROR_LIBRARY_NOT_FOUND=12,
        NVML_DEVICE_MIG_ENABLE=1,
        nvmlInit=lambda: fail(starts) if starts else calls.append("init"),
        nvmlShutdown=lambda: calls.append("shutdown"),
        nvmlSystemGetDriverVersion=lambda: "550.54.15",
        nvmlSystemGetCudaDriverVersion=lambda: 12040,
        nvmlDeviceGetCount=lambda: len(gpus),
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda index: gpus[index][0],
        nvmlDeviceGetMemoryInfo=memory,
        nvmlDeviceGetCudaComputeCapability=lambda index: gpus[index][2],
        nvmlDeviceGetMigMode=lambda _: (mig, mig) if mig is not None else fail(NVMLError(3, "Not Supported")),
    )


def test_nvml_tells_everything():
    library = nvml([("NVIDIA H100 80GB HBM3", 80 * GIB, [9, 0]), (b"Tesla T4", 15 * GIB, (7, 5))])

    sight = from_nvml(library)

    gpus = (Gpu("NVIDIA H100 80GB HBM3", 80.0, (9, 0)), Gpu("Tesla T4", 15.0, (7, 5)))
    assert sight == Sight("NVML", gpus, "550.54.15", "12.4")
    assert library.calls == ["init", "shutdown"]


def test_nvml_of_a_split_gpu_and_of_shared_memory():
    not_supported = NVMLError(3, "Not Supported")

    assert from_nvml(nvml([("NVIDIA A100", 40 * GIB, (8, 0))], mig=1)).gpus[0].memory_gib is None
    assert from_nvml(nvml([("NVIDIA A100", 40 * GIB, (8, 0))], mig=0)).gpus[0].memory_gib == 40.0
    assert from_nvml(nvml([("NVIDIA GB10", not_supported, (12, 1))])).gpus[0].memory_gib is None


def test_no_library_means_no_driver():
    with pytest.raises(AbsentError, match="NVML: NVML Shared Library Not Found"):
        from_nvml(nvml(starts=NVMLError(12, "NVML Shared Library Not Found")))


def test_a_driver_that_is_not_loaded_leaves_it_open():
    with pytest.raises(BlindError, match="NVML: Driver Not Loaded"):
        from_nvml(nvml(starts=NVMLError(9, "Driver Not Loaded")))


def test_a_gpu_that_is_lost_leaves_it_open_and_nvml_is_closed():
    library = nvml([("NVIDIA H100", GIB, (9, 0))])

    def lost(index):
        raise NVMLError(15, "GPU is lost")

    library.nvmlDeviceGetHandleByIndex = lost
    with pytest.raises(BlindError, match="NVML: GPU is lost"):
        from_nvml(library)
    assert library.calls == ["init", "shutdown"]


def fake_torch(kind="", hip=None, names=(), memory=GIB, capability=(8, 0)):
    module = SimpleNamespace(
        is_available=lambda: True,
        device_count=lambda: len(names),
        get_device_name=lambda index: names[index],
        get_device_properties=lambda index: SimpleNamespace(
            total_memory=memory, major=capability[0], minor=capability[1]
        ),
    )
    off = SimpleNamespace(is_available=lambda: False)
    return SimpleNamespace(
        version=SimpleNamespace(hip=hip, cuda=None if hip else "12.1"),
        backends=SimpleNamespace(mps=module if kind == "mps" else off),
        cuda=module if kind == "cuda" else off,
        **({kind: module} if kind in ("npu", "xpu") else {}),
    )


@pytest.mark.parametrize(
    ("torch", "expected"),
    [
        (fake_torch(), Sight("torch", ())),
        (
            fake_torch("cuda", names=["NVIDIA A100 MIG 1g.5gb"], memory=5 * GIB),
            Sight("torch.cuda", (Gpu("NVIDIA A100 MIG 1g.5gb", 5.0, (8, 0)),)),
        ),
        (
            fake_torch("cuda", hip="6.0", names=["AMD Instinct MI250X"], memory=64 * GIB, capability=(9, 0)),
            Sight("torch.cuda", (Gpu("AMD Instinct MI250X", 64.0, None),)),
        ),
        (
            fake_torch("npu", names=["Ascend910B3"] * 2, memory=64 * GIB),
            Sight("torch.npu", 2 * (Gpu("Ascend910B3", 64.0, None),)),
        ),
        (fake_torch("mps"), Sight("torch.mps", (Gpu("Apple GPU (MPS)"),))),
    ],
    ids=["none", "NVIDIA", "AMD", "Ascend", "Apple"],
)
def test_torch_sees(torch, expected):
    assert from_torch(torch) == expected


def test_what_newer_versions_of_torch_tell_of_other_makes():
    """Ascend and Intel say whether the chip has bfloat16; Apple how much memory a program may use."""
    apple, ascend = fake_torch("mps"), fake_torch("npu", names=["Ascend910B3"] * 2)
    apple.mps = SimpleNamespace(recommended_max_memory=lambda: 24 * GIB)
    apple.backends.mps.is_macos_or_newer = lambda major, minor: (major, minor) <= (13, 6)
    ascend.npu.is_bf16_supported = lambda: True

    assert from_torch(apple).gpus == (Gpu("Apple GPU (MPS)", 24.0, bf16=False),)
    assert [gpu.bf16 for gpu in from_torch(ascend).gpus] == [True, True]
