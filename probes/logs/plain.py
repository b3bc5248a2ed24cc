"""What people print themselves: nanoGPT, litgpt, torchtune, Lightning's bar, and the like.

iter 10: loss 1.8250, time 320.00ms          Epoch 0:  10%|█  | 10/100 [00:10<01:30, v_num=0, loss=1.82]
step 10 | loss 1.8250 | grad_norm 0.9        1|10|Loss: 1.8250:   1%|  | 10/1000
Epoch: [0]  [  10/1000]  lr: 0.00002  loss: 1.8250 (1.9000)              train_loss: nan
"""

from __future__ import annotations

import re
import typing

from probes.logs.point import NUMBER, Point

HIDES_NAN = False

# A whole number counts only behind a colon or an equals sign: "loss 3 times higher" is prose.
VALUE = rf"(?:\s{{0,2}}[:=]\s{{0,8}}(?:tensor\()?({NUMBER})"
VALUE += rf"|\s{{1,8}}((?=[-+]?\d{{0,30}}\.\d|[-+]?[nNiI]){NUMBER}))"
LOSS = re.compile(rf"(?:[Ll]oss|LOSS)(?:[ _](train|val|step))?{VALUE}")
KIND = re.compile(r"(?:^|[^\w/])((?:[A-Za-z]{1,12}[ _/]){0,2})$")  # the words right before a loss
GRADIENT = re.compile(rf"(?:\b[Gg](?:rad(?:ient)?[ _]?)?|\| )norm{VALUE}")  # llm.c: "| norm 1.2"
RATE = re.compile(rf"(?<![\w/])(?:lr|LR|[Ll]earning[ _][Rr]ate){VALUE}")
STEP = re.compile(r"\b(?:global_)?[Ss]teps?\b[ :=#\[]{1,10}(\d{1,12})(?!\.?\d)")
ITERATION = re.compile(r"\b[Ii]ter(?:ation)?\b[ :=#\[]{1,10}(\d{1,12})(?!\.?\d)")
EPOCH = re.compile(r"\b[Ee]poch\b[ :=#\[]{1,6}(\d{1,9}(?:\.\d{1,6})?)")
OF_TOTAL = re.compile(r"(?:\|\s{0,12}|\]\s{0,8}\[\s{0,12})(\d{1,12})/(\d{1,12})\s{0,4}[\]\[]")
BAR = re.compile(r"%\|[^|]{0,400}\|\s{0,12}(\d{1,12})/\d{1,12}\s{0,4}\[")
# print(loss): tensor(nan, device='cuda:1', dtype=torch.float16, grad_fn=<NllLossBackward0>)
TENSOR = re.compile(
    rf"\s{{0,12}}tensor\(({NUMBER})(?:, dtype=torch\.(bfloat16|float16)|[^()]){{0,80}}?"
    r"grad_fn=<\w{0,40}Loss\w{0,40}>\)\s*$"
)
# DETR's, DeiT's and MAE's loops: print("Loss is {}, stopping training".format(loss_value))
STOPPED = re.compile(r"Loss is ([-+]?(?:nan|inf)), stopping training", re.IGNORECASE)
TORCHTUNE = re.compile(r"\s{0,4}\d{1,9}\|(\d{1,12})\|Loss:")
ALONE = re.compile(rf"\s{{0,12}}[A-Za-z_/ ]{{0,16}}(?:[Ll]oss|LOSS){VALUE}\s{{0,12}},?$")
# Five words in a row without a number or a sign between them are a sentence, not a print of values.
SENTENCE = re.compile(r"(?:\b[A-Za-z']{1,30}[ ,]{1,3}){5}|[\u3040-\u9fff，。]{8}")
TRAINING = {
    "train", "training", "total", "lm", "llm", "mean", "avg", "average", "step", "iter", "epoch", "reduced",
}  # fmt: skip
EVALUATION = {"val", "eval", "valid", "validation", "test"}


def reader() -> typing.Callable[[str, int], Point | None]:
    """A function of a line's text and number; this format needs no memory between lines."""
    return point


def point(text: str, line: int) -> Point | None:
    """The point of one line, or None. Careful: it wants a counter and a loss, or a loss alone."""
    if ("oss" not in text and "OSS" not in text) or "{'" in text or '{"' in text:
        return None
    printed = TENSOR.match(text)
    if printed:
        # under autocast the loss is float32: one in half precision is of a model that is so itself
        return Point(loss=float(printed[1]), dtype=printed[2], line=line)
    stopped = STOPPED.search(text)
    if stopped:
        return Point(loss=float(stopped[1]), line=line)
    losses = list(LOSS.finditer(text))
    if not losses or SENTENCE.search(text):
        return None
    epoch = EPOCH.search(text)
    step = _step(text, epoch)
    if step is None and not epoch and not ALONE.match(text):
        return None
    train = evaluation = None
    for loss in losses:
        before = KIND.search(text, max(0, loss.start() - 30), loss.start())
        if not before:  # the end of a longer word
            continue
        kinds = set(re.findall("[a-z]+", f"{before[1]}{loss[1] or ''}".lower()))
        number = float(loss[2] or loss[3])
        if kinds & EVALUATION or "[val]" in text:
            evaluation = number if evaluation is None else evaluation
        elif kinds <= TRAINING and train is None:
            train = number
    if train is None and evaluation is None:
        return None
    return Point(
        step=step,
        loss=train,
        eval_loss=evaluation,
        grad_norm=_number(GRADIENT, text),
        learning_rate=_number(RATE, text),
        epoch=float(epoch[1]) if epoch else None,
        line=line,
    )


def _step(text: str, epoch: re.Match[str] | None) -> int | None:
    """The counter of a line, through all epochs where the line says how long one is.

    An iteration comes before a step where both are printed: litgpt's step counts optimizer steps.
    """
    part = OF_TOTAL.search(text) if epoch else None
    if epoch and part:
        return int(float(epoch[1])) * int(part[2]) + int(part[1])
    found = TORCHTUNE.match(text) or BAR.search(text) or ITERATION.search(text) or STEP.search(text)
    return int(found[1]) if found else None


def _number(pattern: re.Pattern[str], text: str) -> float | None:
    found = pattern.search(text)
    return float(found[1] or found[2]) if found else None
