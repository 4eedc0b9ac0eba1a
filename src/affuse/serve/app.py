"""The page and the HTTP API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from affuse.errors import AffuseError
from affuse.serve.about import api_page, info_of
from affuse.serve.answers import answered
from affuse.serve.browsers import Browsers
from affuse.serve.live import Live
from affuse.serve.page_files import FOLDER, PageFiles
from affuse.serve.queries import Route
from affuse.serve.recordings import Recordings
from affuse.serve.replies import ErrorReply, InfoReply, RunReply
from affuse.serve.runs import list_runs, report_of
from affuse.serve.scratch import private_folder
from affuse.serve.security import Guard
from affuse.serve.settings import ServerSettings

_SWEEP_S = 5.0


def create_app(settings: ServerSettings) -> Guard:
    """The application; its private folder is there from start to shutdown.

    Parameters
    ----------
    settings : ServerSettings
        With the port that it will really listen on.

    Returns
    -------
    Guard

    Raises
    ------
    BundleError
        The bundle cannot be used.
    """
    server = _Server(settings)
    app = FastAPI(
        title="affuse",
        version=metadata.version("affuse"),
        summary="Emotion from face and voice together, on this machine.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=server.lifespan,
        responses={"4XX": {"model": ErrorReply}},
    )
    app.include_router(server.router())
    app.mount(server.files.address, server.files)
    # The same by names that stay, for who asks for one file: looked at anew each time.
    app.mount("/static", StaticFiles(directory=FOLDER, check_dir=False))
    for kind in (AffuseError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, answered)
    # Outermost: answers to errors of our own get the headers too.
    return Guard(app, settings)


class _Server:
    """What the routes share."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.live = Live(settings)
        self.info = info_of(settings)
        self.files = PageFiles(FOLDER)
        self.browsers = Browsers(settings.port)
        self.recordings = Recordings(settings, self.browsers)

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """The private folder, and the recordings in it."""
        with private_folder(self.settings.scratch) as folder:
            self.recordings.begin(folder)
            sweeping = asyncio.create_task(self._sweep())
            try:
                yield
            finally:
                sweeping.cancel()
                await asyncio.to_thread(self.recordings.end)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(min(_SWEEP_S, self.settings.limits.keep_s / 4))
            await asyncio.to_thread(self.recordings.sweep)

    def router(self) -> APIRouter:
        """All routes."""
        router = APIRouter()
        for method, path, answer, options in self._routes():
            router.add_api_route(path, answer, methods=[method], **options)
            if method == "GET":
                # What may be got may be asked about; the schema need not say so twice.
                hidden = {**options, "include_in_schema": False}
                router.add_api_route(path, answer, methods=["HEAD"], **hidden)
        router.add_api_websocket_route("/api/live", self.listen)
        return router

    def _routes(self) -> list[Route]:
        page: dict[str, Any] = {"include_in_schema": False}
        return [
            ("GET", "/", self.page, page),
            ("GET", "/runs/{name}/report.html", self.report, page),
            ("GET", "/demo/{name}/report.html", self.demo_report, page),
            ("GET", "/api/docs", self.docs, page),
            ("GET", "/api/info", self.about, {"response_model": InfoReply}),
            *self.recordings.routes(),
            ("GET", "/api/runs", self.runs, {"response_model": list[RunReply]}),
        ]

    async def page(self, request: Request) -> HTMLResponse:
        """The page, and the cookie by which results come back to who gave the recording."""
        response = HTMLResponse(self.files.page)
        self.browsers.greet(request, response)
        return response

    def docs(self, request: Request) -> HTMLResponse:
        """The API on one page; its schema is at /api/openapi.json."""
        return HTMLResponse(api_page(request.app.openapi()))

    async def about(self) -> InfoReply:
        """What this server is: version, emotions, formats, limits."""
        return self.info

    def runs(self) -> list[RunReply]:
        """Run folders, those of the demo last, and where their reports are."""
        of_demo = list_runs(self.settings.demo, "demo")
        named = [run.model_copy(update={"title": f"demo, {run.title}"}) for run in of_demo]
        return [*list_runs(self.settings.runs), *named]

    def report(self, name: str) -> Response:
        """The report of a run."""
        return self._report_in(self.settings.runs, name)

    def demo_report(self, name: str) -> Response:
        """The report of a run of the demo."""
        return self._report_in(self.settings.demo, name)

    def _report_in(self, folder: Path, name: str) -> Response:
        page, policy = report_of(folder, name)
        headers = {"Content-Security-Policy": policy}
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)

    async def listen(self, socket: WebSocket) -> None:
        """Live mode."""
        await self.live.serve(socket)
