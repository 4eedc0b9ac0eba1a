"""AESDD: Acted Emotional Speech Dynamic Database.

Greek utterances of actors in five emotions; the database grows. A path such as
``anger/a01 (1)`` says: emotion a (anger), utterance 01, speaker 1, as its readme describes it. A
letter after the bracket is taken for another take of the same; which speakers are women is not
published.

Source: Vryzas, Kotsakis, Liatsou, Dimoulas & Kalliris 2018, Journal of the Audio Engineering
Society 66, pages 457-467.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises
from affuse.corpora.reader import Reader

_EMOTIONS = {"a": "angry", "d": "disgust", "f": "fearful", "h": "happy", "s": "sad"}

NAMING = Naming(
    title="AESDD",
    example="anger/a01 (1).wav",
    pattern=(
        r"(?:anger|disgust|fear|happiness|sadness)"
        r"/(?P<emotion>[a-z])(?P<utterance>\d\d) ?\((?P<speaker>\d+)\)(?P<take>[a-z]?)"
    ),
    codes={"emotion": _EMOTIONS},
    n_folders=1,
    always={"language": "el"},
    any_case=True,
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=("happy", "sad", "angry", "fearful", "disgust"),
    emotion_map=_EMOTIONS,
    attributes={
        "language": "el",
        "utterance": "01 to 20; 20 is improvised",
        "take": "a letter: another take of the same",
    },
    citation=(
        "Vryzas, Kotsakis, Liatsou, Dimoulas & Kalliris 2018: Speech Emotion Recognition for "
        "Performance Interaction. Journal of the Audio Engineering Society 66, 457-467"
    ),
    licence="open; see its page (its authors ask to be cited)",
    source="http://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/",
    get="An open archive that its page links to.",
    example=NAMING.example,
    layout="folder of the emotion, then its letter, number of the utterance, speaker in brackets",
    languages=("el",),
)
