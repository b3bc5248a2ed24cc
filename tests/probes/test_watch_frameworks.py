"""The watch in the trainers that people use, where they are installed: the same run, bit for bit."""

import json
import warnings

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed, say `make install`")

from probes import files, watch  # noqa: E402


class Rows(torch.utils.data.Dataset):
    """Token ids that are their own labels; `bad` is the index of a sample without any label."""

    def __init__(self, bad=None, count=96):
        self.ids = torch.randint(0, 60, (count, 10), generator=torch.Generator().manual_seed(1))
        self.bad = bad

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, index):
        labels = self.ids[index].clone()
        if self.bad is not None and index >= self.bad:
            labels[:] = -100
        return {
            "input_ids": self.ids[index],
            "labels": labels,
            "attention_mask": torch.ones(10, dtype=torch.long),
        }


def note(tmp_path):
    (path,) = tmp_path.glob("whynan-step*.json")
    (report,) = files.read_file(path)
    return json.loads(path.read_text()), report.values()


def same(one, other):
    pairs = list(zip(one.state_dict().values(), other.state_dict().values(), strict=True))
    return bool(pairs) and all(torch.equal(first, second) for first, second in pairs)


def small_llama():
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    torch.manual_seed(3)
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=60,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            max_position_embeddings=32,
            attention_dropout=0.1,
        )
    )


def by_trainer(tmp_path, rows, watching=True, **arguments):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    options = transformers.TrainingArguments(
        output_dir=str(tmp_path / "out"),
        max_steps=6,
        per_device_train_batch_size=4,
        learning_rate=1e-3,
        report_to=[],
        save_strategy="no",
        logging_steps=1,
        disable_tqdm=True,
        use_cpu=True,
        seed=5,
        **arguments,
    )
    trainer = transformers.Trainer(model=small_llama(), args=options, train_dataset=rows)
    if watching:
        watch.trainer(trainer, folder=str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.train()
    return trainer


@pytest.mark.parametrize(
    "arguments", [{}, {"gradient_accumulation_steps": 2, "warmup_steps": 2}, {"bf16": True}], ids=str
)
def test_the_trainer_trains_the_same_bit_for_bit(tmp_path, arguments):
    bare = by_trainer(tmp_path, Rows(), watching=False, **arguments)
    state = torch.get_rng_state()
    watched = by_trainer(tmp_path, Rows(), **arguments)

    assert same(bare.model, watched.model)
    assert torch.equal(torch.get_rng_state(), state)
    logs = [[row.get("loss") for row in run.state.log_history] for run in (bare, watched)]
    assert logs[0] == logs[1]
    assert not list(tmp_path.glob("*.json"))


def test_the_trainers_hidden_nan_is_caught_at_its_step(tmp_path):
    with pytest.raises(watch.BadStep, match="step 1: the loss is nan"):
        by_trainer(tmp_path, Rows(bad=0), bf16=True, gradient_accumulation_steps=2)

    data, found = note(tmp_path)
    assert (found["loss.symptom"], found["data.fully_masked"]) == ("nan-from-start", "all")
    assert (found["precision.compute"], found["precision.weights"]) == ("bfloat16", "float32")
    assert (found["optimizer.name"], found["optimizer.max_grad_norm"]) == ("adamw", 1.0)
    assert (found["batch.per_device"], found["batch.accumulation"]) == (4, 2)
    assert found["attention.kernel"] == "sdpa"
    assert found["probe.origin"] == "loss"
    assert data["versions"]["transformers"]


def test_the_trainers_loss_is_the_one_it_logs(tmp_path):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")

    class Ask(transformers.TrainerCallback):
        def on_train_end(self, *_, **__):
            next(iter(watch._WATCHES)).write()

    trainer_of = transformers.Trainer.__init__

    def with_ask(self, *args, **keywords):
        trainer_of(self, *args, callbacks=[Ask()], **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transformers.Trainer, "__init__", with_ask)
        trainer = by_trainer(tmp_path, Rows(), gradient_accumulation_steps=2)

    data, _ = note(tmp_path)
    logged = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    norms = [row["grad_norm"] for row in trainer.state.log_history if "grad_norm" in row]
    assert [row[1] for row in data["series"]] == pytest.approx(logged, abs=1e-3)
    assert [row[2] for row in data["series"]] == pytest.approx(norms, rel=1e-3)


def by_lightning(tmp_path, rows, watching=True, **arguments):
    lightning = pytest.importorskip("lightning.pytorch", reason="lightning is not installed")

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.llm = small_llama()

        def training_step(self, batch, index):
            return self.llm(**batch).loss

        def configure_optimizers(self):
            return torch.optim.AdamW(self.parameters(), lr=1e-3)

    module = Module()
    trainer = lightning.Trainer(
        max_steps=6,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[watch.lightning(folder=str(tmp_path))] if watching else [],
        **arguments,
    )
    torch.manual_seed(4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(module, torch.utils.data.DataLoader(rows, 4, shuffle=True))
    return module


@pytest.mark.parametrize(
    "arguments",
    [{}, {"gradient_clip_val": 0.5}, {"accumulate_grad_batches": 2}, {"precision": "bf16-mixed"}],
    ids=str,
)
def test_lightning_trains_the_same_bit_for_bit(tmp_path, arguments):
    bare = by_lightning(tmp_path, Rows(), watching=False, **arguments)
    state = torch.get_rng_state()
    watched = by_lightning(tmp_path, Rows(), **arguments)

    assert same(bare, watched)
    assert torch.equal(torch.get_rng_state(), state)
    assert not list(tmp_path.glob("*.json"))


def test_lightning_is_stopped_at_the_bad_batch(tmp_path):
    with pytest.raises(watch.BadStep, match="step 1: the loss is nan"):
        by_lightning(tmp_path, Rows(bad=0), gradient_clip_val=0.5)

    _, found = note(tmp_path)
    assert (found["probe.origin"], found["data.fully_masked"]) == ("loss", "all")
    assert found["optimizer.max_grad_norm"] == 0.5


def by_mmengine(tmp_path, rows, watching=True):
    runner_of = pytest.importorskip("mmengine.runner", reason="mmengine is not installed")
    model_of = pytest.importorskip("mmengine.model", reason="mmengine is not installed")

    class Module(model_of.BaseModel):
        """As XTuner's SupervisedFinetune: a batch in, a dict of losses out."""

        def __init__(self):
            super().__init__()
            self.llm = small_llama()

        def forward(self, mode="loss", **batch):
            return {"loss": self.llm(**batch).loss}

    options = {"type": watch.mmengine, "folder": str(tmp_path)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runner = runner_of.Runner(
            model=Module(),
            work_dir=str(tmp_path / "work"),
            experiment_name=f"run{watching}",
            log_level="ERROR",
            train_dataloader=torch.utils.data.DataLoader(rows, 4, shuffle=True),
            train_cfg={"by_epoch": False, "max_iters": 6},
            custom_hooks=[options] if watching else [],
            optim_wrapper={"optimizer": {"type": "AdamW", "lr": 1e-3}, "clip_grad": {"max_norm": 0.5}},
            default_hooks={"checkpoint": None, "logger": None},
            randomness={"seed": 7},
        )
        runner.train()
    return runner.model


def test_mmengine_trains_the_same_bit_for_bit(tmp_path):
    bare = by_mmengine(tmp_path, Rows(), watching=False)
    state = torch.get_rng_state()
    watched = by_mmengine(tmp_path, Rows())

    assert same(bare, watched)
    assert torch.equal(torch.get_rng_state(), state)
    assert not list(tmp_path.glob("*.json"))


def test_mmengine_is_stopped_at_the_bad_batch(tmp_path):
    with pytest.raises(watch.BadStep, match="step 1: the loss is nan"):
        by_mmengine(tmp_path, Rows(bad=0))

    _, found = note(tmp_path)
    assert (found["probe.origin"], found["data.fully_masked"]) == ("loss", "all")
    assert found["optimizer.max_grad_norm"] == 0.5
