"""What published names of corpora say, written down apart from the readers."""

from __future__ import annotations

from pathlib import Path

import pytest

from affuse.corpora.index import Index
from affuse.corpora.registry import read
from affuse.errors import DatasetError

SAID = {
    "savee": {
        "AudioData/DC/sa15.wav": ("DC_sa15", "sad", "DC", {"sex": "male", "sentence": "15"}),
        "AudioData/JK/su01.wav": ("JK_su01", "surprised", "JK", {}),
        "AudioData/KL/n30.wav": ("KL_n30", "neutral", "KL", {}),
        "ALL/JE_f05.wav": ("JE_f05", "fearful", "JE", {"language": "en"}),
    },
    "tess": {
        "OAF_back_angry.wav": ("OAF_back_angry", "angry", "OAF", {"age": "64", "word": "back"}),
        "YAF_Pleasant_surprise/YAF_young_ps.wav": ("YAF_young_ps", "surprised", "YAF", {}),
        "OAF_neutral/OA_bite_neutral.wav": ("OA_bite_neutral", "neutral", "OAF", {}),
    },
    "mead": {
        "M003/video/front/angry/level_1/001.mp4": (
            "M003_angry_level_1_001", "angry", "M003", {"sex": "male", "level": "1"},
        ),
        "W009/video/left_60/fear/level_3/012.mp4": (
            "W009_fear_level_3_012", "fearful", "W009", {"sex": "female", "view": "left_60"},
        ),
        "W009/audio/contempt/level_2/003.m4a": (
            "W009_contempt_level_2_003", "contempt", "W009", {"language": "en"},
        ),
        "M030_level_3_disgusted_016.mp4": ("M030_disgusted_level_3_016", "disgust", "M030", {}),
        "MEAD_W011_front_surprised_level2_001.mp4": (
            "W011_surprised_level_2_001", "surprised", "W011", {"view": "front"},
        ),
    },
    "enterface": {
        "subject 1/anger/sentence 1/s1_an_1.avi": ("s1_an_1", "angry", "1", {"sentence": "1"}),
        "subject 6/disgust/s6_di_4.avi": ("s6_di_4", "disgust", "6", {}),
        "subject 11/fear/sentence 2/s12_fe_2.avi": ("s11_fe_2", "fearful", "11", {}),
        "subject 3/happiness/sentence 5/s_3_ha_5.avi": ("s3_ha_5", "happy", "3", {}),
        "subject 16/surprise/sentence 3/s16_su_3avi.avi": ("s16_su_3", "surprised", "16", {}),
        "wav/s44_sa_1.wav": ("s44_sa_1", "sad", "44", {}),
    },
    "jl_corpus": {
        "JL(wav+txt)/female2_excited_15b_2.wav": (
            "female2_excited_15b_2", "excited", "female2", {"sex": "female", "session": "2"},
        ),
        "JL(wav+txt)/male1_apologetic_1a_1.wav": (
            "male1_apologetic_1a_1", "apologetic", "male1", {"sentence": "1a"},
        ),
    },
    "esd": {
        "0001/Happy/0001_000701.wav": (
            "0001_000701", "happy", "0001", {"sex": "female", "language": "zh"},
        ),
        "0011/Surprise/test/0011_001500.wav": (
            "0011_001500", "surprised", "0011", {"sex": "male", "language": "en", "split": "test"},
        ),
    },
    "emov_db": {
        "bea_Amused/amused_1-15_0001.wav": (
            "bea_amused_1-15_0001", "amused", "bea", {"sex": "female", "sentence": "0001"},
        ),
        "jenie/Angry/anger_1-28_0011.wav": ("jenie_anger_1-28_0011", "angry", "jenie", {}),
        "sam_Sleepy/sleepiness_1-28_0011.wav": (
            "sam_sleepiness_1-28_0011", "sleepy", "sam", {"sex": "male"},
        ),
        "josh_Neutral/neutral_1-28_0011.wav": ("josh_neutral_1-28_0011", "neutral", "josh", {}),
    },
    "cafe": {
        "Colère/Fort/01-C-2-1.wav": ("01-C-2-1", "angry", "01", {"sex": "male", "language": "fr"}),
        "Dégoût/Faible/02-D-1-6.aiff": (
            "02-D-1-6", "disgust", "02", {"sex": "female", "intensity": "mild"},
        ),
        "Tristesse/Fort/12-T-2-3.wav": ("12-T-2-3", "sad", "12", {"intensity": "strong"}),
    },
    "shemo": {
        "female/F01A01.wav": ("F01A01", "angry", "F01", {"sex": "female", "language": "fa"}),
        "male/M56W12.wav": ("M56W12", "surprised", "M56", {"sex": "male"}),
    },
    "aesdd": {
        "anger/a01 (1).wav": ("a01 (1)", "angry", "1", {"utterance": "01", "language": "el"}),
        "sadness/s20 (6)b.wav": ("s20 (6)b", "sad", "6", {"take": "b"}),
    },
    "subesco": {
        "F_02_MONIKA_S_1_NEUTRAL_5.wav": (
            "F_02_MONIKA_S_1_NEUTRAL_5", "neutral", "F_02", {"sex": "female", "take": "5"},
        ),
        "M_02_RASHED_S_10_FEAR_1.wav": (
            "M_02_RASHED_S_10_FEAR_1", "fearful", "M_02", {"sex": "male", "sentence": "10"},
        ),
    },
    "mesd": {
        "Anger_C_A_abajo.wav": ("Anger_C_A_abajo", "angry", "C", {"voice": "child"}),
        "Happiness_F_B_buenos_días.wav": (
            "Happiness_F_B_buenos_días", "happy", "F", {"sex": "female", "word": "buenos_días"},
        ),
    },
    "afew": {
        "Train_AFEW/Angry/000046280.avi": ("000046280", "angry", "000046280", {"split": "train"}),
        "Val_AFEW/Surprise/012345678.mp4": ("012345678", "surprised", "012345678", {}),
    },
}  # fmt: skip


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"0")
    return folder


def reasons(index: Index) -> dict[str, str]:
    return {skip.name: skip.reason for skip in index.skipped}


@pytest.mark.parametrize("name", SAID)
def test_names_say_clip_emotion_speaker_and_attributes(name: str, tmp_path: Path) -> None:
    said = SAID[name]
    index = read(fill(tmp_path, *said))
    of_file = {clip.files[0].relative_to(tmp_path).as_posix(): clip for clip in index}
    assert not index.skipped
    assert {file: (c.id, c.emotion, c.speaker) for file, c in of_file.items()} == {
        file: (clip, emotion, speaker) for file, (clip, emotion, speaker, _) in said.items()
    }
    for file, (*_, attributes) in said.items():
        assert attributes.items() <= of_file[file].attributes.items()


@pytest.mark.parametrize(
    ("name", "file", "told"),
    [
        ("savee", "DC/xx01.wav", "there is no emotion 'xx'; expected one of a, d, f, h, n, sa, su"),
        ("savee", "AB/a01.wav", "there is no speaker 'AB'; expected one of DC, JE, JK, KL"),
        ("tess", "OAF_back_bored.wav", "there is no emotion 'bored'"),
        ("jl_corpus", "male3_sad_1a_1.wav", "there is no speaker 'male3'"),
        ("esd", "0021/Sad/0021_000001.wav", "there is no speaker '0021'"),
        ("cafe", "13-C-2-1.wav", "there is no speaker '13'"),
        ("cafe", "01-X-2-1.wav", "there is no emotion 'X'"),
        ("shemo", "F01Z01.wav", "there is no emotion 'Z'"),
        ("mesd", "Joy_C_A_abajo.wav", "there is no emotion 'Joy'"),
        ("subesco", "F_02_MONIKA_S_1_BORED_5.wav", "there is no emotion 'BORED'"),
        ("enterface", "subject 1/x/sentence 1/s1_xx_1.avi", "there is no emotion 'xx'"),
        ("mead", "M003/video/front/bored/level_1/001.mp4", "not named as in MEAD"),
    ],
)
def test_codes_that_mean_nothing_are_told(name: str, file: str, told: str, tmp_path: Path) -> None:
    known = next(iter(SAID[name]))
    index = read(fill(tmp_path, known, file))
    assert len(index) == 1
    assert told in reasons(index)[file]


def test_copies_of_other_files_are_no_aesdd(tmp_path: Path) -> None:
    folder = fill(tmp_path, "music/a01 (1).wav", "music/a01 (2).wav")
    with pytest.raises(DatasetError, match="no corpus is recognised"):
        read(folder)


def test_a_performance_of_mead_is_seen_from_the_front(tmp_path: Path) -> None:
    views = ("down", "front", "left_30", "top")
    videos = [f"M003/video/{view}/sad/level_2/004.mp4" for view in views]
    index = read(fill(tmp_path, *videos, "M003/audio/sad/level_2/004.m4a"))
    (clip,) = index
    assert clip.audio == tmp_path / "M003/audio/sad/level_2/004.m4a"
    assert clip.video == tmp_path / "M003/video/front/sad/level_2/004.mp4"
    assert reasons(index) == {
        video: "another view of M003_sad_level_2_004, whose picture is taken"
        for video in videos
        if "front" not in video
    }


def test_folders_of_afew_may_be_called_shorter(tmp_path: Path) -> None:
    (clip,) = read(fill(tmp_path / "afew 7", "Val/Fear/000046280.avi"))
    assert (clip.emotion, clip.attributes["split"]) == ("fearful", "val")
    other = fill(tmp_path / "other", "val/fear/000046280.avi")
    assert len(read(other, "afew")) == 1
    with pytest.raises(DatasetError, match="no corpus is recognised"):
        read(other)


def test_nobody_is_known_in_afew(tmp_path: Path) -> None:
    index = read(fill(tmp_path, *SAID["afew"]))
    assert len(index.speakers) == len(index) == 2
    assert "do not tell who is seen" in index.notes[0]


def test_real_mead(shared_data: Path) -> None:
    film = read(shared_data / "film", "mead")
    said = [(clip.emotion, clip.speaker, clip.attributes["sex"]) for clip in film]
    people = [("M030", "male"), ("W009", "female")]
    emotions = (
        "angry", "contempt", "disgust", "fearful", "happy", "neutral", "sad", "surprised",
    )  # fmt: skip
    assert sorted(said) == sorted((e, *person) for e in emotions for person in people)
    clips = read(shared_data / "clips", "mead")
    assert [(clip.emotion, clip.speaker) for clip in clips] == [
        ("disgust", "M003"), ("angry", "M030"), ("surprised", "W023"), ("happy", "W036"),
    ]  # fmt: skip
