"""What the player draws under a recording: waveform, faces, speech; made while it is read."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.errors import CutShort, MediaError
from affuse.media.audio import audio_blocks
from affuse.media.faces import Image
from affuse.media.speech import FRAME_S
from affuse.media.tracking import FaceTracker, TrackedFace
from affuse.media.video import read_frames
from affuse.predict.picture import FollowedFace, VideoAnalysis
from affuse.predict.recording import Recording

if TYPE_CHECKING:
    from affuse.records import Box, TellingMoment

MOST_POINTS = 2000
MOST_FACES = 24
FACE_SIZE = 64
TELLING_SIZE = 128

_FIRST_STEP_S = 0.005
_TELLING_HEIGHT = 480
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 80)

Floats = NDArray[np.float32]
Stretch = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Waveform:
    """Lowest and highest sample, in [-1, 1], of each step."""

    step_s: float
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Face:
    """The main face at one time, as a data URL of a JPEG; None: no face."""

    time_s: float
    image: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """What is drawn under a recording; stretches are pairs of start and end, in seconds."""

    duration_s: float
    waveform: Waveform | None
    strip: tuple[Face, ...]
    speech: tuple[Stretch, ...]
    face: tuple[Stretch, ...]
    telling_face: str | None = None


@dataclass
class ThumbnailTracker:
    """A tracker of faces that keeps some of the faces, evenly over time, in bounded memory.

    How long a recording is shows only at its end: when there are twice as many pictures as are
    wanted, every second one goes, and from then on every second one is taken.
    """

    tracker: FaceTracker = field(default_factory=FaceTracker)
    _follow: FollowedFace = field(default_factory=FollowedFace)
    _kept: list[tuple[float, bytes | None]] = field(default_factory=list)
    _stride: int = 1
    _n_seen: int = 0

    def update(self, time_s: float, image: Image) -> tuple[TrackedFace, ...]:
        """As `FaceTracker.update`.

        Parameters
        ----------
        time_s : float
            Later than that of the frame before.
        image : (height, width, 3) uint8
            RGB.

        Returns
        -------
        tuple of TrackedFace
        """
        faces = self.tracker.update(time_s, image)
        main = self._follow.chosen(tuple(face for face in faces if face.found))
        if self._n_seen % self._stride == 0:
            self._kept.append((time_s, _jpeg(image, main[0].box) if main else None))
        self._n_seen += 1
        if len(self._kept) == 2 * MOST_FACES:
            del self._kept[1::2]
            self._stride *= 2
        return faces

    def strip(self) -> tuple[Face, ...]:
        """At most `MOST_FACES`, by time.

        Returns
        -------
        tuple of Face
        """
        places = np.linspace(0, len(self._kept) - 1, min(MOST_FACES, len(self._kept)))
        chosen = [self._kept[round(place)] for place in places]
        return tuple(Face(round(time_s, 3), _data_url(image)) for time_s, image in chosen)


def overview_of(
    recording: Recording, thumbnails: ThumbnailTracker, telling: TellingMoment | None = None
) -> Overview:
    """What is drawn under a recording that was read with this tracker of thumbnails.

    Parameters
    ----------
    recording : Recording
    thumbnails : ThumbnailTracker
        The tracker that read it.
    telling : TellingMoment, optional
        Of the face, which is shown larger.

    Returns
    -------
    Overview

    Raises
    ------
    MediaError
        The sound, read once more for the waveform, cannot be decoded.
    """
    sound, picture = recording.sound, recording.picture
    return Overview(
        duration_s=recording.duration_s,
        waveform=None if sound is None or sound.duration_s <= 0 else waveform(recording.path),
        strip=() if picture is None else thumbnails.strip(),
        speech=() if sound is None else stretches(sound.speech, FRAME_S),
        face=() if picture is None else _with_face(picture),
        telling_face=None if telling is None else telling_face(recording.path, telling),
    )


def telling_face(path: Path, telling: TellingMoment) -> str | None:
    """The face in the frame that tells most, read from the file once more.

    Parameters
    ----------
    path : Path
        A file with a picture.
    telling : TellingMoment
        Of the face.

    Returns
    -------
    str or None
        A data URL of a JPEG, 128 x 128; None where no frame or box is known, or none can be read.
    """
    if telling.box is None:
        return None
    stands_s = telling.end_s - telling.start_s
    frames = read_frames(
        path,
        height=_TELLING_HEIGHT,
        fps=1 / stands_s,
        start_s=telling.start_s,
        duration_s=stands_s,
    )
    try:
        return _data_url(_jpeg(next(frames), telling.box, TELLING_SIZE))
    except (MediaError, StopIteration):
        return None


def waveform(path: Path) -> Waveform:
    """Read the sound of a file; at most `MOST_POINTS` steps, in memory that does not grow.

    Parameters
    ----------
    path : Path
        A file with sound.

    Returns
    -------
    Waveform
    """
    low, high = np.zeros(0, np.float32), np.zeros(0, np.float32)
    rest, step, rate = np.zeros(0, np.float32), 1, 1
    try:
        for block in audio_blocks(path):
            if rate == 1:
                rate, step = block.sample_rate, max(round(_FIRST_STEP_S * block.sample_rate), 1)
            whole = np.concatenate([rest, block.signal])
            n_steps = len(whole) // step
            rows, rest = whole[: n_steps * step].reshape(n_steps, step), whole[n_steps * step :]
            low = np.concatenate([low, rows.min(axis=1)])
            high = np.concatenate([high, rows.max(axis=1)])
            # An odd number waits for the next block: halves must not shift in time.
            while len(low) > MOST_POINTS and len(low) % 2 == 0:
                low, high, step = *_halved(low, high), 2 * step
    except CutShort:
        pass  # The notes of the prediction say so.
    if len(low) > MOST_POINTS:
        low, high, step = *_halved(low, high), 2 * step
    return Waveform(step / rate, _rounded(low), _rounded(high))


def stretches(mask: NDArray[np.bool_], step_s: float) -> tuple[Stretch, ...]:
    """Where a mask is true.

    Parameters
    ----------
    mask : (n_steps,) bool
    step_s : float
        Seconds of one step.

    Returns
    -------
    tuple of (start, end)
        In seconds.

    Examples
    --------
    >>> stretches(np.array([False, True, True, False]), 0.5)
    ((0.5, 1.5),)
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    times_s = [round(float(edge) * step_s, 3) for edge in edges]
    return tuple(zip(times_s[::2], times_s[1::2], strict=True))


def _halved(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Steps of twice the length."""
    if len(low) % 2:
        low, high = np.append(low, low[-1]), np.append(high, high[-1])
    return low.reshape(-1, 2).min(axis=1), high.reshape(-1, 2).max(axis=1)


def _with_face(picture: VideoAnalysis) -> tuple[Stretch, ...]:
    """Stretches of sampled frames with a face; the last one stands until the picture ends."""
    if not picture.times_s:
        return ()
    step_s, last_s = 1.0 / picture.sampled_fps, picture.times_s[-1]
    seen = np.zeros(round(last_s / step_s) + 1, bool)
    seen[[round(observation.time_s / step_s) for observation in picture.observations]] = True
    end_s = round(max(picture.duration_s, last_s), 3)
    return tuple(
        (start_s, end_s if stop_s > last_s else stop_s)
        for start_s, stop_s in stretches(seen, step_s)
    )


def _jpeg(image: Image, box: Box, side: int = FACE_SIZE) -> bytes:
    height, width = image.shape[:2]
    left, top = max(int(box.left * width), 0), max(int(box.top * height), 0)
    right = max(min(round((box.left + box.width) * width), width), left + 1)
    bottom = max(min(round((box.top + box.height) * height), height), top + 1)
    crop = cv2.resize(image[top:bottom, left:right], (side, side))
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), _JPEG)
    return coded.tobytes()


def _data_url(image: bytes | None) -> str | None:
    return None if image is None else f"data:image/jpeg;base64,{base64.b64encode(image).decode()}"


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)
