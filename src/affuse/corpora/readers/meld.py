"""MELD: Multimodal EmotionLines Dataset, utterances from a television series.

``train_sent_emo.csv``, ``dev_sent_emo.csv`` and ``test_sent_emo.csv`` say speaker, emotion and
sentiment of each utterance; its file is ``dia0_utt0.mp4`` in the folder of the same part
(``train_splits``, ``dev_splits_complete``, ``output_repeated_splits_test``).

Source: Poria, Hazarika, Majumder, Naik, Cambria & Mihalcea 2019, ACL, pages 527-536.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from affuse.corpora.by_list import Label, Listing, read_listed
from affuse.corpora.media_files import first_media_names
from affuse.corpora.reader import Reader, Size
from affuse.records import Skipped
from affuse.storage.csv_rows import read_rows

_EMOTIONS = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "joy": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprise": "surprised",
}
_COLUMNS = ("speaker", "emotion", "sentiment", "dialogue_id", "utterance_id")
_NAME = re.compile(r"dia\d+_utt\d+")


def _labels(table: Path) -> Iterator[Label | Skipped]:
    """One label for each utterance in a file such as ``train_sent_emo.csv``."""
    part = table.name.partition("_")[0]
    rows = read_rows(table, expected=",".join(_COLUMNS))
    yield from rows.skipped
    for row in rows.rows:
        dialogue, utterance = row["dialogue_id"], row["utterance_id"]
        name = f"dia{dialogue}_utt{utterance}"
        attributes = {
            "split": part,
            "sentiment": row["sentiment"],
            "dialogue": f"{part} {dialogue}",
        }
        yield Label(
            file=name,
            emotion=row["emotion"],
            speaker=row["speaker"],
            clip_id=f"{part}_{name}",
            attributes=attributes,
            folder=f"*{part}*",
        )


LISTING = Listing(
    title="MELD",
    example="train_splits/dia0_utt3.mp4",
    lists=tuple(f"{part}_sent_emo.csv" for part in ("train", "dev", "test")),
    labels=_labels,
    emotions=_EMOTIONS,
    always={"language": "en"},
    modalities=("audio", "video"),
)


def _recognises(path: Path) -> bool:
    return any(_NAME.fullmatch(Path(name).stem) for name in first_media_names(path))


READER = Reader(
    title=LISTING.title,
    recognises=_recognises,
    read=partial(read_listed, listing=LISTING),
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
    licence="GPL-3.0 (annotations); scenes of a television series",
    source="https://affective-meld.github.io",
    get="An open archive that its page links to.",
    example=LISTING.example,
    layout="folder of the part, then dialogue and utterance; beside them three CSV of labels",
    languages=("en",),
    modalities=("audio", "video"),
    size=Size(clips=13_708),
)
