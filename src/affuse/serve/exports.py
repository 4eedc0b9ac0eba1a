"""What can be downloaded of a recording that was predicted."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from affuse.errors import MissingDependency
from affuse.export.registry import text
from affuse.records import Prediction
from affuse.serve.jobs import Job, Jobs
from affuse.serve.judging import RecordingResult, VideoTask, draw
from affuse.serve.replies import Refused
from affuse.serve.worker import Failed


@dataclass(frozen=True, slots=True)
class Download:
    """How one export is offered. `needs`: a package that may not be installed."""

    label: str
    suffix: str
    media_type: str
    needs: str = ""

    @property
    def is_there(self) -> bool:
        """Whether it can be made here."""
        return not self.needs or find_spec(self.needs) is not None


DOWNLOADS: Mapping[str, Download] = MappingProxyType(
    {
        "json": Download("JSON", ".json", "application/json"),
        "csv": Download("CSV table", ".csv", "text/csv; charset=utf-8"),
        "vtt": Download("WebVTT subtitles", ".vtt", "text/vtt; charset=utf-8"),
        "eaf": Download("ELAN", ".eaf", "application/xml"),
        "textgrid": Download("Praat TextGrid", ".TextGrid", "text/plain; charset=utf-8"),
        "audformat": Download("audformat database", ".zip", "application/zip", "audformat"),
        "video": Download("Video with timeline", ".mp4", "video/mp4"),
    }
)
"""By name, in the order in which they are offered."""


def document(prediction: Prediction, name: str, folder: Path) -> bytes:
    """An export other than the video; `folder` is a private one to make it in.

    Raises
    ------
    MissingDependency
        The format needs a package that is not installed.
    """
    needed = DOWNLOADS[name]
    if not needed.is_there:
        raise MissingDependency(needed.needs, "interop")
    if name == "audformat":
        return _database(prediction, folder)
    # Links count from where the server runs, which says nothing to whoever saves the document.
    here = f"file:///{Path.cwd().as_posix().strip('/')}/"
    return text([prediction], name).replace(here, "").encode()


def video(jobs: Jobs, job: Job, result: RecordingResult) -> Path:
    """The recording with its timeline, made when it is first asked for.

    The recording itself is not needed any more then, and removed.

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
    out = job.folder / "timeline.mp4"
    with job.drawing:
        if out.exists():
            return out
        for message in jobs.run(job, draw, VideoTask(job.media, result.prediction, out)):
            if isinstance(message, Failed):
                raise Refused(409, message.reason.replace(str(job.media), job.name))
        jobs.forget_media(job)
    return out


def _database(prediction: Prediction, private: Path) -> bytes:
    from affuse.export.audformat_database import write_database

    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(dir=private) as folder:
        path = Path(folder) / "database"
        # The recording counts as lying beside the tables: where the server lies says nothing.
        write_database([prediction], path, Path())
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(path.rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(path).as_posix())
    return packed.getvalue()
