"""MSP-Podcast: natural speech from podcasts, labelled by many raters.

``Labels/labels_consensus.csv`` (``labels_concensus.csv`` in early releases) says emotion, valence,
activation (here: arousal), dominance (1 to 7), speaker, sex and part of each file in ``Audios``.
Clips on which raters did not agree (``X``) or that show something else (``O``) have no emotion, but
numbers. Speakers that nobody knows are one speaker, "Unknown".

Source: Lotfian & Busso 2019, IEEE Transactions on Affective Computing 10, pages 471-483.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from affuse.corpora.attributes import standard_attributes
from affuse.corpora.by_list import Label, Listing, read_listed
from affuse.corpora.media_files import first_media_names
from affuse.corpora.numeric_columns import numbers_of
from affuse.corpora.reader import Reader
from affuse.records import Skipped
from affuse.storage.csv_rows import Row, read_rows

_EMOTIONS = {
    "A": "angry",
    "C": "contempt",
    "D": "disgust",
    "F": "fearful",
    "H": "happy",
    "N": "neutral",
    "S": "sad",
    "U": "surprised",
}
_WITHOUT = {"O": "", "X": ""}
_TARGETS = {"emoval": "valence", "emoact": "arousal", "emodom": "dominance"}
_UNKNOWN = "Unknown"
_NAME = re.compile(r"MSP-PODCAST_\d+_\d+\w*")


def _labels(table: Path) -> Iterator[Label | Skipped]:
    """One label for each row."""
    rows = read_rows(table, expected="FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID")
    yield from rows.skipped
    yield from map(_label, rows.rows)


def _label(row: Row) -> Label:
    columns = {"sex": row["gender"], "split": row["split_set"].casefold(), "label": row["emoclass"]}
    known = {name: text for name, text in columns.items() if text not in ("", _UNKNOWN)}
    return Label(
        file=Path(row["filename"]).stem,
        emotion=row["emoclass"],
        speaker=row["spkrid"] or _UNKNOWN,
        attributes=standard_attributes(known),
        targets={_TARGETS[name]: value for name, value in numbers_of(row, _TARGETS).items()},
    )


LISTING = Listing(
    title="MSP-Podcast",
    example="Audios/MSP-PODCAST_0001_0008.wav",
    lists=("labels_consensus.csv", "labels_concensus.csv"),
    labels=_labels,
    emotions={letter.casefold(): name for letter, name in (_EMOTIONS | _WITHOUT).items()},
    always={"language": "en"},
)


def _recognises(path: Path) -> bool:
    return any(_NAME.fullmatch(Path(name).stem) for name in first_media_names(path))


READER = Reader(
    title=LISTING.title,
    recognises=_recognises,
    read=partial(read_listed, listing=LISTING),
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
        "split": "train, validation or development, test1, test2, test3",
        "label": "the letter of its emotion; X: raters did not agree, O: something else",
    },
    citation=(
        "Lotfian & Busso 2019: Building Naturalistic Emotionally Balanced Speech Corpus by "
        "Retrieving Emotional Speech from Existing Podcast Recordings. IEEE Transactions on "
        "Affective Computing 10, 471-483"
    ),
    licence="academic research; the institution signs",
    source="https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html",
    get="The institution signs the licence on its page.",
    example=LISTING.example,
    layout="number of the podcast and of the segment; labels in Labels/labels_consensus.csv",
    languages=("en",),
)
