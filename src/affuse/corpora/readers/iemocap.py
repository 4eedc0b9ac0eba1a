"""IEMOCAP: Interactive Emotional Dyadic Motion Capture.

Ten actors in five sessions, improvised and scripted. ``Session1/dialog/EmoEvaluation/*.txt`` say
emotion, valence, activation (here: arousal) and dominance of every turn, from 1 to 5;
``Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav`` is one. Turns whose raters did not
agree (``xxx``) or named something else (``oth``) have no emotion, but numbers. Videos hold whole
dialogues of both actors and are not taken.

Source: Busso, Bulut, Lee, Kazemzadeh, Mower, Kim, Chang, Lee & Narayanan 2008, Language Resources
and Evaluation 42, pages 335-359.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from affuse.corpora.by_list import Label, Listing, read_listed
from affuse.corpora.media_files import first_media_names
from affuse.corpora.reader import Reader, Size

_EMOTIONS = {
    "ang": "angry",
    "dis": "disgust",
    "exc": "excited",
    "fea": "fearful",
    "fru": "frustrated",
    "hap": "happy",
    "neu": "neutral",
    "sad": "sad",
    "sur": "surprised",
}
_WITHOUT = {"xxx": "", "oth": ""}
_TURN = re.compile(r"Ses0([1-5])[FM]_(impro|script)\w+_([FM])[A-Z]*\d+")
_LINE = re.compile(
    r"\[[\d.]+ - [\d.]+\]\s+(?P<turn>\w+)\s+(?P<emotion>\w+)\s+"
    r"\[(?P<valence>[\d.]+), (?P<arousal>[\d.]+), (?P<dominance>[\d.]+)\]"
)
_SPEAKERS = {
    f"{session}{letter}": {"sex": sex}
    for session in range(1, 6)
    for letter, sex in (("F", "female"), ("M", "male"))
}


def _labels(evaluation: Path) -> Iterator[Label]:
    """One label for each turn in a file such as ``EmoEvaluation/Ses01F_impro01.txt``."""
    text = evaluation.read_text("utf-8", errors="replace")
    for line in _LINE.finditer(text):
        turn = _TURN.fullmatch(line["turn"])
        if turn is not None:
            yield _label(line, turn)


def _label(line: re.Match[str], turn: re.Match[str]) -> Label:
    session, scenario, letter = turn.groups()
    return Label(
        file=line["turn"],
        emotion=line["emotion"],
        speaker=f"{session}{letter}",
        attributes={
            "session": session,
            "scenario": "improvised" if scenario == "impro" else "scripted",
            "label": line["emotion"],
        },
        targets={name: float(line[name]) for name in ("valence", "arousal", "dominance")},
    )


LISTING = Listing(
    title="IEMOCAP",
    example="Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav",
    lists=("EmoEvaluation/Ses0[1-5][FM]_*.txt",),
    labels=_labels,
    emotions=_EMOTIONS | _WITHOUT,
    speakers=_SPEAKERS,
    always={"language": "en"},
)


def _recognises(path: Path) -> bool:
    return any(_TURN.fullmatch(Path(name).stem) for name in first_media_names(path))


READER = Reader(
    title=LISTING.title,
    recognises=_recognises,
    read=partial(read_listed, listing=LISTING),
    emotions=(
        "neutral",
        "happy",
        "sad",
        "angry",
        "fearful",
        "disgust",
        "surprised",
        "excited",
        "frustrated",
    ),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male",
        "language": "en",
        "session": "1 to 5",
        "scenario": "improvised, scripted",
        "label": "as its raters gave it; xxx: they did not agree, oth: something else",
    },
    citation=(
        "Busso, Bulut, Lee, Kazemzadeh, Mower, Kim, Chang, Lee & Narayanan 2008: IEMOCAP: "
        "interactive emotional dyadic motion capture database. Language Resources and Evaluation "
        "42, 335-359"
    ),
    licence="research; a licence to sign",
    source="https://sail.usc.edu/iemocap/",
    get="Fill in the form on its page; the authors then send the address of the archive.",
    example=LISTING.example,
    layout="session, actor who wears markers, scenario, who speaks (F, M) and number of the turn",
    speakers=_SPEAKERS,
    languages=("en",),
    size=Size(clips=10_039, speakers=10, hours=12.0),
)
