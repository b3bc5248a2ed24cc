from __future__ import annotations

import pytest
import streamlit as st

from app.telling import BadInputError
from app.ui import login

SECRETS = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "of the tests"
client_id = "whynan"
client_secret = "of the tests"
server_metadata_url = "https://login.example/.well-known/openid-configuration"
"""


@pytest.fixture
def secrets(tmp_path, monkeypatch):
    """Runs where a secrets.toml of the test's own would be found, and nobody else's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".streamlit" / "secrets.toml"
    path.parent.mkdir()
    st.secrets._reset()
    yield path
    st.secrets._reset()


def test_nobody_logs_in_where_nothing_is_set_up(secrets):
    assert not login.wanted()
    secrets.write_text("[other]\nkey = 1\n")
    st.secrets._reset()
    assert not login.wanted()


def test_a_provider_in_the_secrets_asks_for_it(secrets):
    pytest.importorskip("authlib")
    secrets.write_text(SECRETS)

    assert login.wanted()


@pytest.mark.parametrize(
    ("text", "base", "said"),
    [
        ("[auth\n", "", "mend it"),
        ("auth = 1\n", "", "lacks redirect_uri"),
        (SECRETS.replace("client_id", "client"), "", "lacks client_id, see docs/threats.md"),
        (SECRETS.replace('client_secret = "of the tests"', 'client_secret = ""'), "", "lacks client_secret,"),
        (SECRETS, "/why", "let it end with /why/oauth2callback"),
    ],
)
def test_a_server_whose_log_in_cannot_work_does_not_start_open(secrets, text, base, said):
    secrets.write_text(text)

    with pytest.raises(BadInputError, match=said) as refused:
        login.wanted(base)
    assert "\n" not in str(refused.value)


def test_without_authlib_the_server_does_not_start_open(secrets, monkeypatch):
    secrets.write_text(SECRETS)
    monkeypatch.setattr(login, "find_spec", lambda _: None)

    with pytest.raises(BadInputError, match=r"needs Authlib, say `pip install 'whynan\[login\]'`"):
        login.wanted()


def test_who_has_not_logged_in_sees_a_button_and_no_diagnosis(open_page, fp16, monkeypatch):
    monkeypatch.setenv("WHYNAN_LOGIN", "1")
    at = open_page("diagnosis.py", fp16)

    assert "login" in [button.key for button in at.button]
    assert "float16" not in " ".join(item.value for item in at.markdown)
