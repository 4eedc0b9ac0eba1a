"""The audit finds what was planted, in real files, and nothing where nothing was."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from affuse.audit.figures import permutation_finding, random_split_finding, taken_as_they_are
from affuse.audit.labels import columns, extractors_finding, way_in
from affuse.audit.recordings import duplicates_finding, fold_file_finding
from affuse.cli import main
from affuse.config import Config, ModelConfig
from affuse.corpora.index import Index
from affuse.features.sources import make_source
from affuse.records import Clip
from affuse.splits.fold import Fold
from affuse.splits.fold_files import read_folds
from affuse.splits.folds import leave_one_speaker_out
from affuse.splits.protocols import Protocol

QUICK = ["--set", "models=[{name='lda'}]", "--set", "features.video=none", "--jobs", "1"]
SPEAKERS, EMOTIONS, N_TAKES = ("ann", "ben", "cem"), ("calm", "angry"), 3


@pytest.fixture
def corpus(tmp_path: Path, rng: np.random.Generator) -> Path:
    """CSV of 18 short wav files: three speakers, two emotions."""
    rows = [("path", "emotion", "speaker")]
    for speaker in SPEAKERS:
        for emotion, hz in zip(EMOTIONS, (300, 900), strict=True):
            for take in range(N_TAKES):
                name = f"{speaker}-{emotion}-{take}.wav"
                tone = np.sin(2 * np.pi * (hz + 20 * take) * np.arange(4000) / 8000)
                soundfile.write(tmp_path / name, 0.4 * tone + 0.02 * rng.normal(size=4000), 8000)
                rows.append((name, emotion, speaker))
    return write_csv(tmp_path / "clips.csv", rows)


@pytest.fixture
def audit(capfd: pytest.CaptureFixture[str]):
    """Run `affuse audit`; its exit code, and what it said on one line of words."""

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["audit", *(str(argument) for argument in arguments)])
        message = capfd.readouterr()
        text = message.err if ended.value.code == 2 else message.out
        return int(ended.value.code or 0), " ".join(text.split())

    return run


def write_csv(path: Path, rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def add_clip(corpus: Path, name: str, emotion: str, speaker: str) -> None:
    with corpus.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow((name, emotion, speaker))


def by_speaker(corpus: Path, *moved: tuple[str, str]) -> Path:
    """A fold file by clip, one fold for each speaker, with some clips moved to others."""
    clips = [path.stem for path in sorted(corpus.parent.glob("*.wav"))]
    fold_of = {clip: clip.split("-")[0] for clip in clips} | dict(moved)
    return write_csv(corpus.parent / "folds.csv", [("clip", "fold"), *fold_of.items()])


def test_nothing_leaks(corpus, audit, tmp_path):
    out = tmp_path / "audit.json"
    code, message = audit(corpus, *QUICK, "--permutations", 19, "--out", out)
    assert code == 0
    assert "audit of clips.csv 18 clips 3 speakers 2 emotions 0 left out" in message
    assert "OK duplicates no two of 18 clips hold the same samples" in message
    extractors = "expression, hf, mfcc, onnx, opensmile, vgg_face, voice"
    assert f"OK extractors none has a way for labels to come in ({extractors}" in message
    assert "OK permuted labels GaussianNB on audio falls to chance" in message
    assert "p = 0.05" in message
    assert "Nothing leaks." in message
    report = json.loads(out.read_text("utf-8"))
    assert (report["n_clips"], report["n_speakers"], report["leaks"]) == (18, 3, [])
    assert "OK speakers 3 speakers, each written in one way" in message
    checks = ["speakers", "duplicates", "extractors", "random split", "permuted labels"]
    assert [finding["check"] for finding in report["findings"]] == checks
    assert report["findings"][3]["systems"][0]["system"] == "LDA"
    assert report["findings"][4]["n_permutations"] == 19


def test_recordings_under_several_names(corpus, audit):
    signal, rate = soundfile.read(corpus.parent / "ann-calm-0.wav", dtype="int16")
    soundfile.write(corpus.parent / "again.flac", signal, rate)
    shutil.copy(corpus.parent / "ben-calm-1.wav", corpus.parent / "copy.wav")
    add_clip(corpus, "again.flac", "calm", "ann")
    add_clip(corpus, "copy.wav", "angry", "cem")
    code, message = audit(corpus, *QUICK, "--permutations", 0)
    assert code == 0
    assert "NOTE duplicates 2 recordings under several names" in message
    assert "again = ann-calm-0 (speaker ann, calm)" in message
    assert "ben-calm-1 = copy (speakers ben, cem, angry, calm: the labels disagree)" in message
    # Ben and Cem count as one party, which leaves two folds.
    assert "affuse keeps each on one side of all 2 folds" in message
    assert "part a pair in about 1 of 2 cases" in message
    assert "permuted labels" not in message


def test_duplicates_that_features_cannot_show_are_a_leak(corpus, audit, rng):
    shutil.copy(corpus.parent / "ben-calm-1.wav", corpus.parent / "copy.wav")
    add_clip(corpus, "copy.wav", "calm", "cem")
    clips = [path.stem for path in corpus.parent.glob("*.wav")]
    rows = [("clip", "a", "b"), *((clip, *rng.normal(size=2)) for clip in clips)]
    features = write_csv(corpus.parent / "features.csv", rows)
    code, message = audit(corpus, *QUICK, "--features", f"audio={features}", "--permutations", 0)
    assert code == 1
    assert "LEAK duplicates 1 recording under several names" in message
    assert "on both sides of the folds of affuse: ben-calm-1; remove all but one" in message
    assert "Something leaks: duplicates." in message


def test_overlaps_of_a_fold_file(corpus, audit, tmp_path):
    shutil.copy(corpus.parent / "ben-calm-1.wav", corpus.parent / "copy.wav")
    add_clip(corpus, "copy.wav", "calm", "cem")
    folds = by_speaker(corpus, ("ann-calm-0", "ben"), ("ann-angry-2", "ben"), ("copy", "cem"))
    out = tmp_path / "audit.json"
    code, message = audit(corpus, *QUICK, "--folds", folds, "--permutations", 0, "--out", out)
    assert code == 1
    assert "LEAK fold file folds.csv: 1 speaker and 1 recording on both sides of a fold" in message
    assert "fold on both sides trained on tested ann speaker ann 2 4" in message
    assert "ben speaker ann 4 2" in message
    assert "ben ben-calm-1 = copy 1 1" in message
    assert "6 of 19 clips tested on a speaker that was trained on" in message
    assert "Something leaks: fold file." in message
    overlaps = json.loads(out.read_text("utf-8"))["findings"][1]["overlaps"]
    assert {"fold": "ann", "name": "speaker ann", "n_train": 2, "n_test": 4} in overlaps
    assert len(overlaps) == 4


def test_speaker_in_two_folds_of_a_file_of_speakers(corpus, audit):
    rows = [("speaker", "fold"), ("ann", 1), ("ben", 2), ("cem", 2), ("cem", 1)]
    folds = write_csv(corpus.parent / "folds.csv", rows)
    code, message = audit(corpus, *QUICK, "--folds", folds, "--permutations", 0)
    assert code == 1
    assert "folds.csv: 1 speaker on both sides of a fold" in message
    assert "1 speaker cem 6 6 2 speaker cem 6 6 6 of 18 clips" in message


def test_sound_fold_file_is_used(corpus, audit):
    rows = [("speaker", "fold"), ("ann", "x"), ("ben", "y"), ("cem", "y")]
    folds = write_csv(corpus.parent / "folds.csv", rows)
    code, message = audit(corpus, *QUICK, "--folds", folds, "--permutations", 0)
    assert code == 0
    assert "OK fold file folds.csv: 2 folds, no speaker and no recording on both sides" in message


def test_long_tables_of_overlaps_are_cut(tmp_path):
    clips = tuple(Clip(f"{who}{take}", "sad", who) for who in "abcdef" for take in range(6))
    rows = [("clip", "fold"), *((clip.id, clip.id[1]) for clip in clips)]
    file = read_folds(write_csv(tmp_path / "folds.csv", rows))
    found = fold_file_finding(file, Index(clips), ())
    assert found.statement == "folds.csv: 6 speakers on both sides of a fold"
    assert len(found.facts["overlaps"]) == 36
    assert len(found.rows) == 21
    assert found.details[0] == "... and 16 more rows: --out FILE.json has them all"
    assert found.details[1].startswith("36 of 36 clips tested on a speaker that was trained on")


def test_takes_in_several_files_are_counted(make_table):
    both = Clip("one", "sad", "ann", audio=Path("03-one.wav"), video=Path("01-one.mp4"))
    same = Clip("two", "sad", "ann", audio=Path("two.mp4"), video=Path("two.mp4"))
    protocol = Protocol("speaker-independent", ())
    found = duplicates_finding(Index((both, same)), (), make_table(), protocol)
    assert found.verdict == "OK"
    assert found.details == ("1 take in several files, each joined into one clip",)


def test_bad_input_is_not_a_leak(corpus, audit, tmp_path):
    folds = write_csv(tmp_path / "folds.csv", [("speaker", "fold"), ("ann", 1), ("dan", 2)])
    code, message = audit(corpus, *QUICK, "--folds", folds)
    assert (code, message.count("affuse: ")) == (2, 1)
    assert "has no row for 2 of 3 speakers (ben, cem)" in message
    code, message = audit(corpus, *QUICK, "--out", tmp_path / "no" / "audit.json")
    assert code == 2
    assert "there is no folder" in message
    code, message = audit(corpus, *QUICK, "--set", "task=dimensional")
    assert code == 2
    assert "task = dimensional was given to affuse audit, which looks at how emotions" in message
    assert "expected classification: leave task out" in message


def test_columns_made_from_the_label(corpus, audit, rng):
    rows: list[tuple[object, ...]] = [("clip", "code", "pitch", "still", "label")]
    for path in sorted(corpus.parent.glob("*.wav")):
        angry = "angry" in path.stem
        rows.append((path.name, 7 - 4 * angry, rng.normal(), 1, rng.integers(9)))
    features = write_csv(corpus.parent / "features.csv", rows)
    code, message = audit(corpus, *QUICK, "--features", f"audio={features}", "--permutations", 0)
    assert code == 1
    assert "LEAK audio columns 1 column of features.csv made from the emotion" in message
    assert "code tells calm, angry by itself" in message
    assert "the same for every clip: still" in message
    assert "named like a label, though it tells none: label" in message
    rows = [(row[0], *row[2:]) for row in rows]
    write_csv(features, rows)
    code, message = audit(corpus, *QUICK, "--features", f"audio={features}", "--permutations", 0)
    assert code == 0
    assert "NOTE audio columns no column of features.csv tells an emotion by itself" in message


def test_noise_tells_nothing_even_from_many_columns(rng):
    labels = np.repeat(np.arange(4), 15)
    found = columns(
        rng.normal(size=(60, 200)).astype(np.float32), map(str, range(200)), labels, "abcd"
    )
    assert not any(column.identified for column in found)
    assert max(column.best for column in found) < 0.9


def test_a_way_in_for_labels_is_found():
    class Learner:
        def partial_fit(self, frames, labels): ...

    class Told:
        name, path = "told", None

        def extract(self, decoded, label): ...

    assert way_in(Learner) == "it has partial_fit"
    assert way_in(Told) == (
        "extract takes decoded, label; expected what was decoded, and nothing else"
    )
    finding = extractors_finding([Told()])
    assert finding.verdict == "LEAK"
    assert finding.details == (f"told: {way_in(Told)}",)
    assert extractors_finding([]).verdict == "OK"


def rbf_alone() -> Config:
    return Config(models=(ModelConfig(name="svm_rbf"), ModelConfig(name="cnn1d")), jobs=1)


def test_random_split_flatters_where_speakers_differ(make_table, rng):
    """Each speaker shows each emotion in a way of her own: nothing carries over to another."""
    table = make_table(n_speakers=4, n_takes=6, signal=0.0, shapes={"video": (8,)})
    own = 3 * rng.standard_normal((4, 3, 8))
    speakers = table.speakers.astype(int) - 1
    table = table.with_arrays(
        {"video": (table.arrays["video"] + own[speakers, table.labels]).astype(np.float32)}
    )
    protocol = Protocol("speaker-independent", leave_one_speaker_out(list(table.speakers)))
    found = random_split_finding(rbf_alone(), table, {"video": "units"}, (), protocol)
    assert found.verdict == "NOTE"
    assert "4 random folds, the same speakers on both sides, add up to" in found.statement
    (system,) = found.facts["systems"]
    assert system["system"] == "SVM RBF"
    assert system["gap"] > 0.3
    assert system["gap"] == pytest.approx(system["random_uar"] - system["speaker_independent_uar"])
    assert [len(row) for row in found.rows] == [6, 6]


def test_random_split_adds_nothing_where_all_speakers_are_alike(make_table):
    table = make_table(n_speakers=4, n_takes=6, signal=9.0, shapes={"video": (8,)})
    protocol = Protocol("speaker-independent", leave_one_speaker_out(list(table.speakers)))
    found = random_split_finding(rbf_alone(), table, {"video": "units"}, (), protocol)
    assert (found.verdict, found.statement) == ("OK", "no more than these speakers' scatter")


def test_one_speaker_only(corpus, audit):
    code, message = audit(corpus, *QUICK, "--set", "data.speakers=['ann']", "--permutations", 0)
    assert code == 0
    assert "NOTE random split all clips are of one speaker" in message


def test_labels_are_permuted_for_the_narrowest_modality(make_table):
    table = make_table(n_speakers=3, shapes={"audio": (600,), "video": (5,)}, n_takes=4)
    protocol = Protocol("speaker-independent", leave_one_speaker_out(list(table.speakers)))
    found = permutation_finding(Config(), table, protocol, 19)
    assert (found.verdict, found.facts["system"], found.facts["modality"]) == ("OK", "LDA", "video")
    assert found.facts["p"] == pytest.approx(0.05)
    wide = permutation_finding(Config(), table.select(["audio"]), protocol, 1)
    assert wide.facts["system"] == "GaussianNB"


def test_noise_cannot_be_told_from_guessing(make_table):
    table = make_table(n_speakers=3, signal=0.0, shapes={"video": (5,)})
    protocol = Protocol("speaker-independent", leave_one_speaker_out(list(table.speakers)))
    found = permutation_finding(Config(), table, protocol, 19)
    assert found.verdict == "NOTE"
    assert "LDA on video cannot be told from guessing, p = " in found.statement


def test_clips_trained_on_and_tested_are_found_by_shuffled_labels(make_table):
    """The leak that no fold of affuse can have, made by hand: every clip on both sides."""
    table = make_table(shapes={"video": (40,)})
    rows = tuple(range(len(table)))
    found = permutation_finding(
        Config(), table, Protocol("speaker-independent", (Fold(1, rows, rows),)), 5
    )
    assert found.verdict == "LEAK"
    assert "scores above chance with shuffled labels" in found.statement


def test_features_that_are_learned_are_left_out():
    config = Config()
    sources = {"audio": make_source("mfcc", "audio", config)}
    assert taken_as_they_are(sources, config) == {"audio"}
    sources["audio"] = make_source("voice_network", "audio", config)
    assert taken_as_they_are(sources, config) == set()


@pytest.mark.data
@pytest.mark.slow
def test_real_duplicates_planted_speaker_and_inflation(shared_data, audit, tmp_path):
    """RAVDESS speech of nine speakers, of whom the fold file has the fourth on both sides."""
    units = shared_data / "luna_openface_au_means.csv"
    threes = [["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]]
    speakers = [speaker for three in threes for speaker in three]
    with units.open(encoding="utf-8") as file:
        clips = [row["clip"] for row in csv.DictReader(file) if int(row["clip"][-2:]) <= 9]
    fold_of = {clip: (int(clip[-2:]) + 2) // 3 for clip in clips}
    fold_of |= {clip: 1 for clip in clips if clip[-2:] == "04" and clip[6:8] == "05"}
    folds = write_csv(tmp_path / "mine.csv", [("clip", "fold"), *fold_of.items()])
    out = tmp_path / "audit.json"
    code, message = audit(
        shared_data / "ravdess", "--recipe", "classical", "--set", "features.audio=none",
        "--set", "models=[{name='svm_rbf'}]", "--features", f"video={units}", "--jobs", 1,
        "--folds", folds, "--permutations", 3, "--out", out,
        "--set", f"data.speakers={speakers}", "--set", f"folds.speakers={threes}",
    )  # fmt: skip
    assert code == 1
    assert "mine.csv: 1 speaker on both sides of a fold" in message
    assert "1 speaker 4 52 8 2 speaker 4 8 52" in message
    assert "01-03-01-02-01-07 = 01-03-01-02-02-07 (speaker 7, happy)" in message
    findings = {f["check"]: f for f in json.loads(out.read_text("utf-8"))["findings"]}
    assert findings["duplicates"]["groups"] == [["01-03-01-02-01-07", "01-03-01-02-02-07"]]
    (system,) = findings["random split"]["systems"]
    assert system["speaker_independent_uar"] == pytest.approx(0.566, abs=0.005)
    assert system["gap"] > 0.15
    assert findings["permuted labels"]["p"] == pytest.approx(1 / 4)
    assert findings["permuted labels"]["null_mean"] == pytest.approx(1 / 8, abs=0.02)


def test_a_speaker_of_two_sexes_is_named(corpus, audit, tmp_path):
    lines = corpus.read_text("utf-8").split()
    sexes = {"ann": "female", "ben": "male", "cem": "male"}
    told = [f"{line},{sexes[line.rpartition(',')[2]]}" for line in lines[1:]]
    told[0] = told[0].replace("female", "male")
    corpus.write_text("\n".join([f"{lines[0]},sex", *told]), "utf-8")
    out = tmp_path / "audit.json"
    code, message = audit(corpus, *QUICK, "--permutations", 0, "--out", out)
    assert code == 0
    assert "NOTE speakers 3 speakers, of whom 1 female in some clips and male in others" in message
    assert "ann: female in 5, male in 1 clips; one person?" in message
    assert json.loads(out.read_text("utf-8"))["findings"][0]["of_two_sexes"] == ["ann"]


def test_one_person_under_two_spellings_is_found(corpus, audit, tmp_path):
    text = corpus.read_text("utf-8")
    lines = [
        line.replace(",ann", ",Ann " if n % 2 else ",ann")
        for n, line in enumerate(text.split("\n"))
    ]
    corpus.write_text("\n".join(lines).replace(",cem", ",Bén"), "utf-8")
    out = tmp_path / "audit.json"
    code, message = audit(corpus, *QUICK, "--permutations", 0, "--out", out)
    assert code == 0
    assert "18 clips 3 speakers" in message
    assert "NOTE speakers 3 speakers; written in several ways, each counting as one: 1" in message
    assert "ann = Ann: one person" in message or "Ann = ann: one person" in message
    assert "Bén, ben: kept apart; one person?" in message
    finding = json.loads(out.read_text("utf-8"))["findings"][0]
    assert [sorted(group) for group in finding["joined"]] == [["Ann", "ann"]]
