"""Ends sessions whose browser stayed away, with their event loops and uploads, and gives back what only they held."""

import gc

from streamlit import runtime


def end_session(session: str) -> None:
    """Have the server forget a session, unless its browser is back. From any thread.

    Streamlit by itself does so only when a further browser goes away, so that the last visitors would stay for good.
    """
    if runtime.exists():
        runtime.get_instance()._get_async_objs().eventloop.call_soon_threadsafe(_end_if_away, session)


def _end_if_away(session: str) -> None:
    """On the server's thread."""
    server = runtime.get_instance()
    if server.is_active_session(session):
        return
    server.close_session(session)
    if not server._session_mgr.list_sessions():
        thaw()


def thaw() -> None:
    """Collect all garbage, also what was taken as lasting: nobody is there who would wait."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
