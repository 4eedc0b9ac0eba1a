"""eNTERFACE'05: the audio-visual emotion database.

Subjects of 14 nations speak five English sentences in each of six emotions, sound and picture. A
path such as ``subject 1/anger/sentence 1/s1_an_1`` says: subject, emotion, sentence. The published
names have slips that are known: files of subject 11 are called ``s12``, so the folder tells the
subject where there is one; ``s_3_...`` is subject 3; one name ends in ``avi`` twice. Which subjects
are women (8 of 42 in the paper) is not published.

Source: Martin, Kotsia, Macq & Pitas 2006, ICDE Workshops, page 8.
"""

from __future__ import annotations

from functools import partial

from affuse.corpora.by_name import Naming, read_named, recognises
from affuse.corpora.reader import Reader

_EMOTIONS = {
    "an": "angry",
    "di": "disgust",
    "fe": "fearful",
    "ha": "happy",
    "sa": "sad",
    "su": "surprised",
}

NAMING = Naming(
    title="eNTERFACE'05",
    example="subject 1/anger/sentence 1/s1_an_1.avi",
    pattern=(
        r"(?=(?:.*subject |(?:.*/)?s_?)(?P<speaker>\d+)[/_])"
        r"(?:.*/)?s_?\d+_(?P<emotion>[a-z]{2})_(?P<sentence>\d)(?:avi)?"
    ),
    codes={"emotion": _EMOTIONS},
    n_folders=3,
    always={"language": "en"},
    clip_id="s{speaker}_{emotion}_{sentence}",
    modalities=("audio", "video"),
    any_case=True,
)

READER = Reader(
    title=NAMING.title,
    recognises=partial(recognises, naming=NAMING),
    read=partial(read_named, naming=NAMING),
    emotions=("happy", "sad", "angry", "fearful", "disgust", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={"language": "en", "sentence": "1 to 5"},
    citation=(
        "Martin, Kotsia, Macq & Pitas 2006: The eNTERFACE'05 Audio-Visual Emotion Database. ICDE "
        "Workshops, 8"
    ),
    licence="research; its authors ask to be cited",
    source="http://www.enterface.net/enterface05/",
    get="An open archive on the page of the workshop.",
    example=NAMING.example,
    layout="folders of subject, emotion and sentence, then the same in the name",
    languages=("en",),
    modalities=("audio", "video"),
)
