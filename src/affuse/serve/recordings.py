"""What is asked about recordings: give one, see how far it is, take what came out."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from fastapi.responses import FileResponse

from affuse.predict.settings import Settings, settings_of
from affuse.records import Modality, Prediction
from affuse.serve import exports
from affuse.serve.browsers import Browsers
from affuse.serve.job import Job
from affuse.serve.jobs import Busy, Jobs
from affuse.serve.judging import RecordingResult
from affuse.serve.names import attachment
from affuse.serve.replies import JobReply, OverviewReply, Refused
from affuse.serve.sample import NAME, Sample
from affuse.serve.settings import ServerSettings
from affuse.serve.uploads import FIELD, discard, receive, refuse_too_large

_LONGEST_WINDOW_S = 60.0
_UNKNOWN_TYPE = "application/octet-stream"

Window = Annotated[float | None, Query(ge=0.5, le=_LONGEST_WINDOW_S, description="Seconds.")]
Threshold = Annotated[float | None, Query(ge=0, le=1)]
FacesNamed = Literal["largest", "all"]
GoBy = Annotated[Modality | None, Query(description="Leave the other modality out.")]
Explain = Annotated[bool, Query(description="Say what the answer rests on.")]
Route = tuple[str, str, Callable[..., Any], dict[str, Any]]
"""Method, path, what answers, and options of `APIRouter.add_api_route`."""

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


class Recordings:
    """Answers to requests about recordings, between `begin` and `end`.

    Parameters
    ----------
    settings : ServerSettings
    browsers : Browsers
    """

    _jobs: Jobs
    _sample: Sample

    def __init__(self, settings: ServerSettings, browsers: Browsers) -> None:
        self._settings = settings
        self._browsers = browsers
        self._max_bytes = settings.limits.max_bytes

    def begin(self, folder: Path) -> None:
        """Take recordings from now on.

        Parameters
        ----------
        folder : Path
            Private, and empty.
        """
        jobs = folder / "jobs"
        jobs.mkdir()
        self._jobs = Jobs(jobs, self._settings.limits, self._settings.bundle_dir)
        self._sample = Sample(folder / "sample")

    def sweep(self) -> None:
        """Remove what has been kept long enough."""
        self._jobs.remove_expired()

    def end(self) -> None:
        """End all that goes on; the folder is left to its owner."""
        self._jobs.close()

    def routes(self) -> list[Route]:
        """What can be asked."""
        accepted = {"status_code": 202, "response_model": JobReply}
        no_json = {"response_class": Response}
        one, drawn = {"response_model": JobReply}, {"response_model": OverviewReply}
        return [
            ("POST", "/api/predict", self.predict, {**accepted, "openapi_extra": _FORM}),
            ("POST", "/api/sample", self.predict_sample, accepted),
            ("GET", "/api/sample.mp4", self.sample_clip, no_json),
            ("GET", "/api/jobs", self.given, {"response_model": list[JobReply]}),
            ("GET", "/api/jobs/{number}", self.job, one),
            ("DELETE", "/api/jobs/{number}", self.remove, {**no_json, "status_code": 204}),
            ("GET", "/api/jobs/{number}/result", self.result, no_json),
            ("GET", "/api/jobs/{number}/overview", self.overview, drawn),
            ("GET", "/api/jobs/{number}/recording", self.recording, no_json),
            ("GET", "/api/jobs/{number}/exports/{name}", self.export, no_json),
        ]

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
        refuse_too_large(request, self._max_bytes)
        try:
            job = self._jobs.open(self._browsers.owner(request))
        except Busy:
            await discard(request)
            raise
        try:
            name = await receive(request, job.media, self._max_bytes, job.pace)
            return self._submitted(job, name, settings, response)
        except BaseException:
            self._jobs.drop(job)
            raise

    async def predict_sample(
        self, request: Request, response: Response, explain: Explain = False
    ) -> JobReply:
        """Judge the built-in sample: a drawn face that speaks."""
        job = self._jobs.open(self._browsers.owner(request))
        settings = Settings(explain=explain)
        return self._submitted(job, NAME, settings, response, self._sample.path)

    def _submitted(
        self,
        job: Job,
        name: str,
        settings: Settings,
        response: Response,
        find: Callable[[], Path] | None = None,
    ) -> JobReply:
        self._jobs.submit(job, name, settings, find)
        response.headers["Location"] = f"/api/jobs/{job.id}"
        return self._jobs.status(job.id, job.owner)

    def sample_clip(self) -> FileResponse:
        """The built-in sample itself."""
        return FileResponse(self._sample.path(), media_type="video/mp4")

    async def given(self, request: Request) -> list[JobReply]:
        """What this browser has given and is still here, newest first; programs: nothing."""
        return self._jobs.of(self._browsers.owner(request))

    async def job(self, request: Request, number: str) -> JobReply:
        """How far a job is."""
        return self._jobs.status(number, self._browsers.owner(request))

    def remove(self, request: Request, number: str) -> Response:
        """Cancel a job, and remove all that it has."""
        self._jobs.remove(number, self._browsers.owner(request))
        return Response(status_code=204)

    def result(self, request: Request, number: str, modality: GoBy = None) -> Response:
        """The prediction, as `affuse predict --format json` writes it."""
        with self._jobs.used(number, self._browsers.owner(request)) as (job, maybe):
            found = _answer(job, _done(job, maybe), modality)
            body = exports.document(found, "json", job.folder)
        return Response(body, media_type="application/json")

    async def overview(self, request: Request, number: str) -> OverviewReply:
        """What a player draws: waveform, faces, stretches with speech and with a face."""
        with self._jobs.used(number, self._browsers.owner(request)) as (job, result):
            return OverviewReply.model_validate(asdict(_done(job, result).overview))

    def recording(self, request: Request, number: str) -> FileResponse:
        """The recording itself, where it is still here: until its result goes, in a browser."""
        with self._jobs.used(number, self._browsers.owner(request)) as (job, _):
            if not job.media.exists():
                raise Refused(
                    404,
                    f"{job.name} itself is not here any more; expected a recording that a browser "
                    "gave and has not removed: send it again",
                )
            return FileResponse(job.media, media_type=_playable_type(job.name))

    def export(self, request: Request, number: str, name: str) -> Response:
        """The prediction in one of the formats, to be saved."""
        form = exports.download(name)
        with self._jobs.used(number, self._browsers.owner(request)) as (job, maybe):
            result = _done(job, maybe)
            headers = {"Content-Disposition": attachment(job.name, form.suffix)}
            if name == exports.VIDEO:
                path = exports.video(self._jobs, job, result)
                return FileResponse(path, media_type=form.media_type, headers=headers)
            body = exports.document(result.prediction, name, job.folder)
        return Response(body, media_type=form.media_type, headers=headers)


def _playable_type(name: str) -> str:
    """Nothing that a browser would take for a page."""
    guessed = mimetypes.guess_type(name)[0] or _UNKNOWN_TYPE
    return guessed if guessed.startswith(("video/", "audio/")) else _UNKNOWN_TYPE


def _answer(job: Job, result: RecordingResult, modality: Modality | None) -> Prediction:
    """Of voice and face together, or of one of them alone."""
    if modality is None:
        return result.prediction
    if modality not in result.alone:
        raise Refused(
            409,
            f"{job.name} was asked for by {modality} alone, but voice and face do not both tell "
            "something of it; expected no modality: leave it out",
        )
    return result.alone[modality]


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
