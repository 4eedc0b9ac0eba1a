"""MESD: Mexican Emotional Speech Database.

Single words in six emotions by women, men and children. A name such as ``Anger_C_A_abajo`` says:
emotion, voice C (child), words of list A, the word. Three women, two men and six children spoke,
but names tell the kind of voice alone: here each kind counts as one speaker, so that no person
stands on both sides of a fold.

Source: Duville, Alonso-Valerdi & Ibarra-Zarate 2021, Data 6(12): 130.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.corpora.reader import Reader

_EMOTIONS = {
    "Anger": "angry",
    "Disgust": "disgust",
    "Fear": "fearful",
    "Happiness": "happy",
    "Neutral": "neutral",
    "Sadness": "sad",
}
_SPEAKERS = {
    "F": {"sex": "female", "voice": "woman"},
    "M": {"sex": "male", "voice": "man"},
    "C": {"voice": "child"},
}

NAMING = Naming(
    title="MESD",
    example="Anger_C_A_abajo.wav",
    pattern=r"(?P<emotion>[A-Z][a-z]+)_(?P<speaker>[A-Z])_(?P<words>[AB])_(?P<word>.+)",
    codes={"emotion": _EMOTIONS},
    speakers=_SPEAKERS,
    always={"language": "es"},
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust"),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male; not told of children",
        "language": "es",
        "voice": "woman, man, child",
        "words": "A (the same in all emotions), B (chosen for each)",
        "word": "what is said",
    },
    citation=(
        "Duville, Alonso-Valerdi & Ibarra-Zarate 2021: Mexican Emotional Speech Database Based on "
        "Semantic, Frequency, Familiarity, Concreteness, and Cultural Shaping of Affective "
        "Prosody. Data 6(12), 130"
    ),
    licence="CC BY 4.0",
    terms=(
        "The recordings of MESD are under CC BY 4.0 (Duville et al. 2021): name the source where "
        "you use what was trained on them."
    ),
    commercial_use=True,
    source="https://doi.org/10.17632/cy34mh68j9",
    get="An open archive.",
    example=NAMING.example,
    layout="emotion, voice (F woman, M man, C child), list of words, word",
    speaker_of=partial(speaker_named, naming=NAMING),
    speakers=_SPEAKERS,
    languages=("es",),
)
