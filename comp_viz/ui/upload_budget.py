"""Bounds what uploads of one session hold in the server's memory, and gives back what no widget of the page took up."""

import asyncio
from typing import Any, cast

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from comp_viz.data.memory_budget import in_gigabytes, memory_budget, visitors_file

UPLOADS = "/_stcore/upload_file/"  # then the session and the file
UNCLAIMED = 120.0  # seconds after which an upload that no widget shows is removed


class UploadBudget:
    """Wraps the server: an upload beyond the session's budget is answered with 413 and a sentence."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything else."""
        if scope["type"] != "http" or scope["method"] != "PUT" or UPLOADS not in scope["path"]:
            await self.app(scope, receive, send)
            return
        session, _, file = scope["path"].partition(UPLOADS)[2].partition("/")
        length = dict(scope["headers"]).get(b"content-length", b"")
        if not length.isdigit():
            await PlainTextResponse("An upload says how long it is.", 411)(scope, receive, send)
            return
        with visitors_file():
            budget = memory_budget()
        if held_bytes(session) + int(length) > budget:
            text = f"The uploads of one visit may take {in_gigabytes(budget)} here. Remove some, or put the files into the data folder."
            await PlainTextResponse(text, 413)(scope, receive, send)
            return
        await self.app(scope, receive, send)
        asyncio.get_running_loop().call_later(UNCLAIMED, look_again, session, file)


def held_bytes(session: str) -> int:
    """What the uploads of a session take."""
    return sum(len(record.data) for record in stored(session).values())


def stored(session: str) -> dict[str, Any]:
    """The uploads of a session, by file."""
    return dict(upload_store().file_storage.get(session, {}))


def upload_store() -> MemoryUploadedFileManager:
    """Where the server keeps uploads."""
    return cast(MemoryUploadedFileManager, runtime.get_instance().uploaded_file_mgr)


def look_again(session: str, file: str) -> None:
    """Remove an upload that no widget shows; later, while the page runs and may take it up. On the server's thread."""
    known = runtime.get_instance()._session_mgr.get_session_info(session)
    if known is not None and known.session._scriptrunner is not None:
        asyncio.get_running_loop().call_later(UNCLAIMED, look_again, session, file)
    elif file in stored(session) and file not in claimed(session):
        upload_store().remove_file(session, file)


def claimed(session: str) -> set[str]:
    """The files that widgets of a session hold, as its page last reported."""
    known = runtime.get_instance()._session_mgr.get_session_info(session)
    if known is None:
        return set()
    widgets = known.session._client_state.widget_states.widgets
    return {info.file_id for widget in widgets for info in widget.file_uploader_state_value.uploaded_file_info}
