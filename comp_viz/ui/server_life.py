"""What the server does when it begins and when it ends: it opens a browser, and in the end leaves nothing behind."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

import streamlit as st
from streamlit.cli_util import open_browser
from streamlit.web.server.server_util import get_url

from comp_viz.background_job import end_jobs
from comp_viz.clips.upload_folder import remove_uploads
from comp_viz.ui.lecture.classroom import HALL, PRESENTER, classroom

SOON = 0.5  # seconds until the server, which begins now, listens
# Seconds that a visitor's thread computes while another one waits for its turn; Python's own are 0.005. What reads and unpacks
# files gives way hundreds of times, each time to all who compute, and visitors wait together for a data set that is being read.
TURN = 0.001


@asynccontextmanager
async def while_serving(server: Any) -> AsyncIterator[None]:
    """For the time that the server runs. It begins with a browser unless `server.headless` is set, as Streamlit does for apps
    without a server of their own. It ends by the signal that it got, and then Python calls nothing that `atexit` knows of.
    """
    sys.setswitchinterval(TURN)
    address = get_url(st.get_option("browser.serverAddress"))
    if room := classroom():
        address += f"/{HALL}/{PRESENTER}/{room.key}"
        when_asked_to_end(room.hall.end)
        print(f"\n  The presenter's address, to be kept secret: {address}\n", flush=True)
    if not st.get_option("server.headless"):
        asyncio.get_running_loop().call_later(SOON, open_browser, address)
    yield
    end_jobs()
    remove_uploads()


def when_asked_to_end(act: Callable[[], None]) -> None:
    """Call `act` at the signal that ends the server: its own farewell begins only when all requests are answered, and phones wait
    for news in theirs.
    """
    for kind in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(kind)

        def heard(number: int, frame: FrameType | None, before: Any = before) -> None:
            act()
            if callable(before):
                before(number, frame)

        signal.signal(kind, heard)
