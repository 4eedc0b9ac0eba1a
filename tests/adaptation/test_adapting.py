"""`affuse adapt` from files to a bundle that prediction reads."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from tiny_bundle import tiny_bundle, voice_member

import affuse
from affuse.adaptation.adapting import Adaptation
from affuse.bundle.bundle import Bundle
from affuse.bundle.named import bundle_folder as named_folder
from affuse.bundle.provenance import known_speakers, training_clips
from affuse.bundle.reader import read_bundle
from affuse.bundle.writer import write_bundle
from affuse.cli import main
from affuse.errors import BundleError, DatasetError


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    message = capsys.readouterr()
    return int(ended.value.code or 0), message.out, message.err


def subset(mine: Path, name: str, keep) -> Path:
    """Rows of the table that are kept, as another table beside it."""
    with mine.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if keep(row)]
    lines = [f"{row['path']},{row['emotion']},{row['speaker']}" for row in rows]
    place = mine.with_name(f"{name}.csv")
    place.write_text("\n".join(["path,emotion,speaker", *lines]), "utf-8")
    return place


@pytest.fixture(scope="module")
def adapted(bundle_folder, mine, common_cache) -> Adaptation:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFUSE_CACHE", str(common_cache))
        return affuse.adapt(bundle_folder, mine, jobs=1)


@pytest.fixture
def already_read(adapted, keep_features) -> None:
    """What `adapted` has read of the clips need not be read again."""


def test_a_bundle_that_confuses_emotions_learns_what_they_are_called(adapted):
    answer = adapted.changes[0]
    assert answer.part == "answer"
    assert (answer.n_clips, answer.n_groups) == (30, 5)
    assert answer.before < 0.4
    assert answer.after > 0.9
    assert answer.low > 0
    assert adapted.helps
    assert adapted.reasons == ()
    assert adapted.emotions == {"happy": 10, "sad": 10, "angry": 10}
    assert [skipped.name for skipped in adapted.skipped] == ["broken"]
    assert any(note.startswith("1 clip was left out; broken: ") for note in adapted.notes)


def test_it_is_written_read_and_predicts_otherwise(adapted, bundle_folder, mine, tmp_path):
    folder = adapted.write(tmp_path / "adapted")
    manifest, before = read_bundle(folder).manifest, read_bundle(bundle_folder)
    origin = manifest.adapted_from
    assert origin.name == before.manifest.name
    assert before.title.endswith(origin.sha256[:12])
    assert (origin.data, origin.n_speakers) == ("mine", 5)
    assert (manifest.format, manifest.name) == (4, "tiny adapted to mine")
    assert read_bundle(folder).files["voice.onnx"] == before.files["voice.onnx"]
    clip = mine.with_name("s1-angry-0.wav")
    assert affuse.load(bundle_folder).predict(clip).emotion != "angry"
    assert affuse.load(folder).predict(clip).emotion == "angry"


def test_whoever_it_was_fitted_to_is_known_to_it(adapted, mine):
    known = known_speakers(adapted.bundle.manifest.trained_on, affuse.read(mine))
    assert known == ("s0", "s1", "s2", "s3", "s4")


def test_card_says_what_it_was_fitted_to_and_keeps_the_card_of_before(adapted):
    card = adapted.bundle.card
    assert card.startswith("# tiny adapted to mine\n")
    assert "30 clips of mine (happy 10, sad 10, angry 10; 5 speakers)" in card
    assert f"| answer | 30 | {100 * adapted.changes[0].before:.1f} % |" in card
    assert "## Tiny" in card
    assert "fitted to clips of mine" in adapted.bundle.manifest.licence
    figures = adapted.bundle.manifest.figures
    assert [each.system for each in figures[:2]] == [
        "the answer", "the answer before it was adapted",
    ]  # fmt: skip
    assert figures[0].uar == adapted.changes[0].after
    assert figures[0].leak == ""


@pytest.mark.usefixtures("already_read")
def test_a_second_time_starts_from_the_first(adapted, mine, tmp_path):
    folder = adapted.write(tmp_path / "once")
    again = affuse.adapt(folder, mine, jobs=1)
    assert again.changes[0].before > 0.9
    assert any("was trained on 5 of the 5 speakers" in note for note in again.notes)
    assert again.bundle.manifest.figures[0].leak


@pytest.mark.usefixtures("already_read")
def test_what_fits_people_who_are_known_is_not_known_to_fit_others(adapted, mine, tmp_path, capsys):
    """Clips that a network has learned by heart make it surer, and wrong about everybody else."""
    most = bundle_of(adapted, mine, {"s0", "s1", "s2", "s3"}, tmp_path)
    found = affuse.adapt(most, mine, jobs=1)
    reason = "what fits people whom the bundle was trained on need not fit others; expected two "
    assert found.changes[0].real
    assert found.decisive is None
    assert found.reasons == (f"{reason}speakers or more that are unseen in its training",)
    known = bundle_of(adapted, mine, {"s0", "s1"}, tmp_path)
    others = affuse.adapt(known, mine, jobs=1)
    assert others.decisive is others.changes[-1]
    assert (others.decisive.part, others.decisive.n_groups) == (
        "answer, people unseen in training",
        3,
    )
    assert others.decisive.n_clips == 18
    assert others.helps
    code, out, _ = printed(capsys, "adapt", known, mine, "--jobs", 1, "--out", tmp_path / "new")
    assert code == 0
    assert re.search(r"^answer, people unseen in training +18 ", out, re.MULTILINE)


def bundle_of(adapted: Adaptation, mine: Path, met: set[str], folder: Path) -> Path:
    """The bundle as it was before, had it been trained on some of the speakers."""
    clips = [clip for clip in affuse.read(mine) if clip.speaker in met]
    fields = {"trained_on": training_clips("theirs", clips)}
    manifest = adapted.before.manifest.model_copy(update=fields)
    return write_bundle(Bundle(manifest, adapted.before.files), folder / f"met-{len(met)}")


@pytest.mark.usefixtures("already_read")
def test_command_writes_what_helps(bundle_folder, mine, tmp_path, capsys):
    asked = ("adapt", bundle_folder, mine, "--jobs", 1, "--out", tmp_path / "new one")
    code, out, _ = printed(capsys, *asked)
    assert code == 0
    assert (
        "30 clips   5 speakers   5 folds, speakers kept apart   happy 10, sad 10, angry 10" in out
    )
    assert "points of UAR on people it was not fitted to." in out
    assert f"Written to {tmp_path / 'new one'}." in out
    assert out.endswith(f"Next: affuse predict my.mp4 --bundle '{tmp_path / 'new one'}'\n")
    assert "tiny adapted to mine" in read_bundle(tmp_path / "new one").title
    code, out, err = printed(capsys, *asked)
    assert (code, out) == (2, "")
    assert "exists and is not empty; expected a new folder" in err


@pytest.mark.usefixtures("already_read")
def test_one_speaker_is_not_enough_unless_it_is_asked_for(bundle_folder, mine, tmp_path, capsys):
    own = subset(mine, "one", lambda row: row["speaker"] == "s1")
    asked = ("adapt", bundle_folder, own, "--jobs", 1, "--out", tmp_path / "new")
    code, out, _ = printed(capsys, *asked)
    assert code == 1
    assert "clips of one speaker kept apart" in out
    assert "all clips are of one speaker, who says nothing about others" in out
    assert "Nothing was written: add clips, or write it all the same with --anyway." in out
    assert not (tmp_path / "new").exists()
    code, out, _ = printed(capsys, *asked, "--anyway")
    assert code == 0
    manifest = read_bundle(tmp_path / "new").manifest
    assert manifest.figures[0].leak == "clips of one speaker are on both sides"
    assert (
        "It is not known to help: all clips are of one speaker"
        in read_bundle(tmp_path / "new").card
    )


@pytest.mark.usefixtures("already_read")
def test_too_few_of_an_emotion_is_said(bundle_folder, mine):
    few = subset(mine, "few", lambda row: row["emotion"] != "sad" or row["path"] == "s0-sad-0.wav")
    found = affuse.adapt(bundle_folder, few, jobs=1)
    assert not found.helps
    assert "clips: 1 of sad; expected 2 of each emotion or more" in found.reasons


def test_emotions_that_the_bundle_does_not_know(mine):
    with pytest.raises(DatasetError) as refused:
        affuse.adapt("open", mine)
    assert str(refused.value) == (
        "clips of angry were given; the bundle knows happy, sad: leave these out with --emotions "
        "happy,sad"
    )


@pytest.mark.parametrize(
    ("asked", "absent"),
    [(["disgust"], "disgust"), (["sad", "angry", "hapy"], "hapy"), ([""], "''")],
)
def test_emotions_that_no_clip_shows(mine, asked, absent):
    with pytest.raises(DatasetError, match=f"none of 31 clips is of {absent}; they are of angry"):
        affuse.adapt("shipped", mine, emotions=asked)


def test_clips_with_numbers_cannot_be_adapted_to(mine):
    place = mine.with_name("numbers.csv")
    place.write_text("path,speaker,valence\ns0-sad-0.wav,s0,0.1\ns1-sad-0.wav,s1,0.3\n", "utf-8")
    with pytest.raises(DatasetError) as refused:
        affuse.adapt("shipped", place)
    assert str(refused.value) == (
        "clips with numbers (valence) and no emotion were given; expected an emotion of each: a "
        "bundle can be adapted to emotions alone"
    )


@pytest.mark.usefixtures("already_read")
def test_rows_without_a_file_are_told_of(bundle_folder, mine):
    place = mine.with_name("gone.csv")
    place.write_text(mine.read_text("utf-8") + "\ngone.wav,sad,s9\n", "utf-8")
    found = affuse.adapt(bundle_folder, place, jobs=1)
    assert [skip.name for skip in found.skipped] == ["gone.wav", "broken"]
    assert any(note.startswith("2 clips were left out; gone.wav: ") for note in found.notes)


def test_a_place_that_cannot_be_written_is_refused_before_the_work(mine, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    asked = ("adapt", "no bundle", mine, "--out", tmp_path / "file" / "new")
    code, _, err = printed(capsys, *asked)
    assert code == 2
    assert "cannot be written (a part of this path is a file, not a folder)" in err


def test_clips_of_one_emotion_are_refused_before_they_are_read(mine):
    with pytest.raises(DatasetError) as refused:
        affuse.adapt("shipped", mine, emotions=["sad"])
    assert str(refused.value) == (
        "mine has 11 clips that can be used, all of sad; expected clips of at least two emotions, "
        "better ten of each: add some"
    )


def test_numbers_cannot_be_adapted(mine, tmp_path):
    bundle = tiny_bundle([voice_member()])
    member = bundle.manifest.members[0].model_copy(update={"classes": ("valence",)})
    fields = {"classes": (), "targets": ("valence",), "members": (member,), "format": 3}
    manifest = bundle.manifest.model_copy(update=fields)
    folder = write_bundle(type(bundle)(manifest, bundle.files), tmp_path / "numbers")
    with pytest.raises(BundleError, match=r"gives numbers \(valence\); expected a bundle of emo"):
        affuse.adapt(folder, mine)


def test_what_was_read_is_kept(bundle_folder, mine, monkeypatch):
    from affuse.adaptation import outputs

    first = affuse.adapt(bundle_folder, mine, jobs=1)
    read, opened = outputs.read_recording, []

    def noting(path: Path, *more: object) -> object:
        opened.append(path.name)
        return read(path, *more)

    monkeypatch.setattr(outputs, "read_recording", noting)
    assert affuse.adapt(bundle_folder, mine, jobs=1).changes == first.changes
    assert opened == ["broken.wav"]


@pytest.mark.data
def test_english_voices_adapted_to_german_ones(shared_data, tmp_path):
    """What has met CREMA-D alone takes joy of EMO-DB for sadness; few clips mend that."""
    index = affuse.read(shared_data / "corpora" / "EMO-DB")
    speakers = sorted({clip.speaker for clip in index})[:4]
    rows = ["path,emotion,speaker"]
    for speaker in speakers:
        for emotion in ("happy", "sad"):
            own = [c for c in index if (c.speaker, c.emotion) == (speaker, emotion)][:4]
            rows += [f"{clip.audio},{emotion},{speaker}" for clip in own]
    (tmp_path / "german.csv").write_text("\n".join(rows), "utf-8")
    found = affuse.adapt("open", tmp_path / "german.csv", jobs=1)
    assert found.n_speakers == 4
    assert found.changes[0].difference > 0.1
    assert found.changes[0].loss_after < found.changes[0].loss_before
    assert found.notes == ()


def test_the_shipped_bundle_has_not_moved():
    assert read_bundle(named_folder("shipped")).manifest.adapted_from is None
