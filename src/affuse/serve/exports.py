"""Downloads of a predicted recording."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from affuse.errors import MissingDependency
from affuse.export.format import Format
from affuse.export.registry import text
from affuse.records import Prediction
from affuse.registries import EXPORTS
from affuse.serve.corrections import corrected
from affuse.serve.job import Job
from affuse.serve.jobs import Jobs
from affuse.serve.judging import RecordingResult, VideoTask, draw
from affuse.serve.names import file_stem
from affuse.serve.replies import Refused
from affuse.serve.worker import Failed

VIDEO = "video"

_NO_DOCUMENT = (".zip", ".mp4")


@dataclass(frozen=True, slots=True)
class Download:
    """One export, as it is offered."""

    label: str
    suffix: str
    media_type: str
    annotators: bool = False


def downloads() -> dict[str, Download]:
    """The exports that can be made here, by name, in the order in which they are offered.

    Returns
    -------
    dict of str to Download
        Formats whose packages are installed, those of other packages as well.
    """
    forms = {name: form for name, form in EXPORTS.load_all().entries.items() if _is_there(form)}
    by_label = sorted(forms.items(), key=lambda entry: entry[1].label.casefold())
    documents = {
        name: Download(form.label, form.suffix or ".zip", form.media_type, form.annotators)
        for name, form in by_label
    }
    return {**documents, VIDEO: Download("Video with timeline", ".mp4", "video/mp4")}


def download(name: str) -> Download:
    """One of them.

    Parameters
    ----------
    name : str

    Returns
    -------
    Download

    Raises
    ------
    MissingDependency
        The format needs a package that is not installed.
    Refused
        There is no such export; lists those there are.
    """
    offered = downloads()
    if name in offered:
        return offered[name]
    if name in EXPORTS and (form := EXPORTS.get(name)).on_page:
        raise MissingDependency(form.needs, "interop")
    raise Refused(
        422, f"export {name!r} was asked for; expected one of {', '.join(offered)}: ask for one"
    )


def document(prediction: Prediction, name: str, folder: Path) -> bytes:
    """An export other than the video.

    Parameters
    ----------
    prediction : Prediction
    name : str
        Of a format.
    folder : Path
        A private one to make it in.

    Returns
    -------
    bytes
        A format that is a folder comes as a zip of it.

    Raises
    ------
    ConfigError
        There is no such format, or another package's cannot be loaded.
    MissingDependency
        The format needs a package that is not installed.
    """
    form: Format = EXPORTS.get(name)
    if form.holds == "folder":
        return _packed(form, prediction, folder)
    # Links count from where the server runs, which says nothing to whoever saves the document.
    here = f"file:///{Path.cwd().as_posix().strip('/')}/"
    return text([prediction], name).replace(here, "").encode()


def video(jobs: Jobs, job: Job, result: RecordingResult) -> Path:
    """The recording with its timeline, made when it is first asked for.

    The recording itself is not needed any more then, and removed where no browser plays it and
    nobody in it has a name that may change.

    Parameters
    ----------
    jobs : Jobs
    job : Job
    result : RecordingResult
        Of that job.

    Returns
    -------
    Path
        In the folder of the job.

    Raises
    ------
    Refused
        It has no picture, or the video cannot be written.
    Gone
        The job was removed meanwhile.
    """
    if not result.has_video:
        raise Refused(
            404,
            f"{job.name} has no picture into which a timeline could be drawn; expected a video: "
            "take another export",
        )
    with job.drawing:
        out = job.folder / _video_name(result.prediction)
        if out.exists():
            return out
        for message in jobs.run(job, draw, VideoTask(job.media, result.prediction, out)):
            if isinstance(message, Failed):
                reason = message.reason.replace(str(job.media), job.name)
                raise Refused(409, reason.replace(str(out), "the video"))
            if isinstance(message, float):
                job.drawn = message
        job.drawn = 1.0
        for older in set(job.folder.glob("timeline*.mp4")) - {out}:
            older.unlink(missing_ok=True)
        # People may get other names, and then the video is drawn anew.
        if job.owner is None and not result.prediction.people:
            jobs.forget_media(job)
    return out


def _video_name(prediction: Prediction) -> str:
    """Of the file: another where people have other names, which stand in the picture."""
    names = "\n".join(person.name for person in prediction.people).strip()
    return f"timeline{f'-{hashlib.sha256(names.encode()).hexdigest()[:16]}' if names else ''}.mp4"


def packed(jobs: Sequence[tuple[Job, RecordingResult]]) -> bytes:
    """The documents of several recordings, as a zip with a folder for each.

    Parameters
    ----------
    jobs : sequence of (Job, RecordingResult)

    Returns
    -------
    bytes
        Formats that are folders, and the video, are left out. A corrected timeline lies beside
        the recogniser's own.
    """
    forms = {name: form for name, form in downloads().items() if form.suffix not in _NO_DOCUMENT}
    out, taken = io.BytesIO(), set[str]()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for job, result in jobs:
            folder = _unused(file_stem(job.name), taken)
            for name, form in forms.items():
                body = document(result.prediction, name, job.folder)
                archive.writestr(f"{folder}/{folder}{form.suffix}", body)
                if job.corrections is not None and form.annotators:
                    own = corrected(result.prediction, job.corrections)
                    body = document(own, name, job.folder)
                    archive.writestr(f"{folder}/{folder}.corrected{form.suffix}", body)
    return out.getvalue()


def _unused(stem: str, taken: set[str]) -> str:
    """A name that none before has, in any spelling of case."""
    name, number = stem, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name.casefold())
    return name


def _is_there(form: Format) -> bool:
    return form.on_page and (not form.needs or find_spec(form.needs) is not None)


def _packed(form: Format, prediction: Prediction, private: Path) -> bytes:
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(dir=private) as folder:
        path = Path(folder) / "database"
        # The recording counts as lying beside the tables: where the server lies says nothing.
        form.write([prediction], path, Path())
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(path.rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(path).as_posix())
    return packed.getvalue()
