"""AFEW: Acted Facial Expressions in the Wild, as distributed for the EmotiW challenges.

Scenes from films with seven emotions. A path such as ``Train_AFEW/Angry/000046280`` says: part of
the challenge, emotion, number of the scene; so others describe the folders, a copy could not be
looked at. Names do not tell who is seen: every scene counts as a speaker of its own, though one
actor may be in several. The parts ``train`` and ``val`` are said to be of different films.
Folders called ``Train`` and ``Val`` are read too; by themselves they are known only below one
called AFEW.

Source: Dhall, Goecke, Lucey & Gedeon 2012, IEEE MultiMedia 19, pages 34-41.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from affuse.corpora.by_name import Naming, read_named, recognises
from affuse.corpora.index import Index
from affuse.corpora.media_files import first_media_files
from affuse.corpora.reader import Reader

_EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "sad": "sad",
    "surprise": "surprised",
}
_NOTE = (
    "Names of AFEW do not tell who is seen: every scene counts as a speaker of its own, so "
    "intervals over speakers are too narrow; its attribute split keeps films apart."
)

NAMING = Naming(
    title="AFEW",
    example="Train_AFEW/Angry/000046280.avi",
    pattern=r"(?P<split>train|val|test)(?:_afew)?/(?P<emotion>[a-z]+)/(?P<speaker>\d{9})",
    codes={"emotion": _EMOTIONS, "split": {part: part for part in ("train", "val", "test")}},
    n_folders=2,
    modalities=("audio", "video"),
    any_case=True,
    always={"language": "en"},
)


def read_afew(root: str | Path) -> Index:
    """Index of the AFEW files below a folder.

    Parameters
    ----------
    root : str or Path
        The folder that holds ``Train_AFEW`` and ``Val_AFEW``.

    Returns
    -------
    Index
        Speakers are the numbers of the scenes, which a note says.

    Raises
    ------
    DatasetError
        `root` is no folder, or no name below it is one of AFEW.
    """
    index = read_named(root, NAMING)
    return replace(index, notes=(*index.notes, _NOTE))


def _recognises(path: Path) -> bool:
    """Some folder must be named AFEW: numbered files in emotion folders are not distinctive."""
    files = first_media_files(path)
    called = any("afew" in str(file.relative_to(path.parent)).casefold() for file in files)
    return called and recognises(path, NAMING)


READER = Reader(
    title=NAMING.title,
    recognises=_recognises,
    read=read_afew,
    emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={"language": "en", "split": "train, val, test"},
    citation=(
        "Dhall, Goecke, Lucey & Gedeon 2012: Collecting Large, Richly Annotated Facial-Expression "
        "Databases from Movies. IEEE MultiMedia 19, 34-41"
    ),
    licence="academic research; a licence to sign",
    source="https://cs.anu.edu.au/few/AFEW.html",
    get="Sign the licence that its page links to and send it in by mail.",
    example=NAMING.example,
    layout="folders of the part (Train_AFEW) and the emotion, then the number of the scene",
    languages=("en",),
    modalities=("audio", "video"),
)
