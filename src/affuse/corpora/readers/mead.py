"""MEAD: Multi-view Emotional Audio-visual Dataset.

Actors speak with eight emotions in three levels, seen from seven sides; sound lies in files of its
own. A path such as ``M003/video/front/angry/level_1/001`` says: actor M003 (a man; W: a woman),
view, emotion, level, number of the sentence. Flat names with the same fields, such as
``M003_front_angry_level_1_001``, are read too. A clip is one performance: its picture is the view
from the front where there is one, else the first by name.

Source: Wang, Wu, Song, Yang, Wu, Qian, He, Qiao & Loy 2020, ECCV.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from affuse.corpora.by_name import Naming, named_file, recognises
from affuse.corpora.index import Index
from affuse.corpora.joined_files import NamedFile, index_of, media_below
from affuse.corpora.reader import Reader, Size
from affuse.errors import DatasetError

_EMOTIONS = {
    "angry": "angry",
    "contempt": "contempt",
    "disgusted": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "sad": "sad",
    "surprised": "surprised",
}
_VIEWS = ("front", "down", "left_30", "left_60", "right_30", "right_60", "top")

NAMING = Naming(
    title="MEAD",
    example="M003/video/front/angry/level_1/001.mp4",
    pattern=(
        r"(?=(?:.*[/_])?(?P<speaker>(?P<sex>[MW])\d{3})[/_])"
        rf"(?=.*[/_](?P<emotion>{'|'.join(_EMOTIONS)})[/_])"
        r"(?=.*[/_]level_?(?P<level>[1-3])[/_])"
        rf"(?=(?:.*[/_](?P<view>{'|'.join(_VIEWS)})[/_])?)"
        r".*[/_](?P<sentence>\d{3})"
    ),
    codes={"emotion": _EMOTIONS, "sex": {"M": "male", "W": "female"}},
    n_folders=5,
    always={"language": "en"},
    clip_id="{speaker}_{emotion}_level_{level}_{sentence}",
    modalities=("audio", "video"),
)


def read_mead(root: str | Path) -> Index:
    """Index of the MEAD files below a folder, in either layout.

    Parameters
    ----------
    root : str or Path

    Returns
    -------
    Index
        One clip for each performance; other views of it are listed in `Index.skipped`.

    Raises
    ------
    DatasetError
        `root` is no folder, or no name below it is one of MEAD.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "W009_front_sad_level_3_001.mp4").write_bytes(b"0")
    >>> [(clip.id, clip.emotion, clip.attributes["view"]) for clip in read_mead(folder)]
    [('W009_sad_level_3_001', 'sad', 'front')]
    """
    folder, contents = media_below(root, NAMING.title, NAMING.example)
    reasons: dict[Path, str] = {}
    found: list[NamedFile] = []
    for path in contents.files:
        try:
            found.append(named_file(path, NAMING, {}))
        except DatasetError as error:
            reasons[path] = str(error)
    best = _best_views(found)
    for file in found:
        if not file.is_audio and _rank(file) != best[file.clip_id]:
            reasons[file.path] = f"another view of {file.clip_id}, whose picture is taken"
    kept = [file for file in found if file.path not in reasons]
    return index_of(folder, contents, kept, reasons, title=NAMING.title, example=NAMING.example)


def _best_views(files: list[NamedFile]) -> dict[str, int]:
    """Clip -> rank of the first view that there is of it."""
    best: dict[str, int] = {}
    for file in files:
        if not file.is_audio:
            best[file.clip_id] = min(_rank(file), best.get(file.clip_id, len(_VIEWS)))
    return best


def _rank(file: NamedFile) -> int:
    """Rank of a view: front first, others by name; names without a view are of the front."""
    return _VIEWS.index(file.attributes.get("view", _VIEWS[0]))


READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=read_mead,
    emotions=(
        "neutral",
        "happy",
        "sad",
        "angry",
        "fearful",
        "disgust",
        "surprised",
        "contempt",
    ),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male",
        "language": "en",
        "level": "1, 2, 3: how strong",
        "view": ", ".join(_VIEWS),
        "sentence": "001 and on, within emotion and level",
    },
    citation=(
        "Wang, Wu, Song, Yang, Wu, Qian, He, Qiao & Loy 2020: MEAD: A Large-scale Audio-visual "
        "Dataset for Emotional Talking-face Generation. ECCV"
    ),
    licence="for research; see its page",
    source="https://wywu.github.io/projects/MEAD/MEAD.html",
    get="Open archives that its page links to, one for each actor.",
    example=NAMING.example,
    layout="actor (M man, W woman), video and view or audio, emotion, level, sentence",
    languages=("en",),
    modalities=("audio", "video"),
    size=Size(speakers=60),
)
