import pytest

from probes.files.sniff import kind_of_bytes, kind_of_text

HUGGING = "{'loss': 1.8, 'grad_norm': 0.9, 'learning_rate': 2e-05, 'epoch': 0.1}\n"
MMENGINE = (
    "05/10 12:00:01 - mmengine - INFO - Iter(train) [ 10/1000]  lr: 2.0e-05  eta: 1:00:00  loss: 1.8250\n"
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        (" \n\t\n", "empty"),
        (HUGGING * 3, "log"),
        (MMENGINE * 3, "log"),
        ('{"log_history": [{"loss": 1.0, "step": 10}], "epoch": 1}', "trainer_state"),
        ('{"whynan": 1, "name": "x", "kind": "machine", "facts": [], "unknown": [], "curve": []}', "probe"),
        ("torch==2.5.1\ntransformers==4.49.0\ndeepspeed==0.15.4\n", "environment"),
        ("lr = 2e-4\noptim_wrapper = dict(dtype='float16')\n", "config"),
        ("deepspeed里fp16 enabled设的true", "report"),
        ("dpo里beta=0.1，没调过", "report"),
        ("2×A800，每卡4条，累积两步", "report"),
        ('{"zero_optimization": {"stage": 2}}', "config"),
        ("model_name_or_path: a/b\nfp16: true\nlearning_rate: 1e-4\n", "config"),
        ("NPROC_PER_NODE=8 xtuner train cfg --deepspeed deepspeed_zero2", "command"),
        ("swift sft --model a/b\n" + "".join(f"# {line}\n" for line in 3 * [HUGGING.strip()]), "command"),
        ("After step 20 the loss is NaN. I tried another learning rate and it did not help.", "report"),
        ("训练到第 20 步以后 loss 变成 nan，换了学习率也没有用，请问怎么办？", "report"),
    ],
)
def test_a_text_is_known_by_its_content(text, kind):
    assert kind_of_text(text) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"\x00" * 100, "binary"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x02\x03", "binary"),
        (b'\x40\x00\x00\x00\x00\x00\x00\x00{"weight":{"dtype":"F16"', "binary"),
        ("学习率".encode("gbk"), None),
        ("fp16: true".encode("utf-16"), None),
        (b"\x1b[32mloss\x1b[0m: 1.0\r", None),
    ],
)
def test_bytes_that_are_no_text_are_known(head, kind):
    assert kind_of_bytes(head) == kind
