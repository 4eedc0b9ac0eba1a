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
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.joined_files import media_below
from affuse.corpora.labelled import Label, Labelling, index_of_labelled
from affuse.corpora.media_files import FolderContents, first_media_names
from affuse.corpora.reader import Reader, Size
from affuse.errors import DatasetError
from affuse.storage.remote import local_copy

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
_WITHOUT = ("xxx", "oth")
_TURN = re.compile(r"Ses0([1-5])[FM]_(impro|script)\w+_([FM])[A-Z]*\d+")
_LINE = re.compile(
    r"\[[\d.]+ - [\d.]+\]\s+(?P<turn>\w+)\s+(?P<emotion>\w+)\s+"
    r"\[(?P<valence>[\d.]+), (?P<arousal>[\d.]+), (?P<dominance>[\d.]+)\]"
)
_EVALUATIONS = "EmoEvaluation"


def _key_of(path: Path) -> str | None:
    return path.stem if _TURN.fullmatch(path.stem) else None


_LABELLING = Labelling(
    title="IEMOCAP",
    example="Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav",
    key_of=_key_of,
    files="dialog/EmoEvaluation",
)


def read_iemocap(root: str | Path) -> Index:
    """Index of the IEMOCAP turns below a folder.

    Parameters
    ----------
    root : str or Path
        ``IEMOCAP_full_release``, or one or several of its sessions.

    Returns
    -------
    Index
        Speakers are session and sex, such as ``1F``; attributes ``session``, ``scenario``
        (improvised, scripted), ``sex``, ``label`` (as its raters gave it); targets ``valence``,
        ``arousal``, ``dominance``.

    Raises
    ------
    DatasetError
        `root` is no folder, no evaluations lie in it, or no file is named as in IEMOCAP.
    """
    folder, contents = media_below(root, _LABELLING.title, _LABELLING.example)
    evaluations = _evaluations(folder, contents)
    labels = {turn: label for path in evaluations for turn, label in _labels(path)}
    return index_of_labelled(folder, contents, labels, _LABELLING)


def _evaluations(folder: Path, contents: FolderContents) -> list[Path]:
    """Files of labels; those of single raters lie one folder deeper and are left out."""
    others = (folder / item.name for item in contents.passed_over)
    found = [path for path in others if path.parent.name == _EVALUATIONS and path.suffix == ".txt"]
    if not found:
        raise DatasetError(
            f"{folder} holds {len(contents.files)} media files but no labels of IEMOCAP; expected "
            "Session1/dialog/EmoEvaluation/*.txt and so on: give the whole folder as it was "
            "unpacked"
        )
    return found


def _labels(path: Path) -> Iterator[tuple[str, Label]]:
    with local_copy(path) as file:
        text = file.read_text("utf-8", errors="replace")
    for line in _LINE.finditer(text):
        turn = _TURN.fullmatch(line["turn"])
        if turn is not None:
            yield line["turn"], _label(line, turn)


def _label(line: re.Match[str], turn: re.Match[str]) -> Label:
    session, scenario, sex = turn.groups()
    written = line["emotion"]
    known = written in _EMOTIONS or written in _WITHOUT
    return Label(
        emotion=_EMOTIONS.get(written, ""),
        speaker=f"{session}{sex}",
        attributes={
            "language": "en",
            "sex": "female" if sex == "F" else "male",
            "session": session,
            "scenario": "improvised" if scenario == "impro" else "scripted",
            "label": written,
        },
        targets={name: float(line[name]) for name in ("valence", "arousal", "dominance")},
        unusable="" if known else f"its label {written!r} is none of IEMOCAP",
    )


def _recognises(path: Path) -> bool:
    return any(_TURN.fullmatch(Path(name).stem) for name in first_media_names(path))


READER = Reader(
    title=_LABELLING.title,
    recognises=_recognises,
    read=read_iemocap,
    emotions=(
        "neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised", "excited",
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
    licence="for research, by a licence to be signed",
    source="https://sail.usc.edu/iemocap/",
    get="Fill in the form on its page; the authors then send the address of the archive.",
    example=_LABELLING.example,
    layout="session, actor who wears markers, scenario, who speaks (F, M) and number of the turn",
    speakers={
        f"{session}{letter}": {"sex": sex}
        for session in range(1, 6)
        for letter, sex in (("F", "female"), ("M", "male"))
    },
    languages=("en",),
    size=Size(clips=10_039, speakers=10, hours=12.0),
)
