def test_a_notebook_is_read(known):
    said, assumed = known("""
from unsloth import FastLanguageModel
from trl import SFTTrainer, SFTConfig
model, tokenizer = FastLanguageModel.from_pretrained(
    "unsloth/Qwen3-8B", max_seq_length = 2048, dtype = None, full_finetuning = False)
model = FastLanguageModel.get_peft_model(model, r = 16, use_gradient_checkpointing = "unsloth")
trainer = SFTTrainer(model, args = SFTConfig(
    per_device_train_batch_size = 2, learning_rate = 2e-4, fp16 = not is_bf16(), optim = "adamw_8bit"))
""")
    assert said == {
        "framework.name": "unsloth",
        "model.name": "unsloth/Qwen3-8B",
        "sequence.max_length": 2048,
        "gradient_checkpointing": True,
        "lora.enabled": True,
        "batch.per_device": 2,
        "optimizer.learning_rate": 2e-4,
        "optimizer.name": "adamw_8bit",
        "training.method": "sft",
    }
    assert assumed == {
        "kernel.fused": True,
        "quantization.bits": 4,
        "batch.accumulation": 2,
        "schedule.warmup": True,
        "optimizer.max_grad_norm": 1.0,
        "optimizer.epsilon": 1e-8,
    }
