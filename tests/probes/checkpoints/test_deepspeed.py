import pytest

from probes import checkpoints
from probes.checkpoints.listing import Finding

torch = pytest.importorskip("torch", reason="torch is not installed")


@pytest.fixture
def folder(tmp_path):
    """What ZeRO stage 2 saves on two ranks; the second rank's first moment has a NaN."""
    step = tmp_path / "global_step20"
    step.mkdir()
    (tmp_path / "latest").write_text("global_step20")
    torch.save(
        {"module": {"w": torch.ones(4)}, "dp_world_size": 2, "mp_world_size": 1},
        step / "mp_rank_00_model_states.pt",
    )
    for rank, value in enumerate((0.5, float("nan"))):
        state = {"state": {0: {"exp_avg": torch.tensor([0.1, value])}}}
        name = f"bf16_zero_pp_rank_{rank}_mp_rank_00_optim_states.pt"
        torch.save({"optimizer_state_dict": {"base_optimizer_state": state}}, step / name)
    return tmp_path


@pytest.mark.parametrize("part", ["", "global_step20"])
def test_the_states_of_all_ranks_are_scanned(folder, part):
    found = checkpoints.scan(folder / part)

    tensor = "optimizer_state_dict.base_optimizer_state.state.0.exp_avg"
    file = "bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt"
    assert (found.kind, len(found.counts)) == ("deepspeed", 3)
    assert found.findings == (Finding("damage", file, tensor, "1 NaN, 0 Inf of 2 values, first in row 1"),)


def test_a_rank_without_its_file_is_missed(folder):
    (folder / "global_step20" / "bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt").unlink()

    assert checkpoints.scan(folder).findings == (
        Finding("damage", "global_step20", "", "1 of 2 ranks have their optim_states.pt"),
    )


@pytest.mark.parametrize("name", ["../elsewhere", "", "no-such-step"])
def test_latest_names_only_a_step_beside_it(folder, name):
    (folder / "latest").write_text(name)

    assert not checkpoints.recognises(folder)
