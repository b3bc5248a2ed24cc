CONFIG = """\
# torchtitan
[job]
dump_folder = "./outputs"

[model]
name = "llama3"
flavor = "8B"
converters = []

[optimizer]
name = "AdamW"
lr = 3e-4

[lr_scheduler]
warmup_steps = 200  # of the rate

[training]
local_batch_size = 1
seq_len = 8192
mixed_precision_param = "float32"

[activation_checkpoint]
mode = "none"  # ["none", "selective", "full"]
"""


def test_a_config_in_toml(known):
    said, assumed = known(CONFIG)
    assert said == {
        "framework.name": "torch",
        "optimizer.name": "adamw",
        "optimizer.learning_rate": 3e-4,
        "schedule.warmup": True,
        "batch.per_device": 1,
        "sequence.max_length": 8192,
        "precision.compute": "float32",
        "gradient_checkpointing": False,
        "model.name": "llama3 8B",
    }
    assert (assumed["optimizer.max_grad_norm"], assumed["precision.weights"]) == (1.0, "float32")


def test_its_flags_have_the_same_names(known):
    said, _ = known("torchrun -m torchtitan.train --training.seq_len 2048 --training.max_norm 0.5", "command")
    assert (said["sequence.max_length"], said["optimizer.max_grad_norm"]) == (2048, 0.5)


def test_float8_is_a_converter_and_what_is_left_out_has_torchtitans_defaults(known):
    said, assumed = known(CONFIG.replace("converters = []", 'converters = ["quantize.linear.float8"]'))
    assert said["precision.compute"] == "float8"
    assert (assumed["batch.accumulation"], assumed["quantization.bits"]) == (1, "none")
    _, assumed = known(CONFIG.replace("seq_len = 8192\n", ""))
    assert assumed["sequence.max_length"] == 2048


REGISTRY = """\
from torchtitan.components.optimizer import LRSchedulersContainer, default_adamw
from torchtitan.config import TrainingConfig
from torchtitan.distributed.activation_checkpoint import FullAC
from torchtitan.trainer import Trainer


def llama3_8b() -> Trainer.Config:
    return Trainer.Config(
        hf_assets_path="./assets/hf/Llama-3.1-8B",
        optimizer=default_adamw(lr=3e-4),
        lr_scheduler=LRSchedulersContainer.Config(warmup_steps=0),
        training=TrainingConfig(local_batch_size=2, seq_len=8192, mixed_precision_param="float32"),
        activation_checkpoint=FullAC.Config(),
    )
"""


def test_a_config_in_python(known):
    said, assumed = known(REGISTRY, "python")
    assert said == {
        "framework.name": "torch",
        "optimizer.name": "adamw",
        "optimizer.learning_rate": 3e-4,
        "schedule.warmup": False,
        "batch.per_device": 2,
        "sequence.max_length": 8192,
        "precision.compute": "float32",
        "gradient_checkpointing": True,
        "model.name": "./assets/hf/Llama-3.1-8B",
    }
    assert (assumed["optimizer.max_grad_norm"], assumed["precision.weights"]) == (1.0, "float32")


def test_of_several_configs_in_a_file_none_is_taken_for_the_one_that_runs(known):
    other = REGISTRY[REGISTRY.index("\n\ndef ") :].replace("llama3_8b", "llama3_70b").replace("3e-4", "1e-4")
    said, assumed = known(REGISTRY + other, "python")
    assert "optimizer.learning_rate" not in said | assumed
    assert said == {"framework.name": "torch"}
