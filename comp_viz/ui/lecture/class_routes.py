"""What phones ask the server: pages, where the class is, and to count a choice. Nothing else can be written here."""

import asyncio
import gzip
import hashlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import BaseRoute, Route
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

from comp_viz.lecture.hall import ClassFull, Hall, NotAsked
from comp_viz.report.live_figure.hall_page import PARTS, door_page
from comp_viz.ui.lecture.classroom import COOKIE, HALL, PRESENTER, Classroom, server_path

WAIT = 20.0  # seconds that a phone waits for a change; proxies cut a silent connection after 30 or 60
MOST_WAITING = 1000  # phones that wait at once; beyond, they ask again every few seconds
AGAIN = 4  # seconds until such a phone asks again
MOST_BYTES = 256  # of a choice
PATIENCE = 5.0  # seconds for a choice to arrive
PIECE = 128 * 1024  # bytes of a file that lie ready for one phone
PHONE = r"^[0-9a-f]{32}$"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "frame-ancestors 'self'",
}
FRESH, FOREVER = {"Cache-Control": "no-cache"}, {"Cache-Control": "private, max-age=86400, immutable"}
NEVER = {"Cache-Control": "no-store"}


class TooLong(Exception):
    """A body is longer than any choice."""


class Choice(BaseModel, extra="forbid", frozen=True, strict=True):
    """What a phone chose."""

    round: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    step: Annotated[int, Field(ge=0, lt=100)]  # counted from 0
    phone: Annotated[str, Field(pattern=PHONE)]
    modality: Annotated[int, Field(ge=0, lt=100)]


def class_routes(room: Classroom) -> list[BaseRoute]:
    """The addresses of the class."""
    routes = ClassRoutes(room)
    return [
        Route(server_path(HALL), to_the_door),
        Route(server_path(HALL, ""), routes.door),
        Route(server_path(HALL, "state"), routes.state),
        Route(server_path(HALL, "choice"), routes.choice, methods=["POST"]),
        Route(server_path(HALL, "tally"), routes.tally),
        Route(server_path(HALL, PRESENTER, "{key}"), routes.presenter),
        Route(server_path(HALL, "{story}", "{path:path}"), routes.file),
        Route(server_path(HALL, "{path:path}"), nothing_here, methods=METHODS),
    ]


class ClassRoutes:
    """Answers to phones, on the server's one loop, and to the presenter's page."""

    def __init__(self, room: Classroom) -> None:
        self.room, self.hall = room, room.hall
        self.loop: asyncio.AbstractEventLoop | None = None  # once somebody asks
        self.changed = asyncio.Event()  # set at the next change, and replaced by a new one
        self.waiting = 0  # phones
        self.news = ("", b"")  # what phones are told, and the version that it is of
        room.hall.on_change.append(self.wake)

    def wake(self) -> None:
        """Have all phones told that something changed; from any thread."""
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.wake_here)

    def wake_here(self) -> None:
        """The same, on the loop."""
        self.changed.set()
        self.changed = asyncio.Event()

    async def door(self, request: Request) -> Response:
        """The page at the class's address."""
        return refusal(request) or HTMLResponse(door_page(), headers=SAFE | FRESH)

    async def state(self, request: Request) -> Response:
        """Where the class is: at once where that is news to the phone, else when it changes; 204 where it does not."""
        if no := refusal(request):
            return no
        self.loop = asyncio.get_running_loop()
        known, phone = request.query_params.get("after", ""), request.query_params.get("phone", "")
        if re.fullmatch(PHONE, phone):
            self.hall.hear(phone)
        if self.waiting >= MOST_WAITING:
            return JSONResponse(public_state(self.hall) | {"again": AGAIN}, headers=SAFE | NEVER)
        if known == self.hall.state.version and not self.hall.ended:
            await self.wait()
        if known == self.hall.state.version:
            return Response(status_code=204, headers=SAFE | NEVER)
        return Response(self.state_bytes(), media_type="application/json", headers=SAFE | NEVER)

    async def wait(self) -> None:
        """Wait for a change, but not for ever."""
        self.waiting += 1
        try:
            await asyncio.wait_for(self.changed.wait(), WAIT)
        except TimeoutError:
            return
        finally:
            self.waiting -= 1

    def state_bytes(self) -> bytes:
        """What phones are told, written once for all of them."""
        version = self.hall.state.version
        if self.news[0] != version:
            self.news = (version, json.dumps(public_state(self.hall)).encode())
        return self.news[1]

    async def choice(self, request: Request) -> Response:
        """Count what a phone chose; 204, or a sentence on why not."""
        if no := refusal(request):
            return no
        if request.headers.get("content-type") != "application/json":
            return answer("A choice is sent as application/json.", 415)
        try:
            async with asyncio.timeout(PATIENCE):
                choice = Choice.model_validate_json(await short_body(request))
            self.hall.choose(choice.round, choice.step, choice.phone, choice.modality)
        except TooLong:
            return answer(f"A choice has at most {MOST_BYTES} bytes.", 413)
        except (ValidationError, TimeoutError, ClientDisconnect):
            return answer("Expected round, step, phone and modality of a choice.", 400)
        except NotAsked as error:
            return answer(str(error), 409)
        except ClassFull as error:
            return answer(str(error), 429)
        return Response(status_code=204, headers=SAFE | NEVER)

    async def tally(self, request: Request) -> Response:
        """How many phones there are and have chosen, for the presenter's page."""
        if no := refusal(request):
            return no
        if not self.room.is_presenter(request.cookies.get(COOKIE, "")):
            return answer("Only the presenter sees how many have chosen.", 403)
        answers, state = self.hall.answers(), self.hall.state
        counts = {
            "phones": self.hall.phones(), "chosen": answers.total if answers else 0, "ready": state.ready, "problem": state.problem,
        }  # fmt: skip
        return JSONResponse(counts, headers=SAFE | NEVER)

    async def presenter(self, request: Request) -> Response:
        """Make the browser that comes with the key the presenter's, and open the Lecture page."""
        if no := refusal(request):
            return no
        if not self.room.is_presenter(request.path_params["key"]):
            return answer(
                "This is not the presenter's key of this server. It is printed where the server was started.", 403
            )
        response = RedirectResponse(server_path("lecture"), 303, headers=SAFE | NEVER)
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, self.room.key, path=server_path(), httponly=True, samesite="lax", secure=secure)
        return response

    async def file(self, request: Request) -> Response:
        """A page of a story, or what it loads: kept by phones where its name changes with what is in it."""
        if no := refusal(request):
            return no
        path = request.path_params["path"]
        pages = self.hall.pages(request.path_params["story"])
        if pages is None or (content := pages.files.get(path)) is None:
            door = RedirectResponse(server_path(HALL, ""), 303, headers=SAFE | NEVER)
            return door if path.endswith(".html") else answer("There is no such file.", 404)
        if path.startswith(f"{PARTS}/"):
            return compressed_file(request, path, content, FOREVER)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = FRESH | {"ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=SAFE | headers)
        return compressed_file(request, path, content, headers)


def refusal(request: Request) -> Response | None:
    """An answer to a request for another host, or from a page of another origin, as Streamlit refuses them for its own."""
    allowed = _is_origin_allowed(request.headers.get("origin"), request.headers.get("host"))
    return None if allowed else answer("This address is not for other hosts or origins.", 403)


def answer(sentence: str, status: int) -> Response:
    """A sentence, with a status."""
    return PlainTextResponse(sentence, status, headers=SAFE | NEVER)


def to_the_door(request: Request) -> Response:
    """From the class's address without its last stroke to the one with it, by which links on the page go."""
    return RedirectResponse(server_path(HALL, ""), 308)


def nothing_here(request: Request) -> Response:
    """The end of the class's addresses: what is none of them does not go on to the dashboard."""
    return answer("There is no such address of the class.", 404)


def public_state(hall: Hall) -> dict[str, Any]:
    """What phones are told, as JSON can hold it."""
    state = hall.state
    pages = hall.pages(state.story)
    shown = {
        step: {"counts": answers.counts, "contributions": answers.question.contributions}
        for step, answers in state.shown.items()
    }
    here = asdict(replace(state, shown={})) | {"problem": bool(state.problem)}  # why may name folders of this machine
    return here | {"shown": shown, "steps": len(pages.questions) if pages else 0}


async def short_body(request: Request) -> bytes:
    """The body, no more of which is read than a choice has. Raises `TooLong`."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise TooLong
    return body


def compressed_file(request: Request, path: str, content: bytes, headers: dict[str, str]) -> Response:
    """A file that is held compressed, in pieces: what waits for slow phones is then little."""
    encoding = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        content, encoding = gzip.decompress(content), {"Vary": "Accept-Encoding"}
    length = {"Content-Length": str(len(content))}
    kind = "text/html" if path.endswith(".html") else "text/javascript"
    return StreamingResponse(pieces(content), media_type=kind, headers=SAFE | headers | encoding | length)


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """Parts of it one after the other."""
    for begin in range(0, len(content), PIECE):
        yield content[begin : begin + PIECE]
