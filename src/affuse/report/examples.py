"""Single clips to inspect: where the fused system is right, wrong, or the modalities disagree."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affuse.corpora.index import Index
from affuse.errors import AffuseError
from affuse.records import Clip
from affuse.report.chart import AUDIO, INK, Chart, chart_of, drawing
from affuse.report.reading import RunFolder
from affuse.report.results_charts import MODALITY_NAMES

PER_KIND = 2
N_FACES = 6
FACE_SIDE = 72
LONGEST_S = 8.0
SPECTROGRAM_HOP = 2


@dataclass(frozen=True, slots=True)
class ModalityPrediction:
    """One modality's prediction of a clip."""

    modality: str
    emotion: str
    probability: float
    right: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One clip with its predictions, its sound and its faces.

    Attributes
    ----------
    kind : str
        Why it was chosen.
    clip, speaker, emotion : str
    predictions : tuple of ModalityPrediction
    sound : Chart or None
        Waveform and mel spectrogram.
    faces : tuple of str
        JPEG pictures as data URIs, evenly over the clip.
    """

    kind: str
    clip: str
    speaker: str
    emotion: str
    predictions: tuple[ModalityPrediction, ...]
    sound: Chart | None
    faces: tuple[str, ...]


def examples(run: RunFolder) -> tuple[Example, ...]:
    """Instructive clips, decoded anew; without sound and faces where the files are gone.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    tuple of Example
    """
    index = run.index()
    return tuple(_example(run, kind, clip, index) for kind, clip in chosen_clips(run))


def chosen_clips(run: RunFolder) -> tuple[tuple[str, str], ...]:
    """``(kind, clip)``: the most confident right and wrong ones, and disagreeing modalities.

    Each speaker is shown once where that is possible.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    tuple of (str, str)
        At most `PER_KIND` of a kind.
    """
    deciding = run.best.get("audio+video") or next(iter(run.best.values()), None)
    if deciding is None:
        return ()
    table = _decided(run, deciding)
    kinds = {
        "right": table[table["right"]],
        "wrong": table[~table["right"]],
        "voice and face disagree": table[table["disagree"]],
    }
    found: list[tuple[str, str]] = []
    speakers: set[str] = set()
    for kind, rows in kinds.items():
        rows = rows[~rows.index.isin([clip for _, clip in found])]
        fresh = rows.sort_values("sure", ascending=False, kind="stable").drop_duplicates("speaker")
        fresh = fresh.assign(again=fresh["speaker"].isin(speakers)).sort_values(
            "again", kind="stable"
        )
        found += [(kind, str(clip)) for clip in fresh.index[:PER_KIND]]
        speakers |= set(fresh["speaker"].iloc[:PER_KIND])
    return tuple(found)


def _decided(run: RunFolder, system: str) -> pd.DataFrame:
    rows = run.predictions_of(system)
    probabilities = rows[[f"p_{name}" for name in run.classes]]
    single = [
        run.predictions_of(run.best[m])["predicted"] for m in ("audio", "video") if m in run.best
    ]
    differ = (
        single[0].reindex(rows.index) != single[1].reindex(rows.index)
        if len(single) == 2
        else pd.Series(False, rows.index)
    )
    return pd.DataFrame(
        {
            "speaker": rows["speaker"],
            "right": rows["predicted"] == rows["emotion"],
            "sure": probabilities.max(axis=1),
            "disagree": differ,
        }
    )


def _example(run: RunFolder, kind: str, name: str, index: Index | None) -> Example:
    predictions, row = [], None
    for modality, system in run.best.items():
        rows = run.predictions_of(system)
        if name not in rows.index:
            continue
        row = rows.loc[name].to_dict()
        probability = max(float(row[f"p_{emotion}"]) for emotion in run.classes)
        right = row["predicted"] == row["emotion"]
        predictions.append(
            ModalityPrediction(
                MODALITY_NAMES[modality], str(row["predicted"]), probability, bool(right)
            )
        )
    assert row is not None
    clip = next((clip for clip in index or () if clip.id == name), None)
    sound, faces = (None, ()) if clip is None else (_sound(clip), _faces(clip))
    return Example(
        kind, name, str(row["speaker"]), str(row["emotion"]), tuple(predictions), sound, faces
    )


def _sound(clip: Clip) -> Chart | None:
    from affuse.features.voices.log_mel import HOP, SAMPLE_RATE
    from affuse.media.audio import read_audio

    if clip.audio is None:
        return None
    try:
        sound = read_audio(
            clip.audio,
            sample_rate=SAMPLE_RATE,
            start_s=clip.start_s or 0.0,
            duration_s=_length_s(clip),
        )
    except AffuseError:
        return None
    signal = np.asarray(sound.signal, np.float32)
    if len(signal) < 4 * HOP:
        return None
    with drawing(4.4, 2) as figure:
        above, below = figure.subplots(2, sharex=True, height_ratios=[1, 1.6])
        low, high, times = _outline(signal, SAMPLE_RATE)
        above.fill_between(times, low, high, color=AUDIO, linewidth=0)
        above.set_yticks([])
        end_s = len(signal) / SAMPLE_RATE
        below.imshow(
            _spectrogram(signal)[::-1], aspect="auto", extent=(0, end_s, 0, 64), cmap="magma",
            interpolation="bilinear",
        )  # fmt: skip
        below.set_yticks([])
        below.set_ylabel("mel bands", fontsize=9, color=INK)
        below.set_xlabel("seconds")
        title = f"Sound of {clip.id}"
        return chart_of(
            figure, title, f"Waveform and log-mel spectrogram of {end_s:.1f} s of sound."
        )


def _outline(
    signal: NDArray[np.float32], sample_rate: int, n_points: int = 350
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """Lowest and highest sample of each stretch, and its time in seconds."""
    size = max(1, len(signal) // n_points)
    parts = signal[: len(signal) // size * size].reshape(-1, size)
    return parts.min(axis=1), parts.max(axis=1), (np.arange(len(parts)) + 0.5) * size / sample_rate


def _spectrogram(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-mel bands over time (64, n_frames), 60 dB deep."""
    from affuse.features.voices.log_mel import HOP, WINDOW, mel_filters

    windows = np.lib.stride_tricks.sliding_window_view(signal, WINDOW)[:: HOP * SPECTROGRAM_HOP]
    power = np.square(np.abs(np.fft.rfft(windows * np.hanning(WINDOW))))
    decibel = 10 * np.log10(power @ mel_filters().T + 1e-10)
    return np.asarray(np.clip(decibel, decibel.max() - 60, None).T, np.float32)


def _faces(clip: Clip) -> tuple[str, ...]:
    from affuse.media.face_detectors import HaarDetector
    from affuse.media.faces import face_crop, largest

    if clip.video is None:
        return ()
    try:
        images = list(_evenly(clip))
    except AffuseError:
        return ()
    detector, found = HaarDetector(), []
    for image in images:
        face = largest(detector.detect(image))
        if face is not None:
            found.append(_jpeg(face_crop(image, face.box, FACE_SIDE)))
    return tuple(found)


def _evenly(clip: Clip) -> Iterator[NDArray[np.uint8]]:
    from affuse.media.video import read_frames

    assert clip.video is not None
    per_s = N_FACES / max(min(_length_s(clip), _duration_s(clip.video)), 0.5)
    frames = read_frames(
        clip.video, height=360, fps=per_s, start_s=clip.start_s or 0.0, duration_s=_length_s(clip)
    )
    for number, frame in enumerate(frames):
        if number >= N_FACES:
            return
        yield frame


def _duration_s(path: Path) -> float:
    from affuse.media.decode import probe

    return min(probe(path).duration_s or LONGEST_S, LONGEST_S)


def _length_s(clip: Clip) -> float:
    """Seconds that are shown."""
    if clip.end_s is None:
        return LONGEST_S
    return min(clip.end_s - (clip.start_s or 0.0), LONGEST_S)


def _jpeg(image: NDArray[np.uint8]) -> str:
    import cv2

    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return "data:image/jpeg;base64," + base64.b64encode(packed.tobytes()).decode()
