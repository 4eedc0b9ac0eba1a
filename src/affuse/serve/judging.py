"""Work of the server: predict a recording, draw its timeline into it, make the sample."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from affuse.bundle.reader import read_bundle
from affuse.errors import AffuseError, BundleError, MediaError
from affuse.export.video import annotate
from affuse.media.decode import probe
from affuse.messages import message, reason_of, renamed
from affuse.predict.analysis import Analysis, analyse
from affuse.predict.members import Members
from affuse.predict.recogniser import SHIPPED
from affuse.predict.settings import Settings
from affuse.records import MODALITIES, Modality, Prediction
from affuse.serve.overview import Overview, ThumbnailTracker, overview_of
from affuse.storage.error_log import unforeseen
from affuse.workers.sending import Send

_READ = 0.9
"""Share of the work that is done once a recording has been read."""


@dataclass(frozen=True, slots=True)
class JudgeTask:
    """One recording to be predicted. `name` is its name for people."""

    path: Path
    name: str
    bundle_dir: Path | None
    settings: Settings
    max_duration_s: float


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """The outcome of a prediction.

    Attributes
    ----------
    prediction : Prediction
    overview : Overview
    has_video : bool
    alone : mapping of {"audio", "video"} to Prediction
        What voice and face come to without each other; empty where one of them tells nothing.
    """

    prediction: Prediction
    overview: Overview
    has_video: bool
    alone: Mapping[Modality, Prediction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VideoTask:
    """A recording into which its prediction is drawn, as the new file `out`."""

    path: Path
    prediction: Prediction
    out: Path


@dataclass(frozen=True, slots=True)
class ExampleTask:
    """A clip of a drawn speaker to be made in a folder, and the emotion that it means."""

    folder: Path
    meant: str


def judge(task: JudgeTask, send: Send) -> None:
    """Send shares of the work done, as floats, and finally one `RecordingResult`.

    Parameters
    ----------
    task : JudgeTask
    send : callable
        Takes each message.

    Raises
    ------
    MediaError
        Not a recording, or too long.
    """
    try:
        send(_recording_result(task, send))
    except AffuseError as error:
        # People know their file by its name, not by where it lies meanwhile.
        raise MediaError(renamed(reason_of(error), str(task.path), task.name)) from error
    except MemoryError:
        raise
    except Exception as error:
        message = unforeseen(task.name, error)
        raise MediaError(message.replace(str(task.path), task.name)) from error


def draw(task: VideoTask, send: Send) -> None:
    """Write the video; sends shares of the work done, floats.

    Parameters
    ----------
    task : VideoTask
    send : callable
        Takes each message.
    """

    def progress(_stage: str, done: float, total: float) -> None:
        send(done / total)

    annotate(task.path, task.prediction, task.out, progress=progress)


def make_example(task: ExampleTask, send: Send) -> None:
    """Make a built-in clip in a folder, and send its path.

    Parameters
    ----------
    task : ExampleTask
    send : callable
        Takes the path.
    """
    from affuse.synthetic.corpus import synthesise

    clips = synthesise(
        task.folder,
        speakers=1,
        emotions=[task.meant],
        intensities=["normal" if task.meant == "neutral" else "strong"],
        statements=["dogs"],
        takes=1,
    )
    send(clips[0])


def members_of(bundle_dir: Path | None) -> Members:
    """The members of a bundle.

    Parameters
    ----------
    bundle_dir : Path or None
        None: the bundle that comes with affuse.

    Returns
    -------
    Members

    Raises
    ------
    BundleError
        It cannot be used.
    """
    return _members(bundle_dir or SHIPPED)


@lru_cache(maxsize=1)
def _members(bundle_dir: Path) -> Members:
    bundle = read_bundle(bundle_dir)
    if bundle.manifest.targets:
        raise BundleError(
            f"{bundle_dir} gives numbers ({', '.join(bundle.manifest.targets)}), and the page "
            "shows emotions; expected a bundle of emotions: `affuse predict` uses this one"
        )
    return Members(bundle)


def _recording_result(task: JudgeTask, send: Send) -> RecordingResult:
    info = probe(task.path)
    limit = _DurationLimit(task, info.duration_s, "video" if info.has_video else "audio", send)
    limit.check(info.duration_s or 0.0)
    thumbnails, members = ThumbnailTracker(), members_of(task.bundle_dir)
    analysis = analyse(task.path, members, thumbnails, task.settings, limit.reached)
    recording = analysis.recording
    prediction = analysis.prediction(members, task.settings, task.name)
    send(_READ)
    moments = {} if prediction.explanation is None else prediction.explanation.moments
    overview = overview_of(recording, thumbnails, moments.get("video"))
    picture = recording.picture
    has_video = picture is not None and picture.duration_s > 0
    alone = _alone(analysis, members, task) if both_tell(prediction) else {}
    return RecordingResult(replace(prediction, path=task.name), overview, has_video, alone)


def both_tell(prediction: Prediction) -> bool:
    """Whether voice and face both have something to say of a recording.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    bool
    """
    return all(modality in prediction.probabilities for modality in MODALITIES)


def _alone(analysis: Analysis, members: Members, task: JudgeTask) -> dict[Modality, Prediction]:
    """The answers of the same recording, read once, with one modality switched off."""
    settings = replace(task.settings, explain=False)
    return {
        modality: analysis.prediction(members.only(modality), settings, task.name)
        for modality in MODALITIES
    }


class _DurationLimit:
    """Reports how far the reading is, and ends it where the recording is too long."""

    def __init__(
        self, task: JudgeTask, duration_s: float | None, slowest: Modality, send: Send
    ) -> None:
        self._task = task
        self._duration_s = duration_s
        self._slowest = slowest
        self._send = send
        self._reported = 0.0
        self._lock = threading.Lock()

    def check(self, duration_s: float) -> None:
        most_s = self._task.max_duration_s
        if duration_s > most_s:
            raise MediaError(
                message(
                    "media.long",
                    "{file} lasts {found} or longer; expected {most} at most: cut it, or start "
                    "the server with a larger --max-duration",
                    file=self._task.name,
                    found=_minutes(duration_s),
                    most=_minutes(most_s),
                )
            )

    def reached(self, modality: Modality, time_s: float) -> None:
        self.check(time_s)
        if modality != self._slowest or not self._duration_s:
            return
        done = min(time_s / self._duration_s, 1.0) * _READ
        with self._lock:
            if done >= self._reported + 0.01:
                self._reported = done
                self._send(done)


def _minutes(duration_s: float) -> str:
    return f"{duration_s:.0f} s" if duration_s < 120 else f"{duration_s / 60:.0f} min"
