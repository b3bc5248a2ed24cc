RECIPE = """\
import nemo_run as run
import torch
from nemo import lightning as nl
from nemo.collections import llm

recipe = llm.llama3_8b.finetune_recipe(dir="/ckpt", num_nodes=2, num_gpus_per_node=8, peft_scheme="none")
recipe.optim.config.lr = 2e-5
recipe.data.micro_batch_size = 1
recipe.data.seq_length = 4096
recipe.trainer.plugins = run.Config(nl.MegatronMixedPrecision, precision="16-mixed", params_dtype=torch.half)
run.run(recipe)
"""

PARTS = """\
from megatron.core.optimizer import OptimizerConfig
from nemo import lightning as nl
from nemo.collections import llm

data = llm.SquadDataModule(seq_length=2048, micro_batch_size=4, global_batch_size=128)
strategy = nl.MegatronStrategy(tensor_model_parallel_size=2)
trainer = nl.Trainer(devices=4, strategy=strategy, plugins=nl.MegatronMixedPrecision(precision="bf16-mixed"))
optimizer = OptimizerConfig(optimizer="adam", lr=1e-5, adam_eps=1e-8, clip_grad=0.5, bf16=True)
schedule = nl.lr_scheduler.CosineAnnealingScheduler(warmup_steps=0)
opt = nl.MegatronOptimizerModule(config=optimizer, lr_scheduler=schedule)
llm.finetune(model=model, data=data, trainer=trainer, optim=opt, peft=llm.peft.LoRA(dim=8))
"""


def test_a_recipe_is_what_it_is_changed_to_and_else_what_nemo_ships(known):
    said, assumed = known(RECIPE, "python")
    assert said == {
        "framework.name": "megatron",
        "precision.compute": "float16",
        "optimizer.learning_rate": 2e-5,
        "batch.per_device": 1,
        "sequence.max_length": 4096,
        "lora.enabled": False,
        "gpu.count": 16,
    }
    assert assumed == {
        "precision.loss_scale": "dynamic",
        "precision.weights": "float32",
        "optimizer.name": "adamw",
        "optimizer.epsilon": 1e-5,
        "optimizer.max_grad_norm": 1.0,
        "schedule.warmup": True,
        "batch.accumulation": 1,
        "quantization.bits": "none",
        "deepspeed.enabled": False,
    }


def test_the_rate_of_an_unchanged_recipe_goes_with_its_scheme(known):
    start = "import nemo_run as run\nfrom nemo.collections import llm\n"
    _, assumed = known(start + "r = llm.llama3_8b.finetune_recipe(name='a')", "python")
    assert (assumed["optimizer.learning_rate"], assumed["lora.enabled"]) == (1e-4, True)
    assert assumed["precision.compute"] == "bfloat16"
    assert (assumed["batch.per_device"], assumed["sequence.max_length"]) == (1, 2048)
    _, assumed = known(start + "r = llm.llama3_8b.pretrain_recipe(name='a')", "python")
    assert (assumed["optimizer.learning_rate"], assumed["lora.enabled"]) == (3e-4, False)
    assert (assumed["batch.per_device"], assumed["sequence.max_length"]) == (1, 8192)
    _, assumed = known(start + "r = llm.mine_8b.pretrain_recipe(name='a')", "python")
    assert (assumed.get("optimizer.learning_rate"), assumed["lora.enabled"]) == (None, False)
    _, assumed = known(start + "r = llm.nemotronh_8b.finetune_recipe(name='a')", "python")
    assert (assumed["optimizer.learning_rate"], assumed["lora.enabled"]) == (5e-6, False)


def test_a_run_of_nemos_parts_has_what_they_are_given_and_no_more(known):
    said, assumed = known(PARTS, "python")
    assert said == {
        "framework.name": "megatron",
        "precision.compute": "bfloat16",
        "optimizer.name": "adamw",
        "optimizer.learning_rate": 1e-5,
        "optimizer.epsilon": 1e-8,
        "optimizer.max_grad_norm": 0.5,
        "schedule.warmup": False,
        "batch.per_device": 4,
        "sequence.max_length": 2048,
        "lora.enabled": True,
        "gpu.count": 4,
    }
    assert assumed == {}


def test_a_factory_of_a_plugin_says_its_format(known):
    origin = "from nemo.collections.llm.recipes.precision.mixed_precision import fp16_mixed"
    said, _ = known(f"{origin}\nrecipe.trainer.plugins = fp16_mixed()", "python")
    assert said["precision.compute"] == "float16"


def test_the_command_has_a_factory_and_overrides(known):
    said, assumed = known(
        "nemo llm finetune --factory llama3_8b optim.config.lr=3e-4 trainer.devices=2 peft_scheme=lora",
        "command",
    )
    assert said["optimizer.learning_rate"] == 3e-4
    assert (said["gpu.count"], said["model.name"], said["lora.enabled"]) == (2, "llama3_8b", True)
    assert assumed["precision.compute"] == "bfloat16"


def test_a_recipe_is_named_by_its_import_or_by_the_factory(known):
    origin = "from nemo.collections.llm.recipes.gpt3_175b import pretrain_recipe"
    _, assumed = known(f"{origin}\nrecipe = pretrain_recipe(name='a')", "python")
    assert assumed["optimizer.learning_rate"] == 9e-5
    _, assumed = known("nemo llm pretrain --factory 'nemotron4_15b(num_nodes=2)'", "command")
    assert (assumed["optimizer.learning_rate"], assumed["batch.per_device"]) == (4.5e-5, 2)
