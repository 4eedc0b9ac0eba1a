"""Bundles of runs that took a modality from a table: they are given one of new recordings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recordings import Track, fitted, spoken, write
from tiny_bundle import linear_graph, tiny_bundle

import affuse
from affuse.bundle.card import model_card
from affuse.bundle.decision import decide, outputs_of_members
from affuse.bundle.member import FeatureSource, Member
from affuse.bundle.tables import table_source
from affuse.bundle.writer import write_bundle
from affuse.cli import main
from affuse.config import Config
from affuse.errors import BundleError, ConfigError, FeatureError
from affuse.features.read_precomputed import read_precomputed
from affuse.features.sources import make_source
from affuse.predict.many import predict_many
from affuse.predict.members import Members
from affuse.records import RAVDESS_EMOTIONS, Prediction, Skipped
from affuse.serve.judging import members_of

UNITS = {"a.wav": (9.0, -4.0), "b.wav": (-3.0, 7.0)}


def table(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two voices, and action units of both."""
    place = tmp_path_factory.mktemp("recordings")
    for number, name in enumerate(UNITS, start=1):
        sound = fitted(spoken(number), 2.0)
        write(place / name, Track(sound=sound, audio_codec="pcm_s16le"))
    rows = [f"{name},{frown},{smile}" for name, (frown, smile) in UNITS.items()]
    table(place / "units.csv", "\n".join(["clip,AU04,AU12", *rows]))
    return place


def of_table(path: Path) -> FeatureSource:
    return table_source(read_precomputed(path, "video"))


@pytest.fixture(scope="module")
def bundle(folder):
    """One member on the expressions of a voice network, one on the table."""
    config = Config()
    from affuse.bundle.extractors import feature_source

    voice = feature_source(make_source("voice_statistics", "audio", config), config)
    sources = {"audio": voice, "video": of_table(folder / "units.csv")}
    members = [
        (
            Member(
                name=modality,
                features={modality: source},
                graph=f"{modality}.onnx",
                classes=RAVDESS_EMOTIONS,
            ),
            linear_graph([modality], list(source.shape), len(RAVDESS_EMOTIONS)),
        )
        for modality, source in sources.items()
    ]
    return tiny_bundle(members)


@pytest.fixture(scope="module")
def bundle_dir(bundle, tmp_path_factory):
    return write_bundle(bundle, tmp_path_factory.mktemp("bundle") / "of a table")


def predicted(bundle_dir, folder, name: str, **features: str | None) -> Prediction:
    given = features or {"video": folder / "units.csv"}
    return affuse.load(bundle_dir, features=given).predict(folder / name)


def of_row(bundle, row: tuple[float, ...]) -> list[float]:
    outputs = outputs_of_members(bundle, {"video": np.array([row], np.float32)})
    return decide(bundle, {"video": outputs["video"]})[0].tolist()


@pytest.mark.parametrize("name", UNITS)
def test_the_row_of_a_recording_speaks_beside_its_sound(bundle, bundle_dir, folder, name):
    found = predicted(bundle_dir, folder, name)
    assert set(found.probabilities) == {"audio", "video", "fused"}
    expected = pytest.approx(of_row(bundle, UNITS[name]), abs=1e-6)
    assert list(found.probabilities["video"].values()) == expected
    assert found.notes == ()


def test_columns_go_by_their_names(bundle, bundle_dir, folder, tmp_path):
    text = "smile,AU12,filename,AU04\n1,-4.0,a.wav,9.0\n"
    found = predicted(bundle_dir, folder, "a.wav", video=table(tmp_path / "other.csv", text))
    expected = pytest.approx(of_row(bundle, UNITS["a.wav"]), abs=1e-6)
    assert list(found.probabilities["video"].values()) == expected


def test_without_its_table_a_bundle_says_what_it_wants(bundle_dir, folder, capsys):
    words = (
        r"takes its video features from a table \(columns AU04, AU12\); expected one with a row "
        r"for each recording: affuse predict \.\.\. --features video=FILE.csv, or video=none"
    )
    with pytest.raises(BundleError, match=words):
        affuse.load(bundle_dir)
    with pytest.raises(BundleError, match=words):
        members_of(bundle_dir)
    with pytest.raises(BundleError, match=words):
        affuse.adapt(bundle_dir, folder / "units.csv")
    with pytest.raises(SystemExit, match="2"):
        main(["predict", str(folder / "a.wav"), "--bundle", str(bundle_dir)])
    assert "takes its video features from a table" in capsys.readouterr().err


def test_it_can_be_done_without(bundle_dir, folder):
    found = predicted(bundle_dir, folder, "a.wav", video=None)
    assert set(found.probabilities) == {"audio", "fused"}
    assert found.notes == ("no table has its video features: predicted without them",)


def test_a_recording_in_which_no_face_was_tracked_is_judged_without(bundle_dir, folder, tmp_path):
    text = "clip,success,AU04,AU12\na.wav,0,0,0\nb.wav,1,-3,7\n"
    given = table(tmp_path / "tracked.csv", text)
    assert set(predicted(bundle_dir, folder, "a.wav", video=given).probabilities) == {
        "audio",
        "fused",
    }
    assert "video" in predicted(bundle_dir, folder, "b.wav", video=given).probabilities


def test_where_nothing_tells_anything_the_reason_is_given(folder, tmp_path):
    member = Member(
        name="units",
        features={"video": of_table(folder / "units.csv")},
        graph="units.onnx",
        classes=RAVDESS_EMOTIONS,
    )
    made = tiny_bundle([(member, linear_graph(["video"], [2], len(RAVDESS_EMOTIONS)))])
    place = write_bundle(made, tmp_path / "alone")
    found = predicted(place, folder, "a.wav", video=None)
    assert found.emotion is None
    assert found.abstained == (
        "no table has its video features, and this recogniser uses the face alone"
    )


def test_a_recording_without_a_row_costs_the_others_nothing(bundle_dir, folder, tmp_path):
    given = table(tmp_path / "one.csv", "clip,AU04,AU12\nb.wav,-3,7\n")
    paths = [folder / "a.wav", folder / "b.wav"]
    first, second = predict_many(paths, bundle_dir=bundle_dir, features={"video": given}, jobs=1)
    assert isinstance(first, Skipped)
    assert f"one.csv has no row for {folder}/a.wav; expected one that names it" in first.reason
    assert isinstance(second, Prediction)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clip,AU04\na.wav,1\n", r"lacks 1 of 2 columns that the bundle was trained on \(AU12\)"),
        ("clip,AU04,AU12\na.wav,1,\n", r"has no finite number in 1 cell .*column 'AU12'"),
        ("AU04,AU12\n1,2\n", "expected one called 'clip'"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(bundle_dir, folder, tmp_path, text, words):
    with pytest.raises(FeatureError, match=words):
        predicted(bundle_dir, folder, "a.wav", video=table(tmp_path / "t.csv", text))


def test_a_table_that_nothing_asks_for_is_refused(bundle_dir, folder):
    with pytest.raises(ConfigError, match=r"audio features were given .*; expected those of video"):
        affuse.load(bundle_dir, features={"audio": folder / "units.csv"})
    with pytest.raises(ConfigError, match=r"takes none from a table; expected those of no moda"):
        affuse.load(features={"video": folder / "units.csv"})


@pytest.mark.parametrize("features", [3, "units.csv", ["units.csv"], ""])
def test_tables_that_are_given_for_no_modality_are_refused(bundle_dir, features):
    with pytest.raises(ConfigError, match=r"features .* were given; expected the path of a table"):
        affuse.load(bundle_dir, features=features)


def test_what_a_table_cannot_tell_is_not_asked_of_it(bundle_dir, folder):
    recogniser = affuse.load(bundle_dir, features={"video": folder / "units.csv"})
    with pytest.raises(ConfigError, match=r"faces = all was given .* one row a recording"):
        recogniser.predict(folder / "a.wav", faces="all")
    with pytest.raises(ConfigError, match=r"from a table, which has no moments; .*--explain out"):
        recogniser.predict(folder / "a.wav", explain=True)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["video=mfcc"], "--features 'video=mfcc' was given; expected MODALITY=FILE.csv or MODA"),
        (["faces=a.csv"], "--features 'faces=a.csv' was given; expected"),
        (["video=a.csv", "video=none"], "--features video= was given twice"),
    ],
)
def test_other_words_on_the_command_line(given, words, folder, bundle_dir, capsys):
    typed = [word for item in given for word in ("--features", item)]
    with pytest.raises(SystemExit, match="2"):
        main(["predict", str(folder / "a.wav"), "--bundle", str(bundle_dir), *typed])
    assert words in capsys.readouterr().err


def test_answers_that_are_kept_are_those_of_the_same_table(bundle_dir, folder, tmp_path, capsys):
    given = tmp_path / "units.csv"
    base = ["predict", str(folder), "--bundle", str(bundle_dir), "--features", f"video={given}"]

    def smiles(number: int, *more: str) -> float:
        table(given, f"clip,AU04,AU12\na.wav,1,{number}\nb.wav,2,{number}\n")
        with pytest.raises(SystemExit, match="0"):
            main([*base, "--format", "json", "--jobs", "1", "--resume", *more])
        (first, _) = json.loads(capsys.readouterr().out)["predictions"]
        return first["probabilities"]["video"]["happy"]

    assert smiles(3) != smiles(44)


def test_the_card_names_the_columns(bundle):
    card = model_card(bundle.manifest)
    assert (
        "- video: a table with a row for each recording and the columns AU04, AU12. affuse does "
        "not make them of recordings: `affuse predict --features video=FILE.csv` reads them"
    ) in card


def test_members_without_tables_are_the_same_for_every_file(bundle):
    manifest = bundle.manifest
    plain = replace(bundle, manifest=manifest.model_copy(update={"members": manifest.members[:1]}))
    members = Members(plain)
    assert members.of_file("a.wav") is members
