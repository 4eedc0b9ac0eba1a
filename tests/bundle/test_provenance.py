"""A bundle knows whom it has heard, under whatever name they come back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from affuse.bundle.manifest import TrainedOn
from affuse.bundle.provenance import (
    clip_digest,
    corpus_of,
    known_speakers,
    training_clips,
    with_known,
)
from affuse.bundle.writer import make_bundle
from affuse.corpora.index import Index
from affuse.corpora.readers.ravdess import read_ravdess
from affuse.records import Clip


def known_to(bundle, index):
    return known_speakers(bundle.manifest.trained_on, index.clips)


def take(speaker: int, emotion: int = 6, name: str = "") -> Clip:
    key = f"01-{emotion:02}-01-02-01-{speaker:02}"
    return Clip(key, "fearful", name or str(speaker))


@pytest.fixture
def trained(tiny_bundle):
    def make(*trained_on: TrainedOn):
        manifest = tiny_bundle.manifest.model_copy(update={"trained_on": trained_on})
        return make_bundle(manifest, tiny_bundle.files)

    return make


def test_speakers_of_a_known_corpus(trained):
    bundle = trained(*training_clips("any", [take(2), take(10)]))
    assert bundle.manifest.trained_on == (
        TrainedOn(corpus="RAVDESS", speakers=("2", "10"), n_clips=2),
    )
    index = Index((take(10, 3), take(2, 3), take(11)))
    assert known_to(bundle, index) == ("2", "10")
    assert known_to(bundle, Index((take(11), take(12)))) == ()


def test_other_names_do_not_help(trained):
    bundle = trained(TrainedOn(corpus="RAVDESS", speakers=("2",), n_clips=60))
    assert known_to(bundle, Index((take(2, name="Ann"), take(3, name="2")))) == ("Ann",)


def test_own_tables_are_told_by_their_clips(trained):
    mine = [Clip("a/one", "sad", "1"), Clip("a/two", "sad", "2")]
    (part,) = training_clips("mine", mine)
    assert (part.corpus, part.n_clips) == ("mine", 2)
    assert "one" not in str(part.clips)
    bundle = trained(part)
    others = Index((Clip("a/one", "calm", "1"), Clip("a/three", "sad", "2")))
    assert known_to(bundle, others) == ("1",)
    # Someone else's speaker 1, and RAVDESS's.
    assert known_to(bundle, Index((Clip("b/one", "sad", "1"), take(1)))) == ()


def test_a_speaker_of_two_corpora_is_known_by_either(trained):
    clips = [Clip("a/one", "sad", "1"), take(1)]
    parts = training_clips("mine", clips)
    assert [(p.corpus, p.speakers, p.n_clips) for p in parts] == [
        ("mine", ("1",), 1),
        ("RAVDESS", ("1",), 1),
    ]
    assert known_to(trained(parts[0]), Index(tuple(clips))) == ("1",)
    assert known_to(trained(parts[1]), Index(tuple(clips))) == ("1",)


def test_a_bundle_of_faces_without_speakers(trained):
    bundle = trained(TrainedOn(corpus="FER2013", n_clips=28_709))
    assert known_to(bundle, Index((take(1),))) == ()


def test_what_an_extractor_knows_the_bundle_knows(trained):
    own = training_clips("mine", [Clip("a/one", "sad", "1"), take(3)])
    joined = with_known(own, [("RAVDESS", ("1", "2")), ("FER2013", ())])
    assert [(p.corpus, p.speakers, p.n_clips) for p in joined] == [
        ("mine", ("1",), 1),
        ("RAVDESS", ("1", "2", "3"), 1),
        ("FER2013", (), 0),
    ]
    assert known_to(trained(*joined), Index((take(1), take(3), take(4)))) == ("1", "3")


def test_what_was_learned_from_several_corpora_is_told_apart():
    clips = (
        Clip("01-03-01-01-01-03", "happy", "RAVDESS/3", corpus="RAVDESS"),
        Clip("03a01Fa", "happy", "EMO-DB/03", corpus="EMO-DB"),
        Clip("x", "happy", "mine/3", corpus="mine"),
    )
    parts = training_clips("all", clips)
    assert [(part.corpus, part.speakers) for part in parts] == [
        ("mine", ("3",)),
        ("EMO-DB", ("03",)),
        ("RAVDESS", ("3",)),
    ]
    assert parts[0].clips == (clip_digest(Clip("x", "happy", "3")),)
    alone = replace(clips[1], speaker="03")
    assert known_speakers(parts, [alone]) == ("03",)
    assert known_speakers(parts, [replace(alone, id="08a01Fa", speaker="08")]) == ()


def test_marks():
    clip = Clip("one", "sad", "1")
    assert clip_digest(clip) == clip_digest(replace(clip, emotion="calm"))
    assert clip_digest(clip) != clip_digest(replace(clip, speaker="2"))
    assert len(clip_digest(clip)) == 12


def test_the_embedded_corpus_is_not_ravdess(trained, drawn_corpus):
    index = read_ravdess(drawn_corpus(1, "happy")).filter(speakers=["1"])
    assert index.corpora == ("affuse embedded corpus",)
    assert corpus_of(index[0]) == "affuse embedded corpus"
    assert corpus_of(replace(index[0], corpus="mine")) == "affuse embedded corpus"
    assert known_to(trained(TrainedOn(corpus="RAVDESS", speakers=("1",), n_clips=60)), index) == ()
    assert known_to(trained(*training_clips("x", index)), index) == ("1",)


def test_a_corpus_that_was_trained_on_as_a_whole_is_known_whoever_speaks() -> None:
    clip = Clip("03-01-05-01-01-01-24", "angry", "24", corpus="RAVDESS")
    listed = Clip("x", "angry", "Ann", corpus="iemocap")
    whole = [TrainedOn(corpus="RAVDESS", n_clips=0), TrainedOn(corpus="IEMOCAP", n_clips=0)]
    assert known_speakers(whole, [clip]) == ("24",)
    assert known_speakers(whole, [listed]) == ("Ann",)
    assert known_speakers([TrainedOn(corpus="EMO-DB", n_clips=0)], [clip, listed]) == ()
    some = [TrainedOn(corpus="RAVDESS", speakers=("1",), n_clips=9)]
    assert known_speakers(some, [clip]) == ()
