"""MSP-Podcast: natural speech from podcasts, labelled by many raters.

``Labels/labels_consensus.csv`` (``labels_concensus.csv`` in early releases) says emotion, valence,
activation (here: arousal), dominance (1 to 7), speaker, sex and part of each file in ``Audios``.
Clips on which raters did not agree (``X``) or that show something else (``O``) have no emotion, but
numbers. Speakers that nobody knows are one speaker, "Unknown".

Source: Lotfian & Busso 2019, IEEE Transactions on Affective Computing 10, pages 471-483.
"""

from __future__ import annotations

import re
from pathlib import Path

from affuse.corpora.attributes import standard_attributes
from affuse.corpora.index import Index
from affuse.corpora.joined_files import media_below
from affuse.corpora.labelled import (
    Label,
    Labelling,
    index_of_labelled,
    label_files,
    numbers_in,
    rows_with,
)
from affuse.corpora.media_files import first_media_names
from affuse.corpora.reader import Reader
from affuse.storage.csv_rows import Row

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
_WITHOUT = ("O", "X")
_TABLES = ("labels_consensus.csv", "labels_concensus.csv")
_DIMENSIONS = {"emoval": "valence", "emoact": "arousal", "emodom": "dominance"}
_COLUMNS = ("filename", "emoclass", *_DIMENSIONS)
_NAME = re.compile(r"MSP-PODCAST_\d+_\d+\w*")


def _key_of(path: Path) -> str | None:
    return path.stem if _NAME.fullmatch(path.stem) else None


_LABELLING = Labelling(
    title="MSP-Podcast",
    example="Audios/MSP-PODCAST_0001_0008.wav",
    key_of=_key_of,
    files=f"Labels/{_TABLES[0]}",
)


def read_msp_podcast(root: str | Path) -> Index:
    """Index of the MSP-Podcast files below a folder.

    Parameters
    ----------
    root : str or Path
        A release, as it was unpacked.

    Returns
    -------
    Index
        Attributes ``sex``, ``split``, ``label`` (the letter); targets ``valence``, ``arousal``,
        ``dominance``.

    Raises
    ------
    DatasetError
        `root` is no folder, the table of labels does not lie in it, or no file is named as in
        MSP-Podcast.
    """
    folder, contents = media_below(root, _LABELLING.title, _LABELLING.example)
    (table, *_) = label_files(folder, contents, _TABLES, _LABELLING.title)
    labels = {Path(row["filename"]).stem: _label(row) for row in rows_with(table, _COLUMNS).rows}
    return index_of_labelled(folder, contents, labels, _LABELLING)


def _label(row: Row) -> Label:
    written = row["emoclass"].upper()
    known = written in _EMOTIONS or written in _WITHOUT
    told = {"sex": row["gender"], "split": row["split_set"].casefold(), "label": written}
    attributes = {name: text for name, text in told.items() if text and text != "Unknown"}
    return Label(
        emotion=_EMOTIONS.get(written, ""),
        speaker=row["spkrid"] or "Unknown",
        attributes=standard_attributes({"language": "en", **attributes}),
        targets=numbers_in(row, _DIMENSIONS),
        unusable="" if known else f"its label {row['emoclass']!r} is none of MSP-Podcast",
    )


def _recognises(path: Path) -> bool:
    return any(_NAME.fullmatch(Path(name).stem) for name in first_media_names(path))


READER = Reader(
    title=_LABELLING.title,
    recognises=_recognises,
    read=read_msp_podcast,
    emotions=(
        "neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised", "contempt",
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
    licence="for academic research, by a licence that the institution signs",
    source="https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html",
    get="The institution signs the licence on its page.",
    example=_LABELLING.example,
    layout="number of the podcast and of the segment; labels in Labels/labels_consensus.csv",
    languages=("en",),
)
