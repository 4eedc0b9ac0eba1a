"""One recording, read once: its speech, its faces and the voice network's output per window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.familiarity import MeasuredRows
from affuse.errors import MediaError
from affuse.media.decode import MediaInfo, probe
from affuse.media.speech import SAMPLE_RATE
from affuse.media.video import DECODING_THREADS
from affuse.messages import message
from affuse.predict.members import Members
from affuse.predict.observer import Observer, Signal, Take
from affuse.predict.picture import FaceObservation, Tracker, VideoAnalysis, analyse_video
from affuse.predict.settings import Settings
from affuse.predict.sound import VoiceActivity, detect_speech
from affuse.predict.windows import Span
from affuse.records import Modality
from affuse.workers.threads import CancelledError, Future, beside, libraries_on_one_thread

Floats = NDArray[np.float64]

Reached = Callable[[Modality, float], None]
"""Called with what is read and the seconds of it so far, from a thread for each."""


@dataclass(frozen=True)
class Recording:
    """Speech and faces of a file.

    Attributes
    ----------
    path : Path
    sound : VoiceActivity or None
    picture : VideoAnalysis or None
        None: the file has no such stream, or the picture is a cover.
    info : MediaInfo
        What the file says of itself.
    voices : mapping of int to (n_own_classes,)
        Number of a window -> probabilities of the voice network, where there was enough speech.
    voice_distances : mapping of int to float
        How far the voices of these windows are from the network's training, where that is known.
    has_cover : bool
        Beside the sound there is one still picture, which is no face that speaks.
    """

    path: Path
    sound: VoiceActivity | None
    picture: VideoAnalysis | None
    info: MediaInfo
    voices: Mapping[int, Floats] = field(default_factory=dict)
    has_cover: bool = False
    voice_distances: Mapping[int, float] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Duration of what could be read: the longer of sound and picture."""
        return max(part.duration_s for part in (self.sound, self.picture) if part is not None)

    @property
    def no_picture(self) -> str:
        """Why there is no picture, in words; empty where there is one."""
        if self.has_cover:
            return message("picture.still", "the file has only one still picture, a cover")
        return self.info.no_picture

    def voice_of(self, window: int) -> MeasuredRows | None:
        """Output of the voice network for a window; None if there was not enough speech.

        Parameters
        ----------
        window : int
            Its number.

        Returns
        -------
        MeasuredRows or None
            Of one row.
        """
        if window not in self.voices:
            return None
        far = self.voice_distances.get(window)
        return MeasuredRows(self.voices[window][None], None if far is None else np.array([far]))

    def readable(self, span: Span) -> Span:
        """A stretch without what lies beyond the end of a truncated file.

        Parameters
        ----------
        span : Span

        Returns
        -------
        Span
        """
        parts = [part for part in (self.sound, self.picture) if part is not None and part.cut]
        ends_s = [part.duration_s - _CUT_MARGIN_S for part in parts]
        end_s = max(min([span.end_s, *ends_s]), span.start_s + _CUT_MARGIN_S)
        return Span(span.start_s, end_s)


_CUT_MARGIN_S = 0.2
"""A stretch that ends this long before a cut can be read without reaching it."""


def read_recording(
    path: str | Path,
    members: Members,
    tracker: Tracker,
    settings: Settings,
    reached: Reached | None = None,
    n_threads: int = DECODING_THREADS,
    observer: Observer | None = None,
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
        Called about once a second for each stream with how far it has been read; what it raises
        ends the reading.
    n_threads : int
        What decodes the picture.
    observer : Observer, optional
        Sees every picture and hears every second of sound as it is read.

    Returns
    -------
    Recording

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
    scorer = _VoiceScorer(members, settings)
    # Mouths are held against the sound.
    observed = partial(_analysed_video, observer=observer, dense=info.has_audio)
    analysed_video = partial(observed, place, members, tracker, settings, reached, n_threads)
    take = None if observer is None else observer.take
    sound: VoiceActivity | None = None
    picture: VideoAnalysis | None = None
    # The matrices are small, and OpenBLAS' further threads wait for the next one busily.
    with libraries_on_one_thread("blas"):
        if info.has_audio and info.has_video:
            sound, picture = _analysed_both(place, analysed_video, settings, scorer, reached, take)
        elif info.has_audio:
            sound = _detected_speech(place, settings, lambda: 0.0, scorer, reached, take)
        else:
            picture = analysed_video()
    has_cover = bool(sound and sound.duration_s and picture and picture.is_still)
    shown = None if has_cover else picture
    if sound and shown:
        shown.go_on(sound.duration_s)
    recording = Recording(place, sound, shown, info, scorer.voices, has_cover, scorer.distances)
    if recording.duration_s <= 0:
        raise _unreadable(recording)
    return recording


def enough_speech(speech_s: float, duration_s: float, settings: Settings) -> bool:
    """Whether a number of seconds of speech is enough for the voice network.

    Parameters
    ----------
    speech_s : float
        Seconds of speech in a stretch.
    duration_s : float
        Seconds of the stretch.
    settings : Settings

    Returns
    -------
    bool
    """
    return speech_s >= min(settings.least_speech_s, max(duration_s / 2, 0.1))


def main_face(observations: Sequence[FaceObservation]) -> int:
    """Number of the face that is largest for longest; 0 if there is none.

    Parameters
    ----------
    observations : sequence of FaceObservation

    Returns
    -------
    int
    """
    areas: dict[int, float] = {}
    for observation in observations:
        areas[observation.number] = areas.get(observation.number, 0.0) + observation.area
    return max(areas, key=lambda number: (areas[number], -number), default=0)


class _VoiceScorer:
    """Outputs of the voice network for windows with enough speech."""

    def __init__(self, members: Members, settings: Settings) -> None:
        self.voices: dict[int, Floats] = {}
        self.distances: dict[int, float] = {}
        self.cancelled = False
        self._members = members
        self._settings = settings

    def score(self, number: int, signal: Signal, speech_s: float) -> None:
        """Compute the output for one window; CancelledError once the scoring is cancelled."""
        if self.cancelled:
            raise CancelledError
        member, duration_s = self._members.voice, len(signal) / SAMPLE_RATE
        if member is not None and enough_speech(speech_s, duration_s, self._settings):
            found = self._members.voice_output(member, signal)
            self.voices[number] = found.probabilities[0]
            if found.first_distance is not None:
                self.distances[number] = found.first_distance


def _analysed_both(
    path: Path,
    analysed_video: Callable[[], VideoAnalysis],
    settings: Settings,
    scorer: _VoiceScorer,
    reached: Reached,
    take: Take | None,
) -> tuple[VoiceActivity, VideoAnalysis]:
    """Sound and picture, read in parallel to use two cores."""
    picture_end: Future[float] = Future()
    detected = partial(_detected_speech, path, settings, picture_end.result, scorer, reached, take)
    with beside(detected) as sound:
        try:
            picture = analysed_video()
            picture_end.set_result(0.0 if picture.is_still else picture.duration_s)
            return sound.result(), picture
        except BaseException:
            # The thread is waited for: it must not read on for an hour.
            scorer.cancelled = True
            picture_end.cancel()
            raise


def _detected_speech(
    path: Path,
    settings: Settings,
    picture_s: Callable[[], float],
    scorer: _VoiceScorer,
    reached: Reached,
    take: Take | None,
) -> VoiceActivity:
    audio_reached = partial(reached, "audio")
    return detect_speech(
        path,
        settings.windows,
        picture_s,
        scorer.score,
        audio_reached,
        audio_track=settings.audio_track,
        take=take,
    )


def _analysed_video(
    path: Path,
    members: Members,
    tracker: Tracker,
    settings: Settings,
    reached: Reached,
    n_threads: int,
    *,
    observer: Observer | None,
    dense: bool,
) -> VideoAnalysis:
    face = members.face
    return analyse_video(
        path,
        tracker,
        None if face is None else lambda crops: members.face_outputs(face, crops),
        faces=settings.analysed_faces,
        sampled_fps=settings.sampled_fps,
        reached=partial(reached, "video"),
        n_threads=n_threads,
        observer=observer,
        dense=dense,
    )


def _limited(reached: Reached | None, path: Path, most_s: float | None) -> Reached:
    """A progress callback that reports, and stops the reading of recordings that are too long."""

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
    if not why:
        return MediaError(
            message(
                "media.neither",
                "{file} holds neither sound nor picture; expected a recording of a face or a "
                "voice: name another file",
                file=str(path),
            )
        )
    return MediaError(
        f"{path} holds neither sound nor picture ({'; '.join(why)}); expected a recording "
        "of a face or a voice: name another file"
    )


def _unreadable(recording: Recording) -> MediaError:
    for part in (recording.sound, recording.picture):
        if part is not None and part.cut is not None:
            return part.cut
    return MediaError(
        message(
            "media.nothing",
            "{file} lasts 0 s; expected a recording of a face or a voice: name another file",
            file=str(recording.path),
        )
    )
