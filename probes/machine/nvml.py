"""The condition of NVIDIA's GPUs through their management library (module pynvml, package nvidia-ml-py)."""

from __future__ import annotations

import itertools
import typing
import warnings

from probes.gpu_condition import Condition, Links, program, remapped
from probes.machine.accelerator import GIB

# Numbers of nvml.h; bindings have misspelled some of their names over the years.
CORRECTED, UNCORRECTED, VOLATILE = 0, 1, 0
SM_CLOCK, CORE_TEMPERATURE = 1, 0
P2P_READ, P2P_NVLINK, P2P_OK = 0, 2, 0
WAYS = {0: "board", 10: "switch", 20: "switch", 30: "bridge", 40: "node", 50: "sockets"}
MOST_LINKS = 36
CRC_FLIT, CRC_DATA = 2, 3


def load() -> typing.Any:
    """pynvml. Raises ImportError where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # another package of that name warns that it is outdated
        import pynvml
    return pynvml


def read(nvml: typing.Any, visible: str | None = None) -> tuple[list[Condition], Links]:
    """The condition of the GPUs that CUDA_VISIBLE_DEVICES (`visible`) leaves, or of all.

    Raises NVMLError where the library does not start.
    """
    nvml.nvmlInit()
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        uuids = [text(_ask(nvml, "nvmlDeviceGetUUID", handle) or "") for handle in handles]
        chosen = selected(uuids, visible)
        conditions = [_condition(nvml, index, handles[index]) for index in chosen]
        return conditions, _links(nvml, [handles[index] for index in chosen])
    finally:
        nvml.nvmlShutdown()


def selected(uuids: typing.Sequence[str], visible: str | None) -> list[int]:
    """The indices that CUDA_VISIBLE_DEVICES names, by number or by the start of the id; else all."""
    everything = list(range(len(uuids)))
    found = []
    for name in (visible or "").split(","):
        name = name.strip()
        matching = [
            i for i in everything if name == str(i) or (name.startswith("GPU-") and uuids[i].startswith(name))
        ]
        if len(matching) != 1:
            return everything
        found += matching
    return found


def _ask(nvml: typing.Any, function: str, *arguments: typing.Any) -> typing.Any:
    """What a function answers; None where the GPU, the driver or the bindings do not have it."""
    try:
        return getattr(nvml, function)(*arguments)
    except (nvml.NVMLError, AttributeError):
        return None


def _condition(nvml: typing.Any, index: int, handle: typing.Any) -> Condition:
    def ask(function: str, *arguments: typing.Any) -> typing.Any:
        return _ask(nvml, function, handle, *arguments)

    memory = ask("nvmlDeviceGetMemoryInfo")
    mode = ask("nvmlDeviceGetEccMode")
    power = ask("nvmlDeviceGetPowerUsage"), ask("nvmlDeviceGetEnforcedPowerLimit")
    clock = ask("nvmlDeviceGetClockInfo", SM_CLOCK), ask("nvmlDeviceGetMaxClockInfo", SM_CLOCK)
    pcie = (
        ask("nvmlDeviceGetCurrPcieLinkGeneration"),
        ask("nvmlDeviceGetCurrPcieLinkWidth"),
        ask("nvmlDeviceGetMaxPcieLinkGeneration"),
        ask("nvmlDeviceGetMaxPcieLinkWidth"),
    )
    return Condition(
        index=index,
        free_gib=round(memory.free / GIB, 1) if memory else None,
        programs=_programs(nvml, ask("nvmlDeviceGetComputeRunningProcesses")),
        ecc=mode[0] == 1 if mode else None,
        corrected=ask("nvmlDeviceGetTotalEccErrors", CORRECTED, VOLATILE),
        uncorrected=ask("nvmlDeviceGetTotalEccErrors", UNCORRECTED, VOLATILE),
        remapped=_remapped(ask("nvmlDeviceGetRemappedRows"), ask("nvmlDeviceGetRetiredPagesPendingStatus")),
        limits=ask("nvmlDeviceGetCurrentClocksThrottleReasons"),
        celsius=ask("nvmlDeviceGetTemperature", CORE_TEMPERATURE),
        watts=(power[0] / 1000, power[1] / 1000) if None not in power else None,
        megahertz=clock if None not in clock else None,
        pcie=pcie if None not in pcie else None,
    )


def _programs(nvml: typing.Any, running: typing.Any) -> tuple[str, ...] | None:
    if running is None:
        return None
    found = []
    for process in running:
        path = text(_ask(nvml, "nvmlSystemGetProcessName", process.pid) or "")
        used = process.usedGpuMemory  # None under Windows' own driver
        found.append(program(path, process.pid, None if used is None else used / GIB))
    return tuple(found)


def _remapped(rows: typing.Any, pages_pending: typing.Any) -> str | None:
    if rows is not None:
        corrected, uncorrected, pending, failed = rows
        return remapped(corrected + uncorrected > 0, bool(pending), bool(failed))
    return None if pages_pending is None else remapped(False, bool(pages_pending), False)


def _links(nvml: typing.Any, handles: typing.Sequence[typing.Any]) -> Links:
    if len(handles) < 2:
        return Links()
    pairs = list(itertools.combinations(handles, 2))
    peer, fast = (
        [_ask(nvml, "nvmlDeviceGetP2PStatus", a, b, kind) for a, b in pairs]
        for kind in (P2P_READ, P2P_NVLINK)
    )
    levels = [_ask(nvml, "nvmlDeviceGetTopologyCommonAncestor", a, b) for a, b in pairs]
    up = [
        (handle, link)
        for handle in handles
        for link in range(MOST_LINKS)
        if _ask(nvml, "nvmlDeviceGetNvLinkState", handle, link)
    ]
    errors = [
        _ask(nvml, "nvmlDeviceGetNvLinkErrorCounter", handle, link, counter)
        for handle, link in up
        for counter in (CRC_FLIT, CRC_DATA)
    ]
    return Links(
        topology="nvlink" if set(fast) == {P2P_OK} else None if None in levels else WAYS.get(max(levels)),
        p2p=None if None in peer else set(peer) == {P2P_OK},
        nvlinks=len(up) or None,
        nvlink_errors=None if None in errors else sum(errors),
    )


def text(value: bytes | str) -> str:
    """What the library names, which old bindings hand on as bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
