"""MELD: Multimodal EmotionLines Dataset, utterances from a television series.

``train_sent_emo.csv``, ``dev_sent_emo.csv`` and ``test_sent_emo.csv`` say speaker, emotion and
sentiment of each utterance; its file is ``dia0_utt0.mp4`` in the folder of the same part
(``train_splits``, ``dev_splits_complete``, ``output_repeated_splits_test``).

Source: Poria, Hazarika, Majumder, Naik, Cambria & Mihalcea 2019, ACL, pages 527-536.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.joined_files import media_below
from affuse.corpora.labelled import Label, Labelling, index_of_labelled, label_files, rows_with
from affuse.corpora.media_files import first_media_names
from affuse.corpora.reader import Reader, Size
from affuse.storage.csv_rows import Row

_EMOTIONS = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "joy": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprise": "surprised",
}
_PARTS = ("train", "dev", "test")
_TABLES = tuple(f"{part}_sent_emo.csv" for part in _PARTS)
_COLUMNS = ("speaker", "emotion", "sentiment", "dialogue_id", "utterance_id")
_NAME = re.compile(r"dia(\d+)_utt(\d+)")


def _key_of(path: Path, root: Path) -> str | None:
    """Part, dialogue and utterance; the part is told by the nearest folder that names one."""
    name = _NAME.fullmatch(path.stem)
    folders = reversed(path.relative_to(root.parent).parts[:-1])
    part = next((part for folder in folders for part in _PARTS if part in folder), None)
    return None if name is None or part is None else _key(part, name[1], name[2])


def _key(part: str, dialogue: str, utterance: str) -> str:
    return f"{part}_dia{int(dialogue)}_utt{int(utterance)}"


_TITLE, _EXAMPLE = "MELD", "train_splits/dia0_utt3.mp4"


def read_meld(root: str | Path) -> Index:
    """Index of the MELD files below a folder.

    Parameters
    ----------
    root : str or Path
        The unpacked archive, the tables in it too.

    Returns
    -------
    Index
        One clip for each utterance, attributes ``split``, ``sentiment``, ``dialogue``. What lacks
        file or row is listed in `Index.skipped`.

    Raises
    ------
    DatasetError
        `root` is no folder, no table of labels lies in it, or no file is named as in MELD.
    """
    folder, contents = media_below(root, _TITLE, _EXAMPLE)
    labels: dict[str, Label] = {}
    for table in label_files(folder, contents, _TABLES, _TITLE):
        part = table.name.split("_")[0].lower()
        for row in rows_with(table, _COLUMNS).rows:
            if row["dialogue_id"].isdecimal() and row["utterance_id"].isdecimal():
                labels[_key(part, row["dialogue_id"], row["utterance_id"])] = _label(row, part)
    labelling = Labelling(
        title=_TITLE,
        example=_EXAMPLE,
        key_of=partial(_key_of, root=folder),
        files=", ".join(_TABLES),
    )
    return index_of_labelled(folder, contents, labels, labelling)


def _label(row: Row, part: str) -> Label:
    emotion = row["emotion"].casefold()
    known = emotion in _EMOTIONS
    return Label(
        emotion=_EMOTIONS.get(emotion, ""),
        speaker=row["speaker"],
        attributes={
            "language": "en",
            "split": part,
            "sentiment": row["sentiment"],
            "dialogue": f"{part} {row['dialogue_id']}",
        },
        unusable="" if known else f"its emotion {row['emotion']!r} is none of MELD",
    )


def _recognises(path: Path) -> bool:
    return any(_NAME.fullmatch(Path(name).stem) for name in first_media_names(path))


READER = Reader(
    title=_TITLE,
    recognises=_recognises,
    read=read_meld,
    emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={
        "language": "en",
        "split": "train, dev, test",
        "sentiment": "positive, neutral, negative",
        "dialogue": "part and number: whole conversations",
    },
    citation=(
        "Poria, Hazarika, Majumder, Naik, Cambria & Mihalcea 2019: MELD: A Multimodal Multi-Party "
        "Dataset for Emotion Recognition in Conversations. ACL, 527-536"
    ),
    licence="GPL-3.0 for the annotations; the scenes belong to the makers of the series",
    source="https://affective-meld.github.io",
    get="An open archive that its page links to.",
    example=_EXAMPLE,
    layout="folder of the part, then dialogue and utterance; beside them three CSV of labels",
    languages=("en",),
    modalities=("audio", "video"),
    size=Size(clips=13_708),
)
