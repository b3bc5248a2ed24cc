"""What must never leave a machine inside a fact: secrets, addresses, names of people.

Each rule is anchored on a form that its issuer documents (a prefix, a header, a position in an address), so
that numbers and names of models stay as they are. `redact` keeps what a reader needs to recognise the thing:
the prefix of a token, the shape of a path.
"""

from __future__ import annotations

import re

from probes.report import Value

_WORD = r"(?<![A-Za-z0-9_-])"  # a token does not begin in the middle of a word

RULES: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (name, re.compile(pattern), replacement)
    for name, pattern, replacement in (
        # Keys and certificates
        (
            "private key",
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
            r"[\s\S]{0,10000}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
            "<private key>",
        ),
        # Tokens by the prefix that their issuer gives them
        ("Hugging Face", _WORD + r"(hf_|api_org_)[A-Za-z0-9]{10,}", r"\1<token>"),
        ("GitHub", _WORD + r"(gh[pousr]_)[A-Za-z0-9]{16,}", r"\1<token>"),
        ("GitHub, fine-grained", _WORD + r"(github_pat_)[A-Za-z0-9_]{16,}", r"\1<token>"),
        ("GitLab", _WORD + r"(glpat-)[A-Za-z0-9_-]{16,}", r"\1<token>"),
        ("OpenAI and Anthropic", _WORD + r"(sk-)(?:[a-z]{2,10}\d{0,2}-)*[A-Za-z0-9_-]{16,}", r"\1<token>"),
        ("AWS", _WORD + r"(AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])", r"\1<token>"),
        ("Google", _WORD + r"(AIza)[A-Za-z0-9_-]{30,}", r"\1<token>"),
        ("Google OAuth", _WORD + r"(ya29\.)[A-Za-z0-9_-]{16,}", r"\1<token>"),
        ("Alibaba Cloud", _WORD + r"(LTAI)[A-Za-z0-9]{12,}", r"\1<token>"),
        ("Tencent Cloud", _WORD + r"(AKID)[A-Za-z0-9]{28,}", r"\1<token>"),
        (
            "ModelScope",
            _WORD + r"(ms-)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            r"\1<token>",
        ),
        ("Slack", _WORD + r"(xox[abposr]-)[A-Za-z0-9-]{10,}", r"\1<token>"),
        ("Slack hook", r"(hooks\.slack\.com/services/)[A-Za-z0-9/]{10,}", r"\1<token>"),
        ("PyPI", _WORD + r"(pypi-)[A-Za-z0-9_-]{32,}", r"\1<token>"),
        ("npm", _WORD + r"(npm_)[A-Za-z0-9]{30,}", r"\1<token>"),
        (
            "JSON web token",
            _WORD + r"(eyJ)[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
            r"\1<token>",
        ),
        # Tokens by where they stand
        ("header", r"(?i)\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]{8,}", r"\1 <token>"),
        (
            "assignment",
            r"(?i)\b([A-Z0-9_.-]{0,40}(?:api[_-]?key|access[_-]?key|secret(?:[_-]?key)?|passw(?:or)?d|auth[_-]?token"
            r"|(?:hf|hub|wandb|github|access|refresh)[_-]?token|WANDB_API_KEY)[\"']?[ ]?[=:][ ]?[\"']?)"
            r"(?!None\b|null\b|true\b|false\b|<)[^\s\"',;}]{4,}",
            r"\1<secret>",
        ),
        (
            "user of an address",
            r"(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@:]{1,100}(?::[^\s/@]{0,200})?@",
            r"\1<user>@",
        ),
        (
            "query of an address",
            r"(?i)([?&](?:token|key|sig|signature|jwt|X-Amz-[A-Za-z-]{1,30})=)[^&\s\"']+",
            r"\1<token>",
        ),
        # People and machines
        (
            "e-mail",
            r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}\b",
            "<e-mail>",
        ),
        # Four-part versions ("8.9.2.26") look like addresses: what begins with a single digit stays
        (
            "IPv4",
            r"(?<![\d.])(?:[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\d.]*\d)",
            "<ip>",
        ),
        ("IPv6", r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![\w:])", "<ip>"),
        (
            "IPv6, shortened",
            r"(?i)(?<![\w:])(?:fe80|f[cd][0-9a-f]{2}|[23][0-9a-f]{3})(?::[0-9a-f]{1,4}){0,6}::[0-9a-f:]{0,30}",
            "<ip>",
        ),
        ("home", r"(/(?:home|Users|data/home|mnt/home|root/home)/)[^/\s\"'<>:]{1,64}", r"\1<user>"),
        ("home on Windows", r"(?i)(\b[A-Z]:\\+Users\\+)[^\\/\s\"'<>:]{1,64}", r"\1<user>"),
        (
            "shell prompt",
            r"(?m)^(\(?[\w.-]{0,40}\)? ?)[a-z_][\w.-]{0,31}@[\w.-]{1,63}(?=:[~/])",
            r"\1<user>@<host>",
        ),
        ("GPU", r"\bGPU-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "GPU-<uuid>"),
    )
)


def redact(text: str) -> str:
    """The text without tokens, passwords, e-mail and IP addresses, and without names of users in paths."""
    for _, pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return text


def last_component(path: str) -> str:
    """A model or file given as a path, without the folders; a hub's "organisation/name" stays whole."""
    path = path.strip().strip("\"'`").rstrip("/\\")
    parts = re.split(r"[/\\]+", path)
    is_hub_id = len(parts) == 2 and bool(parts[0].strip(".~")) and ":" not in path
    return redact(path if is_hub_id else parts[-1])


def shareable(value: Value) -> Value:
    """A fact's value as it may leave the machine: a path without its folders, nothing secret in it."""
    if not isinstance(value, str):
        return value
    return last_component(value) if "/" in value or "\\" in value else redact(value)
