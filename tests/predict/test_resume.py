"""A call that was cut short goes on where it ended, and gives what an undisturbed one gives."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from recordings import RATE, Track, fitted, small_portrait, spoken, write

from affuse.cli import main
from affuse.predict import many
from affuse.predict.answers import AnswerStore, default_answers
from affuse.predict.many import predict_many
from affuse.predict.settings import Settings, settings_of
from affuse.records import Prediction, Skipped


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two voices, a face that speaks, and a file that is none."""
    place = tmp_path_factory.mktemp("written")
    for number, name in enumerate(("a.wav", "c.wav"), start=1):
        sound = fitted(spoken(number)[RATE // 2 :], 0.8)
        write(place / name, Track(sound=sound, audio_codec="pcm_s16le"))
    write(place / "b.mp4", Track([small_portrait()] * 5, sound=fitted(spoken()[RATE // 2 :], 0.5)))
    (place / "d.mp4").write_bytes(b"no film at all" * 10)
    return place


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(written, tmp_path / "clips"))


@pytest.fixture
def predicted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were predicted, in their order."""
    names: list[str] = []
    judge = many._predicted

    def noted(task):
        names.append(Path(task.path).name)
        return judge(task)

    monkeypatch.setattr(many, "_predicted", noted)
    return names


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def predict(bundle_dir: Path, folder: Path, *options: object) -> int:
    return run("predict", "--bundle", bundle_dir, folder, "--jobs", 1, *options)


def cut_short_after(monkeypatch: pytest.MonkeyPatch, n_predicted: int) -> None:
    """Ctrl-C comes while the next one is judged."""
    judge, count = many._predicted, iter(range(100))

    def interrupted(task):
        if next(count) == n_predicted:
            raise KeyboardInterrupt
        return judge(task)

    monkeypatch.setattr(many, "_predicted", interrupted)


@pytest.mark.parametrize("format", ["csv", "json", "table"])
def test_a_call_that_was_cut_short_goes_on(
    folder, bundle_dir, tmp_path, monkeypatch, capsys, predicted, format
):
    suffix = {"table": ".txt"}.get(format, f".{format}")
    whole, out = tmp_path / f"whole{suffix}", tmp_path / f"out{suffix}"
    assert predict(bundle_dir, folder, "--format", format, "--out", whole) == 2
    for answer in default_answers().root.iterdir():
        answer.unlink()
    with monkeypatch.context() as patch:
        cut_short_after(patch, 2)
        assert predict(bundle_dir, folder, "--format", format, "--out", out) == 130
    message = capsys.readouterr().err.splitlines()[-1]
    assert message == (
        "affuse: interrupted; 2 of 4 recordings are kept: the same command with --resume goes on "
        "from there"
    )
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("out")] == []
    predicted.clear()
    assert predict(bundle_dir, folder, "--format", format, "--out", out, "--resume") == 2
    assert predicted == ["c.wav", "d.mp4"]
    assert out.read_bytes() == whole.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"clips", whole.name, out.name}


def test_documents_of_their_own_are_there_as_they_come(
    folder, bundle_dir, tmp_path, monkeypatch, capsys, predicted
):
    out = tmp_path / "subtitles"
    with monkeypatch.context() as patch:
        cut_short_after(patch, 2)
        assert predict(bundle_dir, folder, "--format", "vtt", "--out", out) == 130
    assert sorted(path.name for path in out.iterdir()) == ["a.vtt", "b.vtt"]
    predicted.clear()
    assert predict(bundle_dir, folder, "--format", "vtt", "--out", out, "--resume") == 2
    assert predicted == ["c.wav", "d.mp4"]
    assert sorted(path.name for path in out.iterdir()) == ["a.vtt", "b.vtt", "c.vtt"]


def test_mended_and_new_files_are_judged_and_the_rest_is_not(
    folder, bundle_dir, tmp_path, capsys, predicted
):
    out = tmp_path / "out.csv"
    assert predict(bundle_dir, folder, "--format", "csv", "--out", out) == 2
    write(folder / "d.mp4", Track([small_portrait(2)] * 5, sound=fitted(spoken(2), 0.5)))
    write(folder / "e.wav", Track(sound=fitted(spoken(3), 0.8), audio_codec="pcm_s16le"))
    predicted.clear()
    assert predict(bundle_dir, folder, "--format", "csv", "--out", out, "--resume") == 0
    assert predicted == ["d.mp4", "e.wav"]
    names = [line.split(",")[0] for line in out.read_text().splitlines()[1:]]
    assert list(dict.fromkeys(Path(name).name for name in names)) == [
        "a.wav", "b.mp4", "c.wav", "d.mp4", "e.wav",
    ]  # fmt: skip


def test_a_file_that_somebody_changed_is_not_replaced(folder, bundle_dir, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert predict(bundle_dir, folder / "a.wav", "--format", "csv", "--out", out) == 0
    out.write_text(out.read_text() + "my own line\n")
    capsys.readouterr()
    for options in ([], ["--resume"]):
        given = ["--format", "csv", "--out", out, *options]
        assert predict(bundle_dir, folder / "a.wav", *given) == 2
        assert "exists already, and nothing is overwritten" in capsys.readouterr().err
    assert out.read_text().endswith("my own line\n")


def test_without_the_word_everything_is_judged_anew(folder, bundle_dir, capsys, predicted):
    for _ in range(2):
        assert predict(bundle_dir, folder) == 2
    assert predicted == ["a.wav", "b.mp4", "c.wav", "d.mp4"] * 2


@pytest.mark.parametrize("change", ["window", "bundle", "content", "time", "damage", "junk"])
def test_another_call_is_not_answered_from_there(folder, bundle_dir, predicted, change, tmp_path):
    from tiny_bundle import tiny_bundle, voice_member

    from affuse.bundle.writer import write_bundle
    from affuse.storage.sealing import seal

    path, store, settings = folder / "a.wav", AnswerStore(tmp_path / "kept"), Settings()
    ask = {"settings": settings, "bundle_dir": bundle_dir, "answers": store, "resume": True}
    (first,) = predict_many([path], **ask)
    (again,) = predict_many([path], **ask)
    assert first == again
    assert predicted == ["a.wav"]
    (answer,) = store.root.iterdir()
    status = path.stat()
    if change == "window":
        ask["settings"] = settings_of(window_s=1.0)
    elif change == "bundle":
        ask["bundle_dir"] = write_bundle(tiny_bundle([voice_member()]), tmp_path / "other")
    elif change == "content":
        write(path, Track(sound=fitted(spoken(3), 0.9), audio_codec="pcm_s16le"))
    elif change == "time":
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))
    elif change == "damage":
        answer.write_bytes(answer.read_bytes().replace(b"angry", b"happy", 1))
    else:
        answer.write_bytes(b'{"path": 3}')
        seal(answer)
    predict_many([path], **ask)
    assert predicted == ["a.wav", "a.wav"]


def test_embeddings_are_asked_anew_where_their_description_changed(folder, tmp_path):
    graph, store = tmp_path / "faces.onnx", AnswerStore(tmp_path / "kept")
    graph.write_bytes(b"graph")
    settings = settings_of(people=True, face_embedding=f"onnx:{graph}")
    keys = []
    for description in ("", '{"threshold": 0.4}', '{"threshold": 0.9}'):
        if description:
            graph.with_suffix(".json").write_text(description)
        keys.append(store.key(str(folder / "a.wav"), "shipped", settings))
    assert len(set(keys)) == 3
    for no_graph in ("onnx:.", "onnx:/"):
        settings = settings_of(people=True, face_embedding=no_graph)
        assert store.key(str(folder / "a.wav"), "shipped", settings)


def test_nobody_else_may_look_into_what_is_kept(folder, bundle_dir, tmp_path):
    store = AnswerStore(tmp_path / "kept")
    predict_many([folder / "a.wav"], bundle_dir=bundle_dir, answers=store)
    assert store.root.stat().st_mode & 0o077 == 0
    (answer,) = store.root.iterdir()
    os.utime(answer, (0, 0))
    store.sweep()
    assert list(store.root.iterdir()) == []


def test_an_answer_comes_back_as_it_was(recogniser, talking, tmp_path):
    store, found = AnswerStore(tmp_path), recogniser.predict(talking, window_s=1.0)
    found = replace(found, notes=("über\n", "b\udcff"))
    store.save("key", found)
    assert store.load("key") == found
    assert store.load("other") is None


ERRORS = [
    OverflowError("value too large to convert to int32_t"),
    RuntimeError("Non-zero status code returned while running Conv node"),
    KeyError("video"),
    ZeroDivisionError(),
    RecursionError("maximum recursion depth exceeded"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_that_nobody_foresaw_is_one_line(
    folder, bundle_dir, monkeypatch, capsys, private_cache, error
):
    """Real ones are mended as they are found: this one is made."""
    from affuse.predict.recogniser import Recogniser

    judge = Recogniser.judge

    def failing(self, path, *settings):
        if path.endswith("b.mp4"):
            raise error
        return judge(self, path, *settings)

    monkeypatch.setattr(Recogniser, "judge", failing)
    assert predict(bundle_dir, folder, "--format", "csv") == 2
    message = capsys.readouterr()
    assert {Path(line.split(",")[0]).name for line in message.out.splitlines()[1:]} == {
        "a.wav", "c.wav",
    }  # fmt: skip
    lines = [line for line in message.err.splitlines() if line.startswith("affuse:")]
    assert len(lines) == 2
    assert f"b.mp4 cannot be read ({type(error).__name__}" in lines[0]
    (log,) = (private_cache / "errors").iterdir()
    assert f"its traceback is in {log}" in lines[0]
    assert "in failing" in log.read_text("utf-8")


def test_what_was_passed_over_is_counted(folder, bundle_dir, capsys):
    (folder / "notes.txt").write_text("no recording")
    (folder / "empty.mp3").touch()
    assert predict(bundle_dir, folder) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "passed over" in line]
    assert line.startswith(f"{folder}: 2 passed over: ")
    assert "1 with the suffix .txt, which is none of a media file" in line
    assert "1 empty (0 bytes)" in line


def test_outcomes_are_told_as_they_come(folder, bundle_dir):
    outcomes: list[tuple[int, type]] = []
    predict_many(
        sorted(folder.iterdir()),
        bundle_dir=bundle_dir,
        jobs=1,
        on_outcome=lambda number, outcome: outcomes.append((number, type(outcome))),
    )
    assert outcomes == [(0, Prediction), (1, Prediction), (2, Prediction), (3, Skipped)]


def test_a_full_disk_is_one_line_and_leaves_nothing(folder, bundle_dir, tmp_path):
    """A limit on the size of files stands for the full disk: writing fails in the middle."""
    import resource
    import subprocess
    import sys

    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    command = [sys.executable, "-m", "affuse", "predict", folder / "a.wav"]
    command += ["--bundle", bundle_dir, "--jobs", "1", "--format", "csv"]
    found = subprocess.run(
        [str(word) for word in [*command, "--out", tmp_path / "out.csv"]],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=small_files_only,
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = [line for line in found.stderr.splitlines() if line.startswith("affuse:")]
    assert found.returncode == 2, found.stderr
    assert len(lines) == 1, found.stderr
    assert "out.csv cannot be written (File too large); expected a writable folder" in lines[0]
    assert [path.name for path in tmp_path.iterdir()] == ["clips"]


def test_answers_for_other_recordings_are_not_lost(folder, bundle_dir, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert predict(bundle_dir, folder / "a.wav", "--out", out) == 0
    before = out.read_bytes()
    assert predict(bundle_dir, folder / "c.wav", "--out", out, "--resume") == 2
    message = capsys.readouterr().err
    assert f"tells of other recordings than these ({folder / 'a.wav'}); expected all" in message
    assert out.read_bytes() == before
    assert predict(bundle_dir, folder / "c.wav", folder / "a.wav", "--out", out, "--resume") == 0
    assert len(out.read_text("utf-8").splitlines()) == 3


def test_two_recordings_of_one_name_do_not_share_a_file(folder, bundle_dir, tmp_path, capsys):
    other = tmp_path / "other"
    other.mkdir()
    for name in ("a.wav", "c.wav"):
        (other / name).write_bytes((folder / name).read_bytes())
    out = tmp_path / "out"
    asked = ("--jobs", 1, "--format", "json", "--out", out)
    first = (folder / "a.wav", folder / "c.wav")
    assert run("predict", "--bundle", bundle_dir, *first, *asked) == 0
    second = ("predict", "--bundle", bundle_dir, other, *asked)
    assert run(*second, "--resume") == 2
    assert "a.json tells of other recordings than these" in capsys.readouterr().err
