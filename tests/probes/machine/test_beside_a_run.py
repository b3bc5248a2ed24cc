"""On a real GPU: a run there comes to the same weights, whether or not the probe runs beside it."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.gpu
ROOT = Path(__file__).parents[3]
PROBE = [sys.executable, "-m", "probes", "--tests", "quick", "--format", "json"]
# It steps until a line comes in, then says after how many steps its weights and its random state were what.
TRAINS = """
import hashlib, select, sys, torch
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(256, 512), torch.nn.Dropout(), torch.nn.Linear(512, 256)).cuda()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
print("begun", flush=True)
marks, steps, asked = [], 0, False
while not asked or steps % 100:
    with torch.autocast("cuda", torch.float16):
        loss = model(torch.randn(64, 256, device="cuda")).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    steps += 1
    if steps % 100 == 0:
        digest = hashlib.sha256(torch.cuda.get_rng_state().numpy().tobytes())
        for weight in model.parameters():
            digest.update(weight.detach().cpu().numpy().tobytes())
        marks.append(digest.hexdigest())
    asked = asked or bool(select.select([sys.stdin], [], [], 0)[0])
print("\\n".join(marks))
"""


def train(beside):
    """The marks of a run, which ends once `beside()` has."""
    run = subprocess.Popen(
        [sys.executable, "-c", TRAINS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert run.stdout.readline() == "begun\n"
        beside()
        out, _ = run.communicate("enough\n", timeout=120)
    finally:
        run.kill()
    assert run.returncode == 0
    return out.split()


def test_a_run_beside_the_probe_is_the_same_bit_for_bit(cuda):
    reports = []

    def probe():
        done = subprocess.run(PROBE, cwd=ROOT, capture_output=True, text=True, timeout=120)
        reports.append(json.loads(done.stdout))

    with_probe = train(probe)
    alone = train(lambda: time.sleep(5))

    shared = min(len(alone), len(with_probe))
    assert shared >= 5
    assert with_probe[:shared] == alone[:shared]
    assert any(fact["id"] == "gpu.numerics" and fact["value"] == "ok" for fact in reports[0]["facts"])


def test_a_gpu_without_memory_to_spare_is_left_alone_and_said(cuda):
    free, _total = cuda.cuda.mem_get_info(0)
    held = cuda.empty(free - 2**29, dtype=cuda.uint8, device="cuda:0")
    try:
        done = subprocess.run(PROBE, cwd=ROOT, capture_output=True, text=True, timeout=120)
    finally:
        del held
        cuda.cuda.empty_cache()

    unknown = {item["id"]: item["why"] for item in json.loads(done.stdout)["unknown"]}
    assert "GiB free, 1 is needed" in unknown["gpu.numerics"]
