"""What the server does when it begins and when it ends: it opens a browser, and in the end leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from streamlit.cli_util import open_browser
from streamlit.web.server.server_util import get_url

from comp_viz.background_job import end_jobs
from comp_viz.clips.upload_folder import remove_uploads
from comp_viz.ui.lecture.classroom import HALL, PRESENTER, classroom

SOON = 0.5  # seconds until the server, which begins now, listens


@asynccontextmanager
async def while_serving(server: Any) -> AsyncIterator[None]:
    """For the time that the server runs. It begins with a browser unless `server.headless` is set, as Streamlit does for apps
    without a server of their own. It ends by the signal that it got, and then Python calls nothing that `atexit` knows of.
    """
    address = get_url(st.get_option("browser.serverAddress"))
    if room := classroom():
        address += f"/{HALL}/{PRESENTER}/{room.key}"
        print(f"\n  The presenter's address, to be kept secret: {address}\n", flush=True)
    if not st.get_option("server.headless"):
        asyncio.get_running_loop().call_later(SOON, open_browser, address)
    yield
    end_jobs()
    remove_uploads()
