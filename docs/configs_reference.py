"""What the shipped examples of four frameworks set, worked out without whynan's readers.

The defaults are taken out of the framework's own source with `ast`; YAML is read by PyYAML; launch scripts are
run by bash in restricted mode with nothing on its path, so that all it can do is say which words each command
got. The few rules that turn arguments into facts are written down here again, from the frameworks' source. What
hangs on the GPU, on the checkpoint or on a file that is not shipped is left out.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Facts = dict[str, Any]
Arguments = dict[str, Any]

_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}
_ADAM = {
    "adamw_torch": "adamw",
    "adamw_torch_fused": "adamw",
    "adamw_hf": "adamw",
    "adamw_bnb_8bit": "adamw_8bit",
    "adamw_8bit": "adamw_8bit",
    "adamw_torch_8bit": "adamw_8bit",
    "paged_adamw_8bit": "paged_adamw_8bit",
    "paged_adamw_32bit": "paged_adamw_32bit",
    "adafactor": "adafactor",
    "sgd": "sgd",
}


def defaults(*sources: Path) -> Arguments:
    """The plain defaults of all dataclasses and pydantic models in the files; the last one of a name stands."""
    found: Arguments = {}
    for source in sources:
        tree = ast.parse(source.read_text(encoding="utf-8"))
        named = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                found[node.target.id] = _plain(node.value, named)
    return found


def _plain(value: ast.expr, named: Arguments) -> Any:
    """`3`, `field(default=3)`, `default_optim`, `AttentionFunction.AUTO` (its name is its value)."""
    if isinstance(value, ast.Call):
        words = {word.arg: word.value for word in value.keywords}
        return _plain(words["default"], named) if "default" in words else None
    if isinstance(value, ast.Name):
        return named.get(value.id)
    if isinstance(value, ast.Attribute):
        return value.attr.lower()
    try:
        return ast.literal_eval(value)
    except ValueError:
        return None


def load(path: Path) -> Any:
    """A YAML file's one document. PyYAML takes 1e-4 for text; `number` mends that where a number is due."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def number(value: Any) -> float:
    return float(value)


def stage(file: Path) -> int | None:
    """The ZeRO stage in a DeepSpeed JSON."""
    if not file.is_file():
        return None
    found = json.loads(file.read_text(encoding="utf-8")).get("zero_optimization", {}).get("stage", 0)
    return int(found)


def clean(facts: Facts) -> Facts:
    """Without what is not decided."""
    return {fact: value for fact, value in facts.items() if value is not None}


def llamafactory(root: Path, transformers: Arguments) -> Iterator[tuple[Path, Facts]]:
    """examples/**/*.yaml that train: those for the classic trainer, and those for `v1`."""
    hparams = root / "src/llamafactory/hparams"
    own = defaults(*(hparams / f"{name}_args.py" for name in ("model", "data", "finetuning", "training")))
    newer = defaults(*(root / f"src/llamafactory/v1/config/{name}_args.py" for name in ("model", "training")))
    for path in sorted((root / "examples").rglob("*.yaml")):
        given = load(path)
        if not isinstance(given, dict):
            continue
        if given.get("do_train"):
            yield path, _llamafactory({**transformers, **own, **given}, root)
        elif "train_dataset" in given:
            yield path, _llamafactory_v1({**newer, **given}, root)


def _llamafactory(args: Arguments, root: Path) -> Facts:
    chosen = "bfloat16" if args["bf16"] or args["pure_bf16"] else "float16" if args["fp16"] else None
    full = args["finetuning_type"] in ("full", "freeze")
    half = args["pure_bf16"] or args["use_badam"]  # then the trained weights are not turned to float32
    bits = args["quantization_bit"]
    named = re.search(r"AWQ|GPTQ|AQLM", str(args["model_name_or_path"]))  # quantized by whoever published it
    other = any(args[f"use_{name}"] for name in ("galore", "apollo", "adam_mini", "muon"))
    return clean(
        {
            "optimizer.learning_rate": number(args["learning_rate"]),
            "optimizer.name": "other" if other else _ADAM[args["optim"]],
            "optimizer.max_grad_norm": number(args["max_grad_norm"]),
            "batch.accumulation": args["gradient_accumulation_steps"],
            "batch.per_device": args["per_device_train_batch_size"],
            "precision.compute": "float8"
            if args["fp8"]
            else chosen or ("float32" if full and not half else None),
            "precision.weights": chosen if half else "float32",
            "quantization.bits": bits or (None if named else "none"),
            "quantization.compute_dtype": chosen
            if bits == 4 and args["quantization_method"] == "bnb"
            else None,
            "lora.enabled": args["finetuning_type"] == "lora",
            "schedule.warmup": bool(args.get("warmup_ratio") or args["warmup_steps"]),
            "sequence.max_length": args["cutoff_len"],
            "model.name": args["model_name_or_path"],
            "gradient_checkpointing": not args["disable_gradient_checkpointing"],
            "attention.kernel": {"fa2": "flash_attention_2", "sdpa": "sdpa", "disabled": "eager"}.get(
                args["flash_attn"] or "auto"
            ),
            "deepspeed.enabled": bool(args["deepspeed"]),
            "deepspeed.stage": stage(root / args["deepspeed"]) if args["deepspeed"] else None,
        }
    )


def _llamafactory_v1(args: Arguments, root: Path) -> Facts:
    plugin = {key: args[key] or {} for key in ("peft_config", "quant_config", "optim_config", "dist_config")}
    dist = plugin["dist_config"].get("name")
    bits = plugin["quant_config"].get("quantization_bit")
    file = plugin["dist_config"].get("config_file")
    return clean(
        {
            "optimizer.learning_rate": number(args["learning_rate"]),
            "optimizer.name": "other" if plugin["optim_config"].get("name") == "muon" else "adamw",
            "optimizer.max_grad_norm": number(args["max_grad_norm"]),
            "batch.accumulation": 1 if args["global_batch_size"] is None else None,
            "batch.per_device": args["micro_batch_size"],
            "precision.compute": "bfloat16" if dist and dist.startswith("fsdp") and args["bf16"] else None,
            "quantization.bits": bits or "none",
            "quantization.compute_dtype": plugin["quant_config"].get("compute_dtype", "float16")
            if bits == 4
            else None,
            "lora.enabled": plugin["peft_config"].get("name") == "lora",
            "schedule.warmup": False if args["lr_scheduler_config"] is None else None,
            "sequence.max_length": args["cutoff_len"],
            "model.name": args["model"],
            "gradient_checkpointing": args["enable_activation_checkpointing"],
            "attention.kernel": args.get("flash_attn") or "sdpa",
            "deepspeed.enabled": dist == "deepspeed",
            "deepspeed.stage": stage(root / file) if file else None,
        }
    )


def axolotl(root: Path, transformers: Arguments) -> Iterator[tuple[Path, Facts]]:
    """examples/**/*.yaml and *.yml."""
    schemas = root / "src/axolotl/utils/schemas"
    own = defaults(*(schemas / f"{name}.py" for name in ("peft", "model", "training", "config")))
    for path in sorted([*(root / "examples").rglob("*.yaml"), *(root / "examples").rglob("*.yml")]):
        given = load(path)
        if isinstance(given, dict) and "base_model" in given and "learning_rate" in given:
            rate = transformers["max_grad_norm"], transformers["optim"]
            yield path, _axolotl({**own, **given}, given, rate, root)


def _axolotl(args: Arguments, given: Arguments, trainer: tuple[Any, Any], root: Path) -> Facts:
    half = "bfloat16" if args["bf16"] in (True, "full") or args["bfloat16"] else None
    if not half and (args["bf16"] != "auto" or args["fp16"]):
        plain = not (args["fp16"] or args["float16"] or args["load_in_8bit"])
        half = "float32" if plain else "float16"  # resolve_dtype: what the model is loaded in
    compute = "tf32" if half == "float32" and args["tf32"] is True else half
    bits = 4 if args["adapter"] == "qlora" and args["load_in_4bit"] else None
    bits = bits or (8 if args["adapter"] == "lora" and args["load_in_8bit"] else None)
    sharded = args["fsdp"] or args["fsdp_config"]
    weights = "float32" if args["deepspeed"] else half if not args["adapter"] else "float32"
    warmup = [args[key] for key in ("warmup_steps", "warmup_ratio") if args[key] is not None]
    kernel = args["attn_implementation"] or next(
        (kind for flag, kind in _AXOLOTL_KERNELS.items() if args[flag]), None
    )
    return clean(
        {
            "optimizer.learning_rate": number(args["learning_rate"]),
            "optimizer.name": _ADAM.get(args["optimizer"] or "adamw_torch", "other"),
            "optimizer.max_grad_norm": number(args["max_grad_norm"] or trainer[0]),
            "batch.accumulation": args["gradient_accumulation_steps"],
            "batch.per_device": args["micro_batch_size"],
            "precision.compute": "float8" if args["fp8"] else compute,
            "precision.weights": None if sharded else weights,
            "quantization.bits": bits or (None if args["gptq"] or "GPTQ" in args["base_model"] else "none"),
            "quantization.compute_dtype": half if bits == 4 else None,
            "lora.enabled": args["adapter"] in ("lora", "qlora"),
            "schedule.warmup": bool(warmup[0]) if warmup else True,
            "sequence.max_length": args["sequence_len"],
            "model.name": args["base_model"],
            "gradient_checkpointing": bool(args["gradient_checkpointing"]),
            "attention.kernel": kernel if kernel in _KERNELS else _HUB.get(str(kernel)),
            "deepspeed.enabled": bool(args["deepspeed"]),
            "deepspeed.stage": stage(root / args["deepspeed"]) if args["deepspeed"] else None,
        }
    )


_AXOLOTL_KERNELS = {
    "flash_attention": "flash_attention_2",
    "sdp_attention": "sdpa",
    "xformers_attention": "xformers",
    "eager_attention": "eager",
}
_KERNELS = ("eager", "sdpa", "xformers", "flash_attention_2", "flash_attention_3")
_HUB = {
    "kernels-community/vllm-flash-attn3": "flash_attention_3",
    "kernels-community/flash-attn3": "flash_attention_3",
    "flash_attn": "flash_attention_2",
    "flash": "flash_attention_2",
}


def torchtune(root: Path) -> Iterator[tuple[Path, Facts]]:
    """recipes/configs/**/*.yaml that train."""
    for path in sorted((root / "recipes/configs").rglob("*.yaml")):
        given = load(path)
        if "optimizer" in given and "dtype" in given:
            yield path, _torchtune(given)


def _torchtune(args: Arguments) -> Facts:
    component = str((args.get("model") or args.get("policy_model") or {}).get("_component_", "")).split(".")[
        -1
    ]
    adam = str(args["optimizer"]["_component_"]).split(".")[-1].lower()
    compute = _DTYPES.get(args["dtype"])
    name = str(args["checkpointer"]["checkpoint_dir"])
    for key in re.findall(r"\$\{(\w+)\}", name):
        name = name.replace(f"${{{key}}}", str(args[key]))
    steps = args.get("lr_scheduler", {}).get("num_warmup_steps")
    clip = args.get("clip_grad_norm")
    return clean(
        {
            "optimizer.learning_rate": number(args["optimizer"]["lr"]),
            "optimizer.name": {"pagedadamw8bit": "paged_adamw_8bit", "pagedadamw": "paged_adamw_32bit"}.get(
                adam, adam
            ),
            "optimizer.max_grad_norm": "none" if clip is None else number(clip),
            "batch.accumulation": args.get("gradient_accumulation_steps"),
            "batch.per_device": args.get("batch_size"),
            "precision.compute": compute,
            "precision.weights": compute,
            "quantization.bits": 4 if component.startswith("qlora") else "none",
            "lora.enabled": "lora" in component,
            "schedule.warmup": bool(steps),
            "sequence.max_length": args["tokenizer"].get("max_seq_len"),
            "model.name": name,
            "gradient_checkpointing": args.get("enable_activation_checkpointing", False),
            "deepspeed.enabled": False,
        }
    )


_SAY_WORDS = r"""
expr() { echo $(($*)); }
command_not_found_handle() { printf '\n\001'; printf '%s\002' "$@"; printf '\n'; return 0; }
"""


def commands(script: str) -> Iterator[list[str]]:
    """The words of each command that the script would start. Nothing is started: no command is on the path."""
    script = re.sub(r"(?:2?>{1,2}|<)\s*[^\s&|;]+", "", script)  # bash -r would refuse to redirect
    ran = subprocess.run(
        ["/usr/bin/bash", "-r", "-c", _SAY_WORDS + script],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=20,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    for line in re.findall(r"\x01([^\x01]*)\x02", ran.stdout):
        yield line.split("\x02")


def ms_swift(root: Path, transformers: Arguments) -> Iterator[tuple[Path, Facts]]:
    """examples/**/*.sh and examples/yaml that train: the last `swift sft|pt|rlhf` or `megatron sft|pt|rlhf`."""
    arguments = root / "swift/arguments"
    own = {
        **transformers,
        **defaults(*sorted((arguments / "base_args").glob("*.py")), arguments / "tuner_args.py"),
        **defaults(root / "swift/trainers/arguments.py", arguments / "sft_args.py"),
        **defaults(arguments / "base_args/base_args.py"),
    }
    megatron = {**own, **defaults(root / "swift/megatron/arguments/megatron_args.py")}
    for path in sorted((root / "examples").rglob("*.sh")):
        trained = [
            (words[at], words[at + 1], _flags(words[at + 2 :]))
            for words in commands(path.read_text(encoding="utf-8"))
            for at in range(min(len(words) - 1, 12))
            if words[at].rpartition("/")[2] in ("swift", "megatron", "sft.py", "rlhf.py", "pt.py")
            and (words[at + 1] in ("sft", "pt", "rlhf") or words[at].endswith(".py"))
        ]
        if trained:
            program, verb, given = trained[-1]
            yield path, _ms_swift(given, own, megatron, program == "megatron", verb, root)
    for path in sorted((root / "examples/yaml").rglob("*.yaml")):
        given = load(path)
        if "dataset" in given and "output_dir" in given:
            yield path, _ms_swift(given, own, megatron, "lr" in given, "sft", root)


def _flags(words: list[str]) -> Arguments:
    found: Arguments = {}
    name = ""
    for word in words:
        if re.match(r"--?[A-Za-z]", word):
            name, _, value = word.lstrip("-").partition("=")
            found[name] = value or True
        elif name and found[name] is True:
            found[name] = {"true": True, "false": False}.get(word.lower(), word)
    return found


def _ms_swift(
    given: Arguments, own: Arguments, mcore: Arguments, megatron: bool, verb: str, root: Path
) -> Facts:
    given = {("tuner_type" if key == "train_type" else key): value for key, value in given.items()}
    args = {**(mcore if megatron else own), **given}
    full = args["tuner_type"] == "full"
    loaded = str(args["torch_dtype"]) if args["torch_dtype"] else None
    compute = {"bfloat16": "bfloat16", "float16": "float16", "float32": "float16"}.get(str(loaded))
    compute = "bfloat16" if args["bf16"] is True else "float16" if args["fp16"] is True else compute
    bits = args["quant_bits"] and int(args["quant_bits"])
    kernel = (
        args["attn_impl"] if not megatron else {"flash": "flash_attention_2"}.get(args["attention_backend"])
    )
    rate = args["lr"] if megatron else args["learning_rate"]
    per_device = args["micro_batch_size"] if megatron else args["per_device_train_batch_size"]
    accumulation = None if megatron else args["gradient_accumulation_steps"]
    if given.get("rlhf_type") == "grpo" and not megatron and accumulation is None:
        accumulation = 1
    named = re.search(r"(?i)int4|int8|awq|gptq|bnb|fp8", str(args["model"]))
    four_bit = {"float16": "float32", "float32": "float32", "bfloat16": "bfloat16"}.get(str(loaded))
    sharded = args.get("fsdp") or given.get("tuner_backend") == "unsloth"
    weights = "float32" if args.get("deepspeed") else loaded
    name = args["optimizer"] if megatron else args["optim"]
    custom = not megatron and (args["optimizer"] not in (None, "multimodal", "lorap") or args["use_galore"])
    zero = args.get("deepspeed")
    steps = ("lr_warmup_fraction", "lr_warmup_iters") if megatron else ("warmup_ratio", "warmup_steps")
    return clean(
        {
            "optimizer.learning_rate": number(rate) if rate is not None else 1e-5 if full else 1e-4,
            "optimizer.name": ("adamw" if name == "adam" else "other")
            if megatron
            else "other"
            if custom
            else _ADAM[name],
            "optimizer.max_grad_norm": number(args["clip_grad" if megatron else "max_grad_norm"]),
            "batch.accumulation": accumulation and int(accumulation),
            "batch.per_device": int(per_device),
            "precision.compute": "float8" if args.get("fp8_recipe") and given.get("fp8_format") else compute,
            "precision.weights": "float32"
            if megatron
            else weights
            if full and not sharded and loaded
            else None,
            "quantization.bits": bits if bits in (4, 8) else None if named else "none",
            "quantization.compute_dtype": (args["bnb_4bit_compute_dtype"] or four_bit)
            if bits == 4 and args["quant_method"] == "bnb"
            else None,
            "lora.enabled": "lora" in str(args["tuner_type"]),
            "schedule.warmup": any(number(args[key] or 0) > 0 for key in steps),
            "sequence.max_length": args["max_length"] and int(args["max_length"]),
            "model.name": args["model"],
            "gradient_checkpointing": bool(args["recompute_granularity"])
            if megatron
            else args["gradient_checkpointing"],
            "attention.kernel": kernel if kernel in _KERNELS else _HUB.get(str(kernel)),
            "deepspeed.enabled": bool(zero) if not megatron else False,
            "deepspeed.stage": _swift_stage(str(zero), root) if zero else None,
        }
    )


def _swift_stage(name: str, root: Path) -> int | None:
    if name.startswith("{"):
        return int(json.loads(name).get("zero_optimization", {}).get("stage", 0))
    return stage(root / f"swift/config/{name}.json") if not name.endswith(".json") else stage(root / name)
