import os
import zipfile

import pytest

from probes.checkpoints import single, torch_zip
from probes.checkpoints.listing import DamagedError, Finding
from probes.report import ReadError

torch = pytest.importorskip("torch", reason="torch is not installed")


class Evil:
    def __reduce__(self):
        return os.system, ("false",)


def test_tensors_are_found_with_their_names_and_bytes(tmp_path):
    path = tmp_path / "x.pt"
    weight = torch.arange(6, dtype=torch.float16).reshape(2, 3)
    saved = {
        "module": torch.nn.Linear(2, 1).state_dict(),
        "half": torch.nn.Parameter(weight),
        "states": [{"exp_avg": weight.double()}],
        "row": weight.float()[1],
        "eight": weight.to(torch.float8_e4m3fn),
        "step": 7,
    }
    torch.save(saved, path)
    found = {tensor.name: tensor for tensor in torch_zip.read(path).tensors}

    assert {name: (tensor.dtype.name, tensor.shape) for name, tensor in found.items()} == {
        "module.weight": ("F32", (1, 2)),
        "module.bias": ("F32", (1,)),
        "half": ("F16", (2, 3)),
        "states.0.exp_avg": ("F64", (2, 3)),
        "row": ("F32", (3,)),
        "eight": ("F8_E4M3", (2, 3)),
    }
    raw = path.read_bytes()
    for name, expected in (("half", weight), ("row", weight.float()[1])):
        tensor = found[name]
        assert raw[tensor.offset : tensor.offset + tensor.size] == expected.numpy().tobytes()
    assert torch_zip.numbers(path) == {"step": 7}


def test_a_transposed_matrix_is_all_of_its_storage(tmp_path):
    torch.save({"t": torch.zeros(2, 3).t()}, tmp_path / "x.pt")
    (tensor,) = torch_zip.read(tmp_path / "x.pt").tensors

    assert (tensor.shape, tensor.size, tensor.dense, tensor.row) == ((3, 2), 24, False, 0)


def test_tied_weights_come_once(tmp_path):
    weight = torch.zeros(4)
    torch.save({"embed": weight, "head": weight}, tmp_path / "x.pt")

    assert [tensor.name for tensor in torch_zip.read(tmp_path / "x.pt").tensors] == ["embed"]


def test_whole_modules_are_read_without_their_classes(tmp_path):
    torch.save(torch.nn.Sequential(torch.nn.Linear(2, 1)), tmp_path / "x.pt")
    found = torch_zip.read(tmp_path / "x.pt")

    assert sorted(t.name for t in found.tensors) == [
        "_modules.0._parameters.bias",
        "_modules.0._parameters.weight",
    ]
    assert found.findings == ()


def test_a_call_of_something_else_is_named(tmp_path):
    torch.save({"a": torch.zeros(1), "evil": Evil()}, tmp_path / "x.pt")
    what = f"would call {os.system.__module__}.system when it is loaded: load it with weights_only=True"

    assert torch_zip.read(tmp_path / "x.pt").findings == (Finding("note", "x.pt", "", what),)


def test_the_form_before_1_6_says_what_to_do(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "x.pt", _use_new_zipfile_serialization=False)

    with pytest.raises(ReadError, match=r"x\.pt: saved in the form of PyTorch before 1\.6, load it with"):
        single.read(tmp_path / "x.pt")


def repacked(path, compression=zipfile.ZIP_STORED, leave_out="nothing", **replaced):
    """The zip again, without an entry, or with other bytes in one."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries.items():
            if not name.endswith(leave_out):
                archive.writestr(name, replaced.get(name.rpartition("/")[2].partition(".")[0], data))


def test_a_storage_that_is_missing_is_damage(tmp_path):
    torch.save({"a": torch.zeros(4)}, tmp_path / "x.pt")
    repacked(tmp_path / "x.pt", leave_out="data/0")

    with pytest.raises(DamagedError, match="storage of tensor a is missing"):
        torch_zip.read(tmp_path / "x.pt")


def test_a_storage_that_is_too_short_is_damage(tmp_path):
    torch.save({"a": torch.zeros(4)}, tmp_path / "x.pt")
    repacked(tmp_path / "x.pt", **{"0": bytes(8)})

    with pytest.raises(DamagedError, match="tensor a reaches beyond its storage"):
        torch_zip.read(tmp_path / "x.pt")


def test_a_broken_pickle_is_damage(tmp_path):
    torch.save({"a": torch.zeros(4)}, tmp_path / "x.pt")
    repacked(tmp_path / "x.pt", data=b"\x80\x02}")

    with pytest.raises(DamagedError, match="its pickle cannot be read, it is no whole pickle"):
        torch_zip.read(tmp_path / "x.pt")


def test_a_zip_that_is_cut_off_is_damage(tmp_path):
    path = tmp_path / "x.pt"
    torch.save({"a": torch.zeros(4)}, path)
    path.write_bytes(path.read_bytes()[:-100])

    assert [finding.grade for finding in single.read(path).findings] == ["damage"]


def test_compressed_tensors_are_refused(tmp_path):
    torch.save({"a": torch.zeros(4000)}, tmp_path / "x.pt")
    repacked(tmp_path / "x.pt", zipfile.ZIP_DEFLATED)

    with pytest.raises(ReadError, match="its tensors are compressed"):
        torch_zip.read(tmp_path / "x.pt")
