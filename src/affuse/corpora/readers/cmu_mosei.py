"""CMU-MOSEI: CMU Multimodal Opinion Sentiment and Emotion Intensity.

Monologues from the web, in segments. The authors give out labels as computational sequences; as a
table, ``CMU_MOSEI_Labels.csv``, they have the columns ``file`` (or ``video``), ``index`` (number of
the segment), ``start``, ``end`` (s), ``sentiment`` (-3 to 3), ``happy``, ``sad``, ``anger``,
``surprise``, ``disgust``, ``fear`` (intensities, 0 to 3) and, if you like, ``split``. Media are
whole videos (``VIDEO.mp4``, ``VIDEO.wav``), from which segments are cut, or segments
(``VIDEO_3.mp4``). The emotion of a segment is the one of the greatest intensity; segments with none
above 0, or with two alike, have numbers alone. Speakers are not told: every video counts as one.

Source: Bagher Zadeh, Liang, Poria, Cambria & Morency 2018, ACL, pages 2236-2246.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.joined_files import NamedFile, index_of, media_below
from affuse.corpora.labelled import (
    Label,
    has_file,
    label_files,
    named,
    numbers_in,
    rows_with,
)
from affuse.corpora.media_files import FolderContents
from affuse.corpora.reader import Reader, Size
from affuse.storage.csv_rows import Row, number

_TITLE, _EXAMPLE = "CMU-MOSEI", "Videos/Full/Combined/03bSnISJMiM.mp4"
_TABLE = "CMU_MOSEI_Labels.csv"
_EMOTIONS = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "sad": "sad",
    "surprise": "surprised",
}
_VIDEO = ("file", "video", "video_id")
_SPLITS = {"0": "train", "1": "dev", "2": "test", "valid": "dev"}
_COLUMNS = ("index", "start", "end", "sentiment", *_EMOTIONS)


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
    folder, contents = media_below(root, _TITLE, _EXAMPLE)
    (table, *_) = label_files(folder, contents, (_TABLE,), _TITLE)
    labels: dict[str, dict[str, Label]] = defaultdict(dict)
    for row in rows_with(table, _COLUMNS).rows:
        video = next((row[column] for column in _VIDEO if row[column]), "")
        labels[video][f"{video}_{row['index']}"] = _label(row, video)
    return _index(folder, contents, labels)


def _label(row: Row, video: str) -> Label:
    intensities = {written: number(row[written]) for written in _EMOTIONS}
    targets = numbers_in(
        row, {"sentiment": "sentiment"} | {w: f"intensity_{n}" for w, n in _EMOTIONS.items()}
    )
    greatest = max(intensities.values())
    at_most = [name for name, value in intensities.items() if value == greatest > 0]
    split = row["split"].casefold()
    start, end = number(row["start"]), number(row["end"])
    return Label(
        emotion=_EMOTIONS[at_most[0]] if len(at_most) == 1 else "",
        speaker=video,
        attributes={"language": "en"} | ({"split": _SPLITS.get(split, split)} if split else {}),
        targets=targets,
        start_s=max(start, 0.0),
        end_s=end,
        unusable="" if end > max(start, 0.0) else f"it ends at {end:g} s, before it starts",
    )


def _index(
    folder: Path, contents: FolderContents, labels: Mapping[str, Mapping[str, Label]]
) -> Index:
    """Segments, each from its own file where there is one, else cut out of its video."""
    of_segment = {key: label for segments in labels.values() for key, label in segments.items()}
    whole = {path.stem: path for path in contents.files if path.stem in labels}
    found: list[NamedFile] = []
    reasons: dict[Path, str] = {}
    cut = {path.stem for path in contents.files if path.stem in of_segment}
    for path in contents.files:
        if path.stem in of_segment:
            own = of_segment[path.stem]
            alone = Label(own.emotion, own.speaker, own.attributes, own.targets)
            found.append(named(path, path.stem, alone))
        elif path.stem in labels:
            rest = {key: each for key, each in labels[path.stem].items() if key not in cut}
            usable = [named(path, key, each) for key, each in rest.items() if not each.unusable]
            found += usable
            reasons |= {path / key: each.unusable for key, each in rest.items() if each.unusable}
        else:
            reasons[path] = f"no row of {_TABLE} is about it"
    for video in labels.keys() - whole.keys():
        for key in labels[video].keys() - cut:
            reasons[folder / key] = f"listed in {_TABLE}, but there is no file of it or its video"
    return index_of(folder, contents, found, reasons, title=_TITLE, example=_EXAMPLE)


def _recognises(path: Path) -> bool:
    return has_file(path, _TABLE)


READER = Reader(
    title=_TITLE,
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
    example=_EXAMPLE,
    layout=f"whole videos or their segments (VIDEO_3), and {_TABLE} beside or above them",
    languages=("en",),
    modalities=("audio", "video"),
    size=Size(speakers=1000),
)
