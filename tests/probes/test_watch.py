"""The watch on real training loops of torch: it changes nothing, and what it notes gives the cause."""

import json
import math
import os
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed, say `make install`")

from app.conclusion import conclude  # noqa: E402
from app.session import Session  # noqa: E402
from probes import files, watch  # noqa: E402

DEVICE = "cpu"


@pytest.fixture(
    autouse=True, params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)], ids=["cpu", "cuda"]
)
def device(request, monkeypatch):
    """Where everything runs; each test runs on the GPU too, where there is one."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no CUDA device here")
    monkeypatch.setattr(sys.modules[__name__], "DEVICE", request.param)


class Attention(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (torch.nn.Linear(width, width) for _ in range(4))
        self.mask = 0.0

    def forward(self, x):
        scores = self.q_proj(x) @ self.k_proj(x).mT + self.mask
        return self.o_proj(scores.softmax(-1) @ self.v_proj(x))


class Model(torch.nn.Module):
    """Token ids to logits, with dropout, and a loss where there are labels."""

    def __init__(self, width=16, tokens=40):
        super().__init__()
        self.embed = torch.nn.Embedding(tokens, width)
        self.attention = Attention(width)
        self.up, self.down = torch.nn.Linear(width, 2 * width), torch.nn.Linear(2 * width, width)
        self.dropout = torch.nn.Dropout(0.1)
        self.head = torch.nn.Linear(width, tokens)

    def forward(self, input_ids, labels):
        x = self.embed(input_ids)
        x = x + self.attention(x)
        logits = self.head(x + self.dropout(self.down(self.up(x).relu())))
        loss = torch.nn.functional.cross_entropy(
            logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten()
        )
        return types.SimpleNamespace(loss=loss, logits=logits)


def batches(steps, seed=0):
    rows = torch.randint(0, 40, (8 * steps, 12), generator=torch.Generator().manual_seed(seed))
    return torch.utils.data.DataLoader(
        [{"input_ids": row, "labels": row.clone()} for row in rows], 8, shuffle=True
    )


def random_state():
    return torch.get_rng_state(), torch.cuda.get_rng_state() if DEVICE == "cuda" else torch.empty(0)


def train(
    steps=12,
    watching=True,
    form=None,
    scaler=None,
    accumulate=1,
    clip=1.0,
    break_at=None,
    lr=1e-2,
    fused=False,
    **options,
):
    """A loop as people write it. `break_at` is (step, what to do to the model and the batch)."""
    torch.manual_seed(0)
    model = Model().to(DEVICE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, fused=fused)
    scaler = torch.amp.GradScaler(DEVICE, init_scale=scaler) if scaler else None
    seen = watch.Watch(model, optimizer, **options) if watching else None
    losses = []
    try:
        for index, rows in enumerate(batches(steps * accumulate)):
            batch = {name: ids.to(DEVICE) for name, ids in rows.items()}
            if break_at and index == break_at[0] - 1:
                break_at[1](model, batch)
            with torch.autocast(DEVICE, form or torch.bfloat16, enabled=form is not None):
                loss = model(**batch).loss / accumulate
            (scaler.scale(loss) if scaler else loss).backward()
            losses.append(loss.item())
            if (index + 1) % accumulate:
                continue
            if scaler:
                scaler.unscale_(optimizer) if clip else None
            if clip:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
            if scaler:
                scaler.step(optimizer)
                scaler.update()
            else:
                optimizer.step()
            optimizer.zero_grad()
    finally:
        if seen:
            seen.close()
    return types.SimpleNamespace(model=model, losses=losses, watch=seen, state=random_state())


def note(tmp_path):
    (path,) = tmp_path.glob("whynan-step*.json")
    return path, json.loads(path.read_text("utf-8"))


def facts(path):
    (report,) = files.read_file(path)
    return report.values()


def no_labels(model, batch):
    batch["labels"][:] = -100


def large(model, batch):
    model.down.weight.data *= 1e6


def hidden_row(model, batch):
    model.attention.mask = torch.full((12, 12), -math.inf, device=DEVICE)


def nan_weight(model, batch):
    model.up.weight.data[3, 2] = math.nan


class Poison(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        return gradient * math.inf


def bad_gradient(model, batch):
    model.up.register_forward_hook(lambda module, args, output: Poison.apply(output))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"accumulate": 3},
        {"clip": None},
        {"form": torch.bfloat16},
        {"form": torch.float16, "scaler": 2.0**22},
        {"form": torch.float16, "scaler": 2.0**22, "clip": None, "fused": True},
    ],
    ids=str,
)
def test_a_watched_run_is_the_same_bit_for_bit(options):
    bare, watched = train(watching=False, **options), train(**options)

    assert watched.losses == bare.losses
    assert all(map(torch.equal, watched.state, bare.state))
    for (name, one), (_, other) in zip(
        bare.model.named_parameters(), watched.model.named_parameters(), strict=True
    ):
        assert torch.equal(one, other), name
    assert not watched.watch.note


def test_what_torch_had_is_there_again_when_the_last_watch_closes():
    before = torch.nn.utils.clip_grad_norm_, torch.amp.GradScaler.step
    train(2)

    assert (torch.nn.utils.clip_grad_norm_, torch.amp.GradScaler.step) == before


@pytest.mark.parametrize(
    ("damage", "origin", "symptom"),
    [
        (no_labels, "loss", "nan-after-steps"),
        (hidden_row, "attention", "nan-after-steps"),
        (nan_weight, "weights", "nan-after-steps"),
        (bad_gradient, "gradient", "nan-after-steps"),
    ],
)
def test_it_stops_before_the_weights_are_harmed_and_says_where_it_began(tmp_path, damage, origin, symptom):
    with pytest.raises(
        watch.BadStep, match=r"^step 7: the .* is (nan|inf); the weights are those of the step before$"
    ):
        train(break_at=(7, damage), folder=str(tmp_path))

    path, _ = note(tmp_path)
    found = facts(path)
    assert path.name == "whynan-step7.json"
    assert (found["probe.origin"], found["loss.symptom"], found["loss.first_bad_step"]) == (
        origin,
        symptom,
        7,
    )


def test_the_weights_are_those_of_the_step_before(tmp_path):
    clean = train(6)
    kept = {}

    def keep(model, batch):
        kept.update(model.named_parameters())
        bad_gradient(model, batch)

    with pytest.raises(watch.BadStep):
        train(break_at=(7, keep), folder=str(tmp_path))

    # The order of 6 and of 12 steps' batches differs: only that all are finite can be compared.
    assert all(weight.isfinite().all() for weight in kept.values())
    assert kept.keys() == dict(clean.model.named_parameters()).keys()


def test_an_overflow_of_float16_is_named_and_float32_is_tried(tmp_path):
    with pytest.raises(watch.BadStep):
        train(break_at=(5, large), form=torch.float16, scaler=4.0, folder=str(tmp_path))

    found = facts(note(tmp_path)[0])
    assert found["probe.first_bad"] == "down (out, float16)"
    assert (found["probe.headroom"], found["precision.float32_ok"]) == ("exceeds", True)
    assert (found["precision.compute"], found["precision.weights"]) == ("float16", "float32")


def test_a_loss_scalers_first_skips_are_noted_and_no_alarm(tmp_path):
    run = train(form=torch.float16, scaler=2.0**24, folder=str(tmp_path))

    series = list(run.watch._series)
    skipped = [row[0] for row in series if row[-1]]
    assert skipped[0] == 1
    assert 1 < len(skipped) < 12
    assert [row[5] for row in series][:2] == [2.0**24, 2.0**23]
    assert list(tmp_path.iterdir()) == []


def test_a_scaler_that_skips_for_ever_is_an_alarm(tmp_path):
    with pytest.raises(watch.BadStep, match="skipped 20 steps in a row"):
        train(30, break_at=(1, bad_gradient), form=torch.float16, scaler=65536.0, folder=str(tmp_path))

    assert facts(note(tmp_path)[0])["loss_scale.trend"] == "exhausted"


@pytest.mark.parametrize(("on_bad", "clean"), [("skip", True), ("record", False)])
def test_it_can_leave_the_update_out_or_only_look(tmp_path, on_bad, clean):
    def once(model, batch):
        handle = model.up.register_forward_hook(
            lambda module, args, output: (handle.remove(), Poison.apply(output))[1]
        )

    run = train(break_at=(4, once), clip=None, on_bad=on_bad, folder=str(tmp_path))

    assert all(weight.isfinite().all() for weight in run.model.parameters()) == clean
    assert run.watch.note


def test_the_norm_is_that_before_clipping_and_the_batch_is_counted(tmp_path):
    with pytest.raises(watch.BadStep):
        train(8, accumulate=2, clip=0.01, break_at=(9, no_labels), folder=str(tmp_path))

    found = facts(note(tmp_path)[0])
    _, data = note(tmp_path)
    assert min(row[2] for row in data["series"]) > 0.01 or data["series"][-1][2] == 0
    assert (found["optimizer.max_grad_norm"], found["batch.accumulation"], found["batch.per_device"]) == (
        0.01,
        2,
        8,
    )
    assert found["data.fully_masked"] == "some"


def test_masked_from_the_first_step_is_all_of_them(tmp_path):
    with pytest.raises(watch.BadStep):
        train(break_at=(1, no_labels), folder=str(tmp_path))

    assert facts(note(tmp_path)[0])["data.fully_masked"] == "all"


@pytest.mark.parametrize(
    ("damage", "cause", "options"),
    [
        (no_labels, "labels-all-masked", {"lr": 2e-5}),
        (large, "fp16-overflow", {"form": torch.float16, "scaler": 4.0, "lr": 2e-5}),
        (hidden_row, "padding-or-mask", {"lr": 2e-5}),
    ],
)
def test_the_note_alone_gives_the_cause(knowledge, tmp_path, damage, cause, options):
    with pytest.raises(watch.BadStep):
        train(break_at=(3, damage), folder=str(tmp_path), **options)

    found = conclude(knowledge, Session().read(*files.read_file(note(tmp_path)[0])))

    assert found.verdict == "abnormal"
    assert found.causes[0].entry.id == cause


def test_a_note_can_be_had_at_any_time_and_holds_known_facts_only(knowledge, tmp_path, capsys):
    run = train(watching=True, folder=str(tmp_path), facts={"training.method": "sft"})
    path = run.watch.write()

    found = facts(path)
    assert found["loss.symptom"] in knowledge.facts["loss.symptom"].typical
    assert found["training.method"] == "sft"
    assert set(found) <= set(knowledge.facts)
    assert f"whynan diagnose {path}" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_does_not_hide_the_bad_value(tmp_path, capsys):
    with pytest.raises(watch.BadStep, match="the loss is nan"):
        train(break_at=(2, no_labels), folder=str(tmp_path / "missing"))

    assert "No such file" in capsys.readouterr().err


def test_a_model_that_breaks_when_run_again_does_not_hide_the_bad_value(tmp_path):
    def refuse(model, batch):
        no_labels(model, batch)
        model.register_forward_pre_hook(lambda module, args: None if torch.is_grad_enabled() else 1 / 0)

    with pytest.raises(watch.BadStep, match="the loss is nan"):
        train(break_at=(2, refuse), folder=str(tmp_path))

    assert note(tmp_path)[1]["not_replayed"] == "ZeroDivisionError: division by zero"


def test_it_is_refused_what_it_does_not_know():
    with pytest.raises(ValueError, match="on_bad is 'cry', it must be stop, skip or record"):
        train(on_bad="cry")


def test_the_file_alone_is_enough(tmp_path):
    """Copied beside somebody's script, without whynan."""
    shutil.copy(watch.__file__, tmp_path / "watch.py")
    script = (
        "import sys, watch, torch\nassert 'probes' not in sys.modules\n"
        "model = torch.nn.Linear(2, 1)\noptimizer = torch.optim.SGD(model.parameters(), lr=.1)\n"
        "seen = watch.Watch(model, optimizer)\n"
        "for x in (1., 2., float('inf')):\n"
        "    seen.loss(model(torch.full((3, 2), x)).square().mean()).backward()\n    optimizer.step()\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 1
    assert "watch.BadStep: step 3: the loss is " in done.stderr
    assert "whynan diagnose ./whynan-step3.json" in done.stderr
    assert facts(Path(tmp_path / "whynan-step3.json"))["probe.origin"] == "input"
