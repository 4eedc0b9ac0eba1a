"""What `affuse train` does: train, say how it gets on, print the figures."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from affuse.bundle.reader import read_bundle
from affuse.bundle.writer import write_bundle
from affuse.cli.progress import progress_bars
from affuse.cli.saying import say
from affuse.extractors.networks.shipped import shipped_folder
from affuse.models.face_training import FaceTraining
from affuse.models.voice_training import VoiceTraining
from affuse.pretraining.face import pretrain_face
from affuse.pretraining.fusing import refit_fusion
from affuse.pretraining.shipped import ship
from affuse.pretraining.voice import pretrain_voice


def train_face_and_print(source: Path, out: Path, settings: FaceTraining, n_networks: int) -> None:
    """Train the face networks; print what it reaches on faces it has not seen.

    Parameters
    ----------
    source : Path
        The faces.
    out : Path
        Receives the network.
    settings : FaceTraining
    n_networks : int
    """
    settings = replace(settings, threads=os.cpu_count() or 1)
    with progress_bars(Console(stderr=True)) as progress:
        figures = pretrain_face(
            source,
            out,
            settings,
            n_networks=n_networks,
            report=lambda done, total, loss: progress("epochs of the face networks", done, total),
        )
    say(
        f"{figures.n_tested:,} test faces   accuracy {100 * figures.accuracy:.1f}   "
        f"UAR {100 * figures.uar:.1f}   ECE {figures.ece:.3f}   (temperature "
        f"{figures.temperature:.2f})\nWritten to {out / 'face.onnx'} and {out / 'face.json'}."
    )


def train_voice_and_print(
    root: Path, out: Path, epochs: int | None, seed: int, jobs: int | None
) -> None:
    """Train the voice model; print what it reaches on speakers it has not heard.

    Parameters
    ----------
    root : Path
        RAVDESS.
    out : Path
        Receives the network.
    epochs : int or None
        As usual by default.
    seed : int
    jobs : int or None
        Processes; one per core where it is not given.
    """
    settings = VoiceTraining() if epochs is None else VoiceTraining(epochs=epochs)
    with progress_bars(Console(stderr=True)) as progress:
        figures = pretrain_voice(
            root, out, settings, jobs=jobs or os.cpu_count() or 1, seed=seed, progress=progress
        )
    low, high = 100 * figures.uar_speech_low, 100 * figures.uar_speech_high
    say(
        f"{figures.n_clips:,} clips   {figures.n_speakers} speakers   {figures.n_folds} folds, "
        f"speakers kept apart\nspeech, 8 emotions   UAR {100 * figures.uar_speech:.1f} "
        f"[{low:.1f}, {high:.1f}]   accuracy {100 * figures.accuracy_speech:.1f}   "
        f"ECE {figures.ece_speech:.3f}\n  network alone {100 * figures.uar_network:.1f}   "
        f"statistics alone {100 * figures.uar_linear:.1f}\nsong, 6 emotions     "
        f"UAR {100 * figures.uar_song:.1f}\nWritten to {out / 'voice.onnx'} and "
        f"{out / 'voice.json'}."
    )


def ship_and_print(face: Path, voice: Path, out: Path) -> None:
    """Join both networks into a bundle.

    Parameters
    ----------
    face : Path
        Folder that training left.
    voice : Path
        Folder that training left.
    out : Path
        The bundle.
    """
    bundle = ship(face, voice)
    write_bundle(bundle, out)
    size = sum(len(content) for content in bundle.files.values()) / 1e6
    say(f"{bundle.title}   {size:.1f} MB\nWritten to {out}.")


def refit_and_print(faces: Path, tables: list[Path], bundle: Path | None, out: Path) -> None:
    """Fit the fusion of a bundle anew; print its exponents.

    Parameters
    ----------
    faces : Path
        Folder that training left.
    tables : list of Path
        CSV files.
    bundle : Path or None
        Folder; the shipped one by default.
    out : Path
        The bundle.
    """
    fitted = refit_fusion(read_bundle(bundle or shipped_folder()), faces, tables)
    write_bundle(fitted, out)
    face, voice = fitted.manifest.member("face"), fitted.manifest.member("voice")
    say(
        f"face to the power of {face.weight:.3f}, prior {face.prior_power:.3f}   "
        f"voice to the power of {voice.weight:.3f}, prior {voice.prior_power:.3f}\n"
        f"{fitted.manifest.fusion.fitted_on}\n"
        f"Written to {out}."
    )
