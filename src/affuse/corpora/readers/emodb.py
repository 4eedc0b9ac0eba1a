"""EMO-DB: the Berlin Database of Emotional Speech.

Ten actors, ten German sentences, seven emotions, sound alone. A name such as ``03a01Fa`` says:
speaker 03, text a01, emotion F (the first letter of its German name), version a.

Source: Burkhardt, Paeschke, Rolfes, Sendlmeier & Weiss 2005, Interspeech, pages 1517-1520.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.media_files import (
    AUDIO_SUFFIXES,
    EMPTY,
    MEDIA_SUFFIXES,
    NO_FILE,
    first_media_names,
    folder_contents,
)
from affuse.corpora.reader import Reader
from affuse.errors import DatasetError
from affuse.records import Clip, Skipped
from affuse.storage.remote import is_folder, local_path

TITLE = "EMO-DB"

_EXAMPLE = "03a01Fa.wav"
_EMOTIONS = {
    "W": "angry",
    "L": "boredom",
    "E": "disgust",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
_GENDERS = {
    "03": "male", "08": "female", "09": "female", "10": "male", "11": "male", "12": "male",
    "13": "female", "14": "female", "15": "male", "16": "female",
}  # fmt: skip
_TEXTS = ("a01", "a02", "a04", "a05", "a07", "b01", "b02", "b03", "b09", "b10")
_NAME = re.compile(rf"({'|'.join(_GENDERS)})({'|'.join(_TEXTS)})([{''.join(_EMOTIONS)}])([a-z]?)")


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
        (a01 ... b10), ``version`` (a letter) and ``gender``. Media files with other names, and
        copies of one name, are listed in `Index.skipped`.

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
    folder = local_path(str(root))
    if not is_folder(folder):
        raise DatasetError(
            f"{root} is no folder; expected one of EMO-DB files, named such as {_EXAMPLE}"
        )
    contents = folder_contents(folder)
    named: dict[str, Clip] = {}
    skipped = [skip for skip in contents.passed_over if skip.reason in (EMPTY, NO_FILE)]
    for path in sorted(contents.files, key=_order):
        place = path.relative_to(folder).as_posix()
        clip = _clip(path)
        if clip is None:
            skipped.append(Skipped(place, f"not named as in EMO-DB, such as {_EXAMPLE}"))
        elif clip.id in named:
            skipped.append(Skipped(place, f"same name as {named[clip.id].audio}, which is taken"))
        else:
            named[clip.id] = clip
    if not named:
        raise DatasetError(_why_nothing(folder, contents.files))
    others = tuple(skip for skip in contents.passed_over if skip not in skipped)
    skipped.sort(key=lambda skip: skip.name)
    return Index(tuple(named.values()), tuple(skipped), passed_over=others)


def speaker_of(name: str) -> str | None:
    """Speaker whose clip bears a name, None where it is none of EMO-DB.

    Parameters
    ----------
    name : str
        Without a suffix.

    Returns
    -------
    str or None
        Two digits.

    Examples
    --------
    >>> speaker_of("03a01Fa"), speaker_of("03a01Xa")
    ('03', None)
    """
    fields = _NAME.fullmatch(name)
    return fields[1] if fields else None


def _order(path: Path) -> tuple[bool, int, str]:
    """Lossless before lossy, high in the tree before low, then by name."""
    return path.suffix.lower() not in (".wav", ".flac"), len(path.parts), str(path)


def _clip(path: Path) -> Clip | None:
    fields = _NAME.fullmatch(path.stem)
    if fields is None or path.suffix.lower() not in AUDIO_SUFFIXES:
        return None
    speaker, text, emotion, version = fields.groups()
    attributes = {"gender": _GENDERS[speaker], "text": text}
    return Clip(
        id=path.stem,
        emotion=_EMOTIONS[emotion],
        speaker=speaker,
        audio=path,
        attributes=attributes | ({"version": version} if version else {}),
        corpus=TITLE,
    )


def _recognises(path: Path) -> bool:
    return any(
        Path(name).suffix.lower() in MEDIA_SUFFIXES and _NAME.fullmatch(Path(name).stem)
        for name in first_media_names(path)
    )


def _why_nothing(folder: Path, paths: Sequence[Path]) -> str:
    found = f"none of {len(paths)} media files in" if paths else "no media file lies in"
    return (
        f"{found} {folder} that is named as in EMO-DB; expected names such as {_EXAMPLE}: for "
        "clips of your own write a CSV with the columns path,emotion,speaker and give that"
    )


READER = Reader(
    title=TITLE,
    recognises=_recognises,
    read=read_emodb,
    emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust", "boredom"),
    emotion_map=_EMOTIONS,
    attributes={
        "gender": "female, male",
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
    example=f"wav/{_EXAMPLE}",
    layout="speaker 03, text a01, emotion F (happy), version a; in any folders",
    speaker_of=speaker_of,
)
