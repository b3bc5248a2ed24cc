"""A run of the lab as its user's config, by Hugging Face's Trainer and by XTuner; lab_logs.py has the log.

The lab's model is some ten thousand times smaller than what people fine-tune, and takes larger steps: its
healthy rates are 5e-4 to 1e-3 (LoRA 3e-3), theirs 1e-5 to 2e-5 (2e-4). Rates are written in their measure,
by one factor for all runs, faulty or not; SGD's as they are. So are a sample's tokens, 32 for one.
"""

from __future__ import annotations

import json

from app import own_run
from measure.lab_losses import LOSSES
from probes.lab import FAULTS, Settings

FRAMEWORKS = ("transformers", "xtuner")
TOKENS = 32
OWN_MODEL = """import torch
from torch.nn import functional as F
from xtuner.model import SupervisedFinetune


class Own(SupervisedFinetune):
    def compute_loss(self, data, data_samples=None):
        outputs = self.llm(**data)
        return {"loss": own_loss(outputs.logits, data["labels"])}


"""
DTYPE = {"float16": "torch.float16", "bfloat16": "torch.bfloat16", "float32": "torch.float32"}


def rate(settings: Settings, lab: float) -> float:
    """A learning rate of the lab as a large model's."""
    if settings.optimizer == "sgd":
        return lab
    return lab / (own_run.LARGER_LORA if settings.lora_rank else own_run.LARGER)


def scales_by_deepspeed(settings: Settings, framework: str) -> bool:
    """Whether DeepSpeed scales the loss, and prints it: the Trainer's runs; XTuner's have torch's scaler, and
    so has what trains float16 weights, of which DeepSpeed would keep a copy in float32.
    """
    return framework == "transformers" and settings.loss_scale is not None and settings.weights == "float32"


def config(settings: Settings, framework: str, name: str) -> dict[str, str]:
    """The files that a user has, by their names. `name` is the fault's: some stand in the user's own code."""
    files = {"transformers": _script, "xtuner": _xtuner}[framework](settings, name)
    deepspeed = bool(settings.zero_stage) or scales_by_deepspeed(settings, framework)
    if deepspeed:
        files["ds_config.json"] = json.dumps(_deepspeed(settings), indent=1)
    start = "train.py" if framework == "transformers" else "config.py"
    flag = " --deepspeed ds_config.json" if deepspeed else ""
    if framework == "transformers":
        files["run.sh"] = f"torchrun --nproc_per_node={settings.ranks} {start}\n"
    else:
        files["run.sh"] = f"NPROC_PER_NODE={settings.ranks} xtuner train {start}{flag}\n"
    return files


def _deepspeed(settings: Settings) -> dict[str, object]:
    found: dict[str, object] = {
        "train_micro_batch_size_per_gpu": settings.batch,
        "gradient_accumulation_steps": settings.accumulation,
        "zero_optimization": {"stage": settings.zero_stage, "overlap_comm": settings.overlap_comm},
        "bf16": {"enabled": settings.precision == "bfloat16"},
    }
    if settings.max_grad_norm is not None:
        found["gradient_clipping"] = settings.max_grad_norm
    if settings.precision == "float16":
        scale = 0 if settings.loss_scale in ("dynamic", None) else settings.loss_scale
        found["fp16"] = {"enabled": True, "loss_scale": scale, "initial_scale_power": 16}
    return found


def _loaded(settings: Settings) -> str:
    """The format that the model is loaded in: what it is trained in where nothing keeps a master copy."""
    return DTYPE[settings.weights]


def _script(settings: Settings, name: str) -> dict[str, str]:
    pure = settings.weights == settings.precision == "float16" and settings.loss_scale is None
    names = {"adamw": "adamw_torch", "sgd": "sgd", "adafactor": "adafactor", "adam": "adamw_torch"}
    finer = FAULTS[name].finer if name in FAULTS else ""
    kind, run = ("GRPOConfig", "GRPOTrainer") if finer == "rl-loss" else ("SFTConfig", "SFTTrainer")
    lines = [
        "import torch",
        *(["from torch.nn import functional as F"] if name in LOSSES else []),
        "from datasets import load_dataset",
        *(["from peft import LoraConfig"] if settings.lora_rank else []),
        "from transformers import AutoModelForCausalLM, AutoTokenizer"
        + ", BitsAndBytesConfig" * settings.quantized,
        f"from trl import {kind}, {run}",
        "",
        f'tokenizer = AutoTokenizer.from_pretrained("./base", padding_side="{_side(settings)}")',
    ]
    quantized = ""
    if settings.quantized:
        lines += [
            "quantized = BitsAndBytesConfig(",
            f"    load_in_4bit=True, bnb_4bit_compute_dtype={DTYPE[settings.precision]}",
            ")",
        ]
        quantized = "quantization_config=quantized, "
    lines += [
        f'model = AutoModelForCausalLM.from_pretrained("./base", {quantized}torch_dtype={_loaded(settings)},'
        f' attn_implementation="{settings.kernel}")'
    ]
    if name == "huge-new-tokens":
        lines += [
            'tokenizer.add_special_tokens({"additional_special_tokens": ["<|user|>", "<|assistant|>"]})',
            "model.resize_token_embeddings(len(tokenizer))",
        ]
    lines += [
        f"args = {kind}(",
        '    output_dir="out",',
        f"    per_device_train_batch_size={settings.batch},",
        f"    gradient_accumulation_steps={settings.accumulation},",
        f"    learning_rate={rate(settings, settings.learning_rate):g},",
        f'    optim="{names[settings.optimizer]}",',
        f"    adam_epsilon={settings.epsilon:g},",
        f"    max_grad_norm={settings.max_grad_norm or 0.0},",
        f"    warmup_steps={settings.warmup},",
        f"    max_steps={settings.steps},",
        f"    fp16={settings.precision == 'float16' and not pure},",
        f"    bf16={settings.precision == 'bfloat16' and settings.weights == 'float32'},",
        f"    gradient_checkpointing={settings.checkpointing},",
        f"    packing={settings.padding == 'packed'},",
        f"    max_length={TOKENS * settings.max_length},",
        f"    use_liger_kernel={settings.fused},",
    ]
    if settings.zero_stage or scales_by_deepspeed(settings, "transformers"):
        lines += ['    deepspeed="ds_config.json",']
    lines += [")", 'data = load_dataset("json", data_files="train.jsonl", split="train")']
    peft = ""
    if settings.lora_rank:
        lines += [f"lora = LoraConfig(r={settings.lora_rank}, lora_alpha={settings.lora_alpha:g})"]
        peft = ", peft_config=lora"
    if name in LOSSES:
        lines += [
            "",
            LOSSES[name],
            f"class Own({run}):",
            "    def compute_loss(self, model, inputs, return_outputs=False, **keywords):",
            "        outputs = model(**inputs)",
            "        loss = own_loss(outputs.logits, inputs['labels'])",
            "        return (loss, outputs) if return_outputs else loss",
            "",
        ]
        run = "Own"
    lines += [f"trainer = {run}(model, args=args, train_dataset=data{peft})", "trainer.train()", ""]
    return {"train.py": "\n".join(lines)}


def _side(settings: Settings) -> str:
    return "left" if settings.padding == "left" else "right"


def _xtuner(settings: Settings, name: str) -> dict[str, str]:
    names = {"adamw": "AdamW", "sgd": "SGD", "adafactor": "Adafactor", "adam": "Adam"}
    rest = f"momentum={settings.momentum}" if settings.optimizer == "sgd" else f"eps={settings.epsilon:g}"
    clip = (
        "None"
        if settings.max_grad_norm is None
        else f"dict(max_norm={settings.max_grad_norm}, error_if_nonfinite=False)"
    )
    scaled = settings.weights == "float32" or settings.loss_scale is not None
    mixed = settings.precision != "float32" and scaled and not settings.zero_stage
    scale = '"dynamic"' if settings.loss_scale in ("dynamic", None) else repr(settings.loss_scale)
    amp = f', loss_scale={scale}, dtype="{settings.precision}"' if mixed else ""
    model = [f"torch_dtype={_loaded(settings)}", f'attn_implementation="{settings.kernel}"']
    if settings.quantized:
        model += [
            "quantization_config=dict(type=BitsAndBytesConfig, load_in_4bit=True, "
            f"bnb_4bit_compute_dtype={DTYPE[settings.precision]})"
        ]
    lora = ""
    if settings.lora_rank:
        sizes = f"r={settings.lora_rank}, lora_alpha={settings.lora_alpha:g}"
        lora = f"    lora=dict(type=LoraConfig, {sizes}, task_type='CAUSAL_LM'),\n"
    optim = "transformers.optimization" if settings.optimizer == "adafactor" else "torch.optim"
    text = f"""import torch
from mmengine.optim import AmpOptimWrapper, LinearLR, OptimWrapper
from peft import LoraConfig
from {optim} import {names[settings.optimizer]}
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from xtuner.dataset import process_hf_dataset
from xtuner.model import SupervisedFinetune

pretrained_model_name_or_path = "./base"
max_length = {TOKENS * settings.max_length}
pack_to_max_length = {settings.padding == "packed"}
batch_size = {settings.batch}  # on each GPU
accumulative_counts = {settings.accumulation}
lr = {rate(settings, settings.learning_rate):g}

tokenizer = dict(
    type=AutoTokenizer.from_pretrained,
    pretrained_model_name_or_path=pretrained_model_name_or_path,
    padding_side="{_side(settings)}",
)
model = dict(
    type=SupervisedFinetune,
    use_activation_checkpointing={settings.checkpointing},
{lora}    llm=dict(
        type=AutoModelForCausalLM.from_pretrained,
        pretrained_model_name_or_path=pretrained_model_name_or_path,
        {", ".join(model)},
    ),
)
train_dataset = dict(
    type=process_hf_dataset,
    tokenizer=tokenizer,
    max_length=max_length,
    pack_to_max_length=pack_to_max_length,
)
train_dataloader = dict(batch_size=batch_size, dataset=train_dataset)
optim_wrapper = dict(
    type={"AmpOptimWrapper" if mixed else "OptimWrapper"},
    optimizer=dict(type={names[settings.optimizer]}, lr=lr, {rest}),
    clip_grad={clip},
    accumulative_counts=accumulative_counts{amp},
)
"""
    if settings.warmup:
        warm_up = f"type=LinearLR, start_factor=1e-5, by_epoch=False, begin=0, end={settings.warmup}"
        text += f"param_scheduler = [dict({warm_up})]\n"
    text += f'train_cfg = dict(type="IterBasedTrainLoop", max_iters={settings.steps})\n'
    files = {"config.py": text}
    if name in LOSSES:
        files["config.py"] = text.replace("from xtuner.model import", "from own_model import").replace(
            "SupervisedFinetune", "Own"
        )
        files["own_model.py"] = OWN_MODEL + LOSSES[name]
    return files
