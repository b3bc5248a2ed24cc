"""Logging in with an OpenID Connect provider, where the server's secrets.toml has one (Streamlit's `[auth]`).

Only pages: programs send the token of `WHYNAN_API_TOKEN` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from app.telling import BadInputError
from app.ui import labels
from app.ui.address import lang
from app.ui.settings import settings
from app.words import word

_KEYS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_NAMES = ("name", "preferred_username", "email", "sub")  # claims of OpenID Connect, what people know first


def wanted(base_path: str = "") -> bool:
    """Whether `.streamlit/secrets.toml` has a section `[auth]`. Raises BadInputError where it cannot work.

    A file that cannot be read is no reason to serve everybody.
    """
    try:
        auth = st.secrets.get("auth")
    except StreamlitSecretNotFoundError as error:
        if str(error).startswith("No secrets found"):
            return False
        raise BadInputError(f"secrets.toml, {' '.join(str(error).split())}, mend it") from error
    if auth is None:
        return False
    missing = ", ".join(key for key in _KEYS if not isinstance(auth, Mapping) or not auth.get(key))
    if missing:
        raise BadInputError(f"[auth] in secrets.toml, lacks {missing}, see docs/threats.md")
    uri, end = auth["redirect_uri"], f"{base_path}/oauth2callback"
    if not str(uri).endswith(end):
        raise BadInputError(f"redirect_uri in secrets.toml, is {uri}, let it end with {end}")
    if find_spec("authlib") is None:
        raise BadInputError("[auth] in secrets.toml, needs Authlib, say `pip install 'whynan[login]'`")
    return True


def ask() -> None:
    """Ends the page for who has not logged in, after a button that does it."""
    if settings().login and not _known():
        st.markdown(f"### {word('login.first', lang())}")
        label = word("login.in", lang())
        st.button(label, key="login", type="primary", icon=":material/login:", on_click=st.login)
        st.stop()


def leave() -> None:
    """Who is logged in, as the button that logs out."""
    if settings().login and _known():
        name = next((str(st.user[key]) for key in _NAMES if st.user.get(key)), "")
        label = word("login.out", lang())
        label = f"{labels.literal(name)} · {label}" if name else label
        st.button(label, key="logout", type="tertiary", on_click=st.logout)


def _known() -> bool:
    return bool(st.user.get("is_logged_in", False))  # without the attribute, nobody is
