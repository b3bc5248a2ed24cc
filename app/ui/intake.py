"""What a person gives: what they see, files of any kind, pasted text."""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path

import streamlit as st

from app import inputs
from app.inputs import Inputs
from app.phrases import label
from app.ui import uploads
from app.ui.address import Here, go, knowledge, lang, public
from app.ui.jobs_view import READ, launch
from app.ui.sender import sender
from app.ui.settings import UPLOAD_MB, settings
from app.words import word
from kb.bands import value_of

_PROBLEMS, _ROUND = "problems", "round"
PASTED = 200_000  # characters
BALANCED = "whynan_server"


def symptom(at: Here, current: str | None) -> None:
    """The symptoms to choose from, the most common first."""
    fact = knowledge().facts["loss.symptom"]
    st.pills(
        fact.question[lang()] if fact.question else fact.id,
        sorted(fact.typical, key=lambda value: -fact.typical[value]),
        default=current if current in fact.typical else None,
        format_func=lambda value: label(knowledge(), fact.id, value, lang()),
        key=f"symptom-{at.link}",  # another address, another answer: Back shows what was chosen then
        on_change=_see,
        args=(at,),
        wrap=True,
    )


def files(at: Here) -> None:
    """Files of any kind, several at once; and pasted text."""
    tongue = lang()
    number = st.session_state.get(
        _ROUND, 0
    )  # a fresh uploader after each round: what was read is listed below
    st.file_uploader(
        word("start.files", tongue),
        accept_multiple_files=True,
        key=f"files-{number}",
        max_upload_size=UPLOAD_MB,
        help=word("start.files_help", tongue),
        on_change=_upload,
        args=(at, f"files-{number}"),
    )
    with st.form(f"paste-{number}", border=False):
        field = f"pasted-{number}"
        st.text_area(
            word("start.paste", tongue),
            key=field,
            height=90,
            max_chars=PASTED,
            placeholder=word("start.paste_hint", tongue),
        )
        st.form_submit_button(
            word("start.read", tongue), icon=":material/text_snippet:", on_click=_paste, args=(at, field)
        )


def problems() -> None:
    """A line for each file that could not be read; what could be read is kept."""
    for index, line in enumerate(st.session_state.get(_PROBLEMS, ())):
        with st.container(border=True, horizontal=True, key=f"problem-{index}"):
            st.markdown(":red[:material/error:]", width="content")
            st.text(line, width="stretch")


def large() -> None:
    """What sends a file of any size, from here or from a shell; it is read as soon as it is there."""
    label = word("start.large", lang(), size=UPLOAD_MB)
    with st.expander(label, type="compact", key="large", on_change="rerun") as opened:
        if opened.open:
            _waiting()


@st.fragment(run_every=2.0)
def _waiting() -> None:
    token = st.session_state.get("upload") or uploads.issue()
    st.session_state["upload"] = token
    path = uploads.arrived(token)
    if path is None:
        # The browser sends to where the page is from: its policy lets it send nowhere else.
        here = f"{settings().base_path}/upload/{token}/"
        sender(here, word("start.large_pick", lang()), word("start.large_failed", lang()), "send-large")
        st.code(f"curl{_to()} -T train.log {public()}upload/{token}/", language="bash", wrap_lines=True)
        st.caption(word("start.large_wait", lang()))
        _coming(token)
        return
    del st.session_state["upload"]
    launch(f"{READ}{token}", ["-m", "app.ui.read_large", str(path)])
    st.rerun()


def _to() -> str:
    """Behind a balancer (deploy/nginx.conf): the cookie that leads to the server that gave out the token."""
    server = st.context.cookies.get(BALANCED)
    return f" -b {shlex.quote(f'{BALANCED}={server}')}" if server else ""


def _coming(token: str) -> None:
    """How much of the file has come, and a way to end that."""
    progress = uploads.progress(token)
    if progress is None:
        return
    size, of = progress
    key = "start.large_coming" if of else "start.large_some"
    text = word(key, lang(), done=size // 1_000_000, of=of // 1_000_000)
    st.progress(min(size / of, 1.0) if of else 0.0, text=text)
    st.button(
        word("job.cancel", lang()),
        key="cancel-upload",
        icon=":material/stop_circle:",
        on_click=_cancel,
        args=(token,),
    )


def _cancel(token: str) -> None:
    uploads.forget(token)
    st.session_state.pop("upload", None)


def _see(at: Here) -> None:
    chosen = st.session_state.get(f"symptom-{at.link}")
    fact = knowledge().facts["loss.symptom"]
    if chosen is None:
        go(at.session.retract(fact.id), at.texts)
    elif chosen in fact.typical:
        go(at.session.answer(fact.id, value_of(fact, chosen)), at.texts)


def _upload(at: Here, field: str) -> None:
    given = st.session_state.get(field) or []
    found = Inputs()
    with tempfile.TemporaryDirectory(prefix="whynan-") as folder:
        for index, file in enumerate(given):
            path = Path(folder, str(index), Path(file.name).name or "file")
            path.parent.mkdir()
            path.write_bytes(file.getbuffer())
            found += inputs.read([path])
    _take(at, found)


def _paste(at: Here, field: str) -> None:
    text = str(st.session_state.get(field) or "")[:PASTED]
    if text.strip():
        _take(at, inputs.paste(text, word("start.pasted", lang())))


def _take(at: Here, found: Inputs) -> None:
    """Adds what was read to the session; a new file of the same name takes the old one's place."""
    st.session_state[_PROBLEMS] = found.problems
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    if found.reports:
        texts = {**dict(at.texts), **dict(found.texts)}
        go(at.session.read(*found.reports), tuple(texts.items()))
