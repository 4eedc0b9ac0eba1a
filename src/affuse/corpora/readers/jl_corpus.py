"""JL-Corpus: four speakers of New Zealand English, five primary and five secondary emotions.

A name such as ``male1_angry_10a_1`` says: speaker male1, emotion, sentence 10, first of two
readings (a), session 1. Secondary emotions, and excitement among the primary ones, stand beyond
the basic ones; those that have no common name keep their own.

Source: James, Tian & Watson 2018, Interspeech, pages 2768-2772.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "angry": "angry",
    "anxious": "anxious",
    "apologetic": "apologetic",
    "assertive": "assertive",
    "concerned": "concerned",
    "encouraging": "encouraging",
    "excited": "excited",
    "happy": "happy",
    "neutral": "neutral",
    "sad": "sad",
}
_SPEAKERS = {f"{sex}{number}": {"sex": sex} for sex in ("female", "male") for number in ("1", "2")}

NAMING = Naming(
    title="JL-Corpus",
    example="JL(wav+txt)/male1_angry_10a_1.wav",
    pattern=r"(?P<speaker>(?:fe)?male\d)_(?P<emotion>[a-z]+)_(?P<sentence>\d+[ab])_(?P<session>\d)",
    codes={"emotion": _EMOTIONS},
    speakers=_SPEAKERS,
    always={"language": "en"},
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=tuple(dict.fromkeys(_EMOTIONS.values())),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male",
        "language": "en",
        "sentence": "1a to 15b: number and reading",
        "session": "1, 2",
    },
    citation=(
        "James, Tian & Watson 2018: An Open Source Emotional Speech Corpus for Human Robot "
        "Interaction Applications. Interspeech, 2768-2772"
    ),
    licence="open; see its page (its authors ask to be cited)",
    source="https://github.com/tli725/JL-Corpus",
    get="An open archive on Kaggle, which the page links to; it asks for an account there.",
    example=NAMING.example,
    layout="speaker, emotion, sentence and reading, session; in any folders",
    speaker_of=partial(speaker_named, naming=NAMING),
    speakers=_SPEAKERS,
    languages=("en",),
    size=Size(clips=2400, speakers=4),
)
