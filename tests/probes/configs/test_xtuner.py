import pytest

from probes import configs
from probes.report import Unknown


def test_a_full_config_is_read_with_the_lines_that_decide(sample):
    report = configs.read(sample("xtuner-llama3-8b-full.config"), "full.py")
    assert {fact.id: (fact.value, fact.source) for fact in report.facts if fact.state == "measured"} == {
        "framework.name": ("xtuner", "full.py:3"),
        "batch.per_device": (1, "full.py:22"),
        "batch.accumulation": (16, "full.py:23"),
        "optimizer.learning_rate": (2e-5, "full.py:27"),
        "optimizer.name": ("adamw", "full.py:26"),
        "optimizer.max_grad_norm": (1.0, "full.py:29"),
        "model.name": ("meta-llama/Meta-Llama-3-8B", "full.py:15"),
        "training.method": ("sft", "full.py:39"),
        "precision.compute": ("float16", "full.py:71"),
        "schedule.warmup": (True, "full.py:77"),
        "data.padding": ("packed", "full.py:18"),
        "sequence.max_length": (2048, "full.py:17"),
        "precision.loss_scale": ("dynamic", "full.py:70"),
    }
    assert {fact.id: fact.value for fact in report.facts if fact.state == "assumed"} == {
        "lora.enabled": False,
        "quantization.bits": "none",
        "gradient_checkpointing": True,
        "precision.loaded": "float32",
        "precision.weights": "float32",
        "optimizer.epsilon": 1e-8,
    }
    assert report.unknown == ()


def test_a_qlora_config_on_two_data_sets_is_read(sample, known):
    said, assumed = known(sample("xtuner-internlm-qlora.config"))
    assert said == {
        "framework.name": "xtuner",
        "batch.per_device": 2,
        "batch.accumulation": 8,
        "optimizer.learning_rate": 2e-4,
        "optimizer.name": "paged_adamw_32bit",
        "optimizer.max_grad_norm": "none",
        "model.name": "internlm/internlm-7b",
        "training.method": "sft",
        "precision.compute": "float16",
        "precision.loss_scale": "static",
        "quantization.bits": 4,
        "quantization.compute_dtype": "float16",
        "precision.loaded": "float16",
        "lora.enabled": True,
        "lora.scaling": 0.25,
        "schedule.warmup": False,
        "sequence.max_length": 1472,
    }
    assert assumed == {"gradient_checkpointing": True, "precision.weights": "float32"}


def test_the_wrapper_decides_where_its_dtype_is_read(known):
    plain = "optim_wrapper = dict(type={})\nmodel = dict(llm=dict(torch_dtype=torch.bfloat16))"
    assert known(plain.format("OptimWrapper"))[0]["precision.compute"] == "bfloat16"
    assert known(plain.format("AmpOptimWrapper"))[1]["precision.compute"] == "float16"


def test_each_model_that_is_loaded_has_its_format(known):
    said, assumed = known(
        "model = dict(type=LLaVAModel, freeze_llm=True,\n"
        "    llm=dict(pretrained_model_name_or_path='a/b', torch_dtype=torch.float16),\n"
        "    visual_encoder=dict(pretrained_model_name_or_path='a/clip'))\n"
        "optim_wrapper = dict(type=AmpOptimWrapper)\n"
    )
    assert (said["precision.loaded"], assumed["precision.loaded_vision"]) == ("float16", "float32")
    assert assumed["precision.weights"] == "float32"  # of the projector, which follows the vision encoder
    said, _ = known(
        "model = dict(type=DPO, llm=dict(torch_dtype=torch.float32),\n"
        "    ref_llm=dict(torch_dtype=torch.bfloat16))"
    )
    assert (said["precision.loaded"], said["precision.loaded_reference"]) == ("float32", "bfloat16")
    assert said["precision.weights"] == "float32"


def test_internvl_loads_and_quantizes_in_formats_of_its_own(known):
    text = "model = dict(type=InternVL_V1_5, model_path='a/b'{})\noptim_wrapper = dict(type=AmpOptimWrapper)"
    said, assumed = known(text.format(""))
    assert (said["model.name"], assumed["precision.loaded_vision"]) == ("a/b", "bfloat16")
    assert (assumed["precision.weights"], assumed["quantization.bits"]) == ("bfloat16", "none")
    said, assumed = known(text.format(", quantization_llm=True, llm_lora=dict(type=LoraConfig)"))
    assert (said["quantization.bits"], said["lora.enabled"]) == (4, True)
    assert (assumed["quantization.compute_dtype"], assumed["precision.weights"]) == ("float16", "float32")


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("dict(max_length=2048, max_packed_length=16384)", 2048),
        ("dict(packed_length=8192, dataset_cfg=dict(max_length=512))", 8192),
        ("dict(type=ConcatDataset, datasets=[dict(max_length=512), dict(max_length=1024)])", 1024),
        ("dict(type=ConcatDataset, datasets_cfg=dict(en=dict(max_length=512)))", 512),
        ("dict(do_dataset_tokenization=False)", 65536),
    ],
)
def test_the_longest_sequence_that_the_data_yields_is_the_length(known, dataset, expected):
    text = f"model = dict(max_position_embeddings=65536)\ntrain_dataloader = dict(dataset={dataset})\n"
    assert known(text + "optim_wrapper = dict(accumulative_counts=1)")[0]["sequence.max_length"] == expected


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("bf16=dict(enabled=True), zero_optimization=dict(stage=3)", ("bfloat16", 3)),
        ("config=dict(bf16=dict(enabled=True), zero_optimization=dict(stage=2))", ("bfloat16", 2)),
        ("config='ds_zero1.json'", (None, 1)),
    ],
)
def test_a_deepspeed_strategy_in_the_config_is_read_as_its_json(known, strategy, expected):
    text = (
        f"strategy = dict(type=DeepSpeedStrategy, {strategy})\n"
        "optim_wrapper = dict(type=DeepSpeedOptimWrapper, optimizer=dict(lr=1e-5))"
    )
    said, assumed = known(text)
    values = {**assumed, **said}
    assert said["deepspeed.enabled"] is True
    assert (values.get("precision.compute"), values["deepspeed.stage"]) == expected


def test_the_hugging_face_trainers_arguments_are_read(known):
    said, assumed = known(
        "from xtuner.dataset import process_hf_dataset\nframework = 'huggingface'\nmax_length = 512\n"
        "training_args = dict(type=TrainingArguments, learning_rate=3e-4, fp16=True, warmup_steps=100)\n"
        "model = dict(pretrained_model_name_or_path='a/b', load_in_8bit=True)\nlora = dict(type=LoraConfig)\n"
    )
    assert said == {
        "framework.name": "xtuner",
        "framework.trainer": "transformers",
        "optimizer.learning_rate": 3e-4,
        "schedule.warmup": True,
        "precision.compute": "float16",
        "model.name": "a/b",
        "quantization.bits": 8,
        "lora.enabled": True,
        "sequence.max_length": 512,
    }
    assert assumed["gradient_checkpointing"] is True
    assert assumed["precision.weights"] == "float32"


BASE = (
    "lr = 2e-5\nmodel = dict(type=SupervisedFinetune, llm=dict(torch_dtype=torch.float16))\n"
    "optim_wrapper = dict(type=AmpOptimWrapper, optimizer=dict(type=AdamW, lr=lr), dtype='float16')\n"
)


@pytest.mark.parametrize(
    "text",
    [
        "_base_ = ['../base.py']\noptim_wrapper = dict(optimizer=dict(lr=1e-5))\n",
        "with read_base():\n    from ..base import *\noptim_wrapper.merge(dict(optimizer=dict(lr=1e-5)))\n",
    ],
)
def test_a_base_file_is_read_with_its_own_lines(text):
    report = configs.read(text, "child.py", beside={"../base.py": BASE}.get)
    facts = {fact.id: (fact.value, fact.source) for fact in report.facts}
    assert facts["optimizer.learning_rate"][0] == 1e-5
    assert facts["optimizer.learning_rate"][1].startswith("child.py:")
    assert facts["precision.compute"] == ("float16", "base.py:3")
    assert facts["precision.weights"] == ("float16", "base.py:2")
    assert report.unknown == ()


@pytest.mark.parametrize(
    "base",
    ["_base_ = ['../base.py']", "_base_ = '../base.py'", "with read_base():\n    from ..base import *"],
)
def test_a_base_file_that_was_not_given_is_asked_for(base):
    report = configs.read(f"{base}\noptim_wrapper = dict(optimizer=dict(lr=1e-5))\n", "child.py")
    assert report.values() == {"framework.name": "xtuner", "optimizer.learning_rate": 1e-5}
    why = "the config builds on ../base.py, which was not given or is broken"
    how = "give the folder with both in it"
    assert report.unknown == (
        Unknown("precision.compute", why, how),
        Unknown("lora.enabled", why, how),
    )


def test_a_launch_of_shipped_files_says_what_stands_in_them():
    text = "NPROC_PER_NODE=8 xtuner train llama3_8b_full_alpaca_e3 --deepspeed deepspeed_zero2"
    report = configs.read(text, "pasted text", "command")
    shipped = "deepspeed_zero2.json as XTuner ships it (0.1.x)"
    name = "the name of XTuner's config llama3_8b_full_alpaca_e3"
    assert {fact.id: (fact.value, fact.source) for fact in report.facts} == {
        "framework.name": ("xtuner", "pasted text:1"),
        "framework.entry": ("xtuner train", "pasted text:1"),
        "gpu.count": (8, "pasted text:1"),
        "deepspeed.enabled": (True, "pasted text:1"),
        "deepspeed.stage": (2, shipped),
        "deepspeed.offload": ("none", shipped),
        "deepspeed.overlap_comm": (True, shipped),
        "deepspeed.fp16": ("auto", shipped),
        "deepspeed.bf16": ("auto", shipped),
        "lora.enabled": (False, name),
        "quantization.bits": ("none", name),
        "precision.compute": (
            "float16",
            "XTuner's configs (0.1.x) say float16, so llama3_8b_full_alpaca_e3 does",
        ),
    }


def test_a_launch_of_own_files_asks_for_them(known):
    report = configs.read("xtuner train my.py --deepspeed ds.json", "x", "command")
    assert report.values() == {
        "framework.name": "xtuner",
        "framework.entry": "xtuner train",
        "deepspeed.enabled": True,
    }
    assert [(item.id, item.how) for item in report.unknown] == [
        ("deepspeed.stage", "give ds.json too"),
        ("precision.compute", "give my.py too"),
        ("optimizer.learning_rate", "give my.py too"),
    ]


def test_overrides_of_a_launch_count(known):
    text = "xtuner train x.py --cfg-options optim_wrapper.dtype=bfloat16 optim_wrapper.optimizer.lr=1e-5"
    said, _ = known(text, "command")
    assert said["precision.compute"] == "bfloat16"
    assert said["optimizer.learning_rate"] == 1e-5


def test_a_model_that_is_loaded_in_its_own_format_leaves_that_open(known):
    said, assumed = known(
        "from xtuner.model import SupervisedFinetune\n"
        "model = dict(type=SupervisedFinetune, use_varlen_attn=True, llm=dict(\n"
        "    type=AutoModelForCausalLM.from_pretrained, torch_dtype='auto',\n"
        "    pretrained_model_name_or_path='a/b'))\n"
        "optim_wrapper = dict(type=OptimWrapper, optimizer=dict(type=AdamW, lr=2e-5))\n"
    )
    formats = {"precision.loaded", "precision.weights", "precision.compute"}
    assert not formats & {*said, *assumed}
    assert (said["model.name"], said["optimizer.learning_rate"]) == ("a/b", 2e-5)
