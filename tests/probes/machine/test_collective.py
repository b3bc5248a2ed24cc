import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from probes import cli, machine
from probes.machine import collective
from probes.machine.collective import Seen, judge

ROOT = Path(__file__).parents[3]
FINE = ((True, True, True), (True, True, True))

# Each is one flipped bit: of what, in which repeat, at which rank; and what is said of it.
FAULTS = {
    ("product", "always", 2): ["wrong", "rank 2 computes a wrong product (2 of 2 times)"],
    ("product", "1", 0): ["unstable", "rank 0 computes a wrong product (1 of 2 times)"],
    ("sent", "1", 1): ["unstable", "what rank 1 sends arrives changed (1 of 2 times)"],
    ("from 2", "always", 1): ["wrong", "what rank 2 sends to rank 1 arrives changed (2 of 2 times)"],
    ("sum", "0", 2): ["unstable", "rank 2 gets a wrong sum over all ranks (1 of 2 times)"],
}
RANK = """
import json, sys
import torch
import torch.distributed as dist
from probes.machine import collective

dist.init_process_group("gloo")
for what, when, rank in json.loads(sys.argv[1]):
    def arrived(name, repeat, tensor):
        if dist.get_rank() == rank and name == what and when in ("always", str(repeat)):
            tensor = tensor.clone()
            tensor.view(-1).view(torch.int32)[7] ^= 1
        return tensor
    seen = collective.share(torch, dist, collective.look(torch, dist, "cpu", 2, arrived))
    if dist.get_rank() == 0:
        print(json.dumps(collective.judge(seen)), flush=True)
dist.destroy_process_group()
"""


def test_a_flipped_bit_is_found_and_its_rank_named(torch, tmp_path):
    script = tmp_path / "rank.py"
    script.write_text(RANK)

    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=3"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

    done = subprocess.run(
        [*launch, str(script), json.dumps(list(FAULTS))],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == list(FAULTS.values())


def seen(products=(True, True), sums=(True, True), received=FINE):
    return Seen(products, sums, received)


def lost(sender, ranks=3):
    """What a rank receives that gets the data of `sender` changed, once."""
    return (tuple(number != sender for number in range(ranks)), FINE[1])


@pytest.mark.parametrize(
    ("everyone", "expected"),
    [
        ([seen(), seen(), seen()], ("ok", "right in every bit, 2 times")),
        ([seen(), seen((False, False))], ("wrong", "rank 1 computes a wrong product (2 of 2 times)")),
        ([seen((True, False)), seen()], ("unstable", "rank 0 computes a wrong product (1 of 2 times)")),
        (
            [seen(received=lost(2)), seen(received=lost(2)), seen()],
            ("unstable", "what rank 2 sends arrives changed (1 of 2 times)"),
        ),
        (
            [seen(received=((True, False, False), FINE[1])), seen(), seen()],
            ("unstable", "what rank 0 receives arrives changed (1 of 2 times)"),
        ),
        (
            [seen(), seen(), seen(received=lost(0))],
            ("unstable", "what rank 0 sends to rank 2 arrives changed (1 of 2 times)"),
        ),
        (
            [seen(), seen(sums=(False, False)), seen()],
            ("wrong", "rank 1 gets a wrong sum over all ranks (2 of 2 times)"),
        ),
    ],
    ids=["fine", "persistent", "transient", "sends", "receives", "a pair", "sum"],
)
def test_who_differs_is_named(everyone, expected):
    assert judge(everyone) == expected


@pytest.fixture
def environment(monkeypatch):
    """The environment of rank 1 of 2, with the process that started it."""

    def put(parent, **others):
        for name, value in {"WORLD_SIZE": "2", "RANK": "1", **others}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(collective, "parent", lambda: parent)

    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    return put


def test_what_another_scheduler_sets_starts_no_meeting(environment):
    """The address in such an environment is that of the job that runs: it must not be disturbed."""
    environment("torchrun\0probe.pyz")

    assert (collective.rank(), collective.probe("quick")) == (None, [])


def test_what_a_training_script_starts_takes_no_part_in_its_job(environment):
    environment("python3\0train.py", TORCHELASTIC_RUN_ID="x")

    assert (collective.rank(), collective.probe("quick")) == (None, [])


def test_the_other_ranks_only_take_part(environment, capsys):
    environment("python3\0-m\0torch.distributed.run\0probe.pyz", TORCHELASTIC_RUN_ID="x")
    told = []

    assert collective.rank() == 1
    assert machine.probe("none", lambda *step: told.append(step)).facts == ()
    assert told == [("ranks", 0, 1)]
    assert (cli.main(["--tests", "none"]), capsys.readouterr().out) == (0, "")
