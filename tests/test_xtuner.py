"""XTuner's own configs, with the document's run: diagnosed and patched, never run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.cli import main
from app.conclusion import conclude
from app.inputs import paste, read
from app.session import Session, known
from kb.model import Knowledge
from probes import files
from probes.merge import merge

ROOT = Path(__file__).parent.parent
CONFIGS = Path(os.environ.get("WHYNAN_XTUNER", ROOT / "xtuner-src"), "xtuner/configs")
NAMES = (
    "llama/llama_7b/llama_7b_qlora_alpaca_e3.py",
    "internlm/internlm_7b/internlm_7b_qlora_alpaca_e3.py",
    "internlm/internlm_7b/internlm_7b_full_alpaca_e3.py",
    "internlm/internlm_20b/internlm_20b_qlora_alpaca_e3.py",
)
LINE = "11/24 03:12:{s} - mmengine - INFO - Iter(train) [  {step}/9690]  lr: 2.0e-05  eta: 9:41:12  time: 3.6  data_time: 0.008  memory: 11964  loss: {loss}  grad_norm: {norm}\n"  # noqa: E501
LOG = "".join(
    LINE.format(s=step, step=step, loss=loss, norm=norm)
    for step, loss, norm in ((10, "1.8250", "0.8"), (20, "nan", "nan"), (30, "nan", "nan"))
)


@pytest.mark.parametrize("name", NAMES)
def test_the_documents_run_of_a_shipped_config_ends_in_a_patch_for_it(
    name: str, knowledge: Knowledge
) -> None:
    path = CONFIGS / name
    if not path.is_file():
        pytest.skip(f"xtuner==0.1.11 is not unpacked in {CONFIGS.parents[1]}, README says how")
    given = read([path]) + paste(LOG, "train.log")

    conclusion = conclude(knowledge, Session().read(*given.reports), dict(given.texts))

    assert given.problems == ()
    assert conclusion.causes[0].entry.id == "fp16-overflow"
    best = conclusion.fixes[0]
    assert best.entry.id == "use-bf16"
    assert best.patch is not None
    after = merge(files.read_text(best.patch.files[path.name], path.name)).values()
    assert after["precision.compute"] == "bfloat16"


def test_a_setting_of_a_base_file_is_patched_there(knowledge: Knowledge, tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text("optim_wrapper = dict(type=AmpOptimWrapper, dtype='float16')\n")
    (tmp_path / "child.py").write_text("_base_ = 'base.py'\nmodel = dict(type=SupervisedFinetune)\n")
    given = read([tmp_path]) + paste(LOG, "train.log")

    conclusion = conclude(knowledge, Session().read(*given.reports), dict(given.texts))
    (patch,) = (fix.patch for fix in conclusion.fixes if fix.entry.id == "use-bf16")

    assert patch is not None
    assert patch.files == {"base.py": "optim_wrapper = dict(type=AmpOptimWrapper, dtype='bfloat16')\n"}
    compute = next(fact for fact in conclusion.known.facts if fact.id == "precision.compute")
    assert (compute.value, compute.source) == ("float16", "base.py:1")


@pytest.mark.parametrize(
    ("launch", "gpu", "compute", "weights"),
    [
        ("", "NVIDIA A100-SXM4-80GB", "float16", "float32"),
        (" --deepspeed deepspeed_zero2", "NVIDIA A100-SXM4-80GB", "bfloat16", "float32"),
        (" --deepspeed deepspeed_zero2", "Tesla V100-SXM2-32GB", "float16", "float32"),
        (" --deepspeed ds.json", "Tesla V100-SXM2-32GB", "bfloat16", "float32"),
        (" --deepspeed ds.json --cfg-options optim_wrapper.dtype=float32", "", "bfloat16", "float32"),
    ],
)
def test_config_deepspeeds_json_command_and_gpu_decide_together(
    knowledge: Knowledge, launch: str, gpu: str, compute: str, weights: str
) -> None:
    sample = (ROOT / "tests/probes/samples/xtuner-llama3-8b-full.config").read_text(encoding="utf-8")
    given = paste(sample, "full.py") + paste(f"xtuner train full.py{launch}", "run.sh")
    if "ds.json" in launch:
        block = '{"bf16": {"enabled": true}, "gradient_accumulation_steps": 4, "gradient_clipping": 0.1}'
        given += paste(block, "ds.json")
    session = Session().read(*given.reports)
    facts = known(session.answer("gpu.bf16", "A100" in gpu) if gpu else session, knowledge).values()

    assert given.problems == ()
    assert (facts["precision.compute"], facts["precision.weights"]) == (compute, weights)
    assert (facts["batch.accumulation"], facts["optimizer.max_grad_norm"]) == (16, 1.0)
    assert facts["deepspeed.enabled"] is bool(launch)


def test_the_readmes_tutorial_shows_what_whynan_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    log = readme.partition("train.log <<'END'\n")[2].partition("END\n")[0]
    shown = readme.partition("```text\n")[2].partition("```")[0].splitlines()
    path = CONFIGS / NAMES[0]
    if not path.is_file():
        pytest.skip(f"xtuner==0.1.11 is not unpacked in {CONFIGS.parents[1]}, README says how")
    (tmp_path / "train.log").write_text(log)

    assert main(["diagnose", str(path), str(tmp_path / "train.log")]) == 1

    said = capsys.readouterr().out.splitlines()
    assert [line for line in shown if line.strip() not in ("", "…") and line not in said] == []
