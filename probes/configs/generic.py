"""Any other config: keys whose last word means the same everywhere."""

from __future__ import annotations

from probes.configs import arguments
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, kernel, more_than_nothing, norm, optimizer, rate, switch, text

NAME = ""

_LORA = {"full": False, "lora": True, "qlora": True}

TABLE = {
    **arguments.TABLE,
    "lr": ("optimizer.learning_rate", rate),
    "max_lr": ("optimizer.learning_rate", rate),
    "base_lr": ("optimizer.learning_rate", rate),
    "optimizer": ("optimizer.name", optimizer),
    "optimizer_type": ("optimizer.name", optimizer),
    "eps": ("optimizer.epsilon", rate),
    "adam_eps": ("optimizer.epsilon", rate),
    "grad_clip": ("optimizer.max_grad_norm", norm),
    "clip_grad": ("optimizer.max_grad_norm", norm),
    "clip_grad_norm": ("optimizer.max_grad_norm", norm),
    "gradient_clipping": ("optimizer.max_grad_norm", norm),
    "gradient_clip_val": ("optimizer.max_grad_norm", norm),
    "clip_norm": ("optimizer.max_grad_norm", norm),  # fairseq's
    "update_freq": ("batch.accumulation", count),
    "warmup_updates": ("schedule.warmup", more_than_nothing),
    "max_norm": ("optimizer.max_grad_norm", norm),
    "micro_batch_size": ("batch.per_device", count),
    "local_batch_size": ("batch.per_device", count),
    "train_batch_size": ("batch.per_device", count),
    "batch_size": ("batch.per_device", count),
    "grad_accum_steps": ("batch.accumulation", count),
    "gradient_accumulation": ("batch.accumulation", count),
    "accumulate_grad_batches": ("batch.accumulation", count),
    "warmup": ("schedule.warmup", more_than_nothing),
    "warmup_iters": ("schedule.warmup", more_than_nothing),
    "warmup_steps": ("schedule.warmup", more_than_nothing),
    "warmup_ratio": ("schedule.warmup", more_than_nothing),
    "num_warmup_steps": ("schedule.warmup", more_than_nothing),
    "block_size": ("sequence.max_length", count),
    "max_seq_len": ("sequence.max_length", count),
    "seq_length": ("sequence.max_length", count),
    "seq_len": ("sequence.max_length", count),
    "sequence_length": ("sequence.max_length", count),
    "grad_checkpointing": ("gradient_checkpointing", switch),
    "activation_checkpointing": ("gradient_checkpointing", switch),
    "precision": ("precision.compute", dtype),
    "mixed_precision": ("precision.compute", dtype),
    "amp_dtype": ("precision.compute", dtype),
    "compute_dtype": ("precision.compute", dtype),
    "dtype": ("precision.compute", dtype),
    "torch_dtype": ("precision.compute", dtype),
    "attention": ("attention.kernel", kernel),
    "attn_impl": ("attention.kernel", kernel),
    "enable_flash": ("attention.kernel", kernel),
    "flash_attn": ("attention.kernel", kernel),
    "overlap_comm": ("deepspeed.overlap_comm", switch),
    "zero_stage": ("deepspeed.stage", count),
    "model": ("model.name", text),
    "base_model": ("model.name", text),
    "finetuning": ("lora.enabled", lambda value: _LORA.get(str(value))),
    "method": ("lora.enabled", lambda value: _LORA.get(str(value))),
}


def recognises(paths: Paths) -> bool:
    """Anything: this is the last format that is asked."""
    return True


def read(paths: Paths, found: Findings) -> None:
    """Facts that a key's own name gives away; no framework, no defaults."""
    last = paths.renamed(lambda path: path.rpartition(".")[2])
    arguments.bf16_or_fp16(last, found)
    found.look_up(last, TABLE)
    arguments.quantization(last, found)
    arguments.refer_to_deepspeed(last, found)
