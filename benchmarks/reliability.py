"""How reliable voice, face and both are on people and corpora that nothing was fitted on.

usage: python benchmarks/reliability.py FER2013.zip VOICE OUT [--bundle DIR] [--picture FILE.png]

VOICE is the folder of `affuse train voice`. In turn each corpus that a network was trained without
is left out of calibration and fusion as well: they are fitted on the other corpora and on every
second face of FER2013's `val`, and measured on this corpus, on the other faces, and on pairs of
both of the same emotion. OUT receives ``reliability.csv`` (accuracy of the answers that are named
against the share of those that are not, the least probable first; corpora count alike) and the
picture. Calibration error is the mean over the corpora.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import decide
from affuse.bundle.reader import read_bundle
from affuse.extractors.networks.shipped import shipped_folder
from affuse.pretraining.calibration import HeldOutClips, calibrated_rows
from affuse.pretraining.fusing import fitted_on_strangers
from affuse.pretraining.held_out import (
    degraded_faces,
    held_out_faces,
    left_out_voices,
    uncalibrated,
)
from affuse.pretraining.pairs import prior_of
from affuse.tasks.metrics import ece

N_PAIRS = 4000
SHARES = np.arange(0, 0.91, 0.05)
WHO = ("voice alone", "face alone", "both")


class Answers(NamedTuple):
    """What was said of clips of one corpus: (n, n_classes), and what is true, (n,)."""

    rows: np.ndarray
    labels: np.ndarray


def main() -> None:
    """Fit, measure, write and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("faces", type=Path)
    parser.add_argument("voice", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--bundle", type=Path, default=shipped_folder())
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    answers = measured(read_bundle(asked.bundle), asked.faces, asked.voice)
    curves = {who: curve(answers["calibrated", who]) for who in WHO}
    for who in WHO:
        print(summary(who, answers["as the graphs say", who], answers["calibrated", who]))
    with (asked.out / "reliability.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["answer", "abstained", "accuracy"])
        for who, points in curves.items():
            writer.writerows([who, f"{x:.2f}", f"{y:.4f}"] for x, y in points)
    draw(curves, asked.picture or asked.out / "reliability.png")


def measured(bundle: Bundle, faces: Path, voice: Path) -> dict[tuple[str, str], list[Answers]]:
    """Answers of each kind, a list over the corpora left out."""
    known, new = (held_out_faces(bundle, faces, first) for first in (0, 1))
    clips_without, worse = left_out_voices(voice), degraded_faces(bundle, faces)
    found: dict[tuple[str, str], list[Answers]] = {}
    plain = uncalibrated(bundle)
    for corpus in np.unique(clips_without("").corpora):
        voices = clips_without(str(corpus))
        own = voices.take(voices.corpora == corpus)
        others = voices.take(voices.corpora != corpus)
        fitted = fitted_on_strangers(bundle, known, others, "", degraded=worse)
        for how, each in (("as the graphs say", plain), ("calibrated", fitted)):
            rows = {
                name: calibrated_rows(each.manifest.member(name), clips)
                for name, clips in (("voice", own), ("face", new))
            }
            of_faces, of_both = face_labels(bundle, new), pairs(each, own, new)
            spoken = decide(each, {"voice": rows["voice"]})
            shown = decide(each, {"face": rows["face"]})
            # Only the fitted exponents make a product of them.
            both = fitted_both(fitted, rows, of_both)
            found.setdefault((how, "voice alone"), []).append(Answers(spoken, own.labels))
            found.setdefault((how, "face alone"), []).append(Answers(shown, of_faces))
            found.setdefault((how, "both"), []).append(Answers(both, own.labels[of_both[0]]))
    return found


def fitted_both(
    bundle: Bundle, rows: dict[str, np.ndarray], chosen: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Face and voice of each pair, fused."""
    voices, faces = chosen
    return np.asarray(decide(bundle, {"voice": rows["voice"][voices], "face": rows["face"][faces]}))


def face_labels(bundle: Bundle, faces: HeldOutClips) -> np.ndarray:
    """The bundle's class of each face."""
    member = bundle.manifest.member("face")
    classes = bundle.manifest.classes
    return np.array([classes.index(member.means(member.classes[n])[0]) for n in faces.labels])


def pairs(
    bundle: Bundle, voices: HeldOutClips, faces: HeldOutClips
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of voices and of faces of the same emotion, as frequent as in the fit."""
    rng = np.random.default_rng(0)
    manifest = bundle.manifest
    group_of = {name: n for n, group in enumerate(manifest.groups) for name in group}
    spoken = np.array([group_of[manifest.classes[n]] for n in voices.labels])
    shown = np.array([group_of[manifest.classes[n]] for n in face_labels(bundle, faces)])
    prior = prior_of(manifest)
    shares = (prior / prior.sum() + 1 / len(prior)) / 2 * np.isin(np.arange(len(prior)), spoken)
    truth = rng.choice(len(prior), size=N_PAIRS, p=shares / shares.sum())
    chosen = [
        np.array([rng.choice(np.flatnonzero(labels == n)) for n in truth])
        for labels in (spoken, shown)
    ]
    return chosen[0], chosen[1]


def curve(corpora: Sequence[Answers]) -> list[tuple[float, float]]:
    """Share that is not named, accuracy of the others."""
    sure = np.concatenate([each.rows.max(1) for each in corpora])
    right = np.concatenate([each.rows.argmax(1) == each.labels for each in corpora])
    weights = np.concatenate([np.full(len(each.labels), 1 / len(each.labels)) for each in corpora])
    order = np.argsort(-sure, kind="stable")
    kept, correct = np.cumsum(weights[order]), np.cumsum((weights * right)[order])
    last = np.searchsorted(kept, (1 - SHARES) * kept[-1] - 1e-9)
    return [(float(x), float(correct[n] / kept[n])) for x, n in zip(SHARES, last, strict=True)]


def summary(who: str, before: Sequence[Answers], after: Sequence[Answers]) -> str:
    """One line."""
    errors = [np.mean([ece(a.labels, a.rows) for a in each]) for each in (before, after)]
    points = dict((round(x, 2), y) for x, y in curve(after))
    return (
        f"{who:<12} calibration error {errors[0]:.3f} -> {errors[1]:.3f}   accuracy of all "
        f"{points[0.0]:.1%}, of the surer half {points[0.5]:.1%}, of the surest tenth "
        f"{points[0.9]:.1%}"
    )


def draw(curves: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """The curves as a picture."""
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for (who, points), line in zip(curves.items(), ("--", ":", "-"), strict=True):
        x, y = np.array(points).T
        axes.plot(100 * x, 100 * y, line, label=who, linewidth=2)
    axes.set(
        xlabel="answers not given, the least probable first, %",
        ylabel="accuracy of those given, %",
        ylim=(0, 100),
        title="Corpora and faces that nothing was fitted on",
    )
    axes.legend(loc="lower right")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=100)


if __name__ == "__main__":
    main()
