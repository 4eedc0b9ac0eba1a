"""EMO-DB: the Berlin Database of Emotional Speech.

Ten actors, ten German sentences, seven emotions, sound alone. A name such as ``03a01Fa`` says:
speaker 03, text a01, emotion F (the first letter of its German name), version a.

Source: Burkhardt, Paeschke, Rolfes, Sendlmeier & Weiss 2005, Interspeech, pages 1517-1520.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.corpora.index import Index
from affuse.corpora.open_archives import ZipArchive
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "W": "angry",
    "L": "boredom",
    "E": "disgust",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
_SPEAKERS = {
    "03": {"sex": "male", "age": "31"},
    "08": {"sex": "female", "age": "34"},
    "09": {"sex": "female", "age": "21"},
    "10": {"sex": "male", "age": "32"},
    "11": {"sex": "male", "age": "26"},
    "12": {"sex": "male", "age": "30"},
    "13": {"sex": "female", "age": "32"},
    "14": {"sex": "female", "age": "35"},
    "15": {"sex": "male", "age": "25"},
    "16": {"sex": "female", "age": "31"},
}
_TEXTS = ("a01", "a02", "a04", "a05", "a07", "b01", "b02", "b03", "b09", "b10")

NAMING = Naming(
    title="EMO-DB",
    example="wav/03a01Fa.wav",
    pattern=r"(?P<speaker>\d\d)(?P<text>[ab]\d\d)(?P<emotion>[A-Z])(?P<version>[a-z]?)",
    codes={"emotion": _EMOTIONS, "text": {text: text for text in _TEXTS}},
    speakers=_SPEAKERS,
    always={"language": "de"},
)


def read_emodb(root: str | Path) -> Index:
    """Index of the EMO-DB files below a folder, in whatever layout.

    Parameters
    ----------
    root : str or Path
        The unpacked archive, its folder ``wav``, or any folder with files so named (wav, ogg or
        any other form of sound).

    Returns
    -------
    Index
        Clip ids are the names without suffix, speakers ``"03"`` to ``"16"``; attributes ``text``
        (a01 ... b10), ``version`` (a letter), ``sex``, ``age`` and ``language``. Media files with
        other names, and copies of one name, are listed in `Index.skipped`.

    Raises
    ------
    DatasetError
        `root` is no folder, or no name below it is one of EMO-DB.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "03a01Fa.wav").write_bytes(b"0")
    >>> [(clip.id, clip.emotion, clip.speaker) for clip in read_emodb(folder)]
    [('03a01Fa', 'happy', '03')]
    """
    return read_named(root, NAMING)


READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=read_emodb,
    emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust", "boredom"),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male",
        "age": "21 to 35",
        "language": "de",
        "text": ", ".join(_TEXTS),
        "version": "a letter: which of several recordings",
    },
    citation=(
        "Burkhardt, Paeschke, Rolfes, Sendlmeier & Weiss 2005: A Database of German Emotional "
        "Speech. Interspeech, 1517-1520"
    ),
    terms=(
        "The recordings of EMO-DB are free of charge (Burkhardt et al. 2005): name the source "
        "where you use what was trained on them."
    ),
    licence="free of charge; its authors ask to be cited",
    source="http://emodb.bilderbar.info",
    get="Free: affuse download emodb fetches it, 0.04 GB.",
    archive=ZipArchive(server="http://emodb.bilderbar.info", path="/download/download.zip"),
    example=NAMING.example,
    layout="speaker 03, text a01, emotion F (happy), version a; in any folders",
    speaker_of=partial(speaker_named, naming=NAMING),
    speakers=_SPEAKERS,
    languages=("de",),
    size=Size(clips=535, speakers=10, hours=0.4),
)
