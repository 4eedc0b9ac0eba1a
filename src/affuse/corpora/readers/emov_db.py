"""EmoV-DB: the Emotional Voices Database.

Two women and two men read sentences of CMU Arctic in five styles. A path such as
``bea_Amused/amused_1-15_0001`` (or ``bea/Amused/amused_1-15_0001``, as in the sorted edition)
says: speaker, style, the sheet of annotations, number of the sentence. Amusement and sleepiness
have no common name and keep their own.

Source: Adigwe, Tits, El Haddad, Ostadabbas & Dutoit 2018, arXiv:1806.09514.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "amused": "amused",
    "anger": "angry",
    "angry": "angry",
    "disgust": "disgust",
    "disgusted": "disgust",
    "neutral": "neutral",
    "sleepiness": "sleepy",
    "sleepy": "sleepy",
}
_SPEAKERS = {
    "bea": {"sex": "female"},
    "jenie": {"sex": "female"},
    "josh": {"sex": "male"},
    "sam": {"sex": "male"},
}

NAMING = Naming(
    title="EmoV-DB",
    example="bea_Amused/amused_1-15_0001.wav",
    pattern=(
        r"(?:.*/)?(?P<speaker>[a-z]+)[/_][a-z]+"
        r"/(?P<emotion>[a-z]+)_(?P<_sheet>\d+-\d+)_(?P<sentence>\d{4})"
    ),
    codes={"emotion": _EMOTIONS, "speaker": {name: name for name in _SPEAKERS}},
    n_folders=2,
    speakers=_SPEAKERS,
    always={"language": "en"},
    clip_id="{speaker}_{emotion}_{_sheet}_{sentence}",
    any_case=True,
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=("neutral", "angry", "disgust", "amused", "sleepy"),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male",
        "language": "en",
        "sentence": "0001 to 0593: its number in CMU Arctic",
    },
    citation=(
        "Adigwe, Tits, El Haddad, Ostadabbas & Dutoit 2018: The Emotional Voices Database: Towards "
        "Controlling the Emotion Dimension in Voice Generation Systems. arXiv:1806.09514"
    ),
    licence="see its page (its authors ask to be cited)",
    source="https://www.openslr.org/115/",
    get="An open archive, one file for each speaker and style.",
    example=NAMING.example,
    layout="folder of speaker and style, then style, sheet of annotations, sentence",
    speakers=_SPEAKERS,
    languages=("en",),
    size=Size(speakers=4),
)
