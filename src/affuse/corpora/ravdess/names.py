"""The naming scheme of RAVDESS files.

24 actors, 7,356 files. A name has seven fields of two digits: modality, channel, emotion,
intensity, statement, repetition, actor. Without the first field it is the take key: the
files ``01-`` (sound and picture), ``02-`` (picture) and ``03-`` (sound) of a take are one
performance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from affuse.corpora.media_files import MEDIA_SUFFIXES
from affuse.errors import DatasetError
from affuse.records import RAVDESS_EMOTIONS, Modality

N_ACTORS = 24
EXAMPLE_NAME = "03-01-06-01-02-01-12.wav"

AUDIO_VIDEO, VIDEO_ONLY, AUDIO_ONLY = "01", "02", "03"
"""First fields."""
_WITHOUT_SONG = "18"
_SONG_EMOTIONS = RAVDESS_EMOTIONS[:6]

FIELDS = {
    "modality": {AUDIO_VIDEO: "audio+video", VIDEO_ONLY: "video", AUDIO_ONLY: "audio"},
    "channel": {"01": "speech", "02": "song"},
    "emotion": {f"{code:02d}": name for code, name in enumerate(RAVDESS_EMOTIONS, start=1)},
    "intensity": {"01": "normal", "02": "strong"},
    "statement": {"01": "kids", "02": "dogs"},
    "repetition": {"01": "1", "02": "2"},
    "actor": {f"{number:02d}": str(number) for number in range(1, N_ACTORS + 1)},
}
"""Field -> what each of its codes means."""


@dataclass(frozen=True, slots=True)
class RavdessName:
    """What the name of a RAVDESS file says.

    `modality_code` is ``01`` (sound and picture), ``02`` (picture) or ``03`` (sound);
    `take_key` the name without it; `actor` a number from 1 to 24.
    """

    modality_code: str
    take_key: str
    channel: str
    emotion: str
    intensity: str
    statement: str
    repetition: str
    actor: str


def parse_name(stem: str) -> RavdessName:
    """What the name of a RAVDESS file says.

    Parameters
    ----------
    stem : str
        File name without folder and suffix.

    Returns
    -------
    RavdessName

    Raises
    ------
    DatasetError
        The name does not have seven fields of two digits, a code has no meaning, or no such
        recording was made (says which).

    Examples
    --------
    >>> parse_name("03-01-06-01-02-01-12").emotion
    'fearful'
    """
    if not re.fullmatch("[0-9]{2}(-[0-9]{2}){6}", stem):
        raise DatasetError(
            f"name {stem!r} does not have RAVDESS's seven fields of two digits; "
            f"expected one such as {EXAMPLE_NAME}"
        )
    values = {}
    for (field, meanings), code in zip(FIELDS.items(), stem.split("-"), strict=True):
        if code not in meanings:
            raise DatasetError(
                f"{field} code {code} in {stem!r}; expected {min(meanings)} to {max(meanings)}"
            )
        values[field] = meanings[code]
    del values["modality"]
    modality_code, _, take = stem.partition("-")
    name = RavdessName(modality_code, take, **values)
    _refuse_unrecorded(name)
    return name


def take_key(name: str) -> str | None:
    """Take key of a RAVDESS name, None for any other name.

    Parameters
    ----------
    name : str
        A file's name or stem, or a take key itself.

    Returns
    -------
    str or None

    Examples
    --------
    >>> take_key("01-01-06-01-02-01-12.mp4"), take_key("01-06-01-02-01-12"), take_key("holiday")
    ('01-06-01-02-01-12', '01-06-01-02-01-12', None)
    """
    stem = Path(name).stem if Path(name).suffix.lower() in MEDIA_SUFFIXES else name
    for text in (stem, f"{AUDIO_VIDEO}-{stem}"):
        try:
            return parse_name(text).take_key
        except DatasetError:
            continue
    return None


def part_name(take: str, modality: Modality) -> str:
    """Name of the file of a take that holds one modality alone, without suffix.

    Parameters
    ----------
    take : str
        Take key.
    modality : {"audio", "video"}

    Returns
    -------
    str

    Examples
    --------
    >>> part_name("01-06-01-02-01-12", "audio")
    '03-01-06-01-02-01-12'
    """
    return f"{AUDIO_ONLY if modality == 'audio' else VIDEO_ONLY}-{take}"


def speaker_of(name: str) -> str | None:
    """Actor whose take has a name, None for a name that is not RAVDESS's.

    Parameters
    ----------
    name : str
        As `take_key` takes it.

    Returns
    -------
    str or None
        A number from 1 to 24.

    Examples
    --------
    >>> speaker_of("01-06-01-02-01-12"), speaker_of("holiday")
    ('12', None)
    """
    take = take_key(name)
    return None if take is None else str(int(take[-2:]))


def _refuse_unrecorded(name: RavdessName) -> None:
    if name.emotion == "neutral" and name.intensity == "strong":
        raise DatasetError(f"take {name.take_key}: neutral has no strong intensity in RAVDESS")
    if name.channel == "song" and name.emotion not in _SONG_EMOTIONS:
        raise DatasetError(f"take {name.take_key}: song has no {name.emotion} in RAVDESS")
    if name.channel == "song" and name.actor == _WITHOUT_SONG:
        raise DatasetError(f"take {name.take_key}: actor 18 recorded no song in RAVDESS")
