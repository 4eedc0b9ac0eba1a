"""CREMA-D: the Crowd-sourced Emotional Multimodal Actors Dataset.

91 actors, twelve English sentences, six emotions, sound and picture. A name such as
``1001_IEO_HAP_HI`` says: actor 1001, sentence IEO, emotion HAP, intensity HI.

Source: Cao, Cooper, Keutmann, Gur, Nenkova & Verma 2014, IEEE Transactions on Affective Computing
5(4), 377-390.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.corpora.cremad.references import people_references
from affuse.corpora.cremad.votes import FILE, votes_of
from affuse.corpora.index import Index
from affuse.corpora.reader import Reader, Size
from affuse.corpora.speaker_lists import SpeakerList
from affuse.records import MODALITIES

_SPEAKERS_LIST = "VideoDemographics.csv"
_EMOTIONS = {
    "NEU": "neutral",
    "HAP": "happy",
    "SAD": "sad",
    "ANG": "angry",
    "FEA": "fearful",
    "DIS": "disgust",
}
# One name of the corpus ends in X alone.
_INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified", "X": "unspecified"}
_SENTENCES = (
    "IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI",
)  # fmt: skip

NAMING = Naming(
    title="CREMA-D",
    example="AudioWAV/1001_IEO_HAP_HI.wav",
    pattern=r"(?P<speaker>\d{4})_(?P<sentence>[A-Z]{3})_(?P<emotion>[A-Z]{3})_(?P<intensity>[A-Z]+)",
    codes={
        "speaker": {str(number): str(number) for number in range(1001, 1092)},
        "sentence": {sentence: sentence for sentence in _SENTENCES},
        "emotion": _EMOTIONS,
        "intensity": _INTENSITIES,
    },
    always={"language": "en"},
    modalities=MODALITIES,
    speaker_list=SpeakerList(_SPEAKERS_LIST, "actorid"),
    tables=(FILE,),
)


def read_cremad(root: str | Path) -> Index:
    """Index of the CREMA-D files below a folder, in whatever layout.

    Sound and picture of one name are one clip, such as ``AudioWAV/1001_IEO_HAP_HI.wav`` and
    ``VideoFlash/1001_IEO_HAP_HI.flv``.

    Parameters
    ----------
    root : str or Path
        The repository of the corpus, one of its folders, or any folder with files so named.

    Returns
    -------
    Index
        Clip ids are the names without suffix, speakers ``"1001"`` to ``"1091"``; attributes
        ``sentence``, ``intensity`` (low, medium, high, unspecified), ``language``, and ``sex`` and
        ``age`` where ``VideoDemographics.csv`` lies there: of whom it does not tell is a note.
        Media files with other names, and copies of one name, are listed in `Index.skipped`.

    Raises
    ------
    DatasetError
        `root` is no folder, or no name below it is one of CREMA-D.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "1001_IEO_HAP_HI.wav").write_bytes(b"0")
    >>> [(clip.id, clip.emotion, clip.attributes["intensity"]) for clip in read_cremad(folder)]
    [('1001_IEO_HAP_HI', 'happy', 'high')]
    """
    return read_named(root, NAMING)


READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=read_cremad,
    emotions=tuple(_EMOTIONS.values()),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": f"female, male (by {_SPEAKERS_LIST})",
        "age": f"20 to 74 (by {_SPEAKERS_LIST})",
        "language": "en",
        "intensity": "low, medium, high, unspecified",
        "sentence": ", ".join(_SENTENCES),
    },
    citation=(
        "Cao, Cooper, Keutmann, Gur, Nenkova & Verma 2014: CREMA-D: Crowd-sourced Emotional "
        "Multimodal Actors Dataset. IEEE Transactions on Affective Computing 5(4), 377-390"
    ),
    licence="Open Database Licence (ODbL) 1.0",
    terms=(
        "CREMA-D is under the Open Database Licence (Cao et al. 2014): name the source; a database "
        "that is derived from it is offered under the same licence."
    ),
    commercial_use=True,
    source="https://github.com/CheyneyComputerScience/CREMA-D",
    get=(
        "Free: clone the repository with Git LFS. Sound is in AudioWAV, sound with picture in "
        "VideoFlash, people's votes in the tables beside them."
    ),
    example=NAMING.example,
    layout="actor 1001, sentence IEO, emotion HAP (happy), intensity HI (high); in any folders",
    speaker_of=partial(speaker_named, naming=NAMING),
    languages=("en",),
    modalities=MODALITIES,
    size=Size(clips=7442, speakers=91, hours=5.3),
    references=people_references,
    votes=votes_of,
)
