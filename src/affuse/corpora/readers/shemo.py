"""ShEMO: Sharif Emotional Speech Database.

3,000 utterances of 87 speakers from Persian radio plays. A name such as ``F01A01`` says: speaker
F01 (a woman), emotion A (anger), first utterance.

Source: Mohamad Nezami, Jamshid Lou & Karami 2019, Language Resources and Evaluation 53.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "A": "angry",
    "F": "fearful",
    "H": "happy",
    "N": "neutral",
    "S": "sad",
    "W": "surprised",
}

NAMING = Naming(
    title="ShEMO",
    example="female/F01A01.wav",
    pattern=r"(?P<speaker>(?P<sex>[FM])\d\d)(?P<emotion>[A-Z])(?P<utterance>\d\d)",
    codes={"emotion": _EMOTIONS, "sex": {"F": "female", "M": "male"}},
    always={"language": "fa"},
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=("neutral", "happy", "sad", "angry", "fearful", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={"sex": "female, male", "language": "fa", "utterance": "01 and on"},
    citation=(
        "Mohamad Nezami, Jamshid Lou & Karami 2019: ShEMO: a large-scale validated database for "
        "Persian speech emotion detection. Language Resources and Evaluation 53, 1-16"
    ),
    licence="academic purposes, free of charge",
    source="https://github.com/pariajm/sharif-emotional-speech-dataset",
    get="Two open archives, one of women and one of men.",
    example=NAMING.example,
    layout="speaker F01 (a woman) or M01 (a man), emotion, number of the utterance",
    languages=("fa",),
    size=Size(clips=3000, speakers=87, hours=3.4),
)
