"""TESS: Toronto emotional speech set.

Two women speak 200 words in a carrier phrase with seven emotions. A name such as
``YAF_back_ps`` says: the younger speaker, the word "back", pleasant surprise. One file of the
published set is called ``OA_bite_neutral``, without the F.

Source: Pichora-Fuller & Dupuis 2020, doi:10.5683/SP2/E8H2MF.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.corpora.open_archives import DataverseDataset
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprised",
    "sad": "sad",
}
_SPEAKERS = {"OAF": {"sex": "female", "age": "64"}, "YAF": {"sex": "female", "age": "26"}}

NAMING = Naming(
    title="TESS",
    example="OAF_angry/OAF_back_angry.wav",
    pattern=r"(?P<speaker>[OY]AF?)_(?P<word>[A-Za-z]+)_(?P<emotion>[a-z]+)",
    codes={"emotion": _EMOTIONS, "speaker": {"OAF": "OAF", "OA": "OAF", "YAF": "YAF"}},
    speakers=_SPEAKERS,
    always={"language": "en"},
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={"sex": "female", "age": "26, 64", "language": "en", "word": "one of 200"},
    citation=(
        "Pichora-Fuller & Dupuis 2020: Toronto emotional speech set (TESS). Borealis, "
        "doi:10.5683/SP2/E8H2MF"
    ),
    licence="CC BY-NC-ND 4.0",
    terms=(
        "The recordings of TESS are under CC BY-NC-ND 4.0 (Pichora-Fuller & Dupuis 2020): name the "
        "source where you use what was trained on them, no commercial use."
    ),
    commercial_use=False,
    source="https://doi.org/10.5683/SP2/E8H2MF",
    get="Free: affuse download tess fetches its 2,800 files one by one.",
    archive=DataverseDataset(server="https://borealisdata.ca", doi="10.5683/SP2/E8H2MF"),
    example=NAMING.example,
    layout="speaker OAF (older) or YAF (younger), word, emotion (ps: pleasant surprise)",
    speaker_of=partial(speaker_named, naming=NAMING),
    speakers=_SPEAKERS,
    languages=("en",),
    size=Size(clips=2800, speakers=2),
)
