"""Planted secrets go through every reader, and come out nowhere: no fact, no place, no export, no link."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from app.cli import main
from app.link import decode
from app.ui.share import leaves
from probes.private import HEX, X
from probes.report import Fact, Report, Unknown, to_json

# (as it stands in a text, what must not come out)
PLANTED = {
    "token": (f"hf_{X}", X[:20]),
    "key": (f"WANDB_API_KEY={HEX[:40]}", HEX[:20]),
    "password": ("password=hunter2222", "hunter2222"),
    "home": ("/home/annaberg/llama", "annaberg"),
    "windows": ("C:\\\\Users\\\\annaberg\\\\llama", "annaberg"),
    "shared disk": ("/mnt/petrelfs/annaberg/llama", "annaberg"),
    "mail": ("annaberg@lab.example.org", "annaberg"),
    "ipv4": ("10.121.33.44", "121.33"),
    "ipv6": ("fe80::1ff:fe23:4567:890a", "4567"),
    "address": ("https://annaberg:hunter2222@git.example.org/llama", "hunter2222"),
    "host": ("http://annanode7:8000/llama", "annanode7"),
    "connection": ("postgresql://annaberg:hunter2222@db/llama", "annaberg"),
}
KEY = "-----BEGIN PRIVATE KEY-----MIIEvwIBADANBg-----END PRIVATE KEY-----"
LOG = "{'loss': 1.5, 'step': 10}\n{'loss': nan, 'step': 20}\n{'loss': nan, 'step': 30}\n"


def zipped(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def notebook(source: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": source, "outputs": [
        {"output_type": "stream", "text": source}]}], "nbformat": 4}, ensure_ascii=False)  # fmt: skip


def machine(secret: str) -> str:
    facts = tuple(Fact(name, "x", "x") for name in ("model.name", "gpu.name", "machine.platform"))
    data = to_json(Report("x", "machine", facts, (Unknown("gpu.count", "x", "x"),)))
    return json.dumps(data).replace('"x"', json.dumps(secret))


# A text of each kind with the secret wherever that kind's facts come from.
READERS = {
    "log": lambda s: f"loading {s}\n{LOG}",
    "trainer_state": lambda s: json.dumps(
        {"best_model_checkpoint": s, "log_history": [{"loss": 1.5, "step": 1}, {"loss": s, "step": 2}]}
    ),
    "mmengine": lambda s: (
        f"2024/07/17 15:20:41 - mmengine - INFO - Config:\nlr = 2e-05\n"
        f"model = dict(llm=dict(pretrained_model_name_or_path='{s}', torch_dtype='torch.float16'))\n"
        "2024/07/17 15:21:11 - mmengine - INFO - Iter(train) [ 10/9600]  lr: 1.8e-06  loss: nan\n"
    ),
    "python": lambda s: (
        f"args = TrainingArguments(output_dir='{s}', fp16=True, hub_token='{s}')\n"
        f"model = AutoModelForCausalLM.from_pretrained('{s}', torch_dtype=torch.float16)\n"
    ),
    "yaml": lambda s: (
        f"model_name_or_path: '{s}'\nstage: sft\nfp16: true\nfinetuning_type: lora\nrun: '{s}'\n"
    ),
    "json": lambda s: json.dumps({"fp16": {"enabled": True}, "tensorboard": {"output_path": s}}),
    "command": lambda s: (
        f"torchrun --nproc_per_node 2 '{s}/train.py' --model_name_or_path '{s}' --fp16 True\n"
    ),
    "environment": lambda s: (
        f"- `transformers` version: 4.49.0\n- Platform: {s}\n- GPU type: NVIDIA A100 {s}\n"
    ),
    "notebook": lambda s: notebook(
        f"from trl import SFTConfig\nmodel = AutoModelForCausalLM.from_pretrained('{s}')\n"
        f"args = SFTConfig(learning_rate=2e-4, fp16=True, output_dir='{s}')\n"
    ),
    "report": lambda s: (
        f"My loss is nan after 20 steps. I fine-tune the model {s} with trl in fp16. Mail me: {s}"
    ),
    "machine": machine,
}


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    main(list(arguments))
    shown = capsys.readouterr()
    return shown.out + shown.err


def holders(text: str, hidden: str) -> list[str]:
    return [line for line in text.splitlines() if hidden in line]


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(("secret", "hidden"), PLANTED.values(), ids=PLANTED)
def test_no_reader_lets_a_secret_into_a_fact_or_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, secret: str, hidden: str
) -> None:
    path = tmp_path / "x"
    path.write_text(READERS[kind](secret), encoding="utf-8")

    for form in ("text", "jsonl"):
        assert holders(run(capsys, "facts", str(path), "--format", form), hidden) == []


@pytest.mark.parametrize("form", ["json", "md", "html", "text"])
def test_no_export_and_no_link_gives_a_secret_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    for number, ((secret, _), (kind, text)) in enumerate(
        zip([*PLANTED.values()] * 2, READERS.items(), strict=False)
    ):
        (tmp_path / f"{number}-{kind}").write_text(text(secret), encoding="utf-8")
    everything = " ".join(secret for secret, _ in PLANTED.values())
    config = READERS["python"](everything) + f"# {everything}\n{KEY!r}\n"
    (tmp_path / "annaberg@lab.example.org.py").write_text(config, encoding="utf-8")
    (tmp_path / "a.zip").write_bytes(zipped("home/annaberg/train.log", LOG))
    answer = "model.name=/mnt/petrelfs/annaberg/llama"
    shown = run(capsys, "diagnose", str(tmp_path), "--format", form, "--set", answer, "loss.symptom=zero")
    link = shown[shown.index("?d=") + 3 :].split('"')[0].split()[0].split("<")[0]
    sent = json.dumps(leaves(link), ensure_ascii=False)

    assert {report.kind for report in decode(link).reports} >= {"log", "config", "command", "environment"}
    assert [line for _, hidden in PLANTED.values() for line in holders(shown + sent, hidden)] == []
    assert "MIIEvwIBADANBg" not in shown + sent


def test_what_nothing_private_is_in_comes_out_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x"
    path.write_text(READERS["command"]("Qwen/Qwen2-7B"))

    assert '"model.name": "Qwen/Qwen2-7B"' in run(capsys, "facts", str(path), "--format", "jsonl")
