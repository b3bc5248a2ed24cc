"""Three ways to see the GPUs of a machine: NVML, nvidia-smi, torch. Each reads what it is handed."""

from __future__ import annotations

import dataclasses
import io
import re
import typing

from probes.machine import accelerator, smi
from probes.machine.nvml import text

_LOST = ("Unable to determine the device handle", "GPU is lost")  # of a GPU off the bus


@dataclasses.dataclass(frozen=True)
class Gpu:
    """One GPU; what a way cannot tell is None.

    `capability` is CUDA's compute capability, of NVIDIA only; `bf16` is whether it has native bfloat16,
    where the way itself knows that.
    """

    name: str
    memory_gib: float | None = None
    capability: tuple[int, int] | None = None
    bf16: bool | None = None


@dataclasses.dataclass(frozen=True)
class Sight:
    """What one way saw. `driver` is the version of the GPU's driver, `cuda` the newest CUDA it can run."""

    source: str
    gpus: tuple[Gpu, ...]
    driver: str | None = None
    cuda: str | None = None

    def complete(self) -> bool:
        """Whether another way could add nothing."""
        told = [self.driver, self.cuda, *((gpu.memory_gib and gpu.capability) for gpu in self.gpus)]
        return bool(self.gpus) and all(told)


class BlindError(Exception):
    """This way is here and fails, so whether there is a GPU stays open; the text is one line."""


class AbsentError(Exception):
    """This way is not here (no library, no program), which speaks against a GPU of its kind."""


def from_nvml(nvml: typing.Any) -> Sight:
    """What NVIDIA's management library says, through the module `pynvml` (package nvidia-ml-py)."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        # The library comes with the driver: without it there is none.
        kind = AbsentError if error.value == nvml.NVML_ERROR_LIBRARY_NOT_FOUND else BlindError
        raise kind(f"NVML: {accelerator.one_line(error)}") from error
    try:
        cuda = nvml.nvmlSystemGetCudaDriverVersion()  # 12040 is 12.4
        return Sight(
            source="NVML",
            gpus=tuple(_nvml_gpu(nvml, index) for index in range(nvml.nvmlDeviceGetCount())),
            driver=text(nvml.nvmlSystemGetDriverVersion()),
            cuda=f"{cuda // 1000}.{cuda % 1000 // 10}",
        )
    except (nvml.NVMLError, AttributeError) as error:  # AttributeError: old bindings lack functions
        raise BlindError(f"NVML: {accelerator.one_line(error)}") from error
    finally:
        nvml.nvmlShutdown()


def _nvml_gpu(nvml: typing.Any, index: int) -> Gpu:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    try:
        split = nvml.nvmlDeviceGetMigMode(handle)[0] == nvml.NVML_DEVICE_MIG_ENABLE
    except nvml.NVMLError:  # only some GPUs can be split
        split = False
    try:
        # The memory of a GPU that MIG splits is no single program's to use.
        memory = None if split else round(nvml.nvmlDeviceGetMemoryInfo(handle).total / accelerator.GIB, 1)
    except nvml.NVMLError:  # a GPU that shares the host's memory has no number of its own
        memory = None
    major, minor = nvml.nvmlDeviceGetCudaComputeCapability(handle)
    return Gpu(text(nvml.nvmlDeviceGetName(handle)), memory, (int(major), int(minor)))


def from_smi(table: str, banner: str) -> Sight:
    """What nvidia-smi prints: `--query-gpu=… --format=csv` (with its header) and, for CUDA, the plain call.

    name, memory.total [MiB], compute_cap, driver_version, mig.mode.current
    Tesla T4, 15360 MiB, 7.5, 550.54.15, [N/A]

    Any field but the name may be missing, or hold "[N/A]" and the like. Raises BlindError, with
    nvidia-smi's own words, when there is no such table in the text or a GPU of it is lost.
    """
    lost = next((line for line in io.StringIO(table) if any(words in line for words in _LOST)), "")
    rows = smi.rows(table)
    if "No devices were found" in table:
        return Sight("nvidia-smi", ())
    if lost or rows is None or not all("name" in row for row in rows):
        words = lost or table
        raise BlindError(f"nvidia-smi: {accelerator.one_line(words) if words.strip() else 'it says nothing'}")
    gpus, driver = [], None
    for row in rows:
        memory = smi.number(row.get("memory.total"))
        capability = re.fullmatch(r"(\d+)\.(\d+)", row.get("compute_cap", ""))
        split = row.get("mig.mode.current") == "Enabled"
        gpus.append(
            Gpu(
                name=row["name"],
                memory_gib=round(memory / 1024, 1) if memory and not split else None,
                capability=(int(capability[1]), int(capability[2])) if capability else None,
            )
        )
        version = re.fullmatch(r"\d[\d.]+", row.get("driver_version", ""))
        driver = version[0] if version else driver
    # Drivers of the 610 series write "CUDA UMD Version".
    cuda = re.search(r"CUDA (?:UMD )?Version\s*:\s*(\d+\.\d+)", banner)
    return Sight("nvidia-smi", tuple(gpus), driver, cuda[1] if cuda else None)


def from_torch(torch: typing.Any) -> Sight:
    """What torch reaches: CUDA, ROCm, Ascend, Intel or Apple. The one way that obeys CUDA_VISIBLE_DEVICES."""
    kind, _complaint = accelerator.kind(torch)
    if not kind:
        return Sight("torch", ())
    if kind == "mps":
        usable = getattr(getattr(torch, "mps", None), "recommended_max_memory", None)  # since 2.5
        newer = getattr(torch.backends.mps, "is_macos_or_newer", None)
        gpu = Gpu(
            "Apple GPU (MPS)",
            round(usable() / accelerator.GIB, 1) if usable else None,
            bf16=False if newer and not newer(14, 0) else None,  # macOS 13 has no bfloat16 at all
        )
        return Sight("torch.mps", (gpu,))
    module = getattr(torch, kind)
    nvidia = kind == "cuda" and not torch.version.hip
    # CUDA's own counts emulation too; Ascend's and Intel's say what the chip has.
    native = None if kind == "cuda" else getattr(module, "is_bf16_supported", None)
    gpus = []
    for index in range(module.device_count()):
        properties = module.get_device_properties(index)
        gpus.append(
            Gpu(
                name=module.get_device_name(index),
                memory_gib=round(properties.total_memory / accelerator.GIB, 1),
                # AMD's architecture number comes in the same two fields and means something else.
                capability=(properties.major, properties.minor) if nvidia else None,
                bf16=bool(native()) if native else None,
            )
        )
    return Sight(f"torch.{kind}", tuple(gpus))
