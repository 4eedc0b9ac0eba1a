"""ESD: Emotional Speech Dataset, ten speakers of Mandarin and ten of English.

350 utterances in five emotions from each speaker. A path such as ``0011/Angry/0011_000351`` says:
speaker 0011, emotion, number of the utterance; a folder ``train``, ``evaluation`` or ``test`` may
stand between. Speakers 0001 to 0010 speak Mandarin. The texts lie beside, in a file for each
speaker; nothing in them is needed.

Source: Zhou, Sisman, Liu & Li 2021, ICASSP, pages 920-924.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "Angry": "angry",
    "Happy": "happy",
    "Neutral": "neutral",
    "Sad": "sad",
    "Surprise": "surprised",
}
_MEN = (4, 5, 6, 8, 10, 11, 12, 13, 14, 20)
_SPEAKERS = {
    f"{number:04d}": {
        "sex": "male" if number in _MEN else "female",
        "language": "zh" if number <= 10 else "en",
    }
    for number in range(1, 21)
}

NAMING = Naming(
    title="ESD",
    example="0011/Angry/0011_000351.wav",
    pattern=(
        r"(?:.*/)?(?P<emotion>[A-Z][a-z]+)(?:/(?P<split>train|evaluation|test))?"
        r"/(?P<speaker>\d{4})_(?P<utterance>\d{6})"
    ),
    codes={"emotion": _EMOTIONS},
    n_folders=2,
    speakers=_SPEAKERS,
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=("neutral", "happy", "sad", "angry", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male",
        "language": "en, zh",
        "split": "train, evaluation, test, where folders say it",
        "utterance": "000001 to 001750",
    },
    citation=(
        "Zhou, Sisman, Liu & Li 2021: Seen and Unseen Emotional Style Transfer for Voice "
        "Conversion with a New Emotional Speech Dataset. ICASSP, 920-924"
    ),
    licence="research only; a licence to sign",
    terms=(
        "The recordings of ESD may be used for research alone (Zhou et al. 2021); so may what was "
        "trained on them."
    ),
    commercial_use=False,
    source="https://github.com/HLTSingapore/Emotional-Speech-Data",
    get="Sign the licence that its page links to and send it in by mail.",
    example=NAMING.example,
    layout="folders of speaker and emotion, then speaker and number of the utterance",
    speakers=_SPEAKERS,
    languages=("en", "zh"),
    size=Size(clips=35_000, speakers=20, hours=29.0),
)
