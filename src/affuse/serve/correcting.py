"""Requests about what a person corrects: timelines, and the names of people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from fastapi import Request, Response

from affuse.export.timeline import shares_windows
from affuse.records import Prediction
from affuse.serve import exports
from affuse.serve.bodies import sent_body
from affuse.serve.browsers import Browsers
from affuse.serve.corrections import corrected, sent_corrections
from affuse.serve.job import Job
from affuse.serve.jobs import Jobs
from affuse.serve.judging import RecordingResult
from affuse.serve.names import attachment
from affuse.serve.pace import Pace
from affuse.serve.person_names import MOST_BYTES, Names, with_names
from affuse.serve.queries import NAMES, TIMELINE, Route
from affuse.serve.replies import PersonReply, Refused, StretchReply
from affuse.serve.settings import Limits


class Correcting:
    """Answers to requests about corrections, and about what people are called.

    Parameters
    ----------
    browsers : Browsers
    jobs : callable
        Gives the jobs of the server, once it has begun.
    limits : Limits
    """

    def __init__(self, browsers: Browsers, jobs: Callable[[], Jobs], limits: Limits) -> None:
        self._limits = limits
        self._browsers = browsers
        self._jobs = jobs

    def routes(self) -> list[Route]:
        """The routes of the API."""
        path, stretches = "/api/jobs/{number}/corrections", {"response_model": list[StretchReply]}
        gone = {"response_class": Response, "status_code": 204}
        people = {"response_model": list[PersonReply], **NAMES}
        return [
            ("GET", path, self.given, stretches),
            ("PUT", path, self.correct, {**stretches, **TIMELINE}),
            ("DELETE", path, self.forget, gone),
            ("PUT", "/api/jobs/{number}/names", self.name, people),
        ]

    async def correct(self, request: Request, number: str) -> list[StretchReply]:
        """Take the timelines that a person has corrected; says whose each stretch is now."""
        with self._found(request, number) as (job, prediction):
            sent = await sent_corrections(request, Pace(self._limits))
            found = corrected(prediction, sent)
            job.corrections = sent
        return stretches_of(found)

    async def given(self, request: Request, number: str) -> list[StretchReply]:
        """The timelines as they were corrected; empty where nobody has."""
        with self._found(request, number) as (job, prediction):
            return (
                []
                if job.corrections is None
                else stretches_of(corrected(prediction, job.corrections))
            )

    async def forget(self, request: Request, number: str) -> Response:
        """Forget the corrections."""
        with self._jobs().used(number, self._browsers.owner(request)) as (job, _):
            job.corrections = None
        return Response(status_code=204)

    async def name(self, request: Request, number: str) -> list[PersonReply]:
        """Give people of a recording names, which its exports have from then on."""
        with self._jobs().used(number, self._browsers.owner(request)) as (job, result):
            done(job, result)
            given = await sent_body(request, Pace(self._limits), Names, "names", MOST_BYTES)
            # Two requests may come at once: the later one adds to what the earlier one has left.
            renamed = job.result = with_names(done(job, job.result), given)
        return [PersonReply.model_validate(asdict(one)) for one in renamed.prediction.people]

    def export(self, request: Request, number: str, name: str) -> Response:
        """The corrected timelines in one of the formats, to be saved.

        Parameters
        ----------
        request : Request
        number : str
            Of the job.
        name : str
            Of a format that can say whose each label is.

        Returns
        -------
        Response

        Raises
        ------
        Refused
            409: nothing was corrected; 422: there is no such format.
        """
        form = exports.download(name)
        if not form.annotators:
            legal = [each for each, other in exports.downloads().items() if other.annotators]
            raise Refused(
                422,
                f"export {name!r} cannot say which labels are a person's; expected one of "
                f"{', '.join(legal)}: ask for one, or leave corrected out",
            )
        with self._found(request, number) as (job, prediction):
            if job.corrections is None:
                raise Refused(409, f"{job.name} has no corrections; expected some: make one first")
            body = exports.document(corrected(prediction, job.corrections), name, job.folder)
            headers = {"Content-Disposition": attachment(job.name, f".corrected{form.suffix}")}
        return Response(body, media_type=form.media_type, headers=headers)

    @contextmanager
    def _found(self, request: Request, number: str) -> Iterator[tuple[Job, Prediction]]:
        with self._jobs().used(number, self._browsers.owner(request)) as (job, result):
            yield job, done(job, result).prediction


def done(job: Job, result: RecordingResult | None) -> RecordingResult:
    """The result of a job.

    Parameters
    ----------
    job : Job
    result : RecordingResult or None
        As `Jobs.used` gives it.

    Returns
    -------
    RecordingResult

    Raises
    ------
    Refused
        409: there is none, or not yet.
    """
    if result is not None:
        return result
    if job.state == "failed":
        raise Refused(409, f"{job.name} was not analysed: {job.error}")
    raise Refused(
        409,
        f"{job.name} is {job.state}; expected a job that is done: ask for /api/jobs/{job.id} "
        "until it is",
    )


def stretches_of(found: Prediction) -> list[StretchReply]:
    """The stretches as they are sent: face or person says which of several timelines.

    Parameters
    ----------
    found : Prediction
        Corrected.

    Returns
    -------
    list of StretchReply
    """
    people = len(found.people) > 1
    whose = {} if people else {"person": 0}
    if people or not shares_windows(found):
        whose["face"] = 0
    return [StretchReply.model_validate(asdict(segment) | whose) for segment in found.segments]
