"""Environment dumps: pip and conda lists, nvidia-smi, ds_report, collect_env, `env` commands, loose lists.

All of them are lines in which a known name is followed by a version, or a graphics card is named:

    - `transformers` version: 4.49.0          torch version .................... 2.5.1+cu124
    flash-attn                2.7.4           GPU 0: NVIDIA A100-SXM4-40GB (UUID: …)
    torch==2.5.1+cu124                        GPU: 8 x NVIDIA A100-SXM4-40GB

So they are read line by line with one set of rules, and the first line that says a thing counts.
"""

from __future__ import annotations

import re
import typing

from probes import gpu_names, report
from probes.files import nvidia_log
from probes.packages import ALIASES, PACKAGES

_BY_NAME = {name.replace("-", ""): ALIASES.get(name, name) for name in (*PACKAGES, *ALIASES)}
_WRITTEN = "|".join(
    # "flash-attn 2.5.8" is no flash-attn-2
    re.sub(r"-2$", r"-2(?![.\\d])", name).replace("-", "[-_ ]?")
    for name in sorted((*PACKAGES, *ALIASES), key=len, reverse=True)
)
_VERSION = re.compile(
    rf"(?i)(?<![A-Za-z0-9_./+-])(?P<name>{_WRITTEN})"
    r"(?![A-Za-z_]|-[A-Za-z])"  # torchvision, bitsandbytes-cuda113 and the like are other packages
    r"(?:[`'\"*: \t]{0,4}(?:\((?:GPU|accelerator)\?\)|version|ver\b\.?|info|版本号?)){0,2}[`'\"*]{0,3}"
    r"(?:[ \t]*(?:={1,3}|[:：]|-|\||@|为|是)[ \t]*|[ \t.]{0,80})[`'\"*]{0,3}v?"
    r"(?P<version>\d{1,6}(?:\.\d{1,6}){1,3}(?:[.-]?(?:a|b|rc|alpha|beta|dev|post)\.?\d{0,8}){0,2}(?:\+\w{1,30}(?:\.\w{1,30}){0,4})?)"
)
# pip show, uv.lock and poetry.lock: the name on one line, its version on the next
_NAME = re.compile(r"(?:Name: |name = \")([\w.-]{1,60})\"?\s*$")
_ITS_VERSION = re.compile(r"(?:Version: |version = \")(\d[\w.+!-]{0,40})\"?\s*$")

_SEPARATOR = r"[ \t]*(?:version|版本)?[ \t.]{0,60}[:：=]{0,2}[ \t]*v?"
_MACHINE = tuple(
    (fact, re.compile(pattern))
    for fact, pattern in (
        ("machine.driver", rf"(?i)driver{_SEPARATOR}(\d{{3}}\.\d{{1,4}}(?:\.\d{{1,4}})?)"),
        ("machine.cuda", r"(?i)(?:used to build pytorch|torch cuda version)[ .:]{1,60}(\d{1,2}\.\d)"),
        ("machine.cuda", rf"(?i)(?<![A-Za-z_/-])cuda{_SEPARATOR}(\d{{1,2}}\.\d)(?!\d|\. CUDA Toolkit)"),
        ("machine.cuda", r"(?i)(?:cuda compilation tools, release |nvcc version[ .]{1,60})(\d{1,2}\.\d)"),
        ("machine.python", rf"(?i)(?<![A-Za-z_/.-])python{_SEPARATOR}(3\.\d{{1,2}}(?:\.\d{{1,2}})?)"),
        (
            "machine.platform",
            r"(?i)^[-*\s`]{0,6}(?:platform|OS|sys\.platform)[ \t]*[:：=][ \t]*(\S[^\n]{0,78}\S)",
        ),
    )
)
LONGEST = 400_000  # characters of a dump; nvidia-smi -q has some 100,000 on eight GPUs
_SMI_LOG = re.compile(r"={4,20}NVSMI LOG={4,20}")
# installed from a main branch by everybody, or pinned by others to a build of one day
_ALWAYS_DEVELOPED = ("llamafactory", "triton")
_CUDA_OF_TORCH = re.compile(r"\+cu(\d{2})(\d)\b")

_CARD = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?i)\b(?:[GNX]PU type|Product Name)[ \t]*[:：][ \t]*(?P<name>\S[^\n]{0,60})",
        # rocm-smi, as lines and as CSV; amd-smi; unsloth's banner, before "Num GPUs"
        r"(?i)\bGPU\[(?P<ids>\d{1,3})\][ \t]*:[ \t]*Card series:[ \t]*(?P<name>\S[^\n]{0,60})",
        r"^card(?P<ids>\d{1,3}),(?P<name>[^,\n]{1,60})",
        r"^\s*MARKET_NAME: (?P<ids>)(?P<name>\S[^\n]{0,60})",
        r"\|[ \t]{1,8}(?P<name>[A-Z][\w -]{1,60})\. Num GPUs = (?P<count>\d{1,3})\.",
        r"(?i)\bGPU (?P<ids>\d{1,3}(?:,\d{1,3}){0,63})[ \t]*[:：][ \t]*(?P<name>[A-Za-z][^\n(]{0,60})",
        r"(?i)\bGPUs?[ \t]*[:：=][ \t]*(?:(?P<count>\d{1,5})[ \t]*[x×*][ \t]*)?(?P<name>[A-Z][^\n(]{0,60})",
        r"(?<![\w.])(?P<count>\d{1,5})[ \t]*[x×*][ \t]*(?P<name>[A-Z][^\n,;，；(]{1,40})",
        # the tables of nvidia-smi and npu-smi: | index  name  persistence | …
        r"^\|[ \t]{1,6}(?P<ids>\d{1,3})[ \t]{1,8}(?P<name>[A-Z9][\w ./-]{1,40}?)"
        r"(?:[ .]{2,20}\w{2,3})?[ \t]*\|",
    )
)
_COUNT = re.compile(
    r"(?i)\b(?:GPU (?:number|count)|Attached GPUs)[ \t]*[:：][ \t]*(?P<count>\d{1,4})"
    r"|(?<![\w.])(?P<loose>\d{1,4})[ \t]?GPUs?\b|\b(?P<one>single|one)[ -]GPU\b"
)
_MEMORY = re.compile(
    r"(?i)\b(?:GPU|Max) memory[ \t]*[:：][ \t]*(?P<gib>\d{1,4}(?:\.\d{1,3})?)[ \t]?Gi?B"
    r"|MiB[ \t]*/[ \t]*(?P<mib>\d{4,6})MiB[ \t]*\|"
    r"|^[ \t]{4,12}Total[ \t]{4,40}: (?P<fb>\d{4,6}) MiB"  # nvidia-smi -q: the frame buffer's stands first
    # npu-smi's second line of a card: memory usage, then that of the HBM
    r"|^\|[^\n|]{1,40}\| [0-9A-F]{4}:[0-9A-F]{2}:[^\n/]{1,80}/[^\n/]{1,40}/ (?P<hbm>\d{4,6})[ \t]*\|"
)
# nvidia-smi topo -m
_TOPOLOGY = re.compile(r"^[ \t]*GPU(?P<ids>\d{1,3})[ \t]+(?:(?:X|NV\d+|PIX|PXB|PHB|NODE|SYS)[ \t]+)+")
_OLD_OR_NEW = re.compile(r"(?i)ascend ?910")  # npu-smi calls a 910A (32 GB) and a chip of a 910C (64 GB) so
_NOMINAL = re.compile(r"(?i)(?<![\d.])(\d{1,3})[ \t-]?G(?:i?B)?\b")
_MIXED = re.compile(r"(?i)(?:^|[-\s])mixed_precision[ \t]*:[ \t]*['\"]?(fp16|bf16|no)\b")
_FORMATS = {"fp16": "float16", "bf16": "bfloat16", "no": "float32"}

_HEADERS = re.compile(
    r"(?im)nvidia-smi|npu-smi|NVSMI LOG|ROCm System Management|^device,Card series|^nvcc: NVIDIA"
    r"|^\s*GPU0\s+GPU1|^GPU: 0\s+ASIC:|^sys\.platform"
    r"|collecting environment information|^PyTorch version: |extension op report|system environment:"
    r"|^[-\s]*`?(?:transformers|accelerate|llamafactory)`? version|Dependency Versions"
    r"|Unsloth \d{4}\.[\d.]+:"
    r"|^package +version|# packages in environment|^channels:\s*$|^\[\[package\]\]|^Name: \S+\s+Version: \d"
)
_ITEM = re.compile(
    r"^[-*\s`]{0,6}(?:[\w.-]{1,40}[<>~=]=|[\w .()/?`-]{1,40}version[^:：]{0,10}[:：][ \t]*"
    r"|[A-Za-z][\w.-]{0,40}[ \t]{1,60}(?=v?\d+\.\d[\w.+-]*(?:[ \t]*$|[ \t]{2}|\t|[ \t]\())"
    r")v?\d+\.\d[\w.+-]*(?:[ \t(]|$)|^-e git\+|^[\w.-]{1,60} @ (?:file|git|http)"
)
_NOT_A_DUMP = re.compile(
    r"(?i)\bloss\b|\bnan\b|\bfine-?tun(?:e|ing)\b|\bI\b|\bmy\b|训练|微调|[?？。][ \t]*$|\{'"
    r"|\b(?:works|worked|broke|breaks|diverges|downgrad(?:ed|ing)|has the same)\b|n't\b"
)
_SENTENCE = re.compile(r"(?:\b(?:the|is|are|was|when|and|but|then|to|it|not|after)\b.*?){4}")


def versions(line: str) -> list[tuple[str, str]]:
    """(package, version) of each known package that the line names with its version."""
    return [
        (_BY_NAME[re.sub("[-_ ]", "", match["name"]).lower()], match["version"])
        for match in _VERSION.finditer(line)
    ]


def is_item(line: str) -> bool:
    """Whether the line is one of a list of versions, and nothing else."""
    return bool(_ITEM.match(line)) and not _NOT_A_DUMP.search(line)


def is_listed(line: str) -> bool:
    """Whether this reader takes the line in: an item, or one that names versions or hardware."""
    return is_item(line) or names_something(line)


def names_something(line: str) -> bool:
    """Whether a short line names versions or hardware, perhaps among other things."""
    few = len(line.split()) <= 10 and not _NOT_A_DUMP.search(line)
    return few and any(True for _ in _facts_of(line, ""))


def looks_like_environment(head: str) -> bool:
    """Whether a file that begins with `head` lists versions and hardware, and no run."""
    lines = [line for line in head.splitlines()[:200] if line.strip()]
    if not lines or any(_NOT_A_DUMP.search(line) for line in lines):
        return False
    if printed(head):
        return True
    if any(_SENTENCE.search(line) for line in lines):  # somebody tells of a run, and names versions
        return False
    return sum(is_item(line) or names_something(line) for line in lines) >= 0.8 * len(lines)


def printed(head: str) -> bool:
    """Whether a tool printed the text that begins with `head`, and nobody wrote it by hand."""
    lines = [line for line in head.splitlines()[:200] if line.strip()]
    return bool(_HEADERS.search("\n".join(line[:200] for line in lines[:8])))


def read(text: str, name: str) -> report.Report:
    """What an environment dump says of the software and of the graphics cards."""
    facts: dict[str, report.Fact] = {}
    cards, before = 0, ""
    for number, line in enumerate(text[:LONGEST].splitlines(), start=1):
        line = line[:1000]
        named, version = _NAME.match(before), _ITS_VERSION.match(line)
        if named and version:
            line = f"{named[1]}=={version[1]}"
        before = line
        for fact in _facts_of(line, f"{name}:{number}"):
            facts.setdefault(fact.id, fact)
        cards += any(pattern.search(line) and "ids" in pattern.groupindex for pattern in (*_CARD, _TOPOLOGY))
    if cards > 1 and "gpu.count" not in facts:
        facts["gpu.count"] = report.Fact("gpu.count", cards, name)
    if "gpu.name" in facts and _OLD_OR_NEW.fullmatch(str(facts["gpu.name"].value)):
        facts.pop("gpu.bf16")
    if _SMI_LOG.search(text[:4000]):
        for answer in nvidia_log.facts(text[:LONGEST], name):
            if isinstance(answer, report.Fact):
                facts.setdefault(answer.id, answer)
    return report.Report(name=name, kind="environment", facts=tuple(facts.values()))


def _facts_of(line: str, source: str) -> typing.Iterator[report.Fact]:
    named = versions(line)
    if len(set(named)) > len({package for package, _ in named}):
        # "deepspeed 0.15.4 (the checkpoint is of 0.14.4)": whoever names two has changed it
        yield report.Fact("run.last_change", "libraries", source, report.ASSUMED)
    for package, version in named:
        yield report.Fact(f"version.{package}", version, source)
        if ".dev" in version and package not in _ALWAYS_DEVELOPED:
            yield report.Fact("run.library_development", True, source)
        built_for = _CUDA_OF_TORCH.search(version)
        if package == "torch" and built_for:
            yield report.Fact("machine.cuda", ".".join(built_for.groups()), source)
    for fact, pattern in _MACHINE:
        match = pattern.search(line)
        if match:
            yield report.Fact(fact, match[1], source)
    yield from _cards_of(line, source)
    match = _MIXED.search(line)
    if match:
        # accelerate's default config counts only where accelerate launches the run
        yield report.Fact("precision.compute", _FORMATS[match[1].lower()], source, report.ASSUMED)


def _cards_of(line: str, source: str) -> typing.Iterator[report.Fact]:
    for pattern in _CARD:
        match = pattern.search(line)
        if match is None or gpu_names.find(match["name"]) is None:
            continue
        name = re.split(r"[ \t]{2,}|[,;，；]", match["name"].strip())[0].rstrip(" .|")
        yield from gpu_names.facts(name, source)
        groups = match.groupdict()
        if groups.get("count"):
            yield report.Fact("gpu.count", int(groups["count"]), source)
        elif "," in (groups.get("ids") or ""):
            yield report.Fact("gpu.count", groups["ids"].count(",") + 1, source)
        nominal = _NOMINAL.search(match["name"])
        if nominal:
            yield report.Fact("gpu.memory_gib", float(nominal[1]), source)
        break
    match = _COUNT.search(line)
    if match:
        yield report.Fact("gpu.count", 1 if match["one"] else int(match["count"] or match["loose"]), source)
        nominal = _NOMINAL.search(line, match.end())
        if nominal:
            yield report.Fact("gpu.memory_gib", float(nominal[1]), source)
    match = _MEMORY.search(line)
    if match:
        gib = float(match["gib"] or int(match["mib"] or match["fb"] or match["hbm"]) / 1024)
        yield report.Fact("gpu.memory_gib", gib, source)
