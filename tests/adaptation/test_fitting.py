"""Recalibration, weights and folds, on rows whose errors are planted."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_bundle import face_member, tiny_bundle, voice_member

from affuse.adaptation import figures
from affuse.adaptation.fitting import fit_decisions
from affuse.adaptation.folds import fold_numbers, groups_of
from affuse.adaptation.outputs import ClipOutputs
from affuse.adaptation.recalibrating import (
    LabelledRows,
    choose_recalibration,
    fit_recalibration,
)
from affuse.adaptation.weighing import choose_weights
from affuse.bundle.decision import decide
from affuse.bundle.recalibration import recalibrated
from affuse.records import FER2013_EMOTIONS, RAVDESS_EMOTIONS, Clip

EMOTIONS = ("happy", "sad", "angry", "fearful")


def clips_of(n_speakers: int, of_each: int) -> tuple[Clip, ...]:
    return tuple(
        Clip(f"{speaker}-{emotion}-{take}", emotion, f"s{speaker}")
        for speaker in range(n_speakers)
        for emotion in EMOTIONS
        for take in range(of_each)
    )


def rows_for(
    emotions: list[str], classes: tuple[str, ...], turn: int, sharp: float, seed: int = 0
) -> np.ndarray:
    """Probabilities that favour the class `turn` places after the true one, with noise."""
    rng = np.random.default_rng(seed)
    logits = rng.standard_normal((len(emotions), len(classes)))
    for row, emotion in enumerate(emotions):
        logits[row, (classes.index(emotion) + turn) % len(classes)] += sharp
    likely = np.exp(logits)
    return likely / likely.sum(axis=1, keepdims=True)


def of_voice(clips: tuple[Clip, ...], turn: int, sharp: float, seed: int = 0) -> ClipOutputs:
    emotions = [clip.emotion for clip in clips]
    return ClipOutputs(
        clips=clips, rows={"voice": rows_for(emotions, RAVDESS_EMOTIONS, turn, sharp, seed)}
    )


def labelled(outputs: ClipOutputs) -> LabelledRows:
    labels = np.array([RAVDESS_EMOTIONS.index(clip.emotion) for clip in outputs.clips])
    return LabelledRows(outputs.rows["voice"], np.eye(8, dtype=bool)[labels], labels)


def test_folds_keep_groups_whole_and_spread_emotions():
    clips = clips_of(7, 3)
    groups, emotions = groups_of(clips), [clip.emotion for clip in clips]
    folds = fold_numbers(groups, emotions, 3)
    assert set(folds) == {0, 1, 2}
    for name in set(groups):
        assert len({fold for fold, own in zip(folds, groups, strict=True) if own == name}) == 1
    one = clips_of(1, 4)
    own = fold_numbers(groups_of(one), [clip.emotion for clip in one], 4)
    for fold in range(4):
        assert sorted(c.emotion for c, at in zip(one, own, strict=True) if at == fold) == sorted(
            EMOTIONS
        )


def test_much_shrinkage_changes_nothing_and_little_finds_the_turn():
    member, _ = voice_member()
    data = labelled(of_voice(clips_of(4, 5), turn=3, sharp=3.0))
    held = recalibrated(fit_recalibration(member, data, 1e9), data.rows)
    np.testing.assert_allclose(held, data.rows, atol=1e-6)
    found = recalibrated(fit_recalibration(member, data, 10.0), data.rows)
    assert (data.rows.argmax(axis=1) == data.labels).mean() < 0.2
    assert (found.argmax(axis=1) == data.labels).mean() > 0.9
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_every_emotion_counts_alike():
    """Thirty times as many clips of one emotion do not pull the others to it."""
    member, _ = voice_member()
    clips = clips_of(4, 4)
    more = tuple(Clip(f"more-{n}", "sad", f"s{n % 4}") for n in range(480))
    data = labelled(of_voice(clips + more, 0, 1.0))
    found = recalibrated(fit_recalibration(member, data, 10.0), data.rows).argmax(axis=1)
    sad = RAVDESS_EMOTIONS.index("sad")
    assert (found[data.labels != sad] == sad).mean() < 0.5


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_changed_where_probabilities_are_right(seed):
    """True emotions are drawn from the probabilities themselves: nothing can be better."""
    member, _ = voice_member()
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(8, 0.3), size=96)
    labels = np.array([rng.choice(8, p=row) for row in rows])
    data = LabelledRows(rows, np.eye(8, dtype=bool)[labels], labels)
    found = choose_recalibration(member, data, np.arange(96) // 16)
    assert found.shrinkage >= 100
    moved = recalibrated(found.member, rows)
    assert np.abs(moved - rows).mean() < 0.03


def test_a_face_that_may_mean_two_emotions_learns_of_both():
    member, _ = face_member()
    emotions = ["calm", "neutral", "happy", "angry"] * 6
    own = [{"calm": "neutral"}.get(name, name) for name in emotions]
    rows = rows_for(own, FER2013_EMOTIONS, turn=2, sharp=3.0)
    allowed = np.array([[e in member.means(c) for c in FER2013_EMOTIONS] for e in emotions])
    labels = np.array([RAVDESS_EMOTIONS.index(name) for name in emotions])
    found = fit_recalibration(member, LabelledRows(rows, allowed, labels), 3.0)
    right = recalibrated(found, rows).argmax(axis=1) == [FER2013_EMOTIONS.index(n) for n in own]
    assert right.mean() > 0.9


def test_a_member_that_says_less_gets_less_weight():
    bundle = tiny_bundle([face_member(), voice_member()])
    clips = tuple(clip for clip in clips_of(6, 6) if clip.emotion != "fearful")
    emotions = [clip.emotion for clip in clips]
    rows = {
        "voice": rows_for(emotions, RAVDESS_EMOTIONS, 0, 3.0),
        "face": rows_for(["neutral"] * len(clips), FER2013_EMOTIONS, 0, 0.0, 7),
    }
    labels = np.array([RAVDESS_EMOTIONS.index(name) for name in emotions])
    folds = fold_numbers(groups_of(clips), emotions, 3)
    manifest, shrinkage = choose_weights(bundle, rows, labels, folds)
    assert shrinkage <= 10
    assert manifest.member("face").weight < 0.5 * manifest.member("voice").weight
    alone = {"voice": rows["voice"], "face": np.full_like(rows["face"], np.nan)}
    kept, shrinkage = choose_weights(bundle, alone, labels, folds)
    assert (kept, shrinkage) == (bundle.manifest, float("inf"))


def test_a_member_that_misleads_counts_less():
    bundle = tiny_bundle([face_member(), voice_member()])
    clips = clips_of(6, 4)
    emotions = [clip.emotion for clip in clips]
    names = {"fearful": "fear"}
    rows = {
        "voice": rows_for(emotions, RAVDESS_EMOTIONS, 0, 2.0),
        "face": rows_for(
            [names.get(e, e) for e in np.random.default_rng(5).permutation(emotions)],
            FER2013_EMOTIONS, 0, 4.0, 7,
        ),
    }  # fmt: skip
    rows["voice"][:3] = np.nan  # The voice is silent in some clips.
    outputs = ClipOutputs(clips=clips, rows=rows)
    fitted = fit_decisions(bundle, outputs)
    labels = np.array([RAVDESS_EMOTIONS.index(name) for name in emotions])
    right = [
        (decide(type(bundle)(m, bundle.files), rows)[3:].argmax(axis=1) == labels[3:]).mean()
        for m in (bundle.manifest, fitted.manifest)
    ]
    assert right[1] > right[0] + 0.2
    assert fitted.manifest.member("voice").weight > 0


def test_figures_are_of_people_who_were_not_fitted_to(monkeypatch):
    outputs, fitted_to = of_voice(clips_of(8, 4), turn=3, sharp=2.0), []

    def noting(bundle, train, seed):
        fitted_to.append({clip.speaker for clip in train.clips})
        return fit_decisions(bundle, train, seed)

    monkeypatch.setattr(figures, "fit_decisions", noting)
    everyone = {clip.speaker for clip in outputs.clips}
    found = figures.held_out(tiny_bundle([voice_member()]), outputs)
    assert found.n_folds == 8
    assert [len(everyone - seen) for seen in fitted_to] == [1] * 8
    assert set.union(*(everyone - seen for seen in fitted_to)) == everyone
    assert np.abs(found.after["answer"] - found.before["answer"]).max(axis=1).min() > 0


def test_a_gain_is_real_by_uar_or_by_log_loss():
    """Clips of which half turn right, then all of which become surer and none turns right."""
    clips = clips_of(6, 6)
    labels = np.array([RAVDESS_EMOTIONS.index(clip.emotion) for clip in clips])
    outputs = ClipOutputs(clips=clips, rows={})

    def change(before: np.ndarray, after: np.ndarray) -> figures.Change:
        nothing = np.full_like(before, np.nan)
        parts = [{"answer": rows, "voice": rows, "face": nothing} for rows in (before, after)]
        return figures.changes(figures.HeldOut(*parts, 6), outputs, RAVDESS_EMOTIONS)[0]

    wrong = spread((labels + 1) % 8, 0.5)
    half = np.where(np.arange(len(labels))[:, None] % 2, spread(labels, 0.5), wrong)
    gained = change(wrong, half)
    assert (gained.before, gained.after) == (0.0, 0.5)
    assert gained.low > 0
    assert gained.real
    surer = change(spread(labels, 0.5), spread(labels, 0.7))
    assert surer.difference == 0
    assert surer.loss_high < 0
    assert surer.loss_after == pytest.approx(-np.log(0.7))
    assert surer.real
    assert not change(spread(labels, 0.7), spread(labels, 0.5)).real
    assert not change(half, wrong).real


def spread(first: np.ndarray, share: float) -> np.ndarray:
    """Rows that give one class so much, and all others the same."""
    rows = np.full((len(first), 8), (1 - share) / 7)
    rows[np.arange(len(first)), first] = share
    return rows


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_the_temperature_of_a_single_member_is_reckoned_with(temperature):
    """What is fitted is what the bundle answers, after its temperature."""
    bundle = tiny_bundle([voice_member()])
    outputs = of_voice(clips_of(6, 16), turn=3, sharp=2.0)
    fusion = bundle.manifest.fusion.model_copy(update={"temperature": temperature})
    warm = type(bundle)(bundle.manifest.model_copy(update={"fusion": fusion}), bundle.files)
    fitted = type(bundle)(fit_decisions(warm, outputs).manifest, bundle.files)
    answers = decide(fitted, outputs.rows)
    labels = np.array([RAVDESS_EMOTIONS.index(clip.emotion) for clip in outputs.clips])
    confidence, right = answers.max(axis=1).mean(), (answers.argmax(axis=1) == labels).mean()
    assert abs(confidence - right) < 0.22


@pytest.mark.parametrize("rule", ["mean", "weighted", "product", "max", "median", "majority"])
def test_every_rule_can_be_adapted(rule):
    bundle = tiny_bundle([face_member(), voice_member()])
    fusion = bundle.manifest.fusion.model_copy(update={"rule": rule})
    bundle = type(bundle)(bundle.manifest.model_copy(update={"fusion": fusion}), bundle.files)
    clips = tuple(clip for clip in clips_of(3, 4) if clip.emotion != "fearful")
    emotions = [clip.emotion for clip in clips]
    rows = {
        "voice": rows_for(emotions, RAVDESS_EMOTIONS, 3, 3.0),
        "face": rows_for(emotions, FER2013_EMOTIONS, 2, 3.0, 7),
    }
    fitted = fit_decisions(bundle, ClipOutputs(clips=clips, rows=rows))
    labels = np.array([RAVDESS_EMOTIONS.index(name) for name in emotions])
    answers = decide(type(bundle)(fitted.manifest, bundle.files), rows)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    assert (answers.argmax(axis=1) == labels).mean() > 0.8
    assert fitted.manifest.fusion.rule == rule
