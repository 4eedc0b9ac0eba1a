"""Miniatures of corpora: the file that a reader gives as its example, and the lists beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from affuse.corpora.reader import Reader

Writer = Callable[[Path], None]


def text_at(place: str, text: str) -> Writer:
    """Writes a file at a place below a folder."""

    def write(folder: Path) -> None:
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    return write


def both(*writers: Writer) -> Writer:
    """Writes several."""

    def write(folder: Path) -> None:
        for each in writers:
            each(folder)

    return write


MELD_HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
    "StartTime,EndTime"
)
MSP_HEADER = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set"
MOSEI_HEADER = "file,index,start,end,sentiment,happy,sad,anger,surprise,disgust,fear,split"
EVALUATION = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tNeutral;\t()
A-E3:\tval 3; act 2; dom  2;\t()
"""

LISTS: Mapping[str, Writer] = {
    "cmu_mosei": text_at(
        "CMU_MOSEI_Labels.csv", f"{MOSEI_HEADER}\n03bSnISJMiM,0,1.5,4,1,0.7,0,0,0,0,0,0\n"
    ),
    "emozionalmente": both(
        text_at(
            "metadata/samples.csv",
            "timestamp,file_name,actor,emotion_expressed,sentence\n1,1.wav,anna,joy,Sono qui\n",
        ),
        text_at("metadata/users.csv", "username,age,gender,mother_tongue\nanna,34,f,Italian\n"),
    ),
    "iemocap": text_at("Session1/dialog/EmoEvaluation/Ses01F_impro01.txt", EVALUATION),
    "meld": text_at(
        "train_sent_emo.csv",
        f'{MELD_HEADER}\n1,"So, you see",Monica,joy,positive,0,3,8,21,0:16:16,0:16:21\n',
    ),
    "msp_podcast": text_at(
        "Labels/labels_consensus.csv",
        f"{MSP_HEADER}\nMSP-PODCAST_0001_0008.wav,H,5.2,5.8,4.0,127,Female,Test1\n",
    ),
}
"""Reader -> what writes the labels of its example."""


def write_miniature(name: str, reader: Reader, folder: Path, suffix: str = "") -> Path:
    """The example of a reader below a folder, with another suffix perhaps, and its labels.

    Gives the path of the media file.
    """
    example = folder / reader.example
    file = example.with_suffix(suffix) if suffix else example
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"0")
    LISTS.get(name, lambda _: None)(folder)
    return file
