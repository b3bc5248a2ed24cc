"""What the pages need to know of how they are served; the environment carries it into the pages' runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

UPLOAD_MB = 50  # more than that goes through app.ui.uploads, which does not hold it in memory


@dataclass(frozen=True)
class Settings:
    """`public_url` is what links start with, `base_path` is "" or "/x".

    `read_only` is for a server that strangers reach: it takes no files and runs nothing; links, questions and
    the knowledge are all there. `probes` is whether this machine may be measured. `login` is whether people
    log in first (Streamlit's own login), `api_token` what programs send then. `database` is where short links
    and outcomes are kept (app.store), "" for nowhere.
    """

    public_url: str = ""
    base_path: str = ""
    read_only: bool = False
    probes: bool = True
    login: bool = False
    api_token: str = field(default="", repr=False)
    database: str = field(default="", repr=False)

    def environment(self) -> dict[str, str]:
        """The settings as environment variables."""
        return {
            "WHYNAN_URL": self.public_url,
            "WHYNAN_BASE_PATH": self.base_path,
            "WHYNAN_READ_ONLY": "1" if self.read_only else "",
            "WHYNAN_NO_PROBES": "" if self.probes else "1",
            "WHYNAN_LOGIN": "1" if self.login else "",
            "WHYNAN_API_TOKEN": self.api_token,
            "WHYNAN_DATABASE": self.database,
        }


def settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `Settings.environment` wrote; the defaults where nobody did."""
    path = environment.get("WHYNAN_BASE_PATH", "").strip("/")
    return Settings(
        public_url=environment.get("WHYNAN_URL", ""),
        base_path=f"/{path}" if path else "",
        read_only=bool(environment.get("WHYNAN_READ_ONLY")),
        probes=not environment.get("WHYNAN_NO_PROBES"),
        login=bool(environment.get("WHYNAN_LOGIN")),
        api_token=environment.get("WHYNAN_API_TOKEN", ""),
        database=environment.get("WHYNAN_DATABASE", ""),
    )
