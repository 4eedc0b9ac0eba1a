"""`affuse train`: train, print the progress and the figures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from affuse.bundle.member import Member
from affuse.bundle.reader import read_bundle
from affuse.bundle.writer import check_bundle_place, write_bundle
from affuse.cli.progress import progress_bars
from affuse.cli.saying import say
from affuse.corpora.registry import read_all
from affuse.errors import ConfigError, OutputError
from affuse.extractors.networks.shipped import shipped_folder
from affuse.models.face_settings import FaceTraining
from affuse.models.speaker_training import SpeakerTraining
from affuse.models.waveform_training import WaveformTraining
from affuse.pretraining.face import pretrain_face
from affuse.pretraining.fusing import refit_fusion
from affuse.pretraining.shipped import ship, with_face, with_voice
from affuse.pretraining.speaker import pretrain_speaker
from affuse.pretraining.voice import pretrain_voice
from affuse.pretraining.voice_groups import GroupFigures
from affuse.storage.plain_text import counted


def train_face_and_print(
    source: Path,
    out: Path,
    settings: FaceTraining,
    *,
    votes: Path | None,
    teachers: list[Path],
    start: Path | None,
    origin: str,
    n_networks: int,
    jobs: int | None,
) -> None:
    """Train the face network; print its figures on held-out faces.

    Parameters
    ----------
    source : Path
        The faces.
    out : Path
        Receives the network.
    settings : FaceTraining
    votes : Path or None
        People's votes on the faces.
    teachers : list of Path
        Weights of networks to learn from.
    start : Path or None
        Weights to start from.
    origin : str
        Where those come from.
    n_networks : int
    jobs : int or None
        Threads; one per core where it is not given.
    """
    _refuse_file(out, "face.onnx")
    settings = replace(settings, threads=jobs or os.cpu_count() or 1)
    with progress_bars(Console(stderr=True)) as progress:
        figures = pretrain_face(
            source,
            out,
            settings,
            votes=votes,
            teachers=teachers,
            start=start,
            origin=origin,
            n_networks=n_networks,
            report=lambda done, total, loss: progress("epochs of the face network", done, total),
        )
    say(
        f"{figures.n_tested:,} test faces   accuracy {100 * figures.accuracy_unmirrored:.1f}   "
        f"(mirror images averaged: {100 * figures.accuracy:.1f}, UAR {100 * figures.uar:.1f})   "
        f"ECE {figures.ece:.3f}   temperature {figures.temperature:.2f}\n"
        f"Written to {out / 'face.onnx'} and {out / 'face.json'}."
    )


def train_voice_and_print(
    data: list[Path],
    out: Path,
    settings: WaveformTraining,
    without: list[str],
    *,
    start: Path | None,
    seed: int,
    jobs: int | None,
) -> None:
    """Train the voice model; print its figures on held-out speakers and corpora.

    Parameters
    ----------
    data : list of Path
        Corpora, RAVDESS among them.
    out : Path
        Receives the network.
    settings : WaveformTraining
    without : list of str
        Corpora that are left out in turn.
    start : Path or None
        Weights to start from.
    seed : int
    jobs : int or None
        Processes; one per core where it is not given.
    """
    _refuse_file(out, "voice.onnx")
    n_jobs = jobs or os.cpu_count() or 1
    with progress_bars(Console(stderr=True)) as progress:
        figures = pretrain_voice(
            read_all(data), out, settings,
            without=without, start=start, jobs=n_jobs, seed=seed, progress=progress,
        )  # fmt: skip
    low, high = 100 * figures.uar_speech_low, 100 * figures.uar_speech_high
    lines = [
        f"RAVDESS   {counted(figures.n_clips, 'clip')}   "
        f"{counted(figures.n_speakers, 'speaker')}   "
        f"{counted(figures.n_folds, 'fold')}, speakers kept apart",
        f"speech, 8 emotions   UAR {100 * figures.uar_speech:.1f} "
        f"[{low:.1f}, {high:.1f}]   accuracy {100 * figures.accuracy_speech:.1f}   "
        f"ECE {figures.ece_speech:.3f}",
        f"  network alone {100 * figures.uar_network:.1f}   "
        f"statistics alone {100 * figures.uar_linear:.1f}",
        f"song, 6 emotions     UAR {100 * figures.uar_song:.1f}",
        *_groups("unseen speakers", figures.unheard_speakers),
        *_groups("unseen corpora", figures.unheard_corpora),
        *_groups("the same, from RAVDESS alone", figures.one_corpus),
        f"Written to {out / 'voice.onnx'} and {out / 'voice.json'}.",
    ]
    say("\n".join(lines))


def train_speaker_and_print(
    data: list[Path], out: Path, settings: SpeakerTraining, *, seed: int, jobs: int | None
) -> None:
    """Train the network that tells voices apart; print its figures on speakers kept apart.

    Parameters
    ----------
    data : list of Path
        Corpora.
    out : Path
        Receives the network.
    settings : SpeakerTraining
    seed : int
    jobs : int or None
        Processes; one per core where it is not given.
    """
    _refuse_file(out, "speaker.onnx")
    n_jobs = jobs or os.cpu_count() or 1
    with progress_bars(Console(stderr=True)) as progress:
        figures = pretrain_speaker(
            read_all(data), out, settings, jobs=n_jobs, seed=seed, progress=progress
        )
    n_apart = sum(map(len, figures.kept_apart.values()))
    lines = [
        f"{counted(n_apart, 'speaker')} kept apart, pairs within a corpus",
        f"equal error rate   2 s {100 * figures.stretches:.1f}   groups of four "
        f"{100 * figures.groups:.1f}   threshold {figures.threshold:.2f}",
        *(
            f"  {each.corpus:<10} {counted(each.n_speakers, 'speaker')}   "
            f"2 s {100 * each.stretches:.1f}   groups {100 * each.groups:.1f}"
            for each in figures.corpora
        ),
        f"Written to {out / 'speaker.onnx'} and {out / 'speaker.json'}.",
    ]
    say("\n".join(lines))


def _refuse_file(out: Path, graph: str) -> None:
    """Refuse a file where the folder of a training is to be."""
    if out.exists() and not out.is_dir():
        raise OutputError(
            f"--out {out} is a file; expected a folder, new or of an earlier call, that receives "
            f"{graph} and its figures: name another"
        )


def _groups(title: str, groups: Sequence[GroupFigures]) -> list[str]:
    lines = [
        f"  {group.name:<10} {group.n_classes} emotions   UAR {100 * group.uar:.1f}"
        f"{_interval(group)}   {counted(group.n_speakers, 'speaker')}"
        for group in groups
    ]
    return [title, *lines] if lines else []


def _interval(group: GroupFigures) -> str:
    if group.low is None or group.high is None:
        return ""
    return f" [{100 * group.low:.1f}, {100 * group.high:.1f}]"


def ship_and_print(face: Path, voice: Path | None, before: Path | None, out: Path) -> None:
    """Join both networks into a bundle.

    Parameters
    ----------
    face : Path
        Folder that training left.
    voice : Path or None
        Folder that training left; without it the voice model and the exponents of `before` stay.
    before : Path or None
        Bundle; the shipped one by default.
    out : Path
        The bundle.

    Raises
    ------
    ConfigError
        Both a voice model and a bundle are given.
    """
    if voice is not None and before is not None:
        raise ConfigError(
            f"the voice model {voice} and the bundle {before} were given; expected one of them: "
            "without VOICE, that of the bundle stays"
        )
    check_bundle_place(out)
    if voice is None:
        bundle = with_face(read_bundle(before or shipped_folder()), face)
    else:
        bundle = ship(face, voice)
    write_bundle(bundle, out)
    size = sum(len(content) for content in bundle.files.values()) / 1e6
    lines = [f"{bundle.title}   {size:.1f} MB", f"Written to {out}."]
    if voice is None:
        fit = f"affuse train fusion FACES CORPUS... --bundle {out} --out NEW"
        lines.insert(1, f"How much face and voice count is as before; to fit it anew: {fit}")
    say("\n".join(lines))


def _decline(member: Member) -> str:
    known = member.familiarity
    return "" if known is None else f", decline with distance {known.decline:.3f}"


def refit_and_print(
    faces: Path, tables: list[Path], voice: Path | None, bundle: Path | None, out: Path
) -> None:
    """Fit the fusion of a bundle anew; print its exponents.

    Parameters
    ----------
    faces : Path
        FER2013.
    tables : list of Path
        Corpora outside the voice network's training.
    voice : Path or None
        Folder that the training of a voice model left: it replaces the bundle's, and what it says
        of corpora that were left out is fitted on in place of `tables`.
    bundle : Path or None
        Folder; the shipped one by default.
    out : Path
        The bundle.

    Raises
    ------
    ConfigError
        Both or neither of `tables` and `voice` are given.
    """
    if bool(tables) == (voice is not None):
        given = f"{', '.join(map(str, tables))} and --voice {voice}" if tables else "nothing"
        raise ConfigError(
            f"{given} was given to fit on; expected corpora of voices, "
            "or the folder of affuse train voice with --voice: give one of the two"
        )
    check_bundle_place(out)
    before = read_bundle(bundle or shipped_folder())
    if voice is None:
        fitted = refit_fusion(before, faces, tables)
    else:
        fitted = with_voice(before, faces, voice)
    write_bundle(fitted, out)
    of_face, of_voice = fitted.manifest.member("face"), fitted.manifest.member("voice")
    say(
        f"face: temperature {of_face.temperature:.3f}, doubt {of_face.doubt:.3f}   "
        f"voice: temperature {of_voice.temperature:.3f}, doubt {of_voice.doubt:.3f}"
        f"{_decline(of_voice)}\n"
        f"face to the power of {of_face.weight:.3f}, prior {of_face.prior_power:.3f}   "
        f"voice to the power of {of_voice.weight:.3f}, prior {of_voice.prior_power:.3f}\n"
        f"{fitted.manifest.fusion.fitted_on}\n"
        f"Written to {out}."
    )
