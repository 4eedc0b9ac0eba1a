"""ASED: the Amharic Speech Emotion Dataset.

65 speakers, five emotions, sound alone. A name such as ``f2-02-01-02-37`` says: emotion f2
(fearful), sentence 02, repetition 01, sex 02 (male), speaker 37.

Source: Retta, Almekhlafi, Sutcliffe, Mhamed, Ali & Feng 2023, ACM Transactions on Asian and
Low-Resource Language Information Processing 22(1).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.corpora.index import Index
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "n1": "neutral",
    "f2": "fearful",
    "h3": "happy",
    "s4": "sad",
    "a5": "angry",
}
_N_SPEAKERS = 65

NAMING = Naming(
    title="ASED",
    example="02Fearful/f2-02-01-02-37.wav",
    pattern=(
        r"(?P<emotion>[a-z]\d)-(?P<sentence>\d\d)-(?P<repetition>\d\d)-(?P<sex>\d\d)"
        r"-(?P<speaker>\d\d)"
    ),
    codes={
        "emotion": _EMOTIONS,
        "repetition": {"01": "1", "02": "2"},
        "sex": {"01": "female", "02": "male"},
        "speaker": {f"{number:02d}": f"a{number:02d}" for number in range(1, _N_SPEAKERS + 1)},
    },
    always={"language": "am"},
    any_case=True,
)


def read_ased(root: str | Path) -> Index:
    """Index of the ASED files below a folder, in whatever layout.

    Parameters
    ----------
    root : str or Path
        The unpacked archive, or any folder with files so named; one of its names has a capital.

    Returns
    -------
    Index
        Clip ids are the names without suffix, speakers ``"a01"`` to ``"a65"``; attributes
        ``sentence``, ``repetition`` (1, 2), ``sex`` and ``language``. The names of a few speakers
        (a09, a15, a21, a23, a25) say another sex once or twice: `sex` is what the name says, and
        a note says of whom both are said. Media files with other names, and copies of one name,
        are listed in `Index.skipped`.

    Raises
    ------
    DatasetError
        `root` is no folder, or no name below it is one of ASED.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "f2-02-01-02-37.wav").write_bytes(b"0")
    >>> [(clip.id, clip.emotion, clip.speaker) for clip in read_ased(folder)]
    [('f2-02-01-02-37', 'fearful', 'a37')]
    """
    return read_named(root, NAMING)


READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=read_ased,
    emotions=("neutral", "happy", "sad", "angry", "fearful"),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male",
        "language": "am",
        "sentence": "01 ... 07",
        "repetition": "1, 2",
    },
    citation=(
        "Retta, Almekhlafi, Sutcliffe, Mhamed, Ali & Feng 2023: A New Amharic Speech Emotion "
        "Dataset and Classification Benchmark. ACM Transactions on Asian and Low-Resource Language "
        "Information Processing 22(1)"
    ),
    licence="no licence is named; its authors ask to be cited: see their page",
    terms=(
        "The recordings of ASED are free to download, without a licence that is named (Retta et "
        "al. 2023): cite its authors, and ask them for more than research."
    ),
    source="https://github.com/Ethio2021/ASED_V1",
    get="Free: the repository of its authors.",
    example=NAMING.example,
    layout="emotion f2 (fearful), sentence, repetition, sex (01 female), speaker; in any folders",
    speaker_of=partial(speaker_named, naming=NAMING),
    languages=("am",),
    size=Size(clips=2474, speakers=_N_SPEAKERS, hours=2.1),
)
