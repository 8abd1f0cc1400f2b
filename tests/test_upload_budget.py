"""Uploads of one visit stay within a budget, and what no widget took up is given back."""

import runpy
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from comp_viz.resources import shipped
from comp_viz.ui import upload_budget
from comp_viz.ui.upload_budget import UPLOADS, UploadBudget, held_bytes, look_again


@pytest.fixture
def server(monkeypatch):
    """A stand-in for Streamlit's, with its own store of uploads and one session that is `mine`."""
    session = SimpleNamespace(_scriptrunner=None, _client_state=ClientState())
    known = {"mine": SimpleNamespace(session=session)}
    made = SimpleNamespace(
        uploaded_file_mgr=MemoryUploadedFileManager("/upload"),
        _session_mgr=SimpleNamespace(get_session_info=known.get),
        session=session,
    )
    monkeypatch.setattr(upload_budget.runtime, "exists", lambda: True)
    monkeypatch.setattr(upload_budget.runtime, "get_instance", lambda: made)
    return made


@pytest.fixture
def visitor(server, monkeypatch):
    """Uploads to it, 100 bytes being allowed."""
    monkeypatch.setattr(upload_budget, "memory_budget", lambda: 100)

    async def store(request):
        session, file = request.path_params["session"], request.path_params["file"]
        server.uploaded_file_mgr.add_file(session, UploadedFileRec(file, "a.bin", "", await request.body()))
        return Response(status_code=204)

    app = Starlette(routes=[Route(f"{UPLOADS}{{session}}/{{file}}", store, methods=["PUT"])])
    with TestClient(UploadBudget(app)) as client:
        yield client


def test_a_visit_uploads_as_much_as_its_budget(visitor):
    answers = [visitor.put(f"{UPLOADS}mine/{n}", content=b"x" * 40).status_code for n in range(4)]
    assert answers == [204, 204, 413, 413]
    assert held_bytes("mine") == 80
    assert visitor.put(f"{UPLOADS}other/1", content=b"x" * 40).status_code == 204
    refusal = visitor.put(f"{UPLOADS}mine/9", content=b"x" * 40)
    assert "The uploads of one visit may take" in refusal.text


def test_an_upload_without_a_length_is_refused(visitor):
    assert visitor.put(f"{UPLOADS}mine/1", content=iter([b"x" * 1000])).status_code == 411
    assert held_bytes("mine") == 0


def test_what_no_widget_holds_is_removed_and_what_one_holds_stays(server, monkeypatch):
    for file in ("shown", "forgotten"):
        server.uploaded_file_mgr.add_file("mine", UploadedFileRec(file, "a.bin", "", b"x"))
    widget = server.session._client_state.widget_states.widgets.add(id="uploader")
    widget.file_uploader_state_value.uploaded_file_info.add(file_id="shown")
    server.session._scriptrunner, later = object(), []  # the page may be about to take it up
    loop = SimpleNamespace(call_later=lambda seconds, call, *given: later.append(given))
    monkeypatch.setattr(upload_budget.asyncio, "get_running_loop", lambda: loop)
    look_again("mine", "forgotten")
    assert held_bytes("mine") == 2
    assert later == [("mine", "forgotten")]
    server.session._scriptrunner = None
    look_again("mine", "forgotten")
    look_again("mine", "shown")
    assert set(server.uploaded_file_mgr.file_storage["mine"]) == {"shown"}


def test_an_upload_is_looked_at_again_some_time_after(visitor, server, monkeypatch):
    monkeypatch.setattr(upload_budget, "UNCLAIMED", 0.0)
    visitor.put(f"{UPLOADS}mine/1", content=b"x" * 40)
    visitor.put(f"{UPLOADS}elsewhere/2", content=b"x")  # the server's loop goes round
    assert held_bytes("mine") == 0


def test_the_dashboard_is_served_with_it():
    served = runpy.run_path(str(shipped("app.py")), run_name="app")["app"]
    assert UploadBudget in [layer.cls for layer in served._user_middleware]
