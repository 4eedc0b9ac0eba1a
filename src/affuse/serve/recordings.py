"""Requests about recordings: submit one, ask for progress, get the result."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path

from anyio import CapacityLimiter, to_thread
from fastapi import Request, Response
from fastapi.responses import FileResponse

from affuse.predict.settings import Settings, settings_of
from affuse.records import Modality, Prediction
from affuse.serve import exports
from affuse.serve.browsers import Browsers
from affuse.serve.correcting import Correcting, done
from affuse.serve.job import Job
from affuse.serve.jobs import Busy, Jobs
from affuse.serve.judging import RecordingResult
from affuse.serve.names import attachment
from affuse.serve.queries import (
    FORM,
    ByHand,
    Explain,
    FacesNamed,
    GoBy,
    Meant,
    People,
    Route,
    Threshold,
    Window,
)
from affuse.serve.replies import JobReply, OverviewReply, Refused
from affuse.serve.sample import FIRST, NAME, Sample, check_example
from affuse.serve.settings import ServerSettings
from affuse.serve.uploads import discard, receive, refuse_too_large

_UNKNOWN_TYPE = "application/octet-stream"


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
        self._correcting = Correcting(browsers, lambda: self._jobs, settings.limits)
        self._hard_work = CapacityLimiter(settings.limits.max_jobs)

    def begin(self, folder: Path) -> None:
        """Accept recordings from now on.

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
        """Remove what was kept long enough."""
        self._jobs.remove_expired()

    def end(self) -> None:
        """End all running work; the folder is left to its owner."""
        self._jobs.close()

    def routes(self) -> list[Route]:
        """The routes of the API."""
        accepted = {"status_code": 202, "response_model": JobReply}
        no_json = {"response_class": Response}
        gone = {**no_json, "status_code": 204}
        one, drawn = {"response_model": JobReply}, {"response_model": OverviewReply}
        return [
            ("POST", "/api/predict", self.predict, {**accepted, "openapi_extra": FORM}),
            ("POST", "/api/sample", self.predict_sample, accepted),
            ("GET", "/api/sample.mp4", self.sample_clip, no_json),
            ("GET", "/api/jobs", self.given, {"response_model": list[JobReply]}),
            ("GET", "/api/jobs.zip", self.everything, no_json),
            ("GET", "/api/jobs/{number}", self.job, one),
            ("DELETE", "/api/jobs/{number}", self.remove, gone),
            ("GET", "/api/jobs/{number}/result", self.result, no_json),
            ("GET", "/api/jobs/{number}/overview", self.overview, drawn),
            ("GET", "/api/jobs/{number}/recording", self.recording, no_json),
            *self._correcting.routes(),
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
        people: People = None,
    ) -> JobReply:
        """Analyse a recording, sent as field `file` of a form; answers with a job at once."""
        settings = settings_of(
            window,
            hop,
            faces=faces,
            threshold=threshold,
            explain=explain,
            people=True if people == 0 else people,
        )
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
        self, request: Request, response: Response, meant: Meant = FIRST, explain: Explain = False
    ) -> JobReply:
        """Analyse a built-in example: a drawn face that speaks, and means an emotion."""
        check_example(meant)
        job = self._jobs.open(self._browsers.owner(request))
        job.meant = meant
        find = partial(self._sample.path, meant)
        return self._submitted(job, NAME, Settings(explain=explain), response, find)

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

    async def sample_clip(self, meant: Meant = FIRST) -> Response:
        """A built-in example itself."""

        def clip() -> Response:
            return FileResponse(self._sample.path(meant), media_type="video/mp4")

        return await self._hard(clip)

    async def everything(self, request: Request) -> Response:
        """The documents of all results of this browser, as a zip."""
        return await self._hard(partial(self._everything, request))

    def _everything(self, request: Request) -> Response:
        owner, found = self._browsers.owner(request), []
        with ExitStack() as used:
            for each in self._jobs.of(owner):
                if each.state == "done":
                    job, result = used.enter_context(self._jobs.used(each.id, owner))
                    found.append((job, done(job, result)))
            if not found:
                raise Refused(
                    404,
                    "there are no results of this browser; expected some: give a recording on the "
                    "page, or ask for the exports of a job",
                )
            body = exports.packed(found)
        headers = {"Content-Disposition": attachment("affuse-results", ".zip")}
        return Response(body, media_type="application/zip", headers=headers)

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
            found = _answer(job, done(job, maybe), modality)
            body = exports.document(found, "json", job.folder)
        return Response(body, media_type="application/json")

    async def overview(self, request: Request, number: str) -> OverviewReply:
        """What a player draws: waveform, faces, stretches with speech and with a face."""
        with self._jobs.used(number, self._browsers.owner(request)) as (job, result):
            return OverviewReply.model_validate(asdict(done(job, result).overview))

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

    async def export(
        self, request: Request, number: str, name: str, *, by_hand: ByHand = False
    ) -> Response:
        """The prediction in one of the formats, to be saved."""
        return await self._hard(partial(self._exported, request, number, name, by_hand=by_hand))

    def _exported(self, request: Request, number: str, name: str, *, by_hand: bool) -> Response:
        if by_hand:
            return self._correcting.export(request, number, name)
        form = exports.download(name)
        with self._jobs.used(number, self._browsers.owner(request)) as (job, maybe):
            result = done(job, maybe)
            headers = {"Content-Disposition": attachment(job.name, form.suffix)}
            if name == exports.VIDEO:
                path = exports.video(self._jobs, job, result)
                return FileResponse(path, media_type=form.media_type, headers=headers)
            body = exports.document(result.prediction, name, job.folder)
        return Response(body, media_type=form.media_type, headers=headers)

    async def _hard(self, work: Callable[[], Response]) -> Response:
        """Do what takes long; who waits for it keeps no thread from the others."""
        return await to_thread.run_sync(work, limiter=self._hard_work)


def _playable_type(name: str) -> str:
    """A media type under which no browser takes the content for a page."""
    guessed = mimetypes.guess_type(name)[0] or _UNKNOWN_TYPE
    return guessed if guessed.startswith(("video/", "audio/")) else _UNKNOWN_TYPE


def _answer(job: Job, result: RecordingResult, modality: Modality | None) -> Prediction:
    """The prediction from voice and face together, or from one of them alone."""
    if modality is None:
        return result.prediction
    if modality not in result.alone:
        raise Refused(
            409,
            f"{job.name} was asked for by {modality} alone, but voice and face do not both tell "
            "something of it; expected no modality: leave it out",
        )
    return result.alone[modality]
