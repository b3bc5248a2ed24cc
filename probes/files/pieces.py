"""What a pasted text holds besides prose: log lines, commands, configurations, tracebacks, lists of versions.

Each piece keeps the text's lines where they were and is blank elsewhere, so that a reader of that kind names
the right line of the whole text.
"""

from __future__ import annotations

import dataclasses
import itertools
import re

from probes.files import environment
from probes.files.sniff import COMMAND, CONFIG, ENVIRONMENT, LOG, PROSE

_FENCED = "fence"
MOST = 30  # configurations in a text
_MIXED = "mixed"  # "8 x A100, bf16, LoRA": hardware for one reader, settings for another

_DIGIT = re.compile(r"\d")  # a version, a card or a memory has one
_FENCE = re.compile(r"^\s{0,8}(?:```|~~~)")
_TRACEBACK = re.compile(r"^\s{0,8}Traceback \(most recent call last\)")
_FRAME = re.compile(r'^\s*File "[^"]+", line \d+')
_LOG = re.compile(
    r"""(?ix) ^\W{0,4} \{ ['"] (?:loss|eval_loss|train_loss|step|epoch|grad_norm) ['"] \s* :
    | \b(?:steps?|iter|iteration|epoch|it)\b [\s:=\#\[(|]* \d+ .{0,200}?
      \b(?:lm\s|train_?)?loss\b [\s:=|]{1,12} (?:nan|inf|-?\d)
    | \bIter\(train\) | ^\s*\d{1,3}%\|  | ^\[\d{4}-\d\d-\d\d | ^\d{4}[-/]\d\d[-/]\d\d[ T,]\d\d:\d\d
    | ^\[(?:INFO|WARNING|ERROR|rank\d|Rank\s\d) | \bOVERFLOW!|Skipping\ step\.?\ Attempted
    | ^\W{0,4}(?:\w+\W{1,3})?tokenization\ mismatch:\ \d+\ vs
    | ^\W{0,2}(?:train_|eval_)?loss\s{0,2}[:=]\s{0,2}(?:nan|inf|\d[\d.e+-]*)\s*,?\s*$
    """
)
_LAUNCH = re.compile(
    r"^\s*(?:[$#>]\s+|!|-\s)?(?:(?:export\s+)?[A-Z][A-Z0-9_]*=\S*\s+)*"
    r"(?:\S{0,200}/)?(?:(?:python[\d.]*|torchrun|deepspeed)(?=\s+(?:[-\\$]|\S*[./]))"
    r"|accelerate\s+launch|llamafactory-cli|xtuner\s+train|swift\s+\w+|megatron\s+\w+"
    r"|axolotl\s+\w+|tune\s+run|bash\s+\S+\.sh|sh\s+\S+\.sh|srun|uv\s+run|mpirun|colossalai\s+run|NPROC_PER_NODE=\S+)"
    r"(?=\s+[-\w./]|\s*\\$)"
)
_FLAG = re.compile(r"^\s*--?[A-Za-z][\w.-]*(?:[ =]\S|\s*\\?$)")
_JSON = re.compile(
    r"""^\s*(?:[{}\[\]]+\s*,?\s*$|["'][\w./-]+["']\s*:\s*(?:["'\[{].*|-?\d[\d.eE+-]*|true|false|null)\s*[,}\]]*\s*$)"""
)
_YAML = re.compile(r"^\s*(?:- )?[A-Za-z][\w.-]{1,60}:(?:\s+[^\s:：，。][^，。？?]{0,200})?\s*$")
_PYTHON = re.compile(
    r"^\s*(?:import \w|from [\w.]+ import|def \w+\(|class \w+|@\w|with \w[\w.]*\("
    r"|[\w.]+(?:\[[^\]]*\])?\s?=\s?[^=\s].*|[\w.]+\s*,\s*[\w.]+\s?=\s?\S.*"
    r"|[\w.]+\([^()，。]{0,300}(?:\)|,|\()?\s*$|\)+,?\s*$)"
)
# "loss=nan from the first step", "Problem: it is NaN", "RuntimeError: …": three words make a sentence
_CHINESE = re.compile(  # "每卡batch=1没事" assigns nothing, nor does "bs=1，不pad"
    r"\s*(?:\w+\s?=\s?)?[\w.-]*[\u4e00-\u9fff]|(?:[^\"'#]|\"[^\"]*\"|'[^']*')*[，。；？！]"
)
# "step 850 起 loss=nan，此前一切正常"
_CHINESE_TOLD = re.compile(r"(?!\W*[{\[]|\s*\d{4}).*[，。；].*[\u4e00-\u9fff]{4}")
_SENTENCE = re.compile(
    r"^(?!\s*(?:import|from|def|class|with|for|if)\b)[^\"'#(\[{]*?\b[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}\b"
    r"|^\s*\w+(?:Error|Exception|Warning): |.*→"
)

# A paragraph that tells of a step and its loss is somebody's, whatever log lines look like.
_PARAGRAPH = re.compile(
    r"(?i)(?:\b(?:the|is|are|was|at|and|but|then|with|of|to|it|for|in|after)\b.*?){5}|[\u4e00-\u9fff]{8}"
)
_SOMEBODY = re.compile(
    r"\b(?:I|I'm|I've|[Mm]y|[Ww]e|[Oo]ur)\b|我|请问|为什么|怎么|求助|大佬|各位"
    r"|\b(?:[Tt]he|[Tt]raining|[Mm]y) loss (?:is|was|stays|goes|becomes|drops|falls|jumps|diverges)\b"
    r"|(?:loss|训练|微调|推理)[^A-Za-z\n]{0,12}(?:为|变|是|出现|报错|时|之后|以后)"
)


@dataclasses.dataclass(frozen=True)
class Piece:
    """The lines of one kind; `text` has as many lines as the whole, the others are blank."""

    kind: str
    text: str


def is_launch(line: str) -> bool:
    """Whether the line starts a training: a launcher and what it launches."""
    return bool(_LAUNCH.match(line))


def cut(text: str) -> tuple[Piece, ...]:
    """The pieces of a pasted text: prose first, then logs, commands, lists of versions, configurations."""
    lines = text.splitlines()
    kinds = _kinds(lines)
    fences = list(itertools.accumulate(kind == _FENCED for kind in kinds))
    parts = [
        (PROSE, [kind in (PROSE, _MIXED) for kind in kinds]),
        (LOG, [kind == LOG for kind in kinds]),
        (COMMAND, [kind == COMMAND for kind in kinds]),
        (ENVIRONMENT, [kind in (ENVIRONMENT, _MIXED) for kind in kinds]),
    ]
    fenced = sorted({fence for fence, kind in zip(fences, kinds) if kind == CONFIG})
    for fence in fenced[:MOST]:  # each a file of its own
        parts.append((CONFIG, [kind == CONFIG and at == fence for at, kind in zip(fences, kinds)]))
    return tuple(
        Piece(kind, "\n".join(line if mine else "" for line, mine in zip(lines, whose)))
        for kind, whose in parts
        if any(whose)
    )


def blocks(text: str) -> list[str]:
    """The first paragraphs of a text, each on the lines where it stands in the whole."""
    found: list[list[str]] = [[]]
    for number, line in enumerate(text.splitlines()):
        if line.strip():
            found[-1] = found[-1] or [""] * number
            found[-1].append(line)
        elif len(found) == MOST:
            break
        elif found[-1]:
            found.append([])
    return ["\n".join(block) for block in found if block]


def somebody_speaks(text: str) -> bool:
    """Whether a person wrote something before or after what programs print.

    Programs write sentences too: it takes an "I", a "my" or a question to be somebody's.
    """
    lines = text.splitlines()
    kinds = _kinds(lines)
    others = [index for index, kind in enumerate(kinds) if kind not in (PROSE, _MIXED, _FENCED, "")]
    first, last = (others[0], others[-1]) if others else (len(lines), len(lines))
    return any(_SOMEBODY.search(line) for line in [*lines[:first], *lines[last + 1 :]])


def _kinds(lines: list[str]) -> list[str]:
    kinds: list[str] = []
    fenced = traced = False
    for line in lines:
        line = line[:1000]
        before = kinds[-1] if kinds else ""
        if _FENCE.match(line):
            fenced = not fenced
            kinds.append(_FENCED)
            continue
        if _TRACEBACK.match(line) or (traced and (line.startswith((" ", "\t")) or _FRAME.match(line))):
            traced = True
            kinds.append("")
            continue
        # The line after the frames is the error itself: it reads like prose.
        traced = False
        kinds.append(_kind(line, before, fenced))
    return _alone(lines, kinds)


def _kind(line: str, before: str, fenced: bool) -> str:
    if not line.strip():
        return ""
    if _LOG.search(line):
        told = _PARAGRAPH.search(line) and _SENTENCE.match(line.lstrip())
        return PROSE if told or _CHINESE_TOLD.match(line) else LOG
    if _LAUNCH.match(line) or (_FLAG.match(line) and (before == COMMAND or line.count("--") > 1)):
        return COMMAND
    if environment.is_item(line):
        return ENVIRONMENT
    if _DIGIT.search(line) and environment.names_something(line):
        return _MIXED
    if _JSON.match(line):
        return CONFIG
    python = _PYTHON.match(line) and not _CHINESE.match(line)
    if (_YAML.match(line) or python) and not _SENTENCE.match(line):
        return CONFIG
    goes_on = fenced or line.lstrip().startswith("#")  # a comment, unless it is the heading of what follows
    return CONFIG if goes_on and before == CONFIG else PROSE


def _alone(lines: list[str], kinds: list[str]) -> list[str]:
    """What looks like YAML is prose between lines of prose ("Problem: NaN"), or as a heading ("Config:")."""
    for index, kind in enumerate(kinds):
        if kind != CONFIG or not _YAML.match(lines[index][:1000]):
            continue
        neighbours = kinds[max(index - 1, 0) : index] + kinds[index + 1 : index + 2]
        below = lines[index + 1] if index + 1 < len(lines) else ""
        heading = lines[index].rstrip().endswith(":") and not below.startswith((" ", "\t", "-"))
        if heading or CONFIG not in neighbours:
            kinds[index] = PROSE
    return kinds
