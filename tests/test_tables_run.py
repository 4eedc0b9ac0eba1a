"""Tables as people have them, from the CSV to the report."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import soundfile

from affuse.cli import main
from affuse.corpora.table import read_table
from affuse.errors import AffuseError
from affuse.features.read_precomputed import read_precomputed
from affuse.splits.fold_files import read_folds
from affuse.synthetic.measured import read_action_units

pytestmark = pytest.mark.usefixtures("undrawn_charts")

SPEAKERS, EMOTIONS, N_TAKES = ("ann", "ben", "cem", "dee"), ("happy", "sad", "angry"), 3
FAST = (
    "--set", "features.video=none", "--set", "bundle.enabled=false", "--jobs", "1",
    "--set", "evaluation.n_bootstrap=100", "--set", "models=[{name='lda'}]",
)  # fmt: skip


@pytest.fixture
def clips(tmp_path: Path, rng: np.random.Generator) -> list[tuple[str, str, str]]:
    """Name, emotion, speaker of 36 wav files."""
    made = []
    for speaker in SPEAKERS:
        for emotion in EMOTIONS:
            for take in range(N_TAKES):
                name = f"{speaker}-{emotion}-{take}.wav"
                soundfile.write(tmp_path / name, 0.1 * rng.normal(size=400), 8000)
                made.append((name, emotion, speaker))
    return made


@pytest.fixture
def affuse(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """A command on tables that are written first; exit code, and what it said."""

    def call(command: str, *arguments: str, **tables: list[str]) -> tuple[int, str]:
        for name, lines in tables.items():
            (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
        with pytest.raises(SystemExit) as ended:
            main([command, str(tmp_path / "clips.csv"), *arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return int(ended.value.code or 0), " ".join((out + err).split())

    return call


def written(clips: list[tuple[str, str, str]], speaker_of=str, emotion_of=str) -> list[str]:
    rows = (f"{n},{emotion_of(e)},{speaker_of(s)}" for n, e, s in clips)
    return ["path,emotion,speaker", *rows]


def test_a_speaker_called_na_reaches_the_report(clips, affuse, tmp_path, rng):
    features = ["clip,a,b", *(f"{n},{rng.normal()},{rng.normal()}" for n, _, _ in clips)]
    code, message = affuse(
        "run", *FAST, f"--features=audio={tmp_path / 'f.csv'}", f"--out={tmp_path / 'run'}",
        clips=written(clips, {"ann": "NA", "ben": "JB", "cem": "KL", "dee": "07"}.get), f=features,
    )  # fmt: skip
    assert (code, "4 speakers" in message) == (0, True)
    assert ">NA<" in (tmp_path / "run" / "report.html").read_text("utf-8")


@pytest.mark.usefixtures("no_report")
def test_one_person_under_two_spellings_is_one_in_a_run(clips, affuse, tmp_path, rng):
    features = ["clip,a,b", *(f"{n},{rng.normal()},{rng.normal()}" for n, _, _ in clips)]
    number = {name: 1 + place for place, name in enumerate(SPEAKERS)}
    rows = written(clips)
    for place, (name, emotion, speaker) in enumerate(clips):
        spelling = f"0{number[speaker]}" if place % 2 else f"{number[speaker]}.0"
        rows[place + 1] = f"{name},{emotion},{spelling}"
    code, message = affuse(
        "run", *FAST, f"--features=audio={tmp_path / 'f.csv'}", f"--out={tmp_path / 'run'}",
        clips=rows, f=features,
    )  # fmt: skip
    assert code == 0
    assert "36 clips 4 speakers 3 emotions 4 folds, speakers kept apart" in message
    assert "count as one each: 1.0 = 01, 02 = 2.0, 3.0 = 03, 04 = 4.0." in message
    notes = json.loads((tmp_path / "run" / "summary.json").read_text("utf-8"))["notes"]
    assert any("count as one each" in note for note in notes)


@pytest.mark.usefixtures("no_report")
def test_the_number_of_a_row_is_no_feature(clips, affuse, tmp_path, rng):
    """Rows sorted by emotion: who learns their number learns the emotion."""
    ordered = sorted(clips, key=lambda clip: clip[1])
    for index in ("", "Unnamed: 0", "id"):
        rows = [f"{n},{clip[0]},{rng.normal():.4f}" for n, clip in enumerate(ordered)]
        code, message = affuse(
            "run", *FAST, f"--features=audio={tmp_path / 'f.csv'}", f"--out={tmp_path / index}run",
            clips=written(clips), f=[f"{index},clip,a", *rows],
        )  # fmt: skip
        assert code == 0
        uar = float(message.split("LDA audio ")[1].split()[0])
        assert uar < 55, index


@pytest.mark.usefixtures("no_report")
def test_synonyms_are_one_emotion_in_a_run(clips, affuse, tmp_path, rng):
    features = ["clip;a;b", *(f"{n};{rng.normal():.3f};1,5" for n, _, _ in clips)]
    other = {"happy": "Happiness", "sad": "sadness", "angry": "ANGER"}
    rows = written(clips)
    rows[1::2] = written(clips, emotion_of=other.get)[1::2]
    code, message = affuse(
        "run", *FAST, f"--features=audio={tmp_path / 'f.csv'}", f"--out={tmp_path / 'run'}",
        clips=rows, f=features,
    )  # fmt: skip
    assert code == 0
    assert "36 clips 4 speakers 3 emotions" in message
    assert "Emotions under other names: happiness is happy (" in message


@pytest.mark.usefixtures("no_report")
def test_rows_of_one_person_are_not_given_to_everyone(clips, affuse, tmp_path, rng):
    rows = ["path,emotion,speaker"]
    for who in SPEAKERS:
        (tmp_path / who).mkdir()
        for take, (name, emotion, _) in enumerate(c for c in clips if c[2] == who):
            (tmp_path / name).rename(tmp_path / who / f"take{take}.wav")
            rows.append(f"{who}/take{take}.wav,{emotion},{who}")
    own = [f"ann/take{take}.wav,{rng.normal()}" for take in range(9)]
    asked = (*FAST, f"--features=audio={tmp_path / 'f.csv'}", f"--out={tmp_path / 'run'}")
    code, message = affuse("run", *asked, clips=rows, f=["clip,a", *own])
    assert code == 2
    assert "f.csv has no row for 27 of 36 clips (ben/take0, " in message
    bare = [row.removeprefix("ann/") for row in own]
    code, message = affuse("run", *asked, clips=rows, f=["clip,a", *bare])
    assert code == 2
    assert "names 'take0', which may be any of the clips ann/take0, ben/take0, cem/take0" in message
    full = [f"{tmp_path}/{row.split(',')[0]},{rng.normal()}" for row in rows[1:]]
    assert affuse("run", *asked, clips=rows, f=["clip,a", *full])[0] == 0


def test_damaged_tables_end_in_an_error_of_ours(tmp_path: Path) -> None:
    """Pieces taken out and put in: whatever it is, it is said on one line."""
    draw = random.Random(0)
    seeds = (
        "path,emotion,speaker\nünï.wav,happy,01\nb.wav,sad,1\n",
        "clip;F0;loudness\na.wav;0,5;1\nb.wav;-2,5;2\n",
        "clip, frame, face_id, success, AU01_r\na.wav, 1, 0, 1, 2.0\na.wav, 2, 0, 0, 0.0\n",
        "speaker\tfold\n01\ta\n2\tb\n",
        "path,start,end,emotion,speaker\na.wav,0,1.5,sad,a\nb.wav,1.5,,sad,b\n",
    )
    pieces = (b",", b";", b"\t", b'"', b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"nan")
    pieces += (b"1e999", b"1,5", b"clip", b"\x0c", b"\xe2\x80\xa8", b"9" * 400, b"\\", b"sep=;\n")
    readers = (read_table, read_folds, lambda p: read_precomputed(p, "audio"), read_action_units)
    message = []
    path = tmp_path / "t.csv"
    for _ in range(200):
        text = bytearray(draw.choice(seeds).encode())
        for _ in range(draw.randint(1, 6)):
            place = draw.randrange(len(text) + 1)
            text[place : place + draw.choice((0, 0, 1, 9))] = draw.choice(pieces)
        marked = draw.random() < 0.2
        path.write_bytes(text.decode("utf-8", "replace").encode("utf-16") if marked else text)
        for read in readers:
            try:
                read(path)
            except AffuseError as error:
                message.append(str(error))
    assert len(message) > 100
    assert not any("\n" in text for text in message)
