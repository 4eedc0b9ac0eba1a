"""A corpus. Copy to src/affuse/corpora/readers/NAME.py; affuse then finds its folders by itself:

    affuse run FOLDER                       or, where two readers recognise it, --corpus NAME

This one is of files called SPEAKER-EMOTION-TAKE, such as anna-joy-1.mp4. Where labels stand in a
list beside the media, see affuse/corpora/by_list.py in place of by_name.py.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises
from affuse.corpora.reader import Reader
from affuse.records import MODALITIES

NAMING = Naming(
    title="Named files",
    example="anna-joy-1.mp4",
    pattern=r"(?P<speaker>[a-z]+)-(?P<emotion>[a-z]+)-(?P<take>\d+)",
    # The corpus's own labels -> affuse's common names (affuse/corpora/emotions.py). Files with
    # other labels, or other names, are listed, so that nobody wonders where they are.
    codes={"emotion": {"joy": "happy", "sorrow": "sad", "rage": "angry"}},
    always={"language": "en"},
    modalities=MODALITIES,
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=tuple(NAMING.codes["emotion"].values()),
    emotion_map=NAMING.codes["emotion"],
    attributes={"take": "a number", "language": "en"},
    citation="Whoever 2026: What they recorded. Where they say so",
    licence="as they allow",
    source="where to download them",
    example=NAMING.example,
    layout="speaker, emotion, take",
    languages=("en",),
    modalities=NAMING.modalities,
)
