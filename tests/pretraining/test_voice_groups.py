"""Figures by sex and language compare like with like, and count a speaker once."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.models.utterances import Utterances
from affuse.pretraining.voice_clips import VoiceClips
from affuse.pretraining.voice_groups import by_language, by_sex, group_figures, of_two_sexes
from affuse.records import RAVDESS_EMOTIONS, Clip

SAME = ("happy", "sad")
CORPORA = {
    # Corpus -> language, emotions of its women, of its men.
    "A": ("en", ("happy", "sad", "angry"), ("happy", "sad", "fearful")),
    "B": ("de", SAME, SAME),
}


def clip(number: int, corpus: str, speaker: str, emotion: str, sex: str) -> Clip:
    known = {"sex": sex, "language": CORPORA[corpus][0]}
    return Clip(f"{number}", emotion, speaker, corpus=corpus, attributes=known)


def voice_clips(clips: list[Clip]) -> VoiceClips:
    names, corpora = np.unique([each.corpus for each in clips], return_inverse=True)
    labels = np.array([RAVDESS_EMOTIONS.index(each.emotion) for each in clips])
    label_sets = np.zeros((len(names), len(RAVDESS_EMOTIONS)), bool)
    label_sets[corpora, labels] = True
    utterances = Utterances(
        samples=np.zeros(1, np.float16),
        bounds=np.zeros((len(clips), 2), np.int64),
        labels=labels,
        corpora=corpora,
        label_sets=label_sets,
    )
    return VoiceClips(clips=tuple(clips), utterances=utterances, inputs=np.zeros(0))


@pytest.fixture
def clips() -> VoiceClips:
    """Three women and three men of each corpus, two clips of each emotion."""
    made = [
        (corpus, f"{sex[0]}{n}", emotion, sex)
        for corpus, (_, women, men) in CORPORA.items()
        for sex, emotions in (("female", women), ("male", men))
        for n in range(3)
        for emotion in emotions * 2
    ]
    return voice_clips([clip(number, *each) for number, each in enumerate(made)])


def right_but(clips: VoiceClips, wrong: dict[str, str]) -> np.ndarray:
    """Probabilities that are right, but for clips of some emotions."""
    taken = [wrong.get(each.emotion, each.emotion) for each in clips.clips]
    return np.eye(8)[[RAVDESS_EMOTIONS.index(name) for name in taken]] * 0.9 + 0.01


def test_sexes_are_compared_within_a_corpus_over_the_same_emotions(clips):
    # What only one sex shows is told wrongly: it must not count.
    joint = right_but(clips, {"angry": "happy", "fearful": "happy"})
    found = by_sex(clips, joint, np.ones(len(clips), bool))
    assert [group.name for group in found] == ["A, female", "A, male", "B, female", "B, male"]
    assert {group.emotions for group in found} == {SAME}
    assert [group.corpora for group in found] == [("A",), ("A",), ("B",), ("B",)]
    assert [group.uar for group in found] == [1.0] * 4
    assert [(group.n_speakers, group.n_clips) for group in found] == [(3, 12)] * 4


def test_languages_are_compared_over_emotions_that_all_have(clips):
    joint = right_but(clips, {"sad": "angry"}) + 0.5 * right_but(clips, {})
    english, german = by_language(clips, joint, np.ones(len(clips), bool))[::-1]
    assert (english.name, german.name) == ("en", "de")
    assert english.emotions == german.emotions == SAME
    # Anger cannot be chosen where it is not compared: both chose among the same two.
    assert english.uar == german.uar == 1.0


def test_a_group_by_itself_has_all_emotions_of_its_corpus(clips):
    rows = np.flatnonzero(clips.corpora == "A")
    found = group_figures(clips, "A", rows, right_but(clips, {"fearful": "angry"}))
    assert found.emotions == ("happy", "sad", "angry", "fearful")
    assert found.uar == 0.75


def test_a_speaker_of_two_sexes_counts_once_as_what_most_clips_say(clips):
    made = list(clips.clips)
    odd = [n for n, each in enumerate(made) if each.corpus == "B" and each.speaker == "f1"]
    made[odd[0]] = clip(odd[0], "B", "f1", made[odd[0]].emotion, "male")
    changed = voice_clips(made)
    assert of_two_sexes(changed) == ("B/f1",)
    assert of_two_sexes(clips) == ()
    chosen = np.ones(len(made), bool)
    found = by_sex(changed, right_but(changed, {}), chosen)
    before = by_sex(clips, right_but(clips, {}), chosen)
    assert [group.n_speakers for group in found] == [3, 3, 3, 3]
    assert [group.n_clips for group in found] == [group.n_clips for group in before]


def test_one_sex_alone_is_compared_with_nothing(clips):
    women = np.array([each.speaker.startswith("f") for each in clips.clips])
    assert by_sex(clips, right_but(clips, {}), women) == ()
