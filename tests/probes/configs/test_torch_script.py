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


def test_lightning(known):
    said, _ = known(
        "import lightning as L\nt = L.Trainer(precision='bf16-mixed', gradient_clip_val=0.5)\nt.fit(m)"
    )
    assert said == {
        "framework.name": "lightning",
        "precision.compute": "bfloat16",
        "optimizer.max_grad_norm": 0.5,
    }
