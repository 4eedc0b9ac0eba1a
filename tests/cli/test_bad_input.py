"""Bad input on the command line: one line that helps, exit code 2, nothing half-written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from affuse.cli import main

pytestmark = pytest.mark.usefixtures("undrawn_charts")

AUDIO_ALONE = [
    "--set", "features.video=none", "--set", "evaluation.n_bootstrap=100", "--jobs", "1",
]  # fmt: skip
ONE_MODEL = ["--set", "models=[{name='lda'}]"]


@pytest.fixture
def table(tmp_path: Path, rng: np.random.Generator) -> Path:
    """CSV of eight short wav files: two speakers, two emotions."""
    lines = ["path,emotion,speaker"]
    for speaker in ("ann", "ben"):
        for emotion, hz in (("calm", 200), ("angry", 600)):
            for take in (1, 2):
                name = f"{speaker}-{emotion}-{take}.wav"
                tone = np.sin(2 * np.pi * hz * np.arange(8000) / 8000)
                soundfile.write(tmp_path / name, 0.5 * tone + 0.01 * rng.normal(size=8000), 8000)
                lines.append(f"{name},{emotion},{speaker}")
    path = tmp_path / "clips.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.fixture
def refused(capfd: pytest.CaptureFixture[str]):
    """Run a command that must be refused; its one line of complaint."""

    def refuse(*arguments: object) -> str:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        message = capfd.readouterr().err
        complaint = [line for line in message.splitlines() if line.startswith("affuse: ")]
        assert ended.value.code == 2, message
        assert len(complaint) == 1, message
        assert "Traceback" not in message
        return complaint[0]

    return refuse


@pytest.mark.usefixtures("no_report")
def test_good_table_runs(table, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["run", str(table), *AUDIO_ALONE, "--out", str(tmp_path / "run")])
    assert ended.value.code == 0
    message = capsys.readouterr().out
    assert "8 clips   2 speakers   2 emotions   2 folds, speakers kept apart" in message
    assert (tmp_path / "run" / "results.csv").is_file()


@pytest.mark.parametrize("command", ["run", "transfer", "features", "index"])
def test_a_log_of_what_is_refused_has_one_line_and_no_empty_one(command, tmp_path, capfd):
    with pytest.raises(SystemExit):
        main([command, str(tmp_path / "gone"), *(["b"] if command == "transfer" else [])])
    assert re.fullmatch(r"affuse: .+\n", capfd.readouterr().err)


def test_no_such_data(refused, tmp_path):
    assert "does not exist; expected a folder of a corpus" in refused("run", tmp_path / "no")


def test_empty_folder(refused, tmp_path):
    message = refused("run", tmp_path)
    assert "holds no media file" in message
    assert "path,emotion,speaker" in message


def test_no_name_of_a_corpus(refused, table, tmp_path):
    message = refused("index", tmp_path)
    assert f"no corpus is recognised in {tmp_path} by its 8 media files" in message
    assert "(affuse corpora lists them)" in message


def test_unknown_recipe_setting_and_modality(refused, table):
    assert "recipe 'fastest' was given" in refused("run", table, "--recipe", "fastest")
    assert "unknown key 'sed': did you mean 'seed'" in refused("run", table, "--set", "sed=1")
    message = refused("run", table, "--features", "smell=mfcc")
    assert "--features 'smell=mfcc' was given; expected MODALITY=NAME" in message
    assert "expected one of expression, " in refused("run", table, "--features", "audio=nothing")


def test_settings_of_an_extractor_that_there_is_not(refused, table):
    message = refused(
        "run", table, *AUDIO_ALONE, "--set", "features.settings.opensmil.level=frames"
    )
    assert "extractor 'opensmil' was given: did you mean 'opensmile'?" in message


def test_extractor_of_the_other_modality(refused, table):
    assert "features.audio" in refused("run", table, "--features", "video=mfcc")


def test_all_modalities_left_out(refused, table):
    message = refused("run", table, "--features", "audio=none", "--features", "video=none")
    assert "expected at least one extractor" in message


def test_more_folds_than_speakers(refused, table):
    message = refused("run", table, *AUDIO_ALONE, "--set", "folds.n_folds=6")
    assert "6 folds were asked for, but there are 2 speakers" in message
    assert "--set folds.n_folds=2" in message


def test_one_emotion_only(refused, table):
    message = refused("run", table, *AUDIO_ALONE, "--set", 'data.emotions=["calm"]')
    assert "expected at least two emotions" in message


def test_one_emotion_is_refused_before_any_work(table, tmp_path, capfd):
    out = str(tmp_path / "run")
    with pytest.raises(SystemExit):
        main(["run", str(table), *AUDIO_ALONE, "--out", out, "--set", 'data.emotions=["calm"]'])
    assert "audio features" not in capfd.readouterr().err


def test_one_clip_of_each_emotion_is_too_few_to_train_on(refused, table):
    lines = [line for line in table.read_text("utf-8").splitlines() if "-2.wav" not in line]
    table.write_text("\n".join(lines), "utf-8")
    message = refused("run", table, *AUDIO_ALONE)
    assert "leaves one audio clip of each of the emotions ['calm', 'angry']" in message


def test_unknown_emotion(refused, table):
    message = refused("run", table, *AUDIO_ALONE, "--set", 'data.emotions=["clam"]')
    assert "did you mean 'calm'" in message


def test_missing_column(refused, tmp_path):
    path = tmp_path / "clips.csv"
    path.write_text("path,emotion\na.wav,calm\n", "utf-8")
    assert "speaker" in refused("run", path)


def test_all_files_missing(refused, tmp_path):
    path = tmp_path / "clips.csv"
    path.write_text("path,emotion,speaker\na.wav,calm,ann\n", "utf-8")
    assert "a.wav" in refused("run", path)


def test_nothing_that_decodes(refused, table, tmp_path):
    for path in tmp_path.glob("*.wav"):
        path.write_bytes(b"")
    assert "8" in refused("run", table, *AUDIO_ALONE)


def test_features_table_lacks_clips_or_holds_nan(refused, table, tmp_path):
    features = tmp_path / "features.csv"
    features.write_text("clip,AU01\nann-calm-1,1.0\n", "utf-8")
    message = refused("run", table, "--features", f"audio={features}", *AUDIO_ALONE)
    assert "7" in message
    assert "ann-angry-1" in message
    names = [path.stem for path in sorted(tmp_path.glob("*.wav"))]
    rows = [f"{name},{'nan' if name == 'ben-calm-2' else 1.0}" for name in names]
    features.write_text("\n".join(["clip,AU01", *rows]), "utf-8")
    message = refused("run", table, "--features", f"audio={features}", *AUDIO_ALONE)
    assert "ben-calm-2" in message
    assert "AU01" in message


def test_run_folder_in_use(refused, table, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / "precious.txt").write_text("mine", "utf-8")
    assert "exists and is not empty" in refused("run", table, *AUDIO_ALONE, "--out", out)
    assert (out / "precious.txt").read_text("utf-8") == "mine"


def test_run_folder_under_a_file(refused, table):
    message = refused("run", table, *AUDIO_ALONE, "--out", table / "run")
    assert "cannot be written" in message


def test_weights_that_do_not_fit(refused, table, tmp_path):
    path = tmp_path / "weights.h5"
    path.write_bytes(b"nothing like it")
    setting = f"features.vgg_face.weights={path}"
    assert "weights.h5" in refused("run", table, "--set", setting)
    assert "no.h5" in refused("run", table, "--set", "features.vgg_face.weights=no.h5")


def test_device_that_nothing_computes_on(refused, table):
    for command in ("run", "features"):
        message = refused(command, table, "--device", "tpu")
        assert "features.vgg_face.device = 'tpu': Input should be 'cpu' or 'cuda'" in message


def test_re_enacting_needs_both_options(refused, table, tmp_path):
    assert "--action-units" in refused("synthesise", tmp_path / "new", "--like", table)


def test_a_re_enactment_has_no_difficulty(refused, table, tmp_path):
    options = ("--like", table, "--action-units", table, "--difficulty", "0.5")
    message = refused("synthesise", tmp_path / "new", *options)
    assert "--difficulty 0.5 was given with --like; expected it without" in message


def test_difficulty_out_of_range(refused, tmp_path):
    assert "--difficulty 2 was given: " in refused("synthesise", tmp_path, "--difficulty", "2")


def test_speakers_of_a_made_corpus(refused, tmp_path):
    assert "expected a number" in refused("synthesise", tmp_path / "new", "--speakers", "ten")


def test_download_of_an_unknown_part(refused, tmp_path):
    assert "opera" in refused("download", "ravdess", tmp_path / "new", "--part", "opera")


def test_fold_file_that_leaks_or_does_not_fit(refused, table, tmp_path):
    folds = tmp_path / "folds.csv"
    given = ["run", table, *AUDIO_ALONE, "--set", f"folds.file={folds}"]
    assert "folds.csv does not exist; expected a CSV with the columns clip,fold" in refused(*given)
    folds.write_text("speaker,fold\nann,1\n", "utf-8")
    assert "has one fold only (1); expected two folds or more" in refused(*given)
    folds.write_text("speaker,fold\nann,1\nben,2\nben,1\n", "utf-8")
    assert "speakers on both sides of its folds: ben (folds 1, 2)" in refused(*given)
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("no_report")
def test_good_fold_file_runs(table, tmp_path, capsys):
    folds = tmp_path / "folds.csv"
    folds.write_text("speaker,fold\nann,b\nben,a\n", "utf-8")
    given = ["--set", f"folds.file={folds}", "--out", str(tmp_path / "run")]
    with pytest.raises(SystemExit) as ended:
        main(["run", str(table), *AUDIO_ALONE, *ONE_MODEL, *given])
    assert ended.value.code == 0, capsys.readouterr().err
    rows = (tmp_path / "run" / "folds.csv").read_text("utf-8").splitlines()[1:]
    tested = {tuple(row.split(",")[1::2]) for row in rows}
    assert tested == {("ben", "1"), ("ann", "2")}


def test_names_that_the_system_refuses(refused, table, tmp_path):
    name = "x" * 5000
    for arguments in (
        ("index", name),
        ("predict", name),
        ("run", table, "--recipe", f"{name}.toml"),
    ):
        message = refused(*arguments)
        assert "cannot be used (File name too long); expected a path" in message
        assert len(message) < 300
    message = refused("run", table, *AUDIO_ALONE, "--out", tmp_path / ("x" * 256))
    assert "cannot be written (File name too long)" in message
    assert "mend that and run again" not in message, "before the work, not after it"


def test_folder_for_several_results_under_a_file(refused, table, tmp_path):
    several = sorted(tmp_path.glob("*.wav"))[:2]
    message = refused("predict", *several, "--format", "vtt", "--out", table / "new")
    assert "clips.csv/new cannot be used (Not a directory)" in message


@pytest.mark.usefixtures("no_report")
def test_run_folder_behind_a_link(table, tmp_path, capsys):
    """One to an empty folder, and one that leads nowhere yet: both lead to the run then."""
    (tmp_path / "empty").mkdir()
    for name, target in (("link", "empty"), ("dangling", "new")):
        (tmp_path / name).symlink_to(tmp_path / target)
        with pytest.raises(SystemExit) as ended:
            main(["run", str(table), *AUDIO_ALONE, *ONE_MODEL, "--out", str(tmp_path / name)])
        assert ended.value.code == 0, capsys.readouterr().err
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / target / "results.csv").is_file()


def test_run_folder_that_cannot_be_replaced(refused, table, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    message = refused("run", table, *AUDIO_ALONE, "--out", ".")
    assert "--out . is the folder that you are in" in message
    assert not any(Path.cwd().iterdir())


def test_negative_seed(tmp_path):
    with pytest.raises(SystemExit) as ended:
        main(["synthesise", str(tmp_path / "new"), "--seed", "-1"])
    assert ended.value.code == 2


def test_document_that_is_nested_too_deeply(refused, tmp_path):
    path, clip = tmp_path / "deep.json", tmp_path / "a.mp4"
    path.write_text("[" * 100_000, "utf-8")
    clip.write_bytes(b"")
    message = refused("export", "video", clip, "--out", tmp_path / "b.mp4", "--prediction", path)
    assert "deep.json cannot be read as JSON" in message


def test_a_recording_is_no_table(refused, table, tmp_path):
    message = refused("run", tmp_path / "ann-calm-1.wav")
    assert "ann-calm-1.wav is a recording; expected a folder of a corpus, or a CSV" in message


def test_data_are_named_once(refused, table):
    message = refused("run", table, "--set", "data.path=other.csv")
    assert "--set data.path was given beside" in message


def test_models_are_needed(refused, table):
    assert "models = []" in refused("run", table, *AUDIO_ALONE, "--set", "models=[]")


def test_folds_that_do_not_fit_are_refused_before_any_work(table, tmp_path, capfd):
    for setting in ('folds.speakers=[["ann"], ["zoe"]]', "folds.published=luna2021"):
        asked = ["run", str(table), *AUDIO_ALONE, "--out", str(tmp_path / "run"), "--set", setting]
        with pytest.raises(SystemExit) as ended:
            main(asked)
        message = " ".join(capfd.readouterr().err.split())
        assert ended.value.code == 2
        assert "or let folds be made (--set folds.published= or" in message
        assert "audio features" not in message


def test_fewer_folds_than_two_are_never_advised(refused, tmp_path, table):
    rows = table.read_text("utf-8").splitlines()
    few = tmp_path / "few.csv"
    few.write_text("\n".join((rows[0], rows[1], rows[8])), "utf-8")
    message = refused("run", few, *AUDIO_ALONE)
    assert "expected at least two emotions: add clips of other speakers" in message
