"""Commands take any corpus, and several: one people and one clip each, figures for each corpus."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from affuse.cli import main
from affuse.registries import READERS
from affuse.splits.fold_sets import fold_set
from affuse.splits.protocols import TRAINED_ON_SPEAKERS, Protocol

pytestmark = pytest.mark.usefixtures("undrawn_charts")

SOUND_ALONE = ["--set", "features.video=none", "--jobs", "1"]
ONE_MODEL = [
    "--set", 'models=[{name="lda"}]', "--set", "bundle.enabled=false",
    "--set", "evaluation.n_bootstrap=100",
]  # fmt: skip


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]):
    """Run a command; its exit code and what it printed, complaints included."""

    def call(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return call


@pytest.fixture
def ravdess(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Speakers 3 and 8, neutral and happy."""
    names = (
        f"03-01-{code}-01-01-{take}-{speaker}.wav"
        for speaker in ("03", "08")
        for code in ("01", "03")
        for take in ("01", "02")
    )
    return sounds(tmp_path / "ravdess", names, rng)


@pytest.fixture
def emodb(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Speakers 03 and 08, neutral and happy."""
    names = (
        f"{speaker}{text}{letter}a.wav"
        for speaker in ("03", "08")
        for letter in "NF"
        for text in ("a01", "b01")
    )
    return sounds(tmp_path / "emodb", names, rng)


def sounds(folder: Path, names, rng: np.random.Generator) -> Path:
    folder.mkdir()
    for name in names:
        is_happy = name[6] == "3" if "-" in name else name[5] == "F"
        tone = np.sin(2 * np.pi * (600 if is_happy else 200) * np.arange(6000) / 8000)
        soundfile.write(folder / name, 0.5 * tone + 0.01 * rng.normal(size=6000), 8000)
    return folder


def test_two_corpora_in_one_run(command, ravdess, emodb, tmp_path):
    out = tmp_path / "run"
    code, text = command("run", ravdess, emodb, *SOUND_ALONE, *ONE_MODEL, "--out", out)
    assert code == 0, text
    assert "quick recipe on ravdess + emodb" in text
    assert "16 clips   4 speakers   2 emotions   4 folds, speakers kept apart" in text
    assert "each corpus by itself, among the emotions that it can have (corpora.csv)" in text
    results, corpora = (pd.read_csv(out / f"{name}.csv") for name in ("results", "corpora"))
    assert list(results["n_speakers"]) == [4]
    assert list(corpora["corpus"]) == ["EMO-DB", "RAVDESS"]
    assert list(corpora["n_clips"]) == [8, 8]
    assert list(corpora.columns[2:]) == list(results.columns[7:-1])
    folds = pd.read_csv(out / "folds.csv")
    assert set(folds["speaker"]) == {"RAVDESS/3", "RAVDESS/8", "EMO-DB/03", "EMO-DB/08"}
    assert set(folds.groupby("speaker")["fold"].nunique()) == {1}
    again = command("index", out / "index.csv")[1]
    assert "corpora      EMO-DB 8 of 535   RAVDESS 8 of 2452" in again
    page = (out / "report.html").read_text("utf-8")
    assert "<h3>Each corpus by itself</h3>" in page
    assert "ravdess + emodb" in page
    assert page.count(">EMO-DB</td>") == page.count(">RAVDESS</td>") == 1
    assert f"affuse run {ravdess} {emodb} --recipe config.toml" in page


def test_published_folds_that_leak_stand_beside_folds_that_do_not(command, tmp_path, rng):
    """Clips of folds 1 and 2 of EmoBox by the same two speakers, and one that it does not name."""
    kinds: dict[str, list[str]] = {}
    for name, fold in fold_set("emobox", "EMO-DB").fold_of.items():
        if fold in "12" and name[:2] in ("03", "08") and name[5] in "NF":
            kinds.setdefault(name[:2] + name[5] + fold, []).append(f"{name}.wav")
    names = [name for kind in kinds.values() for name in kind[:2]]
    stranger = "03a01Fz.wav"
    data = sounds(tmp_path / "emodb", [*names, stranger], rng)
    out = tmp_path / "run"
    arguments = (*SOUND_ALONE, *ONE_MODEL, "--folds", "emobox")
    code, text = command("run", data, *arguments, "--out", out)
    assert code == 0, text
    assert "leaky, not comparable: emobox folds (2 of 2 speakers on both sides)" in text
    assert "1 clip here in no fold of theirs (03a01Fz): neither trained on nor tested" in text
    assert "folds 3, 4, 5 have no clip here." in text
    results = pd.read_csv(out / "results.csv")
    assert list(results["protocol"]) == ["speaker-independent", "emobox folds"]
    assert list(results["leaky"]) == [False, True]
    assert list(results["n_clips"]) == [len(names) + 1, len(names)]
    assert results["leak"][1] == "2 of 2 speakers on both sides"
    page = (out / "report.html").read_text("utf-8")
    assert page.count("<strong>Emobox folds:</strong> 2 of 2 speakers on both sides.") == 1
    code, text = command("audit", data, *arguments, "--permutations", "0")
    assert code == 1
    assert "LEAK   published folds" in text
    assert "emobox: 2 of 2 speakers on both sides of its folds (03, 08)" in text


def test_published_folds_that_keep_speakers_apart_go_before_folds_that_affuse_made(
    command, ravdess, tmp_path
):
    out = tmp_path / "run"
    arguments = (*SOUND_ALONE, *ONE_MODEL, "--folds", "emobox")
    code, text = command("run", ravdess, *arguments, "--out", out)
    assert code == 0, text
    assert "2 emobox folds, speakers kept apart" in text
    assert "speaker-independent, 2 folds that affuse made" in text
    assert "folds folds" not in text
    results = pd.read_csv(out / "results.csv")
    assert list(results["protocol"]) == ["emobox folds", "speaker-independent"]
    assert list(results["leaky"]) == [False, False]
    own = results["system"][1]
    assert list(results["system"]) == [f"{own} (emobox folds)", own]
    page = (out / "report.html").read_text("utf-8")
    assert "<p>Speakers are kept apart, in folds that affuse made.</p>" in page


def test_published_folds_keep_the_seeds_that_they_had():
    """Figures of `--folds luna2021` are those of the versions that gave it no label of its own."""
    published = Protocol("speaker-independent", (), published="luna2021")
    assert (published.label, published.seed_name) == ("luna2021 folds", "speaker-independent")
    assert published.stage == "luna2021 folds"
    met = replace(published, provenance=(TRAINED_ON_SPEAKERS,))
    assert met.label == "luna2021 folds, speakers heard before"
    assert met.leak == TRAINED_ON_SPEAKERS.reason


@pytest.mark.usefixtures("no_report")
def test_one_corpus_has_no_table_of_corpora(command, emodb, tmp_path):
    out = tmp_path / "run"
    code, text = command("run", emodb, *SOUND_ALONE, *ONE_MODEL, "--out", out)
    assert code == 0, text
    assert "each corpus" not in text
    assert not (out / "corpora.csv").exists()
    assert set(pd.read_csv(out / "folds.csv")["speaker"].astype(str)) == {"3", "8"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--corpus", "emodbb"], "did you mean 'emodb'?"),
        (["--corpus", "EMODB"], "did you mean 'emodb'?"),
        (["--set", "data.where.sexe=male"], "no clip says its sexe: did you mean 'sex'?"),
        (
            ["--set", "data.where.gender=male"],
            "data.where.gender was given: it is data.where.sex now",
        ),
        (["--corpus", "auto", "--set", "data.corpus=emodb"], "expected one of them"),
        (["--set", "data.channels=speech"], "it is data.where.channel now"),
        (["--set", "data.where.channel=speech"], ""),
    ],
)
def test_options_about_corpora(command, emodb, arguments, message):
    code, text = command("features", emodb, *SOUND_ALONE, *arguments)
    assert code == (2 if message else 0), text
    assert message in text


def test_the_same_folder_twice(command, emodb, tmp_path):
    code, text = command("run", emodb, emodb, *SOUND_ALONE, "--out", tmp_path / "run")
    assert code == 2
    assert "was given twice; expected each folder and table once" in text


def test_one_corpus_in_two_folders(command, emodb, tmp_path):
    inner = emodb / "more"
    inner.mkdir()
    (emodb / "03a01Na.wav").rename(inner / "03a01Na.wav")
    code, text = command("index", emodb, inner)
    assert code == 2
    assert "clips of EMO-DB stand in several of the data given (1, such as '03a01Na')" in text


def test_a_folder_that_two_readers_recognise(command, emodb, ravdess):
    code, text = command("index", emodb.parent)
    assert code == 2
    assert "expected one corpus: give " in text
    assert "or choose with --corpus emodb or --corpus ravdess" in " ".join(text.split())
    assert command("index", emodb.parent, "--corpus", "emodb")[0] == 0


def test_every_corpus_is_a_row_of_the_list(command):
    code, text = command("corpora")
    assert code == 0
    lines = text.splitlines()
    for name in READERS.names():
        reader = READERS.get(name)
        (row,) = (line for line in lines if line.startswith(f"{name} "))
        assert reader.title in row
        assert all(language in row.split() for language in reader.languages)
        if reader.size.clips:
            assert f"{reader.size.clips:,}" in row.split()
        below = f"{', '.join(reader.emotions) or 'any emotions'}; {reader.licence}"
        assert below in " ".join(text.split())
    assert all(len(line) <= 100 for line in lines)


@pytest.mark.parametrize("name", READERS.names())
def test_all_that_is_known_of_a_corpus_is_told(command, name):
    reader = READERS.get(name)
    code, text = command("corpora", name)
    assert code == 0
    told = " ".join(text.split())
    known = (reader.citation, reader.licence, reader.source, reader.example, reader.get)
    assert all(" ".join(each.split()) in told for each in known)
    assert all(f"{own} = {common}" in told for own, common in reader.emotion_map.items())


def test_a_citation_is_also_bibtex(command):
    text = command("corpora", "cremad")[1]
    assert "@misc{cao2014," in text
    assert "author = {Cao and Cooper and Keutmann and Gur and Nenkova and Verma}," in text
    assert "title = {{CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset}}," in text
    assert "year = {2014}," in text
    assert "7,442 clips, 91 speakers, 5.3 hours" in text
    assert "@misc" not in command("corpora", "table")[1]


def test_a_corpus_that_is_nearly_named_is_suggested(command):
    code, text = command("corpora", "ravdes")
    assert code == 2
    assert "did you mean 'ravdess'?" in text


def test_a_title_names_a_corpus_everywhere(command, emodb, tmp_path):
    assert command("corpora", "CREMA-D") == command("corpora", "cremad")
    assert command("index", emodb, "--corpus", "EMO-DB")[0] == 0
    out = tmp_path / "run"
    code, text = command("run", emodb, *SOUND_ALONE, *ONE_MODEL, "--corpus", "EMO-DB", "--out", out)
    assert code == 0, text
    assert 'corpus = "emodb"' in (out / "config.toml").read_text("utf-8")


def test_a_corpus_without_an_archive_says_how_to_get_it(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for written in ("emovo", "EMOVO"):
        code, text = command("download", written)
        assert code == 2
        told = " ".join(text.split())
        assert "affuse: EMOVO has no open archive from which affuse could fetch it" in told
        assert "(affuse corpora emovo says how)" in told
    assert command("download", "emovo", "here")[0] == 2
    assert not list(tmp_path.iterdir())
    code, text = command("download", "emodbb")
    assert code == 2
    assert "Did you mean 'emodb'?" in text


def test_a_clip_under_another_speaker_is_told_by_a_run(command, emodb, tmp_path):
    twin = emodb / "11a01Fa.wav"
    shutil.copy(emodb / "03a01Fa.wav", twin)
    shutil.copy(emodb / "03a01Na.wav", emodb / "11a01Na.wav")
    shutil.copy(emodb / "08b01Na.wav", emodb / "08b02Na.wav")
    code, text = command("run", emodb, *SOUND_ALONE, *ONE_MODEL, "--out", tmp_path / "run")
    assert code == 0, text
    told = " ".join(text.split())
    assert (
        "Features of 6 clips are those of others to the last digit (03a01Fa = 11a01Fa, "
        "03a01Na = 11a01Na, 08b01Na = 08b02Na), some of another speaker: one recording" in told
    )


def test_split_takes_any_corpus(command, emodb, tmp_path):
    code, text = command("split", emodb, "--out", tmp_path / "halves")
    assert code == 0, text
    assert len(list((tmp_path / "halves" / "audio_only").iterdir())) == 8
    assert command("index", tmp_path / "halves")[0] == 0


def test_half_a_corpus_is_read_and_the_whole_is_known(command, emodb):
    (emodb / "03a01Fb.wav").write_bytes(b"")
    (emodb / "03a01Fb (copy).wav").write_bytes(b"0")
    (emodb / "03a01Xa.wav").write_bytes(b"0")
    code, text = command("index", emodb)
    assert code == 0
    assert "corpus       EMO-DB: 8 of 535 clips" in text
    told = " ".join(text.split())
    assert "03a01Fb.wav: empty (0 bytes)" in told
    assert "03a01Fb (copy).wav: not named as in EMO-DB, such as wav/03a01Fa.wav" in told
    assert (
        "03a01Xa.wav: not named as in EMO-DB, such as wav/03a01Fa.wav: there is no emotion 'X'"
        in told
    )


def test_a_copy_under_another_name_is_found_by_its_samples(command, emodb, tmp_path):
    shutil.copy(emodb / "03a01Fa.wav", emodb / "08b10Wa.wav")
    (emodb / "mp3").mkdir()
    shutil.copy(emodb / "03a01Na.wav", emodb / "mp3" / "03a01Na.wav")
    code, text = command("index", emodb, "--duplicates")
    assert code == 0
    assert "9 clips" in text
    assert "03a01Fa = 08b10Wa" in text
    assert "mp3/03a01Na.wav: same name as 03a01Na.wav, which is taken" in text


def test_one_is_in_the_singular(command, ravdess: Path) -> None:
    for clip in sorted(ravdess.rglob("*.wav"))[1:]:
        clip.unlink()
    ravdess.joinpath("03-01-99-01-01-01-03.wav").write_bytes(b"")
    code, printed = command("index", ravdess)
    assert code == 0
    assert "1 clip   1 speaker   1 emotion   1 file left out" in printed
