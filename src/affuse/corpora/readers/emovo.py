"""EMOVO: an Italian emotional speech database.

Six actors, fourteen sentences, seven emotions, sound alone. A name such as ``gio-f1-b1`` says:
emotion gio (gioia, joy), speaker f1 (a woman), sentence b1.

Source: Costantini, Iaderola, Paoloni & Todisco 2014, LREC, 3501-3504.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.corpora.index import Index
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "neu": "neutral",
    "gio": "happy",
    "tri": "sad",
    "rab": "angry",
    "pau": "fearful",
    "dis": "disgust",
    "sor": "surprised",
}
_SPEAKERS = {
    **{f"f{number}": {"sex": "female"} for number in (1, 2, 3)},
    **{f"m{number}": {"sex": "male"} for number in (1, 2, 3)},
}

NAMING = Naming(
    title="EMOVO",
    example="f1/gio-f1-b1.wav",
    pattern=r"(?P<emotion>[a-z]{3})-(?P<speaker>[fm]\d)-(?P<sentence>[bdln]\d)",
    codes={"emotion": _EMOTIONS},
    speakers=_SPEAKERS,
    always={"language": "it"},
)


def read_emovo(root: str | Path) -> Index:
    """Index of the EMOVO files below a folder, in whatever layout.

    Parameters
    ----------
    root : str or Path
        The unpacked archive, or any folder with files so named.

    Returns
    -------
    Index
        Clip ids are the names without suffix, speakers ``"f1"`` to ``"m3"``; attributes
        ``sentence`` (b1 ... n5), ``sex`` and ``language``. Media files with other names, and
        copies of one name, are listed in `Index.skipped`.

    Raises
    ------
    DatasetError
        `root` is no folder, or no name below it is one of EMOVO.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "gio-f1-b1.wav").write_bytes(b"0")
    >>> [(clip.id, clip.emotion, clip.attributes["sex"]) for clip in read_emovo(folder)]
    [('gio-f1-b1', 'happy', 'female')]
    """
    return read_named(root, NAMING)


READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=read_emovo,
    emotions=tuple(_EMOTIONS.values()),
    emotion_map=_EMOTIONS,
    attributes={"sex": "female, male", "language": "it", "sentence": "b1 ... n5"},
    citation=(
        "Costantini, Iaderola, Paoloni & Todisco 2014: EMOVO Corpus: an Italian Emotional Speech "
        "Database. LREC, 3501-3504"
    ),
    licence="no licence was found: see the authors' page",
    terms=(
        "No licence of the recordings of EMOVO was found (Costantini et al. 2014): see its "
        "authors' page before you use what was trained on them for more than research."
    ),
    source="http://voice.fub.it/activities/corpora/emovo/index.html",
    get="Free: one archive on the page of its authors; where that does not answer, ask them.",
    example=NAMING.example,
    layout="emotion gio (happy), speaker f1, sentence b1; in any folders",
    speaker_of=partial(speaker_named, naming=NAMING),
    speakers=_SPEAKERS,
    languages=("it",),
    size=Size(clips=588, speakers=6, hours=0.5),
)
