"""Figures of encoders and of openSMILE on RAVDESS, and what extraction costs.

usage: python benchmarks/encoders.py figure RAVDESS EXTRACTOR [key=value ...]
       python benchmarks/encoders.py openwakeword RAVDESS WHEEL
       python benchmarks/encoders.py pooling RAVDESS WHEEL
       python benchmarks/encoders.py opensmile RAVDESS [FEATURE_SET ...]
       python benchmarks/encoders.py cost [MINUTES ...]

`figure`: speech of speakers 1 to 18, six folds of three, standard scaler and logistic regression
with C = 1 on EXTRACTOR (onnx:FILE, hf:FOLDER ...), with the settings of it that are given.
`openwakeword`: the same on the embedding of speech in the wheel of the package of that name, up to
version 0.5.1; later ones hold no networks.
`pooling`: the same embedding pooled by attention that is learned in each fold, by mean and
deviation, and by the mean alone, compared on the same clips.
`opensmile`: the same model of scikit-learn on features of openSMILE through affuse, and on those
that openSMILE called by hand on the files gives.
`cost`: a base-size wav2vec 2.0 with random weights on noise of so many minutes: seconds per second
of sound (for the first length in two processes at once, one thread each), and the peak of memory
of a process that stores the frames of one recording.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import affuse
from affuse.config import Config
from affuse.evaluation.comparison import compare_with

FOLDS = [[first, first + 1, first + 2] for first in range(1, 19, 3)]
SETS = ("eGeMAPSv02", "ComParE_2016")


def main(command: str, *arguments: str) -> None:
    """Run one of the commands."""
    commands = {
        "figure": figure,
        "openwakeword": of_wheel,
        "pooling": of_each_pooling,
        "opensmile": by_both,
        "cost": cost,
        "one": one,
    }
    commands[command](*arguments)


def figure(ravdess: str, extractor: str, *settings: str) -> None:
    """Print UAR and accuracy of logistic regression on an extractor."""
    result = affuse.run(_config(ravdess, extractor, settings))
    row = result.results.iloc[0]
    low, high = 100 * row["uar_low"], 100 * row["uar_high"]
    print(
        f"{row['features']}: UAR {100 * row['uar']:.1f} [{low:.1f}, {high:.1f}], accuracy "
        f"{100 * row['accuracy']:.1f}, {row['n_clips']} clips, {row['protocol']}"
    )


def of_wheel(ravdess: str, wheel: str) -> None:
    """Print the figure of the embedding in a wheel of openwakeword."""
    with tempfile.TemporaryDirectory() as folder:
        figure(ravdess, _unpacked(wheel, Path(folder)))


def of_each_pooling(ravdess: str, wheel: str) -> None:
    """Print figures of the embedding in a wheel, pooled in three ways, and their differences."""
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        extractor = _unpacked(wheel, Path(folder))
        for pooling in ("attentive", "statistics", "mean"):
            begun = time.process_time()
            result = affuse.run(_config(ravdess, extractor, [f"pooling={pooling}"]))
            row = result.honest[0].out_of_fold
            rows[pooling] = replace(row, system=replace(row.system, name=pooling))
            low, high = result.honest[0].scores.interval
            uar = result.honest[0].scores.headline
            print(
                f"{pooling:<12}{100 * uar:.1f} [{100 * low:.1f}, {100 * high:.1f}], "
                f"{time.process_time() - begun:.0f} s of computing",
                flush=True,
            )
    for found in compare_with(rows.pop("attentive"), list(rows.values()), result.table):
        print(
            f"{found.better} before {found.other}: {100 * found.difference:.1f} "
            f"[{100 * found.low:.1f}, {100 * found.high:.1f}], p = {found.p_holm:.3f} (Holm)"
        )


def by_both(ravdess: str, *sets: str) -> None:
    """Print UARs of openSMILE through affuse and by hand, with the same model of scikit-learn."""
    index = affuse.read(ravdess).filter(
        where={"channel": ("speech",)}, speakers=[str(n) for n in range(1, 19)]
    )
    for feature_set in sets or SETS:
        source = affuse.extractor("opensmile", feature_set=feature_set)
        table = affuse.extract(index, audio=source, jobs=2)
        rows = {str(clip): row for row, clip in enumerate(table.clips)}
        files = [
            path
            for path in sorted(Path(ravdess).rglob("03-01-*"))
            if re.fullmatch(r"(\d\d-){6}\d\d", path.stem)
        ]
        labels = np.array([int(path.stem.split("-")[2]) for path in files])
        own = np.array([int(path.stem.split("-")[6]) for path in files])
        ours = table.flat("audio")[[rows[path.stem.removeprefix("03-")] for path in files]]
        by_hand = _by_hand(files, feature_set)
        print(
            f"{feature_set}: UAR {100 * _uar(ours, labels, own):.2f} through affuse, "
            f"{100 * _uar(by_hand, labels, own):.2f} by hand; other features in "
            f"{int((ours != by_hand).any(axis=1).sum())} of {len(files)} clips",
            flush=True,
        )


def cost(*minutes: str) -> None:
    """Print the cost of extraction for each length; two recordings at once in the first case."""
    with tempfile.TemporaryDirectory() as folder:
        _save_base_size(Path(folder) / "base")
        for place, length in enumerate(minutes or ("1", "10")):
            command = [sys.executable, __file__, "one", folder, length]
            numbers = ("1", "2") if place == 0 else ("1",)
            running = [subprocess.Popen([*command, n], stdout=subprocess.PIPE) for n in numbers]
            shown = [each.communicate()[0].decode().split() for each in running]
            wall, computing, peak = (max(map(float, each)) for each in zip(*shown, strict=True))
            n_seconds = 60 * float(length)
            print(
                f"{length} min in each of {len(numbers)} processes: {wall / n_seconds:.3f} s, of "
                f"computing {computing / n_seconds:.3f} s, a second of sound; peak {peak:,.0f} MiB",
                flush=True,
            )


def one(folder: str, minutes: str, number: str) -> None:
    """Store the frames of one recording; print seconds, those of computing, and the peak in MiB."""
    import soundfile

    from affuse.features.context import RunContext
    from affuse.features.extract import extract_features
    from affuse.features.store import FeatureStore

    path = Path(folder) / f"{minutes}-{number}.wav"
    rng = np.random.default_rng(int(number))
    with soundfile.SoundFile(path, "w", 16_000, 1) as file:
        for _ in range(round(float(minutes) * 6)):
            file.write(0.1 * rng.standard_normal(160_000).astype(np.float32))
    source = affuse.extractor(
        f"hf:{folder}/base", layers=[6], layer=6, limit_s=60 * float(minutes), batch_size=1
    )
    index = affuse.Index((affuse.Clip(path.stem, "calm", "1", audio=path),))
    begun, computed = time.perf_counter(), time.process_time()
    extract_features(
        index, {"audio": source}, RunContext(store=FeatureStore(Path(folder) / "store"))
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(time.perf_counter() - begun, time.process_time() - computed, peak)


def _unpacked(wheel: str, folder: Path) -> str:
    """The extractor of the embedding in a wheel of openwakeword."""
    with zipfile.ZipFile(wheel) as opened:
        for name in ("embedding_model.onnx", "melspectrogram.onnx"):
            content = opened.read(f"openwakeword/resources/models/{name}")
            (folder / name).write_bytes(content)
    described = Path(__file__).with_name("openwakeword.json")
    shutil.copy(described, folder / "embedding_model.json")
    return f"onnx:{folder}/embedding_model.onnx"


def _config(ravdess: str, extractor: str, settings: Sequence[str]) -> Config:
    name = extractor.partition(":")[0]
    fixed = {
        "data.path": ravdess,
        "data.where": {"channel": ["speech"]},
        "features.audio": extractor,
        "features.video": "none",
        "models": [{"name": "logistic", "params": {"C": 1.0}}],
        "folds.speakers": FOLDS,
        "bundle.enabled": False,
        "robustness.enabled": False,
        "jobs": 1,
    }
    own = [f"features.settings.{name}.{each}" for each in settings]
    return affuse.load_config("quick", own, fixed)


def _by_hand(files: list[Path], feature_set: str) -> np.ndarray:
    """Features with openSMILE alone."""
    import opensmile

    smile = opensmile.Smile(
        opensmile.FeatureSet[feature_set], opensmile.FeatureLevel.Functionals, num_workers=1
    )
    return smile.process_files(list(map(str, files))).to_numpy()


def _uar(X: np.ndarray, labels: np.ndarray, speakers: np.ndarray) -> float:
    """UAR over the test clips of the six folds: standard scaler and logistic regression.

    In double precision: in single precision the solver ends elsewhere for another order of rows.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, predicted = X.astype(np.float64), np.zeros_like(labels)
    for test in (np.isin(speakers, fold) for fold in FOLDS):
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        predicted[test] = model.fit(X[~test], labels[~test]).predict(X[test])
    return float(balanced_accuracy_score(labels, predicted))


def _save_base_size(folder: Path) -> None:
    """The sizes of wav2vec 2.0 base: 12 layers, 768 features, 95 million weights."""
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    torch.manual_seed(0)
    transformers.Wav2Vec2Model(transformers.Wav2Vec2Config()).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
