"""The addresses of the server, and what stands behind each."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from labelfix.errors import LabelfixError
from labelfix.images.decode import UnreadableImageError
from labelfix.report.page_source import environment, source
from labelfix.review.server.deck import KINDS_OF_GROUPS
from labelfix.review.server.desk import Desk
from labelfix.review.server.gate import TooLargeError
from labelfix.review.server.page_requests import (
    BadRequestError,
    read_chosen,
    read_number,
    read_numbers,
    read_object,
    read_reviewer,
    read_times,
    read_wanted,
)
from labelfix.review.server.page_texts import page_setup, progress_texts
from labelfix.review.server.relabel_run import RelabelRun

TEMPLATES = Path(__file__).parents[1] / "templates" / "review"
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FILES = {
    path.name: MEDIA_TYPES[path.suffix]
    for path in sorted(TEMPLATES.iterdir())
    if path.suffix in MEDIA_TYPES
}
"""What a page loads beside itself."""
KEEP_S = 3600
NO_STORE = {"cache-control": "no-store"}


class Json(JSONResponse):
    """JSON in ASCII, so that any label survives; never kept by a browser."""

    def __init__(self, content: Any, status_code: int = 200) -> None:
        super().__init__(content, status_code, headers=NO_STORE)

    def render(self, content: Any) -> bytes:
        """The content as bytes."""
        import json

        return json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode("ascii")


class Review:
    """The answers of the server.

    Args:
        desk: what is reviewed.
        relabel: runs a new relabel.
        about: what the page says of itself: `reviewer`, `workspace`, `run`.
        on_bug: is told of an exception that no user can fix.
    """

    def __init__(
        self,
        desk: Desk,
        relabel: RelabelRun,
        about: Mapping[str, Any],
        on_bug: Callable[[Exception], None],
    ) -> None:
        self.desk = desk
        self.relabel = relabel
        self._about = about
        self._on_bug = on_bug
        self._template = environment(TEMPLATES).get_template("review.html.j2")

    def application(self) -> Starlette:
        """All addresses."""
        get, post = ["GET"], ["POST"]
        routes = [
            Route("/", self.page, methods=get),
            Route("/static/{name}", self.file, methods=get),
            Route("/image/{number}", self.image, methods=get),
            Route("/thumbnail/{number}", self.thumbnail, methods=get),
            Route("/api/queue", self.queue, methods=get),
            Route("/api/cards", self.cards, methods=get),
            Route("/api/groups", self.groups, methods=get),
            Route("/api/progress", self.progress, methods=get),
            Route("/api/decide", self.decide, methods=post),
            Route("/api/undo", self.undo, methods=post),
            Route("/api/redo", self.redo, methods=post),
            Route("/api/relabel", self.relabel_again, methods=post),
        ]
        return Starlette(
            routes=routes,
            exception_handlers={
                BadRequestError: _bad_request,
                TooLargeError: _too_large,
                LabelfixError: _unusable,
                UnreadableImageError: _unreadable,
                Exception: self._bug,
            },
        )

    def page(self, _: Request) -> Response:
        """The page itself."""
        setup = page_setup(self.desk.deck, self._about)
        return HTMLResponse(self._template.render(setup=setup), headers=NO_STORE)

    def file(self, request: Request) -> Response:
        """A script or a style of the page."""
        name = request.path_params["name"]
        if name not in FILES:
            return PlainTextResponse("Not found.\n", 404)
        return Response(source(TEMPLATES / name), media_type=FILES[name], headers=NO_STORE)

    def image(self, request: Request) -> Response:
        """An image in all its pixels."""
        return self._picture(request, is_small=False)

    def thumbnail(self, request: Request) -> Response:
        """A small version of an image."""
        return self._picture(request, is_small=True)

    def _picture(self, request: Request, *, is_small: bool) -> Response:
        try:
            number = read_number(request.path_params["number"])
        except BadRequestError:
            return PlainTextResponse("Not found.\n", 404)
        images = self.desk.deck.images
        if number >= len(images):
            return PlainTextResponse("Not found.\n", 404)
        pictures = self.desk.pictures
        found = (pictures.thumbnail if is_small else pictures.full)(images[number])
        return Response(
            found.content,
            media_type=found.media_type,
            headers={
                "cache-control": f"private, max-age={KEEP_S}",
                "content-disposition": "inline",
                "content-security-policy": "default-src 'none'; sandbox",
            },
        )

    def queue(self, request: Request) -> Response:
        """The numbers of the cards that a filter shows."""
        return Json(self.desk.queue(read_wanted(request.query_params)))

    def cards(self, request: Request) -> Response:
        """Some cards."""
        numbers = read_numbers(request.query_params.get("numbers", ""))
        return Json({"cards": self.desk.cards(numbers)})

    def groups(self, request: Request) -> Response:
        """Groups of images to decide on at once."""
        kind = request.query_params.get("kind", "")
        if kind not in KINDS_OF_GROUPS:
            raise BadRequestError(f"expected one of {', '.join(KINDS_OF_GROUPS)}")
        return Json(self.desk.groups(kind))

    def progress(self, request: Request) -> Response:
        """How far the review is, and what was decided since an event."""
        since = read_number(request.query_params.get("since", "0"))
        return Json(
            {
                **self.desk.news(since),
                **progress_texts(self.desk.progress(), self.desk.plan.budget),
                "relabel": dataclasses.asdict(self.relabel.state),
            }
        )

    async def decide(self, request: Request) -> Response:
        """Keep decisions; they are on disk when this is answered."""
        asked = read_chosen(await _json_body(request))
        ids = await run_in_threadpool(self.desk.decide, asked)
        return Json({"ids": ids, "event": self.desk.standing.event})

    async def undo(self, request: Request) -> Response:
        """Take back the reviewer's last decision."""
        return await self._step(request, is_undo=True)

    async def redo(self, request: Request) -> Response:
        """Give back what was undone last."""
        return await self._step(request, is_undo=False)

    async def _step(self, request: Request, *, is_undo: bool) -> Response:
        asked = read_object(await _json_body(request))
        reviewer, times = read_reviewer(asked), read_times(asked)
        return Json(await run_in_threadpool(self.desk.step, reviewer, times, is_undo=is_undo))

    async def relabel_again(self, request: Request) -> Response:
        """Start a new relabel with the decisions so far."""
        await _json_body(request)
        return Json(dataclasses.asdict(await run_in_threadpool(self.relabel.start)))

    async def _bug(self, _: Request, error: Exception) -> Response:
        self._on_bug(error)
        return PlainTextResponse("This is a bug in labelfix.\n", 500)


async def _json_body(request: Request) -> bytes:
    """The body of a request that a form of another site could not have sent."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise BadRequestError("expected JSON")
    return await request.body()


async def _bad_request(_: Request, error: Exception) -> Response:
    return Json({"error": str(error)}, 400)


async def _too_large(_: Request, __: Exception) -> Response:
    return Json({"error": "the request is too large"}, 413)


async def _unusable(_: Request, error: Exception) -> Response:
    return Json({"error": str(error)}, 500)


async def _unreadable(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", 404, headers=NO_STORE)
