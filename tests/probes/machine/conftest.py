from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.fixture
def sample():
    """The text of a file in tests/probes/samples."""
    return lambda name: (SAMPLES / name).read_text("utf-8")


@pytest.fixture(scope="session")
def torch():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(threads)


@pytest.fixture
def cuda(torch):
    """torch, where it reaches a CUDA device."""
    if not torch.cuda.is_available():
        pytest.skip("torch reaches no CUDA device here")
    return torch
