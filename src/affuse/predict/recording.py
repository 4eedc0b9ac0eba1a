"""One recording, read once: what is heard and seen in it, window by window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.decode import MediaInfo, probe
from affuse.media.speech import SAMPLE_RATE
from affuse.predict.members import Members
from affuse.predict.picture import Sight, Tracker, Watched, watch
from affuse.predict.settings import Settings
from affuse.predict.sound import Listened, Signal, listen
from affuse.predict.windows import Span
from affuse.records import Modality

Floats = NDArray[np.float64]

Reached = Callable[[Modality, float], None]
"""Called with what is read and the seconds of it so far, from a thread for each."""


@dataclass(frozen=True)
class Recording:
    """What was heard and seen.

    Attributes
    ----------
    path : Path
    sound : Listened or None
    picture : Watched or None
        None: the file has no such stream, or the picture is a cover.
    info : MediaInfo
        What the file says of itself.
    voices : mapping of int to (n_own_classes,)
        Number of a window -> what the voice network said, where there was enough speech.
    has_cover : bool
        Beside the sound there is one still picture, which is no face that speaks.
    """

    path: Path
    sound: Listened | None
    picture: Watched | None
    info: MediaInfo
    voices: Mapping[int, Floats] = field(default_factory=dict)
    has_cover: bool = False

    @property
    def duration_s(self) -> float:
        """Of what could be read: the longer of sound and picture."""
        return max(part.duration_s for part in (self.sound, self.picture) if part is not None)

    @property
    def no_picture(self) -> str:
        """Why there is nothing to see, in words; empty where there is."""
        if self.has_cover:
            return "the file has only one still picture, a cover"
        return self.info.no_picture

    def readable(self, span: Span) -> Span:
        """A stretch less what lies beyond the end of a file that is cut short."""
        parts = [part for part in (self.sound, self.picture) if part is not None and part.cut]
        ends_s = [part.duration_s - _CUT_MARGIN_S for part in parts]
        end_s = max(min([span.end_s, *ends_s]), span.start_s + _CUT_MARGIN_S)
        return Span(span.start_s, end_s)


_CUT_MARGIN_S = 0.2
"""Reading a stretch that ends so much before a cut does not meet it."""


def read_recording(
    path: str | Path,
    members: Members,
    tracker: Tracker,
    settings: Settings,
    reached: Reached | None = None,
) -> Recording:
    """Read a file: its picture and its sound, each once and in bounded memory.

    Parameters
    ----------
    path : str or Path
    members : Members
    tracker : Tracker
        Fresh: it has seen no other recording.
    settings : Settings
    reached : callable, optional
        Told about once a second of each stream how far it has been read; what it raises ends the
        reading.

    Raises
    ------
    MediaError
        Not a media file, neither sound nor picture in it, longer than the settings allow, or
        none of it can be decoded.
    """
    place = Path(path)
    info = probe(place, audio_track=settings.audio_track)
    if not (info.has_audio or info.has_video):
        raise _nothing_in(place, info)
    reached = _limited(reached, place, settings.max_duration_s)
    reached("audio" if info.has_audio else "video", info.duration_s or 0.0)
    ears = _Ears(members, settings)
    sound: Listened | None = None
    picture: Watched | None = None
    if info.has_audio and info.has_video:
        sound, picture = _both(place, members, tracker, settings, ears, reached)
    elif info.has_audio:
        sound = _heard(place, settings, lambda: 0.0, ears, reached)
    else:
        picture = _watched(place, members, tracker, settings, reached)
    has_cover = bool(sound and sound.duration_s and picture and picture.is_still)
    seen = None if has_cover else picture
    if sound and seen:
        seen.go_on(sound.duration_s)
    recording = Recording(place, sound, seen, info, ears.voices, has_cover)
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


class _Ears:
    """Asks the voice network about windows in which there is enough speech."""

    def __init__(self, members: Members, settings: Settings) -> None:
        self.voices: dict[int, Floats] = {}
        self.closed = False
        self._members = members
        self._settings = settings

    def hear(self, number: int, signal: Signal, speech_s: float) -> None:
        """What the network says of one window; CancelledError once the ears are closed."""
        if self.closed:
            raise CancelledError
        member, duration_s = self._members.voice, len(signal) / SAMPLE_RATE
        if member is not None and enough_speech(speech_s, duration_s, self._settings):
            self.voices[number] = self._members.voice_row(member, signal)


def _both(
    path: Path,
    members: Members,
    tracker: Tracker,
    settings: Settings,
    ears: _Ears,
    reached: Reached,
) -> tuple[Listened, Watched]:
    """Sound and picture, read at the same time: one file keeps two cores busy."""
    picture_end: Future[float] = Future()
    with ThreadPoolExecutor(1) as pool:
        listening = pool.submit(_heard, path, settings, picture_end.result, ears, reached)
        try:
            picture = _watched(path, members, tracker, settings, reached)
            picture_end.set_result(0.0 if picture.is_still else picture.duration_s)
            return listening.result(), picture
        except BaseException:
            # The thread is waited for: it must not read on for an hour.
            ears.closed = True
            picture_end.cancel()
            raise


def _heard(
    path: Path,
    settings: Settings,
    picture_s: Callable[[], float],
    ears: _Ears,
    reached: Reached,
) -> Listened:
    told = partial(reached, "audio")
    return listen(
        path, settings.windows, picture_s, ears.hear, told, audio_track=settings.audio_track
    )


def _watched(
    path: Path, members: Members, tracker: Tracker, settings: Settings, reached: Reached
) -> Watched:
    face = members.face
    return watch(
        path,
        tracker,
        None if face is None else lambda crops: members.face_rows(face, crops),
        faces=settings.faces,
        looks_per_s=settings.looks_per_s,
        reached=partial(reached, "video"),
    )


def _limited(reached: Reached | None, path: Path, most_s: float | None) -> Reached:
    """Tells the listener, and ends the reading of what lasts too long."""

    def limited(modality: Modality, time_s: float) -> None:
        if most_s is not None and time_s > most_s:
            raise MediaError(
                f"{path} lasts {time_s:,.0f} s or longer; expected at most {most_s:,g} s, as was "
                "asked for: cut it, or allow more"
            )
        if reached is not None:
            reached(modality, time_s)

    return limited


def _nothing_in(path: Path, info: MediaInfo) -> MediaError:
    why = [reason for reason in (info.no_sound, info.no_picture) if "not known" in reason]
    told = f" ({'; '.join(why)})" if why else ""
    return MediaError(
        f"{path} holds neither sound nor picture{told}; expected a recording of a face or a voice: "
        "name another file"
    )


def _unreadable(recording: Recording) -> MediaError:
    for part in (recording.sound, recording.picture):
        if part is not None and part.cut is not None:
            return part.cut
    return MediaError(
        f"{recording.path} lasts 0 s; expected a recording of a face or a voice: name another file"
    )
