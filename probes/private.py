"""What must never leave a machine inside a fact: secrets, addresses, names of people and of machines.

Each rule is data with an example that it must take out and one that looks alike and must stay. The forms of
secrets are those that their issuers document and that two well-kept detectors look for: gitleaks
(https://github.com/gitleaks/gitleaks, config/gitleaks.toml) and detect-secrets
(https://github.com/Yelp/detect-secrets, detect_secrets/plugins). Where these ask for a token's full length,
ours take a part of it too: a token that was cut off is still somebody's.
"""

from __future__ import annotations

import re
import typing

X = "Ab3dEf9hIj2LmN5pQr7tUv" * 4  # looks like a secret, and is nobody's
HEX = "0123456789abcdef" * 4


class Token(typing.NamedTuple):
    """A secret that begins with what its issuer gives it; that beginning is kept."""

    issuer: str
    prefix: str
    rest: str
    example: str
    stays: str


class Rule(typing.NamedTuple):
    """What is private by its form or by where it stands; `left` is what becomes of the example."""

    name: str
    pattern: str
    replacement: str
    example: str
    left: str
    stays: str


TOKENS = (
    Token("Hugging Face", r"hf_|api_org_", r"[A-Za-z0-9]{10,}", f"hf_{X}", "hf_transfer 0.1.6"),
    Token("GitHub", r"gh[pousr]_", r"[A-Za-z0-9]{16,}", f"ghp_{X}", "ghp_short"),
    Token("GitHub, fine-grained", r"github_pat_", r"\w{16,}", f"github_pat_{X}", "github_path"),
    Token("GitLab", r"gl(?:pat|ptt|rt|dt|ft|cbt|oas|soat)-", r"[\w-]{16,}", f"glpat-{X}", "glft-1"),
    Token("OpenAI", r"sk-(?!ant-)", r"(?:[a-z]{2,10}\d{0,2}-)*[\w-]{16,}", f"sk-proj-{X}", "sk-learn"),
    Token("Anthropic", r"sk-ant-", r"[\w-]{16,}", f"sk-ant-api03-{X}", "sk-ant-1"),
    Token("AWS", r"A(?:KIA|SIA|BIA|CCA|3T[A-Z0-9])", r"[A-Z0-9]{16}(?!\w)", "AKIA" + "A2" * 8, "AKIA-1"),
    Token("AWS Bedrock", r"ABSK", r"[A-Za-z0-9+/]{40,}={0,2}", f"ABSK{X}", "ABSK12"),
    Token("Google", r"AIza", r"[\w-]{30,}", f"AIza{X}", "AIza2"),
    Token("Google OAuth", r"ya29\.|GOCSPX-", r"[\w-]{16,}", f"ya29.{X}", "ya29.5"),
    Token("Azure AD", r"[\w~.]{3}\dQ~", r"[\w~.-]{31,34}", f"abc8Q~{X[:34]}", "Qwen8Q~x"),
    Token("Alibaba Cloud", r"LTAI", r"[A-Za-z0-9]{12,}", f"LTAI{X}", "LTAI5"),
    Token("Tencent Cloud", r"AKID", r"[A-Za-z0-9]{28,}", f"AKID{X}", "AKID12"),
    Token("ModelScope", r"ms-", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
          "ms-12345678-1234-1234-1234-123456789abc", "ms-swift 3.7.0"),
    Token("Slack", r"xox[abeoprs]-|xapp-", r"[A-Za-z0-9-]{10,}", "xoxb-1234567890-abc", "xox-1"),
    Token("PyPI", r"pypi-", r"[\w-]{32,}", f"pypi-{X}", "pypi-server 2.0"),
    Token("npm", r"npm_", r"[A-Za-z0-9]{30,}", f"npm_{X}", "npm_config_cache"),
    Token("Stripe", r"[sr]k_(?:live|test|prod)_", r"\w{10,}", f"sk_live_{X}", "sk_test_1"),
    Token("SendGrid", r"SG\.", r"[\w.=-]{40,}", f"SG.{X}", "SG.1.2"),
    Token("Databricks", r"dapi", r"[a-f0-9]{32}(?:-\d)?", f"dapi{HEX[:32]}", "dapi-run-7"),
    Token("DigitalOcean", r"do[opr]_v1_", r"[a-f0-9]{40,}", f"dop_v1_{HEX}", "dop_v1_a"),
    Token("Perplexity", r"pplx-", r"[A-Za-z0-9]{30,}", f"pplx-{X}", "pplx-7b-online"),
    Token("Groq", r"gsk_", r"[A-Za-z0-9]{30,}", f"gsk_{X}", "gsk_prefix"),
    Token("Replicate", r"r8_", r"[A-Za-z0-9]{30,}", f"r8_{X}", "r8_lora"),
    Token("NVIDIA", r"nvapi-", r"[\w-]{30,}", f"nvapi-{X}", "nvapi-64"),
    Token("xAI", r"xai-", r"[A-Za-z0-9]{40,}", f"xai-{X}", "xai-org"),
    Token("Weights & Biases", r"wandb_v1_", r"\w{20,}", f"wandb_v1_{X}", "wandb_v1_x"),
    Token("Grafana", r"glsa_|glc_", r"\w{30,}", f"glsa_{X}", "glsa_1"),
    Token("HashiCorp Vault", r"hv[sb]\.", r"[\w-]{30,}", f"hvs.{X}", "hvs.1"),
    Token("Notion", r"ntn_|secret_", r"[A-Za-z0-9]{40,}", f"ntn_{X}", "ntn_1"),
    Token("Linear", r"lin_api_", r"[A-Za-z0-9]{20,}", f"lin_api_{X}", "lin_api_1"),
    Token("Postman", r"PMAK-", r"[A-Za-z0-9-]{30,}", f"PMAK-{X}", "PMAK-1"),
    Token("Telegram", r"\d{8,10}:A", r"[\w-]{34}(?!\w)", f"123456789:A{X[:34]}", "12345678:A100"),
    Token("JSON web token", r"eyJ", r"[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",
          "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJ", "eyJ.a"),
)  # fmt: skip

_NAME = r"(?!<)[^/\\\s\"'<>:;,|]{1,64}"  # a folder's
_EVERYONES = (
    r"(?:share\w{0,9}|public\w{0,9}|data\w{0,3}|disk\d{0,2}|petrelfs|hwfile|nas\d{0,2}|(?:base)?models?|llms?|hub|hf_hub"
    r"|huggingface|modelscope|models--[\w.-]{1,90}|snapshots|checkpoints?|ckpts?|pretrained\w{0,9}|weights|datasets?"
    r"|original)"
)

RULES = (
    Rule(
        "private key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"[\s\S]{0,10000}?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
        "<private key>",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----",
        "<private key>",
        "-----BEGIN CERTIFICATE-----",
    ),
    # Secrets by where they stand
    Rule(
        "header",
        r"(?i)\b(Bearer|Basic|Api-Token) +(?=[^ ]*\d)[A-Za-z0-9._~+/=-]{8,}",
        r"\1 <token>",
        f"Authorization: Bearer {X}",
        "Authorization: Bearer <token>",
        "basic instruction-tuning",
    ),
    Rule(
        "assignment",
        r"(?i)(?<![A-Z0-9_.-])((?:[A-Z0-9_.-]{0,40}[_.-])?(?:api_?key|apikey|(?:shared_?)?access_?key(?:_?id)?|account_?key"
        r"|secret(?:_?(?:access_?)?key)?|passw(?:or)?d|passwd|pwd|credentials?|auth_?token|authtoken"
        r"|(?:hf|hub|hugging_?face\w{0,12}|wandb|github|git|gitlab|access|refresh|api|bot|openai|modelscope)_?token"
        r"|sas_?token|connection_?string)[\"']?[ ]?[=:][ ]?[\"']?)"
        r"(?!(?:None|null|true|false)\b|<|\*{3}|\$)[^\s\"',;}]{4,}",
        r"\1<secret>",
        "export WANDB_API_KEY=0123456789abcdef",
        "export WANDB_API_KEY=<secret>",
        "pad_token: <unk>, hub_token: None, max_new_tokens=1024, eos_token=</s>",
    ),
    Rule(
        "argument",
        r"(?i)(--(?:[a-z0-9_-]{0,30}[_-])?(?:api[_-]?key|password|passwd|secret|(?:hf|hub|auth|access|wandb)[_-]token)"
        r"[ =])(?!--|(?:None|null|true|false)\b|<|\$)[^\s\"']{4,}",
        r"\1<secret>",
        "--hub_token abcdefgh --bf16",
        "--hub_token <secret> --bf16",
        "--hub_token --bf16 True",
    ),
    Rule(
        "user of an address",
        r"(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@:<]{1,100}(?::[^\s/@]{0,200})?@",
        r"\1<user>@",
        "postgresql+psycopg://anna:pw@db.example.org/x",
        "postgresql+psycopg://<user>@db.example.org/x",
        "https://example.org/@anna",
    ),
    Rule(
        "query of an address",
        r"(?i)([?&](?:token|key|api_?key|access_token|sig|signature|jwt|code|password|X-Amz-[A-Za-z-]{1,30})=)"
        r"(?!<)[^&\s\"'<>]+",
        r"\1<token>",
        "https://example.org/x?token=abc&page=2",
        "https://example.org/x?token=<token>&page=2",
        "https://example.org/x?page=2&monkey=3",
    ),
    Rule(
        "address of a hook",
        r"(?i)(hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/"
        r"|webhook\.office\.com/webhookb2/|open\.feishu\.cn/open-apis/bot/v2/hook/"
        r"|qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=)[\w/@.-]{10,}",
        r"\1<token>",
        f"https://hooks.slack.com/services/T0/B0/{X}",
        "https://hooks.slack.com/services/<token>",
        "https://hooks.slack.com/services/",
    ),
    # People
    Rule(
        "e-mail",
        r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}\b",
        "<e-mail>",
        "write to anna.b+c@mail.example.org please",
        "write to <e-mail> please",
        "trl @ git+https://github.com/huggingface/trl",
    ),
    # Where many share a disk, nobody can tell which of the folders is somebody's name: none of them leaves,
    # unless all are everyone's words
    Rule(
        "folders of a shared disk",
        r"(?<![\w./~-])(/(?:mnt|media|data\d*|scratch|nfs\d*|lustre|gpfs\d*|fsx|beegfs|ceph\w{0,9}|cpfs\d*|oss|share\w{0,9}"
        r"|storage\d*|disk\d*|ssd\d*|hdd\d*|nvme\d*|vol\w{0,9}|work|workspace|projects?|cluster|gscratch|pfs|srv"
        r"|export|opt/data|root/autodl-\w{1,9})/)"
        rf"(?!<|(?:{_EVERYONES}/){{1,20}}[^/\s\"'<>:;,|]{{1,200}}/?(?![^\s\"'<>:;,|]))"
        r"(?:[^/\s\"'<>:;,|]{1,64}/){1,20}(?=[^/\s\"'<>:;,|])",
        r"\1<folders>/",
        "/mnt/petrelfs/anna/ckpt/llama-7b",
        "/mnt/<folders>/llama-7b",
        "/mnt/petrelfs/share_data/hf_hub/models--mistralai--Mistral-7B-v0.1/snapshots/5e9c98b",
    ),
    Rule(
        "home",
        rf"(?<![\w.-])((?:home|Users|home\d|users|remote-home|user)[/\\]{{1,4}}){_NAME}",
        r"\1<user>",
        "/home/anna/models/llama",
        "/home/<user>/models/llama",
        "homes/x, my_home/x, /homework/x",
    ),
    Rule(
        "shell prompt",
        r"(?m)^(\(?[\w.-]{0,40}\)? ?\[?)[a-z_][\w.-]{0,31}@[\w.-]{1,63}(?=:[~/]| [~/])",
        r"\1<user>@<host>",
        "(base) anna@node7:~/work$ python train.py",
        "(base) <user>@<host>:~/work$ python train.py",
        "step@7 ok",
    ),
    # Machines
    # Four-part versions ("8.9.2.26") look like addresses: what begins with a single digit stays
    Rule(
        "IPv4",
        r"(?<![\d.])(?:[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\d.]*\d)",
        "<ip>",
        "host 192.168.17.4 is down",
        "host <ip> is down",
        "nvidia-cudnn 8.9.2.26, driver 535.104.05",
    ),
    Rule(
        "IPv6",
        r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![\w:])",
        "<ip>",
        "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
        "<ip>",
        "12:34:56",
    ),
    Rule(
        "IPv6, shortened",
        r"(?i)(?<![\w:])(?:fe80|f[cd][0-9a-f]{2}|[23][0-9a-f]{3})(?::[0-9a-f]{1,4}){0,6}::[0-9a-f:]{0,30}",
        "<ip>",
        "at fe80::1ff:fe23:4567:890a now",
        "at <ip> now",
        "2024:07:17 std::vector",
    ),
    Rule(
        "host of an address",
        r"(?i)\b((?:https?|ssh|tcp|grpc|redis|mongodb|mysql|postgres(?:ql)?|s3|nfs|smb|ftp)://(?:<user>@)?)"
        r"(?:[a-z0-9-]{1,63}(?:\.(?:local|lan|internal|corp|intra|home|cluster)(?:\.[a-z0-9-]{1,63}){0,4})?"
        r"|(?:[a-z0-9-]{1,63}\.){1,5}(?:local|lan|internal|corp|intra|home|cluster))(?=[:/\s]|$)",
        r"\1<host>",
        "http://gpu-node7:8000/v1",
        "http://<host>:8000/v1",
        "https://huggingface.co/Qwen/Qwen2-7B",
    ),
    Rule(
        "name of a machine",
        r"(?i)\b((?:host_?name|master_addr(?:ess)?|node_?name|rdzv_endpoint|main_process_ip)"
        r"[\"']?[ ]?[=: ][ ]?[\"']?)"
        r"(?!<|localhost|None\b|\$|--)[\w.-]{2,100}",
        r"\1<host>",
        "--master_addr gpu-node7.cluster --bf16",
        "--master_addr <host> --bf16",
        "--master_addr localhost",
    ),
    Rule(
        "GPU",
        r"\b(GPU|MIG)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
        r"\1-<uuid>",
        "GPU-12345678-1234-1234-1234-123456789abc",
        "GPU-<uuid>",
        "GPU-0",
    ),
)

_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_-])(?:" + "|".join(f"({token.prefix}){token.rest}" for token in TOKENS) + ")"
)
_COMPILED = tuple((re.compile(rule.pattern), rule.replacement) for rule in RULES)


def redact(text: str) -> str:
    """The text without secrets, addresses, and names of people and machines; the prefix of a token stays."""
    text = _TOKEN.sub(lambda match: f"{match[match.lastindex or 0]}<token>", text)
    for pattern, replacement in _COMPILED:
        text = pattern.sub(replacement, text)
    return text


def last_component(path: str) -> str:
    """A model or file given as a path, without the folders; a hub's "organisation/name" stays whole."""
    path = path.strip().strip("\"'`").rstrip("/\\")
    parts = re.split(r"[/\\]+", path)
    is_hub_id = len(parts) == 2 and bool(parts[0].strip(".~")) and ":" not in path
    return redact(path if is_hub_id else parts[-1])
