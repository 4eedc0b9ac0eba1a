"""The last seconds of a face and a voice, predicted again and again as they come in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import cv2
import numpy as np
import soxr
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.faces import Image, face_crop
from affuse.media.speech import FRAME_S, SAMPLE_RATE, speech_frames
from affuse.media.tracking import FaceTracker
from affuse.messages import joined, message
from affuse.predict.judging import Floats, judge
from affuse.predict.members import Members
from affuse.predict.notes import NO_FACE, NO_SPEECH
from affuse.predict.picture import SHORT_SIDE, FaceObservation, FollowedFace
from affuse.predict.pooling import pooled_faces
from affuse.predict.recording import enough_speech
from affuse.predict.settings import Settings
from affuse.records import Box, Probabilities

WINDOW_S = 4.0
HOP_S = 0.5
FRAME_INTERVAL_S = 0.2
MOST_SIDE = 4096

_KEPT_SOUND_S = 8.0
"""Sound that is kept: more than a window, so that the background's level is known."""

_RATES = (8_000, 192_000)
_FACE_GONE_S = 1.0
_NOTHING = joined([NO_SPEECH, NO_FACE])
_LITTLE = message("face.short", "the face is seen for too short a time")

Signal = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Moment:
    """The prediction of the last window; fields as in `affuse.records.Segment`."""

    time_s: float
    emotion: str | None
    confidence: float | None
    abstained: str
    probabilities: dict[str, Probabilities]
    face: bool
    box: Box | None
    speech: float


@dataclass
class Rolling:
    """A window that moves with its input. Not for several threads at once.

    Parameters
    ----------
    members : Members
        Those that judge features of whole files have nothing to go by here.
    sample_rate : int
        Hz of the sound to come.

    Raises
    ------
    MediaError
        A sample rate that no microphone has.
    """

    members: Members
    sample_rate: int
    settings: Settings = field(default_factory=Settings)
    _tracker: FaceTracker = field(default_factory=FaceTracker)
    _follow: FollowedFace = field(default_factory=FollowedFace)
    _observations: deque[FaceObservation] = field(default_factory=deque)
    _frame_times_s: deque[float] = field(default_factory=deque)
    _signal: Signal = field(default_factory=lambda: np.zeros(0, np.float32))
    _signal_end_s: float = -np.inf

    def __post_init__(self) -> None:
        if not _RATES[0] <= self.sample_rate <= _RATES[1]:
            raise MediaError(
                f"sample rate {self.sample_rate} Hz was given; expected {_RATES[0]} to {_RATES[1]}"
            )
        self._resampler = soxr.ResampleStream(
            self.sample_rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ"
        )

    def add_frame(self, time_s: float, jpeg: bytes) -> None:
        """A picture of this time; one that is older than the last is passed over.

        Parameters
        ----------
        time_s : float
            By the clock of whoever sends.
        jpeg : bytes

        Raises
        ------
        MediaError
            Not a JPEG, or too large.
        """
        image = decoded(jpeg)
        if self._frame_times_s and time_s <= self._frame_times_s[-1]:
            return
        self._frame_times_s.append(time_s)
        visible = tuple(face for face in self._tracker.update(time_s, image) if face.found)
        member = self.members.face
        for face in self._follow.chosen(visible):
            row, far, weight = None, None, 1.0
            if member is not None:
                crop = face_crop(image, face.box, roll_deg=face.roll_deg)
                found = self.members.face_outputs(member, [crop])
                row, far = found.probabilities[0], found.first_distance
                weight = 1.0 if found.weights is None else float(found.weights[0])
            self._observations.append(
                FaceObservation(time_s, face.number, face.box, row, far, weight)
            )
        self._forget()

    def add_sound(self, time_s: float, pcm: bytes) -> None:
        """Sound whose last sample is of this time: little-endian int16, mono.

        Parameters
        ----------
        time_s : float
            By the clock of whoever sends.
        pcm : bytes
        """
        samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
        piece = self._resampler.resample_chunk(samples)
        self._signal = np.concatenate([self._signal, piece])[-round(_KEPT_SOUND_S * SAMPLE_RATE) :]
        self._signal_end_s = max(self._signal_end_s, time_s)
        self._forget()

    def moment(self, threshold: float) -> Moment | None:
        """The prediction of the last window; None if nothing has arrived yet.

        Parameters
        ----------
        threshold : float
            Probability below which no emotion is named.

        Returns
        -------
        Moment or None
        """
        time_s = self._now_s()
        if not np.isfinite(time_s):
            return None
        speech_s, by_member, distances = self._voice_output()
        of_faces = [s.probabilities for s in self._observations if s.probabilities is not None]
        share_seen = len(self._observations) / max(len(self._frame_times_s), 1)
        member = self.members.face
        if member is not None and of_faces and share_seen >= self.settings.least_face_seen:
            clear = [s.weight for s in self._observations if s.probabilities is not None]
            row = pooled_faces(self.members.bundle.manifest, member.name, of_faces, clear)
            by_member |= {} if row is None else {member.name: row}
            far = [s.distance for s in self._observations if s.distance is not None]
            distances |= {member.name: float(np.mean(far))} if far else {}
        nothing = _NOTHING if not of_faces else _LITTLE
        judgement = judge(self.members.bundle, by_member, threshold, nothing, distances)
        last = self._observations[-1] if self._observations else None
        here = last is not None and time_s - last.time_s <= _FACE_GONE_S
        return Moment(
            time_s,
            judgement.emotion,
            judgement.confidence,
            judgement.abstained,
            dict(judgement.probabilities),
            here,
            last.box if here and last is not None else None,
            min(speech_s / WINDOW_S, 1.0),
        )

    def _voice_output(self) -> tuple[float, dict[str, Floats], dict[str, float]]:
        """Seconds of speech in the window, what the network says, how far it is from training."""
        mask = speech_frames(self._signal)[-round(WINDOW_S / FRAME_S) :]
        speech_s = float(mask.sum()) * FRAME_S
        member, signal = self.members.voice, self._signal[-round(WINDOW_S * SAMPLE_RATE) :]
        if member is None or not enough_speech(speech_s, WINDOW_S, self.settings):
            return speech_s, {}, {}
        found = self.members.voice_output(member, signal)
        far = found.first_distance
        distances = {} if far is None else {member.name: far}
        return speech_s, {member.name: found.probabilities[0]}, distances

    def _now_s(self) -> float:
        return max(self._signal_end_s, self._frame_times_s[-1] if self._frame_times_s else -np.inf)

    def _forget(self) -> None:
        begin_s = self._now_s() - WINDOW_S
        while self._observations and self._observations[0].time_s < begin_s:
            self._observations.popleft()
        while self._frame_times_s and self._frame_times_s[0] < begin_s:
            self._frame_times_s.popleft()
        if self._signal_end_s < begin_s:
            self._signal = self._signal[:0]


def decoded(jpeg: bytes) -> Image:
    """RGB of a JPEG, its shorter side at most `SHORT_SIDE`: (height, width, 3) uint8.

    Parameters
    ----------
    jpeg : bytes

    Returns
    -------
    (height, width, 3) uint8

    Raises
    ------
    MediaError
        Not a JPEG, or a side is longer than `MOST_SIDE`; refused before it is decoded.
    """
    shape = jpeg_shape(jpeg)
    if shape is None or min(shape) < 1 or max(shape) > MOST_SIDE:
        raise MediaError(
            f"{len(jpeg)} bytes were sent as a picture; expected a JPEG with sides of at most "
            f"{MOST_SIDE} pixels"
        )
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise MediaError("a JPEG was sent that cannot be decoded; expected a whole picture")
    image = np.asarray(pixels, np.uint8)
    scale = SHORT_SIDE / min(image.shape[:2])
    if scale >= 1:
        return image
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def jpeg_shape(jpeg: bytes) -> tuple[int, int] | None:
    """Height and width that a JPEG states; None: it is none.

    Parameters
    ----------
    jpeg : bytes
        Its head is enough.

    Returns
    -------
    tuple of int, or None
        Height, width.
    """
    if jpeg[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            size = int.from_bytes(jpeg[at + 5 : at + 7]), int.from_bytes(jpeg[at + 7 : at + 9])
            return size
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return None
