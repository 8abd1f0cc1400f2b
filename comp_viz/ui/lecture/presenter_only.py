"""In a lecture the dashboard is the presenter's: everybody else is sent to the class."""

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from comp_viz.ui.lecture.classroom import COOKIE, HALL, Classroom, server_path


class PresenterOnly:
    """Wraps the server: lets the presenter's browser pass, and everybody to the class's own addresses.

    A hall of phones would else have the whole dashboard, its uploads and trainings, and could move the class.
    """

    def __init__(self, app: ASGIApp, room: Classroom) -> None:
        self.app, self.room = app, room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, send to the class, or refuse."""
        if scope["type"] not in ("http", "websocket") or self.may_pass(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self.refusal(HTTPConnection(scope))(scope, receive, send)

    def may_pass(self, scope: Scope) -> bool:
        """Whether a request is the presenter's, or for what is everybody's."""
        path, ours = scope["path"], server_path(HALL)
        everybodys = path == ours or path.startswith(f"{ours}/") or path == server_path("_stcore", "health")
        return everybodys or self.room.is_presenter(HTTPConnection(scope).cookies.get(COOKIE, ""))

    def refusal(self, request: HTTPConnection) -> Response:
        """Who wants a page is sent to the class; a sentence for everything else."""
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(f"{server_path(HALL)}/", 303)
        return PlainTextResponse(f"This server is for a lecture. The class is at {server_path(HALL)}/.", 403)
