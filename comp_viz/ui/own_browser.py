"""Opens the dashboard in the browser of whoever starts it at a desk, as Streamlit does for apps without a server of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from streamlit.cli_util import open_browser
from streamlit.web.server.server_util import get_url

SOON = 0.5  # seconds until the server, which begins now, listens


@asynccontextmanager
async def browser_at_start(server: Any) -> AsyncIterator[None]:
    """For the time that the server runs; it begins with a browser unless `server.headless` is set."""
    if not st.get_option("server.headless"):
        asyncio.get_running_loop().call_later(SOON, open_browser, get_url(st.get_option("browser.serverAddress")))
    yield
