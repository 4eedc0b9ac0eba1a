"""URDU: spontaneous emotions in Urdu talk shows.

400 stretches of talk shows, four emotions, sound alone. A name such as ``SM1_F10_A010`` says:
speaker SM1 (a man), file 10, emotion A (angry), its number 10.

Source: Latif, Qayyum, Usman & Qadir 2018, International Conference on Frontiers of Information
Technology, 88-93.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.corpora.index import Index
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {"N": "neutral", "H": "happy", "S": "sad", "A": "angry"}

NAMING = Naming(
    title="URDU",
    example="Angry/SM1_F10_A010.wav",
    pattern=r"(?P<speaker>S(?P<sex>[A-Z])\d+)_F(?P<_file>\d+)_(?P<emotion>[A-Z])(?P<_number>\d+)",
    codes={"emotion": _EMOTIONS, "sex": {"F": "female", "M": "male"}},
    always={"language": "ur"},
)


def read_urdu(root: str | Path) -> Index:
    """Index of the URDU files below a folder, in whatever layout.

    Parameters
    ----------
    root : str or Path
        The repository of the corpus, or any folder with files so named.

    Returns
    -------
    Index
        Clip ids are the names without suffix, speakers such as ``"SM1"``; attributes ``sex`` and
        ``language``. Media files with other names, and copies of one name, are listed in
        `Index.skipped`.

    Raises
    ------
    DatasetError
        `root` is no folder, or no name below it is one of URDU.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "SM1_F10_A010.wav").write_bytes(b"0")
    >>> [(clip.id, clip.emotion, clip.attributes["sex"]) for clip in read_urdu(folder)]
    [('SM1_F10_A010', 'angry', 'male')]
    """
    return read_named(root, NAMING)


READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=read_urdu,
    emotions=tuple(_EMOTIONS.values()),
    emotion_map=_EMOTIONS,
    attributes={"sex": "female, male", "language": "ur"},
    citation=(
        "Latif, Qayyum, Usman & Qadir 2018: Cross Lingual Speech Emotion Recognition: Urdu vs. "
        "Western Languages. International Conference on Frontiers of Information Technology, 88-93"
    ),
    licence="for research only, as its page says; no licence is named",
    terms=(
        "The recordings of URDU may be used for research only (Latif et al. 2018): ask its authors "
        "whether what was trained on them may be used otherwise."
    ),
    commercial_use=False,
    source="https://github.com/siddiquelatif/URDU-Dataset",
    get="Free: clone the repository.",
    example=NAMING.example,
    layout="speaker SM1 (S, sex, number), file 10, emotion A (angry), number; in any folders",
    speaker_of=partial(speaker_named, naming=NAMING),
    languages=("ur",),
    size=Size(clips=400, speakers=29, hours=0.3),
)
