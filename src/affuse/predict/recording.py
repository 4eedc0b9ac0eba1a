"""One recording, read once: what is heard and seen in it, window by window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.decode import probe
from affuse.predict.members import Members
from affuse.predict.picture import Sight, Tracker, Watched, watch
from affuse.predict.settings import Settings
from affuse.predict.sound import Listened, Signal, listen
from affuse.predict.windows import Span

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Recording:
    """What was heard and seen.

    Attributes
    ----------
    path : Path
    sound : Listened or None
    picture : Watched or None
        None: the file has no such stream.
    voices : mapping of int to (n_own_classes,)
        Number of a window -> what the voice network said, where there was enough speech.
    """

    path: Path
    sound: Listened | None
    picture: Watched | None
    voices: Mapping[int, Floats] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Of what could be read: the longer of sound and picture."""
        return max(part.duration_s for part in (self.sound, self.picture) if part is not None)

    def readable(self, span: Span) -> Span:
        """A stretch less what lies beyond the end of a file that is cut short."""
        parts = [part for part in (self.sound, self.picture) if part is not None and part.cut]
        ends_s = [part.duration_s - _CUT_MARGIN_S for part in parts]
        end_s = max(min([span.end_s, *ends_s]), span.start_s + _CUT_MARGIN_S)
        return Span(span.start_s, end_s)


_CUT_MARGIN_S = 0.2
"""Reading a stretch that ends so much before a cut does not meet it."""


def read_recording(
    path: str | Path, members: Members, tracker: Tracker, settings: Settings
) -> Recording:
    """Read a file: its picture, then its sound, each once and in bounded memory.

    Raises
    ------
    MediaError
        Not a media file, neither sound nor picture in it, or none of it can be decoded.
    """
    place = Path(path)
    info = probe(place)
    if not (info.has_audio or info.has_video):
        raise MediaError(
            f"{place} holds neither sound nor picture; expected a recording of a face or a voice: "
            "name another file"
        )
    picture = _watched(place, members, tracker, settings) if info.has_video else None
    voices: dict[int, Floats] = {}

    def hear(number: int, signal: Signal, speech_s: float) -> None:
        if members.voice is not None and enough_speech(speech_s, len(signal) / 16_000, settings):
            voices[number] = members.voice_row(members.voice, signal)

    picture_s = 0.0 if picture is None else picture.duration_s
    sound = listen(place, settings.windows, picture_s, hear) if info.has_audio else None
    recording = Recording(place, sound, picture, voices)
    if recording.duration_s <= 0:
        raise _unreadable(recording)
    return recording


def enough_speech(speech_s: float, duration_s: float, settings: Settings) -> bool:
    """Whether a voice can be judged by so many seconds of speech."""
    return speech_s >= min(settings.least_speech_s, max(duration_s / 2, 0.1))


def main_face(sights: Sequence[Sight]) -> int:
    """Number of the face that fills most of the picture for longest; 0: there is none."""
    areas: dict[int, float] = {}
    for sight in sights:
        areas[sight.number] = areas.get(sight.number, 0.0) + sight.area
    return max(areas, key=lambda number: (areas[number], -number), default=0)


def _watched(path: Path, members: Members, tracker: Tracker, settings: Settings) -> Watched:
    face = members.face
    return watch(
        path,
        tracker,
        None if face is None else lambda crops: members.face_rows(face, crops),
        faces=settings.faces,
        looks_per_s=settings.looks_per_s,
    )


def _unreadable(recording: Recording) -> MediaError:
    for part in (recording.sound, recording.picture):
        if part is not None and part.cut is not None:
            return part.cut
    return MediaError(
        f"{recording.path} lasts 0 s; expected a recording of a face or a voice: name another file"
    )
