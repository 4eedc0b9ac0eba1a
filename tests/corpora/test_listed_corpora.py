"""Corpora whose labels stand in lists: what the lists say, and what lacks file or label."""

from __future__ import annotations

from pathlib import Path

import pytest
from miniature_corpora import MELD_HEADER, MOSEI_HEADER, MSP_HEADER

from affuse.corpora.index import Index
from affuse.corpora.registry import read


def fill(folder: Path, files: tuple[str, ...], texts: dict[str, str]) -> Path:
    for name in (*files, *texts):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(texts.get(name, "0"), "utf-8")
    return folder


def reasons(index: Index) -> dict[str, str]:
    return {skip.name: skip.reason for skip in index.skipped}


MELD = {
    "train_sent_emo.csv": f"{MELD_HEADER}\n"
    '1,"One, two",Monica,joy,positive,0,3,8,21,a,b\n2,Gone,Ross,anger,negative,9,9,8,21,a,b\n',
    "dev_sent_emo.csv": f"{MELD_HEADER}\n1,x,Joey,fear,negative,0,3,8,21,a,b\n",
    "test_sent_emo.csv": f"{MELD_HEADER}\n1,x,Phoebe,sadness,negative,0,3,8,21,a,b\n"
    "2,x,Phoebe,boredom,negative,0,4,8,21,a,b\n",
}
MELD_FILES = (
    "train_splits/dia0_utt3.mp4",
    "dev_splits_complete/dia0_utt3.mp4",
    "output_repeated_splits_test/dia0_utt3.mp4",
    "output_repeated_splits_test/dia0_utt4.mp4",
    "output_repeated_splits_test/final_videos_testdia0_utt3.mp4",
)


def test_meld_tells_one_utterance_of_each_part_from_the_others(tmp_path: Path) -> None:
    # A folder above that is called like a part must not count.
    index = read(fill(tmp_path / "test data" / "MELD.Raw", MELD_FILES, MELD))
    assert [(c.id, c.emotion, c.speaker, c.video) for c in index] == [
        ("dev_dia0_utt3", "fearful", "Joey", tmp_path / "test data/MELD.Raw" / MELD_FILES[1]),
        ("test_dia0_utt3", "sad", "Phoebe", tmp_path / "test data/MELD.Raw" / MELD_FILES[2]),
        ("train_dia0_utt3", "happy", "Monica", tmp_path / "test data/MELD.Raw" / MELD_FILES[0]),
    ]
    assert dict(index[2].attributes) == {
        "language": "en", "split": "train", "sentiment": "positive", "dialogue": "train 0",
    }  # fmt: skip
    why = reasons(index)
    assert "labelled in train_sent_emo.csv, but there is no file" in why["train_dia9_utt9"]
    assert "its label 'boredom' is none of MELD" in why["test_dia0_utt4"]
    assert "no label of it" in why[MELD_FILES[4]]


EVALUATION = (
    "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
    "[6.29 - 8.23]\tSes01F_impro01_F000\tneu\t[2.5000, 2.0000, 3.0000]\n"
    "C-E2:\tNeutral;\t()\n\n"
    "[8.29 - 9.23]\tSes01F_impro01_M000\txxx\t[1.5000, 4.5000, 5.0000]\n\n"
    "[9.29 - 9.93]\tSes01F_impro01_M001\tbor\t[1.5000, 4.5000, 5.0000]\n"
)
SCRIPT = "[0.5 - 1.5]\tSes05M_script03_2_FXX1\texc\t[4.0, 3.0, 3.0]\n"
IEMOCAP = {
    "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt": EVALUATION,
    "Session1/dialog/EmoEvaluation/Categorical/Ses01F_impro01_e2_cat.txt": EVALUATION,
    "Session1/dialog/transcriptions/Ses01F_impro01.txt": "Ses01F_impro01_F000 [6.2-8.2]: Hi\n",
    "Session5/dialog/EmoEvaluation/Ses05M_script03_2.txt": SCRIPT,
}
IEMOCAP_FILES = (
    "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav",
    "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M000.wav",
    "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M001.wav",
    "Session5/sentences/wav/Ses05M_script03_2/Ses05M_script03_2_FXX1.wav",
    "Session1/dialog/avi/DivX/Ses01F_impro01.avi",
)


def test_iemocap_keeps_numbers_of_turns_without_an_emotion(tmp_path: Path) -> None:
    index = read(fill(tmp_path, IEMOCAP_FILES, IEMOCAP))
    assert [(c.id, c.emotion, c.speaker) for c in index] == [
        ("Ses01F_impro01_F000", "neutral", "1F"),
        ("Ses01F_impro01_M000", "", "1M"),
        ("Ses05M_script03_2_FXX1", "excited", "5F"),
    ]
    assert dict(index[1].targets) == {"valence": 1.5, "arousal": 4.5, "dominance": 5.0}
    assert index.notes[0].startswith("numbers but no emotion for 1 of 3 clips: ")
    assert dict(index[2].attributes) == {
        "language": "en", "sex": "female", "session": "5", "scenario": "scripted", "label": "exc",
    }  # fmt: skip
    why = reasons(index)
    assert why.keys() == {"Ses01F_impro01_M001", IEMOCAP_FILES[2], IEMOCAP_FILES[4]}
    assert "its label 'bor' is none of IEMOCAP" in why["Ses01F_impro01_M001"]
    assert "no label of it" in why[IEMOCAP_FILES[4]]


def test_emozionalmente_joins_samples_and_people(tmp_path: Path) -> None:
    texts = {
        "metadata/samples.csv": "file_name,actor,emotion_expressed,sentence\n"
        "a.wav,anna,neutrality,Uno\nb.wav,bo,joy,Due\nc.wav,bo,awe,Due\n",
        "metadata/users.csv": "username,age,gender,mother_tongue\nanna,34,f,Italian\n",
    }
    index = read(fill(tmp_path, ("audio/a.wav", "audio/b.wav", "audio/c.wav"), texts))
    assert [(c.id, c.emotion, c.speaker) for c in index] == [
        ("a", "neutral", "anna"), ("b", "happy", "bo"),
    ]  # fmt: skip
    assert dict(index[0].attributes) == {
        "language": "it", "sex": "female", "age": "34", "sentence": "Uno"
    }  # fmt: skip
    assert "its label 'awe' is none of Emozionalmente" in reasons(index)["c"]


def test_lists_behind_many_files_are_found(tmp_path: Path) -> None:
    many = tuple(f"audio/{number}.wav" for number in range(600))
    rows = "".join(f"{number}.wav,anna,joy\n" for number in range(600))
    texts = {
        "metadata/samples.csv": f"file_name,actor,emotion_expressed\n{rows}",
        "metadata/users.csv": "username\nanna\n",
    }
    assert len(read(fill(tmp_path, many, texts))) == 600


MOSEI = {
    "CMU_MOSEI_Labels.csv": f"{MOSEI_HEADER}\n"
    "abc,0,1.5,4,1,0.7,0,0,0,0,0,0\nabc,1,4,6.25,-2,0,1,0,1,0,0,1\n"
    "abc,2,6.5,6.5,0,1,0,0,0,0,0,2\nxyz,0,-0.1,2,0,0,0,0,0,0,2,2\ngone,0,1,2,0,1,0,0,0,0,0,0\n"
}


def test_cmu_mosei_cuts_segments_out_of_videos(tmp_path: Path) -> None:
    index = read(fill(tmp_path, ("Full/abc.mp4", "Full/xyz.mp4", "Full/other.mp4"), MOSEI))
    assert [(c.id, c.emotion, c.speaker, c.start_s, c.end_s) for c in index] == [
        ("abc_0", "happy", "abc", 1.5, 4.0),
        ("abc_1", "", "abc", 4.0, 6.25),
        ("xyz_0", "fearful", "xyz", 0.0, 2.0),
    ]
    assert index[1].targets["sentiment"] == -2.0
    assert {name for name, value in index[1].targets.items() if value > 0} == {
        "intensity_sad", "intensity_surprised",
    }  # fmt: skip
    assert [clip.attributes["split"] for clip in index] == ["train", "dev", "test"]
    why = reasons(index)
    assert "is not after start 6.5 s" in why["abc_2"]
    assert "no file gone" in why["gone_0"]
    assert "no label of it" in why["Full/other.mp4"]


def test_cmu_mosei_takes_files_of_segments_as_they_are(tmp_path: Path) -> None:
    index = read(fill(tmp_path, ("abc.mp4", "Segmented/abc_1.mp4"), MOSEI))
    assert [(c.id, c.start_s, c.video) for c in index] == [
        ("abc_0", 1.5, tmp_path / "abc.mp4"),
        ("abc_1", None, tmp_path / "Segmented" / "abc_1.mp4"),
    ]


@pytest.mark.parametrize("table", ["labels_consensus.csv", "labels_concensus.csv"])
def test_msp_podcast_has_dimensions_speakers_and_parts(tmp_path: Path, table: str) -> None:
    text = (
        f"{MSP_HEADER}\nMSP-PODCAST_0001_0008.wav,C,5.2,5.8,4.0,127,Female,Test1\n"
        "MSP-PODCAST_0002_0001.wav,X,3,2,1,Unknown,Unknown,Train\n"
        "MSP-PODCAST_0003_0001.wav,Q,3,2,1,5,Male,Train\n"
    )
    files = tuple(f"Audios/MSP-PODCAST_000{n}_000{m}.wav" for n, m in ((1, 8), (2, 1), (3, 1)))
    index = read(fill(tmp_path, files, {f"Labels/{table}": text}))
    assert [(c.emotion, c.speaker) for c in index] == [("contempt", "127"), ("", "Unknown")]
    assert dict(index[0].targets) == {"arousal": 5.2, "valence": 5.8, "dominance": 4.0}
    assert dict(index[0].attributes) == {
        "language": "en", "sex": "female", "split": "test1", "label": "C",
    }  # fmt: skip
    assert "sex" not in index[1].attributes
    assert "its label 'Q' is none of MSP-Podcast" in reasons(index)["MSP-PODCAST_0003_0001"]


def test_clips_without_an_emotion_are_no_rows_of_classification(tmp_path: Path) -> None:
    from affuse.tasks.classification import Classification

    index = read(fill(tmp_path, IEMOCAP_FILES, IEMOCAP))
    chosen = Classification().chosen(index)
    assert [clip.emotion for clip in chosen] == ["neutral", "excited"]
    assert "no emotion is told of it" in reasons(chosen)["Ses01F_impro01_M000"]
