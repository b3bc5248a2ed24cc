"""A run of the lab as its user's files: the log and the config, by Hugging Face's Trainer and by XTuner.

The lab's model is some ten thousand times smaller than what people fine-tune, and takes larger steps: its
healthy rates are 5e-4 to 1e-3 (LoRA 3e-3), theirs 1e-5 to 2e-5 (2e-4). Rates are written in their measure,
by one factor for all runs, faulty or not; SGD's as they are. So are a sample's tokens, 32 for one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence

from app import own_run
from probes.lab import Settings, Trace

FRAMEWORKS = ("transformers", "xtuner")
TOKENS = 32
OVERFLOW = (
    "[2026-11-24 03:12:07,411] [INFO] [loss_scaler.py:190:update_scale] [deepspeed] OVERFLOW! "
    "Rank 0 Skipping step. Attempted loss scale: {}, reducing to {}"
)
MINIMUM = "Exception: Current loss scale already at minimum - cannot decrease scale anymore. Exiting run."
DTYPE = {"float16": "torch.float16", "bfloat16": "torch.bfloat16", "float32": "torch.float32"}


def rate(settings: Settings, lab: float) -> float:
    """A learning rate of the lab as a large model's."""
    if settings.optimizer == "sgd":
        return lab
    return lab / (own_run.LARGER_LORA if settings.lora_rank else own_run.LARGER)


def scales_by_deepspeed(settings: Settings, framework: str) -> bool:
    """Whether DeepSpeed scales the loss, and prints it: the Trainer's runs; XTuner's have torch's scaler."""
    return framework == "transformers" and settings.loss_scale is not None


# --- logs ----------------------------------------------------------------------------------------


def log(
    settings: Settings, trace: Trace, framework: str, every: int, epochs: float, steps: Sequence[int]
) -> str:
    """What is printed each `every` steps; `epochs` is what a step is of one, `steps` are those that ran."""
    windows = [steps[start : start + every] for start in range(0, len(steps) - every + 1, every)]
    lines = list((_trainer if framework == "transformers" else _mmengine)(settings, trace, windows, epochs))
    return "\n".join(lines) + "\n"


def _trainer(
    settings: Settings, trace: Trace, windows: Sequence[Sequence[int]], epochs: float
) -> Iterator[str]:
    """A mean without NaN (logging_nan_inf_filter), and the last step's norm and rate."""
    for window in windows:
        total, end = 0.0, window[-1]
        for place, one in enumerate((trace.loss[step - 1] for step in window), 1):
            total += one if math.isfinite(one) else total / place
        if scales_by_deepspeed(settings, "transformers"):
            for step in sorted(set(window) & set(trace.skipped)):
                scale = trace.loss_scale[step - 1]
                yield OVERFLOW.format(
                    f"{scale:g}", f"{scale / 2 if settings.loss_scale == 'dynamic' else scale:g}"
                )
        yield f"{100 * end // settings.steps:3d}%|█▏        | {end}/{settings.steps} [05:00<36:40,  2.50s/it]"
        pairs = {
            "loss": round(total / len(window), 4),
            "grad_norm": trace.grad_norm[end - 1],
            "learning_rate": rate(settings, trace.lr[end - 1]),
            "epoch": round(end * epochs, 4),
        }
        yield str(pairs)
    if settings.loss_scale == "dynamic" and trace.loss_scale[-1] <= 1:
        yield MINIMUM


def _mmengine(
    settings: Settings, trace: Trace, windows: Sequence[Sequence[int]], epochs: float
) -> Iterator[str]:
    """Means of the window, NaN and all."""
    for window in windows:
        end = window[-1]
        loss = sum(trace.loss[step - 1] for step in window) / len(window)
        norm = sum(trace.grad_norm[step - 1] for step in window) / len(window)
        yield (
            f"11/24 03:12:07 - mmengine - INFO - Iter(train) [{end:>6}/{settings.steps}]  "
            f"lr: {rate(settings, trace.lr[end - 1]):.4e}  eta: 0:52:48  time: 0.3213  data_time: 0.0080  "
            f"memory: 11964  loss: {loss:.4f}  grad_norm: {norm:.4f}"
        )


# --- configs -------------------------------------------------------------------------------------


def config(settings: Settings, framework: str, cause: str = "") -> dict[str, str]:
    """The files that a user has, by their names. `cause` shows where it is the user's own code."""
    files = {"transformers": _script, "xtuner": _xtuner}[framework](settings, cause)
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


def _script(settings: Settings, cause: str) -> dict[str, str]:
    pure = settings.weights == settings.precision == "float16"
    names = {"adamw": "adamw_torch", "sgd": "sgd", "adafactor": "adafactor", "adam": "adamw_torch"}
    kind, run = ("GRPOConfig", "GRPOTrainer") if cause == "rl-loss" else ("SFTConfig", "SFTTrainer")
    lines = [
        "import torch",
        "from datasets import load_dataset",
        "from peft import LoraConfig",
        "from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig",
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
    if cause == "untrained-tokens":
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
    if cause == "custom-loss":
        lines += [
            "",
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


def _xtuner(settings: Settings, cause: str) -> dict[str, str]:
    names = {"adamw": "AdamW", "sgd": "SGD", "adafactor": "Adafactor", "adam": "Adam"}
    rest = f"momentum={settings.momentum}" if settings.optimizer == "sgd" else f"eps={settings.epsilon:g}"
    clip = (
        "None"
        if settings.max_grad_norm is None
        else f"dict(max_norm={settings.max_grad_norm}, error_if_nonfinite=False)"
    )
    mixed = settings.precision != "float32" and settings.weights == "float32" and not settings.zero_stage
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
    return {"config.py": text}
