"""SUBESCO: SUST Bangla Emotional Speech Corpus.

Ten women and ten men, ten sentences, seven emotions, five takes each. A name such as
``F_02_MONIKA_S_1_NEUTRAL_5`` says: a woman, her number and name, sentence 1, emotion, take 5.

Source: Sultana, Rahman, Selim & Iqbal 2021, PLOS ONE 16(4): e0250173.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "ANGRY": "angry",
    "DISGUST": "disgust",
    "FEAR": "fearful",
    "HAPPY": "happy",
    "NEUTRAL": "neutral",
    "SAD": "sad",
    "SURPRISE": "surprised",
}

NAMING = Naming(
    title="SUBESCO",
    example="F_02_MONIKA_S_1_NEUTRAL_5.wav",
    pattern=(
        r"(?P<speaker>(?P<sex>[FM])_\d\d)_[A-Z]+_S_(?P<sentence>\d+)"
        r"_(?P<emotion>[A-Z]+)_(?P<take>\d)"
    ),
    codes={"emotion": _EMOTIONS, "sex": {"F": "female", "M": "male"}},
    always={"language": "bn"},
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male",
        "language": "bn",
        "sentence": "1 to 10",
        "take": "1 to 5",
    },
    citation=(
        "Sultana, Rahman, Selim & Iqbal 2021: SUST Bangla Emotional Speech Corpus (SUBESCO): An "
        "audio-only emotional speech corpus for Bangla. PLOS ONE 16(4): e0250173"
    ),
    licence="CC BY 4.0",
    terms=(
        "The recordings of SUBESCO are under CC BY 4.0 (Sultana et al. 2021): name the source "
        "where you use what was trained on them."
    ),
    commercial_use=True,
    source="https://doi.org/10.5281/zenodo.4526477",
    get="An open archive.",
    example=NAMING.example,
    layout="sex, number and name of the speaker, sentence (S_1), emotion, take",
    speaker_of=partial(speaker_named, naming=NAMING),
    languages=("bn",),
    size=Size(clips=7000, speakers=20, hours=7.7),
)
