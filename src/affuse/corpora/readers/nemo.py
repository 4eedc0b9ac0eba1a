"""nEMO: a dataset of emotional speech in Polish.

Nine actors, ninety sentences, six emotions, sound alone. A name such as ``KD0_sadness_78`` says:
speaker KD0, sadness, sentence 78.

Source: Christop 2024, LREC-COLING, 12111-12116.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.corpora.index import Index
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "neutral": "neutral",
    "happiness": "happy",
    "sadness": "sad",
    "anger": "angry",
    "fear": "fearful",
    "surprised": "surprised",
}
_SPEAKERS = {
    "EB0": {"sex": "female", "age": "27"},
    "IC0": {"sex": "female", "age": "28"},
    "KD0": {"sex": "female", "age": "28"},
    "KS0": {"sex": "male", "age": "23"},
    "MK0": {"sex": "female", "age": "23"},
    "MP0": {"sex": "male", "age": "24"},
    "SM0": {"sex": "male", "age": "24"},
    "TP0": {"sex": "male", "age": "26"},
    "WR0": {"sex": "male", "age": "23"},
}

NAMING = Naming(
    title="nEMO",
    example="samples/KD0_sadness_78.wav",
    pattern=r"(?P<speaker>[A-Z]{2}\d)_(?P<emotion>[a-z]+)_(?P<sentence>\d{1,2})",
    codes={"emotion": _EMOTIONS},
    speakers=_SPEAKERS,
    always={"language": "pl"},
)


def read_nemo(root: str | Path) -> Index:
    """Index of the nEMO files below a folder, in whatever layout.

    Parameters
    ----------
    root : str or Path
        The repository of the corpus, its folder ``samples``, or any folder with files so named.

    Returns
    -------
    Index
        Clip ids are the names without suffix, speakers such as ``"KD0"``; attributes ``sentence``
        (1 ... 90), ``sex``, ``age`` and ``language``. Media files with other names, and copies of
        one name, are listed in `Index.skipped`.

    Raises
    ------
    DatasetError
        `root` is no folder, or no name below it is one of nEMO.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "KD0_sadness_78.wav").write_bytes(b"0")
    >>> [(clip.id, clip.emotion, clip.speaker) for clip in read_nemo(folder)]
    [('KD0_sadness_78', 'sad', 'KD0')]
    """
    return read_named(root, NAMING)


READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=read_nemo,
    emotions=tuple(_EMOTIONS.values()),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male",
        "age": "23 to 28",
        "language": "pl",
        "sentence": "1 ... 90",
    },
    citation=(
        "Christop 2024: nEMO: Dataset of Emotional Speech in Polish. LREC-COLING, 12111-12116"
    ),
    licence="CC BY-NC-SA 4.0",
    terms=(
        "The recordings of nEMO are under CC BY-NC-SA 4.0 (Christop 2024); what was trained on "
        "them is offered under the same terms: name the source, no commercial use."
    ),
    commercial_use=False,
    source="https://github.com/amu-cai/nEMO",
    get="Free: clone the repository; the sound is in its folder samples, 0.5 GB.",
    example=NAMING.example,
    layout="speaker KD0, sadness, sentence 78; in any folders",
    speaker_of=partial(speaker_named, naming=NAMING),
    speakers=_SPEAKERS,
    languages=("pl",),
    size=Size(clips=4481, speakers=9, hours=3.1),
)
