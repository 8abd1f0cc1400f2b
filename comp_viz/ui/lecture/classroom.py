"""The class of this server, where it was started for a lecture: one for all threads, from its start to its end."""

import os
import secrets
from dataclasses import dataclass, field
from functools import cache

import streamlit as st

from comp_viz.lecture import LECTURE
from comp_viz.lecture.hall import Hall

HALL, PRESENTER = "hall", "presenter"  # in addresses
COOKIE = "comp_viz_presenter"  # what the presenter's browser keeps, for as long as it is open


@dataclass(frozen=True)
class Classroom:
    """The class, and the key of whoever presents."""

    hall: Hall = field(default_factory=Hall)
    key: str = field(default_factory=secrets.token_urlsafe)

    def is_presenter(self, key: str) -> bool:
        """Whether that is the presenter's key."""
        return secrets.compare_digest(key.encode(), self.key.encode())


@cache
def classroom() -> Classroom | None:
    """The class; None where the server was not started for a lecture."""
    return Classroom() if os.environ.get(LECTURE) == "1" else None


def server_path(*parts: str) -> str:
    """The path of an address of this server: `/hall/state`, below where the dashboard is served."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return "/" + "/".join([*([base] if base else []), *parts])
