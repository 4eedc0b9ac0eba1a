"""ELAN documents open with pympi and say what was predicted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from affuse.export.formats.eaf import to_eaf
from affuse.records import Prediction

pympi = pytest.importorskip("pympi", reason="pympi-ling is not installed (extra interop)")


def opened(prediction: Prediction, folder: Path) -> pympi.Eaf:
    file = folder / "clip.eaf"
    file.write_text(to_eaf(prediction, folder), "utf-8")
    return pympi.Eaf(file)


def test_tiers_hold_the_timeline(tmp_path, talk):
    eaf = opened(talk, tmp_path)
    assert list(eaf.get_tier_names()) == ["fused", "confidence", "audio", "video", "speech", "face"]
    assert eaf.get_annotation_data_for_tier("fused") == [
        (0, 3000, "happy"),
        (3000, 5000, "calm"),
        (5000, 7000, "undecided"),
        (7000, 10000, "angry"),
    ]
    assert [text for *_, text in eaf.get_annotation_data_for_tier("confidence")] == [
        *("0.80", "0.60", "0.20", "0.70")
    ]
    assert eaf.get_annotation_data_for_tier("audio") == [
        (0, 3000, "sad"),
        (3000, 5000, "sad"),
        (7000, 10000, "sad"),
    ]
    assert [text for *_, text in eaf.get_annotation_data_for_tier("speech")] == [
        *("75 %", "75 %", "0 %", "75 %")
    ]
    assert [text for *_, text in eaf.get_annotation_data_for_tier("face")] == [
        *("face 1, 90 %", "face 1, 90 %", "none", "face 1, 90 %")
    ]


def test_document_says_what_it_is(tmp_path, talk):
    eaf = opened(talk, tmp_path)
    assert (eaf.adocument["FORMAT"], eaf.adocument["AUTHOR"]) == ("3.0", "affuse")
    properties = dict(eaf.properties)
    assert properties["recogniser"] == talk.recogniser
    assert properties["note 1"] == talk.notes[0]
    assert int(properties["lastUsedAnnotationId"]) == len(eaf.annotations) == eaf.maxaid


def test_pympi_can_go_on_with_it(tmp_path, talk):
    eaf = opened(talk, tmp_path)
    eaf.add_annotation("fused", 10_000, 11_000, "calm")
    eaf.to_file(tmp_path / "more.eaf")
    assert len(pympi.Eaf(tmp_path / "more.eaf").get_annotation_data_for_tier("fused")) == 5


@pytest.mark.parametrize(
    ("folder", "name", "link"),
    [
        ("", "talk.mp4", "./talk.mp4"),
        ("", 'a b/Müller & "co" <1>.mp4', './a b/Müller & "co" <1>.mp4'),
        ("notes/new", "talk.mp4", "../../talk.mp4"),
        ("", "two\nlines.mp4", "./two\nlines.mp4"),
        ("", "bell\x07.mp4", r"./bell\x07.mp4"),
    ],
)
def test_link_to_the_clip_counts_from_the_document(tmp_path, talk, folder, name, link):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    eaf = opened(replace(talk, path=str(tmp_path / name)), tmp_path / folder)
    (media,) = eaf.media_descriptors
    assert media["RELATIVE_MEDIA_URL"] == link
    assert media["MIME_TYPE"] == "video/mp4"
    assert media["MEDIA_URL"].startswith(f"file:///{str(tmp_path).lstrip('/')}/")


def test_each_face_has_its_tiers(tmp_path, couple):
    eaf = opened(couple, tmp_path)
    assert len(eaf.get_tier_names()) == 12
    assert eaf.get_annotation_data_for_tier("fused face 2") == [
        (0, 3000, "sad"),
        (3000, 6000, "angry"),
    ]


def test_nothing_to_go_by(tmp_path, silence):
    eaf = opened(silence, tmp_path)
    assert eaf.get_annotation_data_for_tier("fused") == [(0, 1000, "undecided")]
    assert eaf.get_annotation_data_for_tier("video") == []
    assert eaf.media_descriptors[0]["MIME_TYPE"] in ("audio/x-wav", "audio/wav")


def test_no_timeline(tmp_path, talk):
    eaf = opened(replace(talk, segments=()), tmp_path)
    assert len(eaf.get_tier_names()) == 6
    assert eaf.annotations == {}
