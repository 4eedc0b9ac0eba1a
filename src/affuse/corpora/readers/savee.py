"""SAVEE: Surrey Audio-Visual Expressed Emotion.

Four men, 15 sentences for each of seven emotions (30 neutral ones), sound and picture. A name such
as ``DC/a01`` or ``DC_a01`` says: speaker DC, emotion a (anger), sentence 01. So its ``Info.txt``
describes the folder of sound; that files of picture are called alike could not be verified.

Source: Haq & Jackson 2010, Multimodal Emotion Recognition, in: Machine Audition, pages 398-423.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}
_SPEAKERS = {name: {"sex": "male"} for name in ("DC", "JE", "JK", "KL")}

NAMING = Naming(
    title="SAVEE",
    example="AudioData/DC/a01.wav",
    pattern=r"(?:.*/)?(?P<speaker>[A-Z]{2})[/_](?P<emotion>[a-z]{1,2})(?P<sentence>\d\d)",
    codes={"emotion": _EMOTIONS},
    n_folders=1,
    speakers=_SPEAKERS,
    always={"language": "en"},
    clip_id="{speaker}_{emotion}{sentence}",
    modalities=("audio", "video"),
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={"sex": "male", "language": "en", "sentence": "01 to 15; 30 neutral ones"},
    citation=(
        "Haq & Jackson 2010: Multimodal Emotion Recognition. Machine Audition: Principles, "
        "Algorithms and Systems, IGI Global, 398-423"
    ),
    licence="research, after registration",
    source="http://kahlan.eps.surrey.ac.uk/savee/",
    get="Register on its page; the authors then send the address of the archive.",
    example=NAMING.example,
    layout="folder of the speaker (or DC_ before the name), emotion a (anger), sentence 01",
    speaker_of=partial(speaker_named, naming=NAMING),
    speakers=_SPEAKERS,
    languages=("en",),
    modalities=("audio", "video"),
    size=Size(clips=480, speakers=4),
)
