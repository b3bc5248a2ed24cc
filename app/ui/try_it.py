"""Try it: the user's own numbers train a small model in a child process, with and without a fix."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import jobs, own_run
from app.commands.own_run import FORMATS, OPTIONS
from app.phrases import label
from app.ui.address import concluded, knowledge, lang, show
from app.ui.curve_chart import curve_chart
from app.ui.frame import framed, opened
from app.ui.settings import settings
from app.words import word
from kb.model import Plain

_EVERY, _SECONDS = 0.5, 180
_WORDS = {
    "precision.compute": "tryit.precision",
    "precision.weights": "tryit.weights",
    "optimizer.name": "tryit.optimizer",
    "optimizer.learning_rate": "tryit.rate",
    "optimizer.max_grad_norm": "tryit.clip",
    "schedule.warmup": "tryit.warmup",
    "batch.per_device": "tryit.batch",
    "batch.accumulation": "tryit.accumulation",
    "lora.enabled": "tryit.lora",
}
# Shown where the session does not know better; a list is what can be chosen.
_USUAL: Mapping[str, Plain] = {
    "precision.compute": "float16",
    "precision.weights": "float32",
    "optimizer.name": "adamw",
    "optimizer.learning_rate": 2e-5,
    "optimizer.max_grad_norm": 1.0,
    "schedule.warmup": True,
    "batch.per_device": 8,
    "batch.accumulation": 1,
    "lora.enabled": False,
}
_CHOICES = {
    "precision.compute": FORMATS,
    "precision.weights": FORMATS,
    "optimizer.name": ("adamw", "adam", "sgd", "adafactor"),
}


def page() -> None:
    """The numbers, the fix, and what came of them."""
    tongue = lang()
    here = opened()
    shown = concluded(here.session, here.texts)
    st.markdown(f"## {word('tryit.title', tongue)}")
    st.caption(word("tryit.what", tongue))
    known = {name: value for name, value in shown.known.values().items() if name in _USUAL}
    facts = _numbers({**_USUAL, **known})
    try:
        planned = own_run.plan(facts)
    except ValueError as error:
        st.error(word("tryit.bad", tongue, error=str(error)), icon=":material/error:")
        return
    possible = planned.fixes()
    ranked = [fix.entry.id for fix in shown.fixes if fix.entry.id in possible]
    order = [*ranked, *(fix for fix in possible if fix not in ranked), ""]
    fix = st.selectbox(word("tryit.fix", tongue), order, format_func=_title, key=f"fix-{here.link}")
    command = _command(facts, str(fix))
    job = jobs.view(st.query_params.get("run", ""))
    if settings().read_only or not settings().probes:
        st.info(word("tryit.off", tongue, command=shlex.join(["whynan", *command])))
    elif job and job.state == jobs.RUNNING:
        _follow()
    else:
        st.button(
            word("tryit.run", tongue),
            key="train",
            type="primary",
            icon=":material/play_arrow:",
            on_click=_start,
            args=(command,),
        )
    if job and job.state == jobs.FAILED:
        st.error(job.error, icon=":material/error:")
    if job and job.state == jobs.DONE:
        _outcome(job.result)
    for name, fields in planned.notes:
        st.caption(word(name, tongue, **fields))
    st.caption(word("tryit.limits", tongue))


def _numbers(values: Mapping[str, Plain]) -> dict[str, Plain]:
    """A field for each number, filled in with what the session knows."""
    found: dict[str, Plain] = {}
    columns = st.columns(3)
    for index, (fact, name) in enumerate(_WORDS.items()):
        label, value = word(name, lang()), values[fact]
        with columns[index % 3]:
            if fact in _CHOICES:
                choices = _CHOICES[fact]
                place = choices.index(str(value)) if value in choices else 0
                found[fact] = str(st.selectbox(label, choices, index=place, key=fact))
            elif isinstance(_USUAL[fact], bool):
                found[fact] = st.toggle(label, value is True, key=fact)
            elif isinstance(_USUAL[fact], int):
                found[fact] = int(st.number_input(label, 1, 4096, int(float(value)), key=fact))
            else:
                given = f"{value:g}" if isinstance(value, float) else str(value)
                found[fact] = st.text_input(label, given, key=fact).strip()
    return found


def _title(fix: str) -> str:
    return knowledge().fixes[fix].title[lang()] if fix else word("tryit.none", lang())


def _command(facts: Mapping[str, Plain], fix: str) -> list[str]:
    """The same on the command line."""
    words = ["lab", "run"]
    for option, fact, _ in OPTIONS:
        if fact in facts:
            value = facts[fact]
            words += [option, ("yes" if value else "no") if isinstance(value, bool) else str(value)]
    return [*words, "--fix", fix] if fix else words


def _start(command: list[str]) -> None:
    whole = [sys.executable, "-m", "app.cli", *command, "--format", "json", "--progress", "--lang", lang()]
    show(run=jobs.start(json.dumps(command), whole, _SECONDS))


@st.fragment(run_every=_EVERY)
def _follow() -> None:
    """Shows the job until it ends."""
    job = jobs.view(st.query_params.get("run", ""))
    if job is None or job.state != jobs.RUNNING:
        st.rerun()
    with st.container(border=True, key="run-job"):
        which = (
            word("tryit.without", lang()) if job.step.name in ("", "without") else word("tryit.fix", lang())
        )
        text = word("job.step", lang(), step=which, seconds=round(job.seconds))
        st.progress(min(job.step.done / job.step.of, 1.0), text=text)
        st.button(
            word("job.cancel", lang()),
            key="cancel-run",
            icon=":material/stop_circle:",
            on_click=jobs.cancel,
            args=(job.id,),
        )


def _outcome(result: Mapping[str, Any]) -> None:
    """Both curves, and whether the fix helped the small model."""
    tongue = lang()
    bare, fixed = result["without"], result["with"]
    if bare["symptom"] == "healthy":
        st.info(word("tryit.well", tongue), icon=":material/check_circle:")
    elif fixed is None:
        st.warning(word("tryit.broke", tongue), icon=":material/warning:")
    elif fixed["symptom"] == "healthy":
        st.success(word("tryit.cured", tongue), icon=":material/check_circle:")
    else:
        st.warning(word("tryit.not_cured", tongue), icon=":material/warning:")
    runs = [(word("tryit.without", tongue), bare)]
    if fixed is not None:
        runs.append((word("tryit.with", tongue, fix=_title(result["fix"])), fixed))
    for column, (title, trace) in zip(st.columns(len(runs)), runs, strict=True):
        with column:
            symptom = label(knowledge(), "loss.symptom", trace["symptom"], tongue)
            st.markdown(f"**{title}**: {symptom}")
            curve = [(step, float(loss)) for step, loss in enumerate(trace["loss"], 1)]
            curve_chart(curve, trace["first_bad_step"])


framed(page)
