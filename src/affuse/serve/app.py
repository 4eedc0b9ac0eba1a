"""The page and the HTTP API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Query, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from affuse.errors import AffuseError
from affuse.predict.settings import Settings, settings_of
from affuse.serve import exports
from affuse.serve.about import api_page, info_of
from affuse.serve.answers import answered
from affuse.serve.jobs import Busy, Job, Jobs
from affuse.serve.judging import RecordingResult
from affuse.serve.live import Live
from affuse.serve.names import attachment
from affuse.serve.replies import (
    ErrorReply,
    InfoReply,
    JobReply,
    OverviewReply,
    Refused,
    RunReply,
)
from affuse.serve.runs import list_runs, report_of
from affuse.serve.sample import NAME, Sample
from affuse.serve.scratch import private_folder
from affuse.serve.security import Guard
from affuse.serve.settings import ServerSettings
from affuse.serve.uploads import FIELD, discard, receive, refuse_too_large

STATIC = Path(__file__).parent / "static"

_SWEEP_S = 5.0
_LONGEST_WINDOW_S = 60.0

Window = Annotated[float | None, Query(ge=0.5, le=_LONGEST_WINDOW_S, description="Seconds.")]
Threshold = Annotated[float | None, Query(ge=0, le=1)]
FacesNamed = Literal["largest", "all"]
Explain = Annotated[bool, Query(description="Say what the answer rests on.")]

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {FIELD: {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


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
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")
    for kind in (AffuseError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, answered)
    # Outermost: answers to errors of our own get the headers too.
    return Guard(app, settings)


class _Server:
    """What the routes share."""

    jobs: Jobs
    sample: Sample

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.live = Live(settings)
        self.info = info_of(settings)

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """The private folder, and the jobs in it."""
        with private_folder(self.settings.scratch) as folder:
            jobs, sample = folder / "jobs", folder / "sample"
            jobs.mkdir()
            self.jobs = Jobs(jobs, self.settings.limits, self.settings.bundle_dir)
            self.sample = Sample(sample)
            sweeping = asyncio.create_task(self._sweep())
            try:
                yield
            finally:
                sweeping.cancel()
                await asyncio.to_thread(self.jobs.close)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(min(_SWEEP_S, self.settings.limits.keep_s / 4))
            await asyncio.to_thread(self.jobs.remove_expired)

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

    def _routes(self) -> list[tuple[str, str, Callable[..., Any], dict[str, Any]]]:
        page: dict[str, Any] = {"include_in_schema": False}
        accepted = {"status_code": 202, "response_model": JobReply}
        no_json = {"response_class": Response}
        return [
            ("GET", "/", self.page, page),
            ("GET", "/runs/{name}/report.html", self.report, page),
            ("GET", "/api/docs", self.docs, page),
            ("GET", "/api/info", self.about, {"response_model": InfoReply}),
            ("POST", "/api/predict", self.predict, {**accepted, "openapi_extra": _FORM}),
            ("POST", "/api/sample", self.predict_sample, accepted),
            ("GET", "/api/sample.mp4", self.sample_clip, no_json),
            ("GET", "/api/jobs/{number}", self.job, {"response_model": JobReply}),
            ("DELETE", "/api/jobs/{number}", self.remove, {**no_json, "status_code": 204}),
            ("GET", "/api/jobs/{number}/result", self.result, no_json),
            (
                "GET",
                "/api/jobs/{number}/overview",
                self.overview,
                {"response_model": OverviewReply},
            ),
            ("GET", "/api/jobs/{number}/exports/{name}", self.export, no_json),
            ("GET", "/api/runs", self.runs, {"response_model": list[RunReply]}),
        ]

    async def page(self) -> FileResponse:
        """The page."""
        return FileResponse(STATIC / "index.html")

    def docs(self, request: Request) -> HTMLResponse:
        """The API on one page; its schema is at /api/openapi.json."""
        return HTMLResponse(api_page(request.app.openapi()))

    async def about(self) -> InfoReply:
        """What this server is: version, emotions, formats, limits."""
        return self.info

    async def predict(
        self,
        request: Request,
        response: Response,
        window: Window = None,
        hop: Window = None,
        faces: FacesNamed = "largest",
        threshold: Threshold = None,
        explain: Explain = False,
    ) -> JobReply:
        """Judge a recording, sent as field `file` of a form; answers with a job at once."""
        settings = settings_of(window, hop, faces=faces, threshold=threshold, explain=explain)
        most = self.settings.limits.max_bytes
        refuse_too_large(request, most)
        try:
            job = self.jobs.open()
        except Busy:
            await discard(request)
            raise
        try:
            name = await receive(request, job.media, most, job.pace)
            return self._submitted(job, name, settings, response)
        except BaseException:
            self.jobs.drop(job)
            raise

    async def predict_sample(self, response: Response, explain: Explain = False) -> JobReply:
        """Judge the built-in sample: a drawn face that speaks."""
        job = self.jobs.open()
        settings = Settings(explain=explain)
        return self._submitted(job, NAME, settings, response, self.sample.path)

    def _submitted(
        self,
        job: Job,
        name: str,
        settings: Settings,
        response: Response,
        find: Callable[[], Path] | None = None,
    ) -> JobReply:
        self.jobs.submit(job, name, settings, find)
        response.headers["Location"] = f"/api/jobs/{job.id}"
        return self.jobs.status(job.id)

    def sample_clip(self) -> FileResponse:
        """The built-in sample itself."""
        return FileResponse(self.sample.path(), media_type="video/mp4")

    async def job(self, number: str) -> JobReply:
        """How far a job is."""
        return self.jobs.status(number)

    def remove(self, number: str) -> Response:
        """Cancel a job, and remove all that it has."""
        self.jobs.remove(number)
        return Response(status_code=204)

    def result(self, number: str) -> Response:
        """The prediction, as `affuse predict --format json` writes it."""
        with self.jobs.used(number) as (job, result):
            body = exports.document(_done(job, result).prediction, "json", job.folder)
        return Response(body, media_type="application/json")

    async def overview(self, number: str) -> OverviewReply:
        """What a player draws: waveform, faces, stretches with speech and with a face."""
        with self.jobs.used(number) as (job, result):
            return OverviewReply.model_validate(asdict(_done(job, result).overview))

    def export(self, number: str, name: str) -> Response:
        """The prediction in one of the formats, to be saved."""
        form = exports.download(name)
        with self.jobs.used(number) as (job, maybe):
            result = _done(job, maybe)
            headers = {"Content-Disposition": attachment(job.name, form.suffix)}
            if name == exports.VIDEO:
                path = exports.video(self.jobs, job, result)
                return FileResponse(path, media_type=form.media_type, headers=headers)
            body = exports.document(result.prediction, name, job.folder)
        return Response(body, media_type=form.media_type, headers=headers)

    def runs(self) -> list[RunReply]:
        """Run folders, and where their reports are."""
        return list_runs(self.settings.runs)

    def report(self, name: str) -> Response:
        """The report of a run."""
        page, policy = report_of(self.settings.runs, name)
        headers = {"Content-Security-Policy": policy}
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)

    async def listen(self, socket: WebSocket) -> None:
        """Live mode."""
        await self.live.serve(socket)


def _done(job: Job, result: RecordingResult | None) -> RecordingResult:
    if result is not None:
        return result
    if job.state == "failed":
        raise Refused(409, f"{job.name} was not judged: {job.error}")
    raise Refused(
        409,
        f"{job.name} is {job.state}; expected a job that is done: ask for /api/jobs/{job.id} "
        "until it is",
    )
