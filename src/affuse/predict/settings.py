"""Settings of a prediction, with all defaults."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from affuse.errors import ConfigError, refuse_other_than_number
from affuse.predict.windows import Windows

Faces = Literal["largest", "all"]

SAMPLED_FPS = 5.0
LEAST_SPEECH_S = 0.5
LEAST_FACE_SEEN = 0.2

_ONNX = "onnx:"
ANY_NUMBER = 0
"""Of people: as many as are found."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a recording is read and predicted.

    Attributes
    ----------
    windows : Windows
    faces : {"largest", "all"}
        ``largest``: of several faces the one that fills most of the picture.
    threshold : float or None
        Probability below which no emotion is named; None: the bundle's own.
    sampled_fps : float
        Frames per second in which faces are searched.
    least_speech_s : float
        Seconds of speech in a window below which the voice is not judged; a window of less than
        twice that needs half of its length.
    least_face_seen : float
        Share of sampled frames below which a face is not judged.
    audio_track : int or None
        Number of the audio track, from 1; None: the one marked as default, else the first.
    max_duration_s : float or None
        A longer recording is refused; None: none is for its length.
    explain : bool
        Find out what the answer rests on.
    people : int or None
        Tell the people of the recording apart, and who of them speaks: how many there are, or 0
        where that is not known. None: do not.
    names : mapping of int to str
        Number of a person -> name.
    face_embedding, voice_embedding : str
        What tells faces and voices apart: ``onnx:FILE``; empty: the networks that come with affuse.

    Raises
    ------
    ConfigError
        A value is out of range, or says something of people who are not told apart.
    """

    windows: Windows = field(default_factory=Windows)
    faces: Faces = "largest"
    threshold: float | None = None
    sampled_fps: float = SAMPLED_FPS
    least_speech_s: float = LEAST_SPEECH_S
    least_face_seen: float = LEAST_FACE_SEEN
    audio_track: int | None = None
    max_duration_s: float | None = None
    explain: bool = False
    people: int | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    face_embedding: str = ""
    voice_embedding: str = ""

    @property
    def analysed_faces(self) -> Faces:
        """``all`` where people are told apart, too."""
        return self.faces if self.people is None else "all"

    def __post_init__(self) -> None:
        if self.faces not in get_args(Faces):
            raise ConfigError(f"faces {self.faces!r} was given; expected 'largest' or 'all'")
        refuse_other_than_number("sampled_fps", self.sampled_fps)
        for name in ("threshold", "audio_track", "max_duration_s"):
            if (value := getattr(self, name)) is not None:
                refuse_other_than_number(name, value)
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ConfigError(
                f"threshold {self.threshold:g} was given; expected a probability from 0 to 1, or "
                "none for the bundle's own"
            )
        if not (math.isfinite(self.sampled_fps) and 0 < self.sampled_fps <= 120):
            raise ConfigError(
                f"sampled_fps {self.sampled_fps:g} was given; expected more than 0 and at most 120"
            )
        if self.audio_track is not None and self.audio_track < 1:
            raise ConfigError(
                f"audio track {self.audio_track} was given; expected its number, counted from 1"
            )
        if self.max_duration_s is not None and not self.max_duration_s > 0:
            raise ConfigError(
                f"a maximum duration of {self.max_duration_s:g} s was given; expected more than 0"
            )

        _check_people(self)


def settings_of(
    window_s: float | None = None,
    hop_s: float | None = None,
    *,
    faces: Faces = "largest",
    threshold: float | None = None,
    audio_track: int | None = None,
    max_duration_s: float | None = None,
    explain: bool = False,
    people: bool | int | None = None,
    names: Mapping[int, str] | None = None,
    face_embedding: str = "",
    voice_embedding: str = "",
) -> Settings:
    """Settings from a person's choices; the hop is half a window by default.

    Parameters
    ----------
    window_s, hop_s : float, optional
        Length and distance of the windows, in seconds.
    faces : {"largest", "all"}
    threshold : float, optional
    audio_track : int, optional
    max_duration_s : float, optional
    explain : bool
        As the attributes of `Settings`.
    people : bool or int, optional
        True: as many people as are found; a number: so many; False: they are not told apart.
    names : mapping of int to str, optional
    face_embedding, voice_embedding : str
        As the attributes of `Settings`.

    Returns
    -------
    Settings
    """
    length_s = Windows().window_s if window_s is None else window_s
    refuse_other_than_number("window_s", length_s)
    windows = Windows(length_s, length_s / 2 if hop_s is None else hop_s)
    return Settings(
        windows,
        faces,
        threshold,
        audio_track=audio_track,
        max_duration_s=max_duration_s,
        explain=explain,
        people=_n_people(people),
        names={} if names is None else dict(names),
        face_embedding=face_embedding,
        voice_embedding=voice_embedding,
    )


def _n_people(people: bool | int | None) -> int | None:
    if people is None or isinstance(people, bool):
        return ANY_NUMBER if people else None
    if not isinstance(people, int) or people < 1:
        raise ConfigError(
            f"people {people!r} was given; expected True for as many as are found, or their "
            "number, from 1"
        )
    return people


def _check_people(settings: Settings) -> None:
    embeddings = {name: getattr(settings, name) for name in ("face_embedding", "voice_embedding")}
    for name, given in embeddings.items():
        if given and not (given.startswith(_ONNX) and given != _ONNX):
            raise ConfigError(
                f"{name} {given!r} was given; expected onnx:FILE, such as onnx:{name}.onnx with "
                f"{name}.json beside it"
            )
    for number, called in settings.names.items():
        _check_name(number, called)
    if settings.people is None:
        given = [name for name, value in {**embeddings, "names": settings.names}.items() if value]
        if given:
            raise ConfigError(
                f"{given[0]} was given without people; expected people=True, or their number, "
                "beside it"
            )
    elif settings.people < 0:
        raise ConfigError(f"people {settings.people} was given; expected 0 for any number, or more")
    elif settings.faces == "all":
        raise ConfigError(
            "faces all and people were given, who have a timeline each; expected one of the two"
        )


def _check_name(number: int, called: str) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ConfigError(
            f"a name for person {number!r} was given; expected the number of a person, from 1"
        )
    if not isinstance(called, str) or not called.strip():
        raise ConfigError(f"the name {called!r} was given for person {number}; expected a name")
