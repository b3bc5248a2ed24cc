"""The GPUs of this machine as facts."""

from __future__ import annotations

import dataclasses
import os
import typing

from probes import gpu_names, shell
from probes.machine import accelerator, nvml
from probes.machine.other_makes import look_with_npu_smi, look_with_rocm_smi
from probes.machine.sight import AbsentError, BlindError, Gpu, Sight, from_nvml, from_smi, from_torch
from probes.machine.smi import Run, query, run
from probes.report import Fact, Unknown

FIELDS = ("name", "memory.total", "compute_cap", "driver_version", "mig.mode.current")

# Files by which a driver of another make shows itself, where torch is not here to be asked.
OTHER_DRIVERS = {"/dev/kfd": "AMD", "/dev/davinci_manager": "Ascend"}

ELSEWHERE = "run the probe on the machine that trains: whynan pack -o probe.pyz"
WITH_TORCH = 'python -c "import torch; print(torch.cuda.get_device_properties(0))"'
DIFFERENT = "set CUDA_VISIBLE_DEVICES to the GPUs of the run and probe again"

Look = typing.Callable[[], Sight]


def probe(tests: str) -> list[Fact | Unknown]:
    """The GPUs that a program started here would get, and NVIDIA's driver."""
    looks: list[Look] = [look_with_nvml, look_with_smi]
    # Only torch obeys CUDA_VISIBLE_DEVICES.
    looks.insert(0 if "CUDA_VISIBLE_DEVICES" in os.environ else 2, look_with_torch)
    looks += [look_with_rocm_smi, look_with_npu_smi]
    return facts(*see(looks))


def see(looks: typing.Iterable[Look]) -> tuple[Sight, list[str]]:
    """What the first way saw that sees a GPU, its gaps filled by the next ones; and how ways failed."""
    sight, failures = Sight("no driver of a GPU answers", ()), []
    for look in looks:
        try:
            seen = look()
        except AbsentError:
            continue
        except BlindError as error:
            failures.append(str(error))
            continue
        if sight.gpus:
            sight = _filled(sight, seen)
        elif seen.gpus:
            sight = seen
        if sight.complete():
            break
    return sight, failures


def _filled(sight: Sight, other: Sight) -> Sight:
    gpus = sight.gpus
    if len(gpus) == len(other.gpus):  # they differ under CUDA_VISIBLE_DEVICES and under MIG
        gpus = tuple(
            dataclasses.replace(
                gpu,
                memory_gib=gpu.memory_gib or more.memory_gib,
                capability=gpu.capability or more.capability,
                bf16=more.bf16 if gpu.bf16 is None else gpu.bf16,
            )
            for gpu, more in zip(gpus, other.gpus)
        )
    return Sight(sight.source, gpus, sight.driver or other.driver, sight.cuda or other.cuda)


def facts(sight: Sight, failures: typing.Sequence[str]) -> list[Fact | Unknown]:
    """What was seen as facts (memory: of the smallest GPU), and for each that is missing the reason."""
    source, gpus = sight.source, sight.gpus
    if not gpus and failures:
        # A driver that is here and does not answer is no proof that there is no GPU.
        return [Unknown("gpu.count", "; ".join(failures), "nvidia-smi")]
    if not gpus:
        unknown = [Unknown(name, "this machine has no GPU", ELSEWHERE) for name in ("gpu.name", "gpu.bf16")]
        return [Fact("gpu.count", 0, source), *unknown]
    abilities = [_abilities(gpu, source) for gpu in gpus]
    answers = [
        Fact("gpu.count", len(gpus), source),
        Fact("gpu.name", " + ".join(dict.fromkeys(gpu.name for gpu in gpus)), source),
        _common("gpu.capability", [capability for capability, _bf16 in abilities]),
        _common("gpu.bf16", [bf16 for _capability, bf16 in abilities]),
    ]
    memory = [gpu.memory_gib for gpu in gpus if gpu.memory_gib]
    if len(memory) == len(gpus):
        answers.append(Fact("gpu.memory_gib", min(memory), source))
    else:
        answers.append(Unknown("gpu.memory_gib", f"{source} does not tell it", WITH_TORCH))
    if sight.driver:
        answers.append(Fact("machine.driver", sight.driver, source))
    elif failures:  # where torch sees GPUs and the driver's own tools fail, one may be lost
        answers.append(Unknown("machine.driver", "; ".join(failures), "nvidia-smi"))
    if sight.cuda:
        answers.append(Fact("machine.cuda", sight.cuda, source))
    return answers


def _abilities(gpu: Gpu, source: str) -> tuple[Fact | Unknown, Fact | Unknown]:
    """Compute capability and native bfloat16, which NVIDIA's GPUs have from 8.0 on.

    That is the throughput table of the CUDA C++ Programming Guide ("Arithmetic Instructions").
    torch.cuda.is_bf16_supported() is no help: it counts emulation on older GPUs too.
    """
    if gpu.capability:
        major, minor = gpu.capability
        return (
            Fact("gpu.capability", f"{major}.{minor}", source),
            Fact("gpu.bf16", gpu.capability >= (8, 0), f"compute capability, {source}"),
        )
    capability, bf16 = gpu_names.find(gpu.name) or ("", None)
    named = f"{source}, {gpu_names.FROM_NAME}"
    why, how = f"no CUDA compute capability of {gpu.name} is known", "see the GPU's data sheet"
    native = Unknown("gpu.bf16", why, how) if bf16 is None else Fact("gpu.bf16", bf16, named)
    return (
        Fact("gpu.capability", capability, named) if capability else Unknown("gpu.capability", why, how),
        native if gpu.bf16 is None else Fact("gpu.bf16", gpu.bf16, source),
    )


def _common(name: str, answers: typing.Sequence[Fact | Unknown]) -> Fact | Unknown:
    """The answer on which all GPUs agree."""
    values = {answer.value if isinstance(answer, Fact) else "unknown" for answer in answers}
    if len(values) == 1:
        return answers[0]
    return Unknown(name, f"the GPUs differ: {', '.join(sorted(map(str, values)))}", DIFFERENT)


def look_with_nvml() -> Sight:
    """Ask NVML on this machine."""
    try:
        library = nvml.load()
    except ImportError:
        raise AbsentError("pynvml is not installed") from None
    return from_nvml(library)


def look_with_smi() -> Sight:
    """Ask nvidia-smi on this machine."""
    return smi(run)


def smi(run: Run) -> Sight:
    """Ask nvidia-smi through `run(*options)`."""
    table, _fields = query(run, "gpu", FIELDS)
    if table.status == shell.MISSING:
        raise AbsentError(table.err)
    return from_smi(table.out + table.err, run().out if table.status == 0 else "")


def look_with_torch() -> Sight:
    """Ask torch on this machine."""
    try:
        torch = accelerator.load_torch()
    except ImportError as error:
        for path, make in OTHER_DRIVERS.items():
            if os.path.exists(path):
                raise BlindError(f"a driver of {make} is here, but {error}") from error
        raise AbsentError(str(error)) from error
    try:
        return from_torch(torch)
    except (RuntimeError, AttributeError) as error:
        raise BlindError(f"torch: {accelerator.one_line(error)}") from error
