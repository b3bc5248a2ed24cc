import re

import hypothesis
import pytest
from hypothesis import strategies

from probes.private import HEX, RULES, TOKENS, X, last_component, redact

MORE = {
    f"login hf_{X} now": "login hf_<token> now",
    f"sk-{X}": "sk-<token>",
    f"sk-svcacct-{X}": "sk-<token>",
    "ASIA" + "A2" * 8: "ASIA<token>",
    "password: hunter22": "password: <secret>",
    'AWS_SECRET_ACCESS_KEY="abcdefgh/1234"': 'AWS_SECRET_ACCESS_KEY="<secret>"',
    "HF_TOKEN=abcdefgh": "HF_TOKEN=<secret>",
    f"wandb.api_key = {HEX[:40]}": "wandb.api_key = <secret>",
    "https://anna:pw@example.org/x": "https://<user>@example.org/x",
    "https://anna@example.org/x": "https://<user>@example.org/x",
    "mongodb+srv://anna:p%40w@c.mongodb.net/": "mongodb+srv://<user>@c.mongodb.net/",
    "/Users/anna/x.py": "/Users/<user>/x.py",
    r"C:\Users\anna\x.py": r"C:\Users\<user>\x.py",
    r"C:\\Users\\anna": r"C:\\Users\\<user>",
    "D:/Users/anna/x": "D:/Users/<user>/x",
    "runs.tar!home/anna/train.log:3": "runs.tar!home/<user>/train.log:3",
    "file:///home/anna/x": "file:///home/<user>/x",
    "/data/home/anna/x": "/data/<folders>/x",
    "/cpfs01/user/anna/qwen": "/cpfs01/<folders>/qwen",
    "/root/autodl-tmp/anna/qwen/": "/root/autodl-tmp/<folders>/qwen/",
    "10.0.0.1:29500": "<ip>:29500",
    "::ffff:10.0.0.1": "::ffff:<ip>",
    f"AccountName=a;AccountKey={X}==;x": "AccountName=a;AccountKey=<secret>;x",
    "MASTER_ADDR=node7": "MASTER_ADDR=<host>",
    "https://git.corp/x": "https://<host>/x",
}
UNTOUCHED = [
    "meta-llama/Llama-2-7b-hf",
    "Qwen2.5-0.5B-Instruct",
    "/models/llama-7b",
    "/mnt/llama-7b/",
    "/data/models/Qwen2-7B",
    "/tmp/Meta-Llama-3.1-8B-Instruct/",
    "./work_dirs/run1/iter_500.pth",
    "torch 2.1.0+cu118, driver 535.104.05",
    "learning_rate 2e-5, tokens 1024, pad_token: <unk>",
    "step 11: grad_norm 9.9375",
    "risk-of-overflow",
    "max_new_tokens=128",
    "configs/train.py:41",
    "token_type_ids=3333",
    "HuggingFaceH4/zephyr-7b-beta",
    "Linux-5.15.0-91-generic-x86_64-with-glibc2.35",
    "Ubuntu 22.04.3 LTS (x86_64)",
    "follows from optimizer.name (config.py:3)",
    "transformers' default (4.x): max_grad_norm 1.0",
    "2024/07/17 15:21:11",
    "NVIDIA A100-SXM4-80GB",
    "user/model",  # `user` is nobody's here, but what comes after it could be
]


@pytest.mark.parametrize("token", TOKENS, ids=[token.issuer for token in TOKENS])
def test_a_token_is_taken_out_but_for_its_prefix_and_what_looks_alike_stays(token):
    prefix = re.match(token.prefix, token.example)[0]

    assert redact(f"a {token.example} b") == f"a {prefix}<token> b"
    assert redact(token.stays) == token.stays


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_what_is_private_is_taken_out_and_what_looks_alike_stays(rule):
    assert redact(rule.example) == rule.left
    assert redact(rule.stays) == rule.stays


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_every_rule_is_needed_for_its_example(rule):
    assert re.search(rule.pattern, rule.example)


@pytest.mark.parametrize(("text", "redacted"), MORE.items())
def test_further_forms_are_known(text, redacted):
    assert redact(text) == redacted


@pytest.mark.parametrize("text", UNTOUCHED[:-1])
def test_models_versions_and_numbers_stay(text):
    assert redact(text) == text


@hypothesis.given(
    strategies.lists(
        strategies.sampled_from([*(t.example for t in TOKENS), *(r.example for r in RULES), *UNTOUCHED])
        | strategies.text(max_size=50)
    )
)
def test_what_is_redacted_once_stays_as_it_is(parts):
    once = redact(" ".join(parts))

    assert redact(once) == once


@pytest.mark.parametrize(
    "unit",
    ["a", "a.", "a-", "a_", "a@", "a:", "a/", "/home/", "/mnt/a/", "1.", "1:", "sk-", "eyJ", "eyJa.", "key=",
     "-----BEGIN PRIVATE KEY-----", "http://a", "http://a.", "Bearer ", "--a", "--a-", "password", "access_",
     "?key=", "fe80:", "2001::", "GPU-", " ", "A", "api_", "host", "Ab3Q~", "~"],
)  # fmt: skip
def test_no_text_takes_minutes(unit):  # as it would if a pattern were quadratic: pytest-timeout ends it
    redact((unit * 50_000)[:50_000])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/anna/models/Qwen2-7B", "Qwen2-7B"),
        ("/data/llama-30b-hf/", "llama-30b-hf"),
        (r"D:\models\chatglm3-6b", "chatglm3-6b"),
        ("./ckpt/qwen", "qwen"),
        ("~/qwen", "qwen"),
        ("Qwen/Qwen2-7B-Instruct", "Qwen/Qwen2-7B-Instruct"),
        ("llama2", "llama2"),
        ("", ""),
    ],
)
def test_of_a_path_only_the_last_component_is_kept(path, name):
    assert last_component(path) == name
