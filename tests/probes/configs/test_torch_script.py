def test_a_loop_of_its_own(known):
    said, assumed = known("""
import torch
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, eps=1e-6)
scaler = torch.cuda.amp.GradScaler()
for batch in DataLoader(data, batch_size=8):
    with torch.autocast("cuda"):
        loss = model(batch)
    scaler.scale(loss).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
""")
    assert said == {
        "framework.name": "torch",
        "optimizer.name": "adamw",
        "optimizer.learning_rate": 3e-4,
        "optimizer.epsilon": 1e-6,
        "optimizer.max_grad_norm": 1.0,
        "batch.per_device": 8,
        "precision.loss_scale": "dynamic",
    }
    assert assumed == {"precision.compute": "float16"}


def test_a_loop_of_accelerates_round_a_model_of_transformers(known):
    said, assumed = known("""
from accelerate import Accelerator
from transformers import AutoModelForCausalLM, get_cosine_schedule_with_warmup
accelerator = Accelerator(mixed_precision="fp16", gradient_accumulation_steps=4)
model = AutoModelForCausalLM.from_pretrained("a/b")
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
schedule = get_cosine_schedule_with_warmup(optimizer, num_warmup_steps=100, num_training_steps=1000)
accelerator.clip_grad_norm_(model.parameters(), 1.0)
""")
    assert said == {
        "model.name": "a/b",
        "precision.compute": "float16",
        "batch.accumulation": 4,
        "optimizer.name": "adamw",
        "optimizer.learning_rate": 2e-5,
        "schedule.warmup": True,
        "optimizer.max_grad_norm": 1.0,
    }
    assert assumed == {}


def test_fsdp_computes_in_its_policy(known):
    said, _ = known(
        "import torch\nmodel = FSDP(model, mixed_precision=MixedPrecision(param_dtype=torch.bfloat16))"
    )
    assert said == {"framework.name": "torch", "precision.compute": "bfloat16", "fsdp.enabled": True}
