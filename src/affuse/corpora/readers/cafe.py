"""CaFE: Canadian French Emotional speech dataset.

Six women and six men, six sentences, six emotions in two intensities and neutral. A path such as
``Colère/Fort/01-C-2-1`` says: speaker 01, emotion C (colère), intensity 2 (fort), sentence 1. Odd
speakers are men, even ones women. That neutral clips are numbered as of intensity 1 could not be
verified; their intensity means nothing.

Source: Gournay, Lahaie & Lefebvre 2018, ACM Multimedia Systems, pages 399-402.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "C": "angry",
    "D": "disgust",
    "J": "happy",
    "N": "neutral",
    "P": "fearful",
    "S": "surprised",
    "T": "sad",
}
_SPEAKERS = {
    f"{number:02d}": {"sex": "male" if number % 2 else "female"} for number in range(1, 13)
}

NAMING = Naming(
    title="CaFE",
    example="Colère/Fort/01-C-2-1.wav",
    pattern=r"(?P<speaker>\d\d)-(?P<emotion>[A-Z])-(?P<intensity>\d)-(?P<sentence>[1-6])",
    codes={"emotion": _EMOTIONS, "intensity": {"1": "mild", "2": "strong"}},
    speakers=_SPEAKERS,
    always={"language": "fr"},
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male",
        "language": "fr",
        "intensity": "mild (faible), strong (fort)",
        "sentence": "1 to 6",
    },
    citation=(
        "Gournay, Lahaie & Lefebvre 2018: A Canadian French Emotional Speech Dataset. ACM "
        "Multimedia Systems, 399-402"
    ),
    licence="CC BY-NC-SA 4.0",
    terms=(
        "The recordings of CaFE are under CC BY-NC-SA 4.0 (Gournay et al. 2018); what was trained "
        "on them is offered under the same terms: name the source, no commercial use."
    ),
    commercial_use=False,
    source="https://zenodo.org/records/1478765",
    get="An open archive.",
    example=NAMING.example,
    layout="speaker, emotion (first letter of its French name), intensity, sentence",
    speakers=_SPEAKERS,
    languages=("fr",),
    size=Size(clips=936, speakers=12),
)
