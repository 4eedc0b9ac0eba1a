"""People's annotations of long recordings become labelled clips; so do affuse's own exports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from predictions import ABSTAINED, interview, window

from affuse.corpora.annotations.documents import FORMAT
from affuse.corpora.index import Index
from affuse.corpora.registry import read
from affuse.errors import DatasetError, MissingDependency
from affuse.export.document import FORMAT as WRITTEN
from affuse.export.document import to_json
from affuse.export.formats.eaf import to_eaf
from affuse.export.formats.textgrid import to_textgrid
from affuse.extractors.mfcc import Mfcc
from affuse.features.context import RunContext
from affuse.features.extract import extract_features
from affuse.features.store import FeatureStore
from affuse.records import RAVDESS_EMOTIONS, Prediction
from affuse.registries import READERS

pympi = pytest.importorskip("pympi", reason="pympi-ling is not installed (extra interop)")
textgrid = pytest.importorskip("praatio.textgrid", reason="praatio is not installed")

Marks = Sequence[tuple[int, int, str]]
"""Start and end in ms, label."""


def media(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"0")
    return folder


def elan(path: Path, tiers: Mapping[str, Marks], participant: str = "", link: str = "") -> None:
    document = pympi.Eaf(author="")
    for name, marks in tiers.items():
        document.add_tier(name, part=participant)
        for start, end, label in marks:
            document.add_annotation(name, start, end, label)
    if link:
        document.add_linked_file(f"file:///elsewhere/{link}", f"./{link}", "video/mp4")
    document.to_file(str(path))


def praat(path: Path, tiers: Mapping[str, Marks], end_s: float = 20.0) -> None:
    grid = textgrid.Textgrid()
    for name, marks in tiers.items():
        entries = [(a / 1000, b / 1000, label) for a, b, label in marks]
        grid.addTier(textgrid.IntervalTier(name, entries, 0, end_s))
    grid.save(str(path), "long_textgrid", True)


def cuts(index: Index) -> list[tuple[float | None, float | None, str]]:
    return sorted((clip.start_s, clip.end_s, clip.emotion) for clip in index)


def reasons(index: Index) -> dict[str, str]:
    return {skip.name: skip.reason for skip in index.skipped}


def test_an_elan_tier_named_emotion_becomes_clips(tmp_path: Path) -> None:
    folder = media(tmp_path / "talks", "day 1/Größe.mp4", "day 1/Größe.wav", "alone.wav")
    tiers = {
        "words": [(0, 900, "hello")],
        "Emotion": [(500, 2250, "Joy"), (2250, 4000, "laughs"), (4000, 5500, "sad")],
    }
    elan(folder / "day 1" / "Größe.eaf", tiers, participant="Ann")
    index = read(folder)
    assert [(c.id, c.start_s, c.end_s, c.emotion) for c in index] == [
        ("day 1/Größe@0.5-2.25", 0.5, 2.25, "happy"),
        ("day 1/Größe@4-5.5", 4.0, 5.5, "sad"),
    ]
    assert {c.speaker for c in index} == {"Ann"}
    assert {c.corpus for c in index} == {"talks"}
    assert (index[0].audio, index[0].video) == (
        folder / "day 1" / "Größe.wav",
        folder / "day 1" / "Größe.mp4",
    )
    why = reasons(index)
    assert "its label 'laughs' is no emotion that affuse knows" in why["day 1/Größe@2.25-4"]
    assert why["alone.wav"] == "no annotation lies beside it"
    assert not index.notes


def test_a_textgrid_with_one_tier_needs_no_name(tmp_path: Path) -> None:
    folder = media(tmp_path, "talk.ogg")
    praat(folder / "talk.TextGrid", {"what I heard": [(1000, 2000, "ANGER"), (3000, 3500, "fear")]})
    index = read(folder)
    assert cuts(index) == [(1.0, 2.0, "angry"), (3.0, 3.5, "fearful")]
    assert index.speakers == ("talk",)
    assert "Nothing says who speaks in talk" in index.notes[0]
    assert cuts(read(folder / "talk.TextGrid")) == cuts(index)


def test_each_person_may_have_a_tier(tmp_path: Path) -> None:
    folder = media(tmp_path, "talk.wav")
    tiers = {"emotion@Ann": [(0, 1000, "sad")], "emotion Ben": [(0, 1000, "calm")], "x": []}
    elan(folder / "talk.eaf", tiers)
    assert [(c.id, c.speaker, c.emotion) for c in read(folder)] == [
        ("talk@0-1 Ann", "Ann", "sad"),
        ("talk@0-1 Ben", "Ben", "calm"),
    ]


def test_a_person_goes_before_our_own_answers(tmp_path: Path) -> None:
    folder = media(tmp_path, "talk.wav")
    elan(folder / "talk.eaf", {"fused": [(0, 900, "sad")], "emotion": [(0, 900, "happy")]})
    assert cuts(read(folder)) == [(0.0, 0.9, "happy")]


def test_several_tiers_without_the_name_are_refused(tmp_path: Path) -> None:
    folder = media(tmp_path, "talk.wav")
    elan(folder / "talk.eaf", {"words": [(0, 900, "hello")], "mood": [(0, 900, "sad")]})
    with pytest.raises(
        DatasetError,
        match=r"talk\.eaf has the tiers .*words.*mood.*; expected one that is named emotion: "
        r"rename",
    ):
        read(folder)


def test_two_annotations_of_one_recording_are_refused(tmp_path: Path) -> None:
    folder = media(tmp_path, "talk.wav")
    elan(folder / "talk.eaf", {"emotion": [(0, 900, "sad")]})
    praat(folder / "talk.TextGrid", {"emotion": [(0, 900, "happy")]})
    with pytest.raises(DatasetError, match=r"talk\.wav is annotated in .*; expected one"):
        read(folder)


def test_elan_finds_the_recording_that_it_links_to(tmp_path: Path) -> None:
    folder = media(tmp_path, "video/session one.mp4")
    elan(folder / "notes.eaf", {"emotion": [(0, 900, "sad")]}, link="video/session one.mp4")
    elan(folder / "lost.eaf", {"emotion": [(0, 900, "sad")]}, link="gone.mp4")
    index = read(folder)
    assert [clip.video for clip in index] == [folder / "video" / "session one.mp4"]
    assert reasons(index)["lost.eaf"] == "its recording (gone.mp4) does not lie beside it"


@pytest.mark.parametrize(("name", "form"), [("talk.eaf", "ELAN"), ("talk.TextGrid", "a TextGrid")])
def test_what_cannot_be_read_is_one_line(tmp_path: Path, name: str, form: str) -> None:
    folder = media(tmp_path, "talk.wav", name)
    with pytest.raises(DatasetError, match=rf"{name} cannot be read as {form} \(.+save it") as told:
        read(folder)
    assert "\n" not in str(told.value)


def test_labels_that_are_no_emotions_leave_nothing(tmp_path: Path) -> None:
    folder = media(tmp_path, "talk.wav")
    praat(folder / "talk.TextGrid", {"words": [(0, 900, "hello")]})
    with pytest.raises(DatasetError, match=r"no annotation in .*'hello' is no emotion"):
        read(folder)


@pytest.mark.parametrize(
    ("module", "name", "package"),
    [("pympi", "a.eaf", "pympi-ling"), ("praatio", "a.TextGrid", "praatio")],
)
def test_a_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str, package: str
) -> None:
    folder = media(tmp_path, "a.wav", name)
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(MissingDependency, match=rf"{package}.*pip install 'affuse\[interop\]'"):
        read(folder)


@pytest.fixture
def talk(tmp_path: Path) -> Prediction:
    """Eight seconds: happy, undecided; the recording is there."""
    media(tmp_path, "talk.mp4")
    segments = (window(0.0, "happy", 0.8), ABSTAINED, window(8.0, "angry", 0.7))
    return Prediction(
        path=str(tmp_path / "talk.mp4"),
        duration_s=12.0,
        emotion="happy",
        confidence=0.6,
        probabilities=segments[0].probabilities,
        segments=segments,
        classes=RAVDESS_EMOTIONS,
        recogniser="affuse-shipped 1f2e",
    )


ANSWERS = [(0.0, 4.0, "happy"), (8.0, 12.0, "angry")]


def test_our_own_elan_export_comes_back(tmp_path: Path, talk: Prediction) -> None:
    (tmp_path / "talk.eaf").write_text(to_eaf(talk, tmp_path), "utf-8")
    index = read(tmp_path)
    assert cuts(index) == ANSWERS
    assert "'undecided' is no emotion" in reasons(index)["talk@4-8"]


def test_our_own_textgrid_export_comes_back(tmp_path: Path, talk: Prediction) -> None:
    (tmp_path / "talk.TextGrid").write_text(to_textgrid(talk), "utf-8")
    assert cuts(read(tmp_path)) == ANSWERS


def test_our_own_json_comes_back_as_it_was_corrected(tmp_path: Path, talk: Prediction) -> None:
    assert FORMAT == WRITTEN
    document = json.loads(to_json([talk]))
    (tmp_path / "results.json").write_text(json.dumps(document), "utf-8")
    index = read(tmp_path)
    assert cuts(index) == ANSWERS
    assert reasons(index)["talk@4-8"] == "20 % is under the threshold of 30 %"
    assert "answers of affuse-shipped 1f2e, as far as nobody has corrected" in " ".join(index.notes)
    document["predictions"][0]["segments"][1]["emotion"] = "Fear"
    (tmp_path / "results.json").write_text(json.dumps(document), "utf-8")
    assert (4.0, 8.0, "fearful") in cuts(read(tmp_path))


def test_faces_of_an_export_are_people_of_their_own(tmp_path: Path, talk: Prediction) -> None:
    pair = replace(talk, segments=(window(0.0, "happy", 0.8), window(0.0, "sad", 0.7, face=2)))
    expected = [("talk face 1", "happy"), ("talk face 2", "sad")]
    for name, text in (("talk.json", to_json([pair])), ("talk.eaf", to_eaf(pair, tmp_path))):
        (tmp_path / name).write_text(text, "utf-8")
        assert [(clip.speaker, clip.emotion) for clip in read(tmp_path)] == expected
        (tmp_path / name).unlink()


def test_json_of_numbers_becomes_targets(tmp_path: Path, talk: Prediction) -> None:
    segment = replace(talk.segments[0], emotion=None, probabilities={}, values={"valence": 0.5})
    (tmp_path / "talk.json").write_text(to_json([replace(talk, segments=(segment,))]), "utf-8")
    (clip,) = read(tmp_path)
    assert (clip.emotion, dict(clip.targets)) == ("", {"valence": 0.5})


def test_a_clip_holds_the_sound_of_its_stretch_alone(tmp_path: Path) -> None:
    low, high = (np.sin(2 * np.pi * f * np.arange(16_000) / 16_000) * 0.5 for f in (200, 2000))
    (tmp_path / "alone").mkdir()
    soundfile.write(tmp_path / "talk.wav", np.concatenate([low, high]), 16_000)
    soundfile.write(tmp_path / "alone" / "low.wav", low, 16_000)
    soundfile.write(tmp_path / "alone" / "high.wav", high, 16_000)
    praat(tmp_path / "talk.TextGrid", {"emotion": [(0, 1000, "sad"), (1000, 2000, "happy")]}, 2.0)
    table = tmp_path / "alone.csv"
    table.write_text("path,emotion,speaker\nalone/low.wav,sad,A\nalone/high.wav,happy,A\n", "utf-8")
    context = RunContext.of(1, store=FeatureStore(tmp_path / "store"))
    cut, alone = (
        extract_features(index, {"audio": Mfcc()}, context).table
        for index in (read(tmp_path, "annotations"), read(table))
    )
    assert cut.classes == alone.classes == ("happy", "sad")
    of_cut, of_alone = cut.arrays["audio"].values, alone.arrays["audio"].values
    for label in (0, 1):
        (one,), (other,) = of_cut[cut.labels == label], of_alone[alone.labels == label]
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_other_files_are_no_annotations(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("path,emotion,speaker\n", "utf-8")
    for name, kind in (("mine.csv", "is no annotation"), ("gone.eaf", "does not exist")):
        with pytest.raises(DatasetError, match=rf"{name} {kind}; expected recordings and an ELAN"):
            READERS.get("annotations").read(tmp_path / name)


def test_other_json_is_no_annotation(tmp_path: Path, talk: Prediction) -> None:
    (tmp_path / "settings.json").write_text("{}", "utf-8")
    with pytest.raises(DatasetError, match="no corpus is recognised"):
        read(tmp_path)
    with pytest.raises(DatasetError, match=r"settings\.json cannot be read as affuse's JSON"):
        read(tmp_path / "settings.json")


def test_people_of_an_export_are_speakers(tmp_path):
    """Those with a name are one speaker everywhere, numbered ones are of one recording."""
    folder = media(tmp_path, "talk.mp4", "other.mp4", "third.mp4")
    (folder / "talk.eaf").write_text(to_eaf(interview("talk.mp4"), folder), "utf-8")
    (folder / "other.json").write_text(to_json([interview("other.mp4")]), "utf-8")
    (folder / "third.TextGrid").write_text(to_textgrid(interview("third.mp4")), "utf-8")
    index = read(folder)
    assert {clip.speaker for clip in index.clips} == {
        "Anna",
        *(f"{name} person {number}" for name in ("talk", "other", "third") for number in (2, 3)),
    }
    assert len(index.clips) == 3 * 7
