import pytest

from probes import shell
from probes.machine import gpu, other_makes
from probes.machine.other_makes import from_npu_smi, from_rocm_smi, look_with_npu_smi, look_with_rocm_smi
from probes.machine.sight import AbsentError, BlindError, Gpu, Sight
from probes.report import Fact

ROCM = """\
{"card1": {"Card series": "Arcturus GL-XL [AMD Instinct MI100]", "Card model": "0x0c34"},
 "card0": {"VRAM Total Memory (B)": "21458059264", "VRAM Total Used Memory (B)": "27856896",
           "Card Series": "Radeon RX 7900 XT", "Card Model": "0x744c", "GFX Version": "gfx1100"},
 "card10": {"Card Series": "N/A", "Card Model": "0x74a1", "GFX Version": "gfx942"},
 "system": {"Driver version": "6.10.5"}}
"""
NPU = """\
+------------------------------------------------------------------------------------------------+
| npu-smi 25.2.0                   Version: 25.2.0                                               |
+---------------------------+---------------+----------------------------------------------------+
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| Chip  {chip}              | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |
+===========================+===============+====================================================+
| 0     {name}              | OK            | 91.3        33                0    / 0             |
| 0     {zero}              | 0000:C1:00.0  | 0           0    / 0          3197 / {hbm}         |
+===========================+===============+====================================================+
| 1     {name}              | OK            | -           32                0    / 0             |
| 0     {one}               | 0000:01:00.0  | 0           0    / 0          57784/ {hbm}         |
+===========================+===============+====================================================+
| NPU     Chip              | Process id    | Process name             | Process memory(MB)      |
+===========================+===============+====================================================+
| 0       0                 | 11             | python3                  | 54000                   |
+===========================+===============+====================================================+
"""


def npu(name, hbm, ids=False):
    """The table for two chips of that name; newer ones number the chips of the whole machine too."""
    return NPU.format(
        name=name, hbm=hbm, chip="Phy-ID" if ids else "", zero="0" if ids else "", one="1" if ids else ""
    )


def test_amd_by_rocm_smi():
    assert from_rocm_smi("WARNING: AMD GPU device(s) is/are in a low-power state.\n" + ROCM) == Sight(
        "rocm-smi",
        (Gpu("Radeon RX 7900 XT", 20.0), Gpu("Arcturus GL-XL [AMD Instinct MI100]"), Gpu("gfx942")),
        "6.10.5",
    )


@pytest.mark.parametrize(
    ("name", "hbm", "ids", "expected"),
    [
        ("910B4-1", 65536, False, Gpu("Ascend 910B4-1", 64.0)),
        ("Ascend910", 65536, True, Gpu("Ascend910", 64.0, bf16=True)),
        ("Ascend910", 32768, True, Gpu("Ascend910", 32.0)),
    ],
    ids=["910B", "later than 910B", "the first 910"],
)
def test_ascend_by_npu_smi(name, hbm, ids, expected):
    assert from_npu_smi(npu(name, hbm, ids)) == Sight("npu-smi", (expected, expected), "25.2.0")


@pytest.mark.parametrize(("read", "tool"), [(from_rocm_smi, "rocm-smi"), (from_npu_smi, "npu-smi")])
@pytest.mark.parametrize("text", ["", "ERROR: no driver\nmore", "{}}", "[1]"])
def test_what_they_print_otherwise_is_quoted_in_one_line(read, tool, text):
    with pytest.raises(BlindError, match=rf"^{tool}: [^\n]*$"):
        read(text)


@pytest.mark.parametrize("look", [look_with_rocm_smi, look_with_npu_smi])
def test_a_missing_tool_speaks_against_such_a_gpu_and_a_failing_one_leaves_it_open(look, monkeypatch):
    monkeypatch.setattr(
        shell, "run", lambda command, timeout: shell.Completed(shell.MISSING, "", "not found")
    )
    with pytest.raises(AbsentError):
        look()
    monkeypatch.setattr(
        shell, "run", lambda command, timeout: shell.Completed(1, "", "dcmi module initialize failed")
    )
    with pytest.raises(BlindError, match=r"-smi: dcmi module initialize failed$"):
        look()


def test_a_machine_without_torch_tells_its_amd_gpus(monkeypatch):
    def absent():
        raise AbsentError("not here")

    for name in ("look_with_nvml", "look_with_smi", "look_with_torch", "look_with_npu_smi"):
        monkeypatch.setattr(gpu, name, absent)
    monkeypatch.setattr(other_makes.shell, "run", lambda command, timeout: shell.Completed(0, ROCM, ""))

    assert gpu.probe("none")[:2] == [
        Fact("gpu.count", 3, "rocm-smi"),
        Fact("gpu.name", "Radeon RX 7900 XT + Arcturus GL-XL [AMD Instinct MI100] + gfx942", "rocm-smi"),
    ]
