"""Many recordings at once; the command; what is imported on the way."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from predict_answers import dies_of_c, says_its_threads
from recordings import RATE, Track, fitted, spoken, write

from affuse.cli import main
from affuse.errors import BundleError, ConfigError
from affuse.predict.many import predict_many
from affuse.records import Prediction, Skipped


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three recordings, a broken one and a note, in a folder and a folder below."""
    place = tmp_path_factory.mktemp("many")
    (place / "deeper").mkdir()
    for number, name in enumerate(("b.wav", "a.wav", "deeper/c.wav"), start=1):
        sound = fitted(spoken(number)[RATE // 2 :], 0.8)
        write(place / name, Track(sound=sound, audio_codec="pcm_s16le"))
    (place / "broken.mp4").write_bytes(b"no film at all" * 10)
    (place / "notes.txt").write_text("not a recording")
    return place


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_results_come_in_the_order_given_and_a_bad_file_stops_nothing(folder, bundle_dir):
    names = ["b.wav", "broken.mp4", "a.wav"]
    reports = []
    outcomes = predict_many(
        [folder / name for name in names],
        bundle_dir=bundle_dir,
        jobs=2,
        progress=lambda *report: reports.append(report),
    )
    assert [type(outcome) for outcome in outcomes] == [Prediction, Skipped, Prediction]
    assert outcomes[0].path == str(folder / "b.wav")
    assert outcomes[1].name == str(folder / "broken.mp4")
    assert "cannot be read as sound or video" in outcomes[1].reason
    assert reports == [("recordings", done, 3) for done in range(4)]
    alone = predict_many([folder / name for name in names], bundle_dir=bundle_dir, jobs=1)
    assert alone == outcomes


def test_a_bad_bundle_is_said_before_any_file_is_read(folder, tmp_path, bundle_dir):
    with pytest.raises(BundleError, match=r"holds no bundle\.json"):
        predict_many([folder / "a.wav"], bundle_dir=tmp_path)
    altered = shutil.copytree(bundle_dir, tmp_path / "altered")
    (altered / "face.onnx").write_bytes(b"x" + (altered / "face.onnx").read_bytes())
    with pytest.raises(BundleError, match=r"face\.onnx was altered"):
        predict_many([folder / "a.wav"], bundle_dir=altered)
    with pytest.raises(ConfigError, match="0 jobs were asked for; expected at least 1"):
        predict_many([folder / "a.wav"], bundle_dir=bundle_dir, jobs=0)


def test_a_process_that_dies_takes_only_its_own_file(folder, bundle_dir, tmp_path, monkeypatch):
    """The system kills a process that wants too much memory; here a limit does."""
    from affuse.predict import many

    killed = many._killed(many._Task("large.mp4", bundle_dir, None)).reason
    assert killed.startswith("the process that read large.mp4 was killed; expected enough memory")

    monkeypatch.setattr(many, "_predicted", dies_of_c)
    paths = [folder / "a.wav", folder / "deeper" / "c.wav"]
    outcomes = predict_many(paths, bundle_dir=bundle_dir, jobs=2)
    assert [type(outcome) for outcome in outcomes] == [Prediction, Skipped]
    assert outcomes[1].reason.startswith(f"the process that read {paths[1]} was killed")


@pytest.mark.parametrize(("names", "jobs", "n_threads"), [("ab", 2, 1), ("ab", 1, 2), ("a", 2, 2)])
def test_processes_side_by_side_decode_on_one_thread_each(
    folder, bundle_dir, monkeypatch, names, jobs, n_threads
):
    from affuse.predict import many

    monkeypatch.setattr(many, "_predicted", says_its_threads)
    paths = [folder / f"{name}.wav" for name in names]
    outcomes = predict_many(paths, bundle_dir=bundle_dir, jobs=jobs)
    assert [one.reason for one in outcomes] == [str(n_threads)] * len(names)


def test_the_table(folder, bundle_dir, capsys):
    assert (
        run("predict", "--bundle", bundle_dir, folder / "b.wav", folder / "a.wav", "--jobs", 1) == 0
    )
    out = capsys.readouterr().out.splitlines()
    assert out[0].split()[:3] == ["file", "emotion", "p"]
    assert [line.split()[0] for line in out if line[0] != " "] == ["file", "b.wav", "a.wav"]


def test_a_folder_means_every_media_file_in_it(folder, bundle_dir, capsys):
    code = run("predict", "--bundle", bundle_dir, folder, "--format", "json", "--jobs", 1)
    shown = capsys.readouterr()
    assert code == 2
    paths = [one["path"] for one in json.loads(shown.out)["predictions"]]
    assert [Path(path).relative_to(folder).as_posix() for path in paths] == [
        "a.wav",
        "b.wav",
        "deeper/c.wav",
    ]
    (line,) = [line for line in shown.err.splitlines() if line.startswith("affuse:")]
    assert "broken.mp4 (140 bytes) cannot be read as sound or video" in line


def test_settings_arrive(tmp_path, bundle_dir, capsys):
    path = write(tmp_path / "v.wav", Track(sound=fitted(spoken(), 4.0), audio_codec="pcm_s16le"))
    options = ["--window", 1, "--hop", 1, "--threshold", 1, "--format", "json"]
    assert run("predict", "--bundle", bundle_dir, path, *options) == 0
    (found,) = json.loads(capsys.readouterr().out)["predictions"]
    assert len(found["segments"]) == 4
    assert found["emotion"] is None
    assert "less than the 100% asked for" in found["abstained"]


def test_files_are_written_where_asked(folder, bundle_dir, tmp_path, capsys):
    out = tmp_path / "subtitles"
    given = [folder / "a.wav", folder / "broken.mp4"]
    assert (
        run("predict", "--bundle", bundle_dir, *given, "--format", "vtt", "--out", out, "--jobs", 1)
        == 2
    )
    assert [path.name for path in out.iterdir()] == ["a.vtt"]
    assert f"Written to {out / 'a.vtt'}." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.wav", "--faces", "two"], "--faces 'two' was given; expected largest or all"),
        (["a.wav", "--window", "0"], "window 0 s was given; expected 0.5 s or more"),
        (["a.wav", "--format", "pdf"], "format 'pdf' was given; expected one of audformat, csv"),
        (["a.wav", "b.wav", "--format", "eaf"], "2 clips were given, but a document in format"),
        (["a.wav", "--format", "audformat"], "cannot be shown as text; expected a name for it"),
        (["nothing"], "nothing is not a file; expected a sound or video file"),
        (["a.wav", ""], "an empty name was given; expected a recording or a folder"),
        (["deeper/empty"], "holds no media file; expected sound or video files"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    folder, bundle_dir, arguments, message, capsys, monkeypatch
):
    (folder / "deeper" / "empty").mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    assert run("predict", "--bundle", bundle_dir, *arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("affuse: ")
    assert message in line


def test_an_empty_folder_costs_the_others_nothing(folder, bundle_dir, capsys, monkeypatch):
    (folder / "deeper" / "empty").mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    good = next(path.name for path in sorted(folder.glob("*.wav")))
    assert run("predict", "--bundle", bundle_dir, "deeper/empty", good, "--jobs", 1) == 2
    output = capsys.readouterr()
    assert good in output.out
    assert "deeper/empty: no media file in it" in output.err
    assert "deeper/empty is not a file; expected a sound or video file" in output.err


GUARD = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError(name + " must not be imported")

sys.meta_path.insert(0, Refuse())
import affuse
found = affuse.load({bundle!r}).predict({media!r})
print(found.emotion)
print(*sorted({{name.split(".")[0] for name in sys.modules}}))
"""


def test_prediction_needs_no_package_for_training(talking, bundle_dir, found):
    blocked = ("torch", "sklearn", "pandas", "onnx", "skl2onnx", "joblib", "h5py", "librosa")
    code = GUARD.format(blocked=blocked, bundle=str(bundle_dir), media=str(talking))
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    emotion, modules = ended.stdout.splitlines()
    assert emotion == found.emotion
    assert not set(modules.split()) & {*blocked, "matplotlib", "soundfile"}


def test_ctrl_c_ends_the_command_and_its_processes(tmp_path, bundle_dir):
    import os
    import signal
    import time
    from contextlib import suppress

    psutil = pytest.importorskip("psutil")

    def at_work(process_id: int) -> set[str]:
        """Recordings that processes of a call have open."""
        found = set()
        with suppress(psutil.Error):
            for child in psutil.Process(process_id).children(recursive=True):
                with suppress(psutil.Error):
                    found |= {file.path for file in child.open_files()}
        return found & set(map(str, paths))

    # The same samples at a third of the rate: twenty minutes that are quickly written.
    samples = np.rint(fitted(spoken(), 4.0) * 32767).astype("<i2").tobytes()
    paths = [tmp_path / f"{n}.wav" for n in (1, 2)]
    for path in paths:
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(100 * samples)
    command = [sys.executable, "-m", "affuse", "predict", "--bundle", bundle_dir, *paths]
    with subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A suite that runs in the background hands on that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        end_s = time.monotonic() + 60
        while len(at_work(process.pid)) < 2 and process.poll() is None:
            assert time.monotonic() < end_s, "they did not begin"
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        try:
            out, err = process.communicate(timeout=60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "affuse: interrupted; nothing was written"
    assert "Traceback" not in err
    assert out == ""
