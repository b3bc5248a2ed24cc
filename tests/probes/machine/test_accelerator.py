import sys
import warnings
from types import SimpleNamespace

import pytest

from probes import shell
from probes.machine import accelerator

GIB = 2**30


def test_an_absent_torch_has_a_reason(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(ImportError, match=r"^torch is not installed in this Python$"):
        accelerator.load_torch()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise OSError('libcudnn.so.9: cannot open\\nsecond line')", "libcudnn.so.9: cannot open"),
        ("import no_such_dependency", "No module named 'no_such_dependency'"),
        ("raise RuntimeError", "RuntimeError"),
    ],
)
def test_a_broken_torch_has_a_reason_of_one_line(tmp_path, source, reason):
    (tmp_path / "torch.py").write_text(source)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from probes.machine import accelerator\n"
        "try: accelerator.load_torch()\n"
        "except ImportError as error: print(error)\n"
    )

    ended = shell.run((sys.executable, "-c", code), 60)

    assert ended == shell.Completed(0, f"torch does not load: {reason}\n", "")


def fake(kind, count=1, free=None, **version):
    def mem_get_info(device):
        answer = free[device]
        if isinstance(answer, Exception):
            raise answer
        return answer, 80 * GIB

    module = SimpleNamespace(is_available=lambda: True, device_count=lambda: count)
    if free:
        module.mem_get_info = mem_get_info
    off = SimpleNamespace(is_available=lambda: False)
    torch = SimpleNamespace(
        backends=SimpleNamespace(mps=module if kind == "mps" else off),
        cuda=off,
        version=SimpleNamespace(**{"cuda": None, "hip": None, **version}),
    )
    setattr(torch, kind, module)
    return torch


def test_the_devices_with_too_little_free_memory_are_left_out_with_a_word():
    free = {"cuda:0": 70 * GIB, "cuda:1": GIB // 2, "cuda:2": RuntimeError("CUDA out of memory")}

    assert accelerator.devices(fake("cuda", 3, free)) == (
        ["cuda:0"],
        ["cuda:1 has 0.5 GiB free, 1 is needed", "cuda:2 has 0.0 GiB free, 1 is needed"],
        "",
    )


@pytest.mark.parametrize("kind", ["npu", "xpu", "mps"])
def test_other_accelerators_are_found(kind):
    assert accelerator.devices(fake(kind)) == ([f"{kind}:0"], [], "")


def test_without_an_accelerator_it_is_the_cpu():
    assert accelerator.devices(fake("none")) == (["cpu"], [], "this torch is built for the CPU")
    assert accelerator.devices(fake("none", cuda="12.1")) == (["cpu"], [], "")


def test_what_torch_complains_of_is_the_reason():
    torch = fake("none", cuda="12.1")

    def is_available():
        warnings.warn("CUDA initialization: The NVIDIA driver on your system is too old\nSee …", stacklevel=1)
        return False

    torch.cuda = SimpleNamespace(is_available=is_available)

    assert accelerator.devices(torch) == (
        ["cpu"],
        [],
        "CUDA initialization: The NVIDIA driver on your system is too old",
    )
