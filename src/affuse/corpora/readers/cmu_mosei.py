"""CMU-MOSEI: CMU Multimodal Opinion Sentiment and Emotion Intensity.

Monologues from the web, in segments. The authors give out labels as computational sequences; as a
table, ``CMU_MOSEI_Labels.csv``, they have the columns ``file`` (or ``video``), ``index`` (number of
the segment), ``start``, ``end`` (s), ``sentiment`` (-3 to 3), ``happy``, ``sad``, ``anger``,
``surprise``, ``disgust``, ``fear`` (intensities, 0 to 3) and, if you like, ``split``. Media are
whole videos (``VIDEO.mp4``, ``VIDEO.wav``), from which segments are cut, or segments
(``VIDEO_3.mp4``). The emotion of a segment is the one of the greatest intensity; segments with none
above 0, or with two alike, have numbers alone. Speakers are not named: every video counts as one.

Source: Bagher Zadeh, Liang, Poria, Cambria & Morency 2018, ACL, pages 2236-2246.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from affuse.corpora.by_list import Label, Listing, read_listed
from affuse.corpora.index import Index
from affuse.corpora.joined_files import media_below
from affuse.corpora.media_files import has_file
from affuse.corpora.numeric_columns import numbers_of
from affuse.corpora.reader import Reader, Size
from affuse.records import Skipped
from affuse.storage.csv_rows import Row, number, read_rows

_TABLE = "CMU_MOSEI_Labels.csv"
_EMOTIONS = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "sad": "sad",
    "surprise": "surprised",
}
_TARGETS = {"sentiment": "sentiment"} | {
    written: f"intensity_{name}" for written, name in _EMOTIONS.items()
}
_SPLITS = {"0": "train", "1": "dev", "2": "test", "valid": "dev"}


def _labels(table: Path, stems: Collection[str] = ()) -> Iterator[Label | Skipped]:
    """One label for each row: of its own file where there is one, else a stretch of the video."""
    rows = read_rows(table, expected=f"file,index,start,end,{','.join(_TARGETS)}")
    yield from rows.skipped
    for row in rows.rows:
        video = row["file"] or row["video"]
        name = f"{video}_{row['index']}"
        start, end = max(number(row["start"]), 0.0), number(row["end"])
        if name in stems:
            yield replace(_label(row, video), file=name)
        elif end > start:
            yield replace(_label(row, video), clip_id=name, start_s=start, end_s=end)
        else:
            yield Skipped(name, f"line {row.line}: end {end:g} s is not after start {start:g} s")


def _label(row: Row, video: str) -> Label:
    split = row["split"].casefold()
    return Label(
        file=video,
        emotion=_strongest(row),
        speaker=video,
        attributes={"split": _SPLITS.get(split, split)} if split else {},
        targets={_TARGETS[name]: value for name, value in numbers_of(row, _TARGETS).items()},
    )


def _strongest(row: Row) -> str:
    """The emotion of the greatest intensity; empty where there is none, or a tie."""
    intensities = numbers_of(row, _EMOTIONS)
    greatest = max(intensities.values(), default=0.0)
    found = [name for name, value in intensities.items() if value == greatest > 0]
    return found[0] if len(found) == 1 else ""


LISTING = Listing(
    title="CMU-MOSEI",
    example="Videos/Full/Combined/03bSnISJMiM.mp4",
    lists=(_TABLE,),
    labels=_labels,
    emotions=_EMOTIONS | {"": ""},
    always={"language": "en"},
    modalities=("audio", "video"),
)


def read_cmu_mosei(root: str | Path) -> Index:
    """Index of the CMU-MOSEI segments below a folder.

    Parameters
    ----------
    root : str or Path
        A folder with the media and ``CMU_MOSEI_Labels.csv``.

    Returns
    -------
    Index
        Clip ids are ``VIDEO_3``; targets ``sentiment`` and the intensities of six emotions, such as
        ``intensity_happy``; attribute ``split``.

    Raises
    ------
    DatasetError
        `root` is no folder, the table does not lie in it, or no file is of one of its videos.
    """
    _, contents = media_below(root, LISTING.title, LISTING.example)
    stems = {path.stem for path in contents.files}
    return read_listed(root, replace(LISTING, labels=partial(_labels, stems=stems)))


def _recognises(path: Path) -> bool:
    return has_file(path, _TABLE)


READER = Reader(
    title=LISTING.title,
    recognises=_recognises,
    read=read_cmu_mosei,
    emotions=("happy", "sad", "angry", "fearful", "disgust", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={"language": "en", "split": "train, dev, test"},
    citation=(
        "Bagher Zadeh, Liang, Poria, Cambria & Morency 2018: Multimodal Language Analysis in the "
        "Wild: CMU-MOSEI Dataset and Interpretable Dynamic Fusion Graph. ACL, 2236-2246"
    ),
    licence="see its page; the videos belong to those who published them",
    source="http://multicomp.cs.cmu.edu/resources/cmu-mosei-dataset/",
    get="By the authors' SDK, or by mail to them; the address of the raw videos no longer answers.",
    example=LISTING.example,
    layout=f"whole videos or their segments (VIDEO_3), and {_TABLE} beside or above them",
    languages=("en",),
    modalities=("audio", "video"),
    size=Size(speakers=1000),
)
