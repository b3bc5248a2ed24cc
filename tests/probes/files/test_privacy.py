import time

import hypothesis
import pytest
from hypothesis import strategies

from probes.files import privacy

SECRET = "Ab3" * 14  # not a token of anybody

REDACTED = {
    f"login hf_{SECRET} now": "login hf_<token> now",
    f"ghp_{SECRET}": "ghp_<token>",
    f"github_pat_{SECRET}": "github_pat_<token>",
    f"glpat-{SECRET}": "glpat-<token>",
    f"sk-{SECRET}": "sk-<token>",
    f"sk-proj-{SECRET}": "sk-<token>",
    "AKIA" + "A1" * 8: "AKIA<token>",
    f"AIza{SECRET}": "AIza<token>",
    f"LTAI{SECRET}": "LTAI<token>",
    "ms-12345678-1234-1234-1234-123456789abc": "ms-<token>",
    "xoxb-1234567890-abc": "xoxb-<token>",
    f"pypi-{SECRET}": "pypi-<token>",
    f"npm_{SECRET}": "npm_<token>",
    "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJ": "eyJ<token>",
    f"Authorization: Bearer {SECRET}": "Authorization: Bearer <token>",
    "export WANDB_API_KEY=0123456789abcdef": "export WANDB_API_KEY=<secret>",
    "password: hunter22": "password: <secret>",
    "https://anna:pw@example.org/x": "https://<user>@example.org/x",
    "https://example.org/x?token=abc&page=2": "https://example.org/x?token=<token>&page=2",
    "write to anna.b+c@mail.example.org please": "write to <e-mail> please",
    "host 192.168.17.4 is down": "host <ip> is down",
    "fe80::1ff:fe23:4567:890a": "<ip>",
    "2001:0db8:85a3:0000:0000:8a2e:0370:7334": "<ip>",
    "/home/anna/models/llama": "/home/<user>/models/llama",
    "/Users/anna/x.py": "/Users/<user>/x.py",
    r"C:\Users\anna\x.py": r"C:\Users\<user>\x.py",
    "(base) anna@node7:~/work$ python train.py": "(base) <user>@<host>:~/work$ python train.py",
    "GPU-12345678-1234-1234-1234-123456789abc": "GPU-<uuid>",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----": "<private key>",
}
UNTOUCHED = [
    "meta-llama/Llama-2-7b-hf",
    "Qwen2.5-0.5B-Instruct",
    "torch 2.1.0+cu118, driver 535.104.05",
    "nvidia-cudnn 8.9.2.26",
    "learning_rate 2e-5, tokens 1024, pad_token: <unk>",
    "step 11: grad_norm 9.9375",
    "ms-swift 3.7.0",
    "risk-of-overflow",
    "token: None",
    "max_new_tokens=128",
]


@pytest.mark.parametrize(("text", "redacted"), REDACTED.items())
def test_secrets_addresses_and_names_are_taken_out(text, redacted):
    assert privacy.redact(text) == redacted


@pytest.mark.parametrize("text", UNTOUCHED)
def test_models_versions_and_numbers_stay(text):
    assert privacy.redact(text) == text


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
    assert privacy.last_component(path) == name


@hypothesis.given(strategies.text(max_size=500))
def test_what_is_redacted_once_stays_as_it_is(text):
    once = privacy.redact(text)

    assert privacy.redact(once) == once


@pytest.mark.parametrize("pattern", [p for _, p, _ in privacy.RULES], ids=[n for n, _, _ in privacy.RULES])
def test_no_rule_takes_long(pattern):
    units = [
        "a",
        "a.",
        "a-",
        "1.",
        "a:",
        "aa:",
        "/home/",
        "sk-",
        "key=",
        "a@",
        "eyJ",
        "token_",
        "::",
        "?key=",
        "http://a",
    ]

    began = time.perf_counter()
    for unit in units:
        pattern.sub("", (unit * 100_000)[:100_000])

    assert time.perf_counter() - began < 3  # 1.5 MB; quadratic would take minutes
