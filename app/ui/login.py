"""Logging in with an OpenID Connect provider, where the server's secrets.toml has one (Streamlit's `[auth]`).

Only pages: programs send the token of `WHYNAN_API_TOKEN` instead.
"""

from __future__ import annotations

from importlib.util import find_spec

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from app.telling import BadInputError
from app.ui.address import lang
from app.ui.settings import settings
from app.words import word


def wanted() -> bool:
    """Whether `.streamlit/secrets.toml` has a section `[auth]`. Raises BadInputError where it cannot work."""
    try:
        found = "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        return False
    if found and find_spec("authlib") is None:
        raise BadInputError("[auth] in secrets.toml, needs Authlib, say `pip install 'whynan[login]'`")
    return found


def ask() -> None:
    """Ends the page for who has not logged in, after a button that does it."""
    if settings().login and not _known():
        st.markdown(f"### {word('login.first', lang())}")
        st.button(
            word("login.in", lang()), key="login", type="primary", icon=":material/login:", on_click=st.login
        )
        st.stop()


def leave() -> None:
    """The button that logs out, for who is logged in."""
    if settings().login and _known():
        st.button(word("login.out", lang()), key="logout", type="tertiary", on_click=st.logout)


def _known() -> bool:
    return bool(st.user.get("is_logged_in", False))  # without the attribute, nobody is
