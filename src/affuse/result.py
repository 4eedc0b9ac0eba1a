"""Result: what a run found, as tables, in words, and as a run folder."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import pandas as pd

from affuse.config import Config
from affuse.datasets.index import Index
from affuse.errors import OutputError
from affuse.evaluation.protocols import Protocol
from affuse.evaluation.scores import Scores, paired_interval
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.records import Skipped

RESULT_COLUMNS = (
    "system", "modality", "fusion", "features", "model", "protocol", "leaky", "uar", "uar_low",
    "uar_high", "accuracy", "accuracy_fold_mean", "macro_f1", "ece", "n_clips", "n_speakers",
    "n_folds", "chance",
)  # fmt: skip

_PACKAGES = (
    "av", "numpy", "onnxruntime", "opencv-python-headless", "pandas", "scikit-learn", "scipy",
    "soundfile", "soxr", "torch",
)  # fmt: skip


@dataclass(frozen=True)
class Evaluated:
    """One system under one protocol: what it predicted, and its figures."""

    protocol: Protocol
    out_of_fold: OutOfFold
    scores: Scores

    @property
    def name(self) -> str:
        """Name that no other row of a run has."""
        system = self.out_of_fold.system
        kind = system.name if system.fusion else f"{system.modality}, {system.name}"
        return kind if not self.protocol.leaky else f"{kind} ({self.protocol.name})"


@dataclass(frozen=True)
class Result:
    """What a run found.

    Attributes
    ----------
    config : Config
    index : Index
        Clips that took part.
    table : FeatureTable
    evaluated : tuple of Evaluated
        One per system and protocol: those that keep speakers apart first, best UAR first.
    skipped : tuple of Skipped
        Files and clips that were left out, with the reason.
    features : mapping of str to str
        What was extracted from each modality, in words.
    notes : tuple of str
        What a reader of the table must know.
    """

    config: Config
    index: Index
    table: FeatureTable
    evaluated: tuple[Evaluated, ...]
    skipped: tuple[Skipped, ...]
    features: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def results(self) -> pd.DataFrame:
        """One row per system and protocol; figures as fractions, columns `RESULT_COLUMNS`."""
        rows = []
        for item in self.evaluated:
            system = item.out_of_fold.system
            said = {
                "system": item.name,
                "modality": system.modality,
                "fusion": system.fusion,
                "features": system.features,
                "model": system.model,
                "protocol": item.protocol.name,
                "leaky": item.protocol.leaky,
            }
            rows.append(said | asdict(item.scores))
        return pd.DataFrame(rows, columns=list(RESULT_COLUMNS))

    @property
    def predictions(self) -> pd.DataFrame:
        """Out-of-fold predictions: one row per clip and system."""
        return pd.concat([_predictions(item, self.table) for item in self.evaluated])

    @property
    def folds(self) -> pd.DataFrame:
        """In which fold of each protocol each clip is tested."""
        parts = [
            (self.table.clips[row], self.table.speakers[row], protocol.name, fold.number)
            for protocol in self.protocols
            for fold in protocol.folds
            for row in fold.test
        ]
        return pd.DataFrame(parts, columns=["clip", "speaker", "protocol", "fold"])

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        """Protocols that were evaluated."""
        return tuple({item.protocol.name: item.protocol for item in self.evaluated}.values())

    @property
    def leaks(self) -> dict[str, str]:
        """Reason for each protocol that leaks."""
        return {p.name: p.leak for p in self.protocols if p.leaky}

    def headline(self) -> str:
        """What was evaluated, in one line."""
        n_folds = [len(p.folds) for p in self.protocols if not p.leaky]
        divided = f"{n_folds[0]} folds, speakers kept apart" if n_folds else "leaky protocols only"
        n_speakers, n_classes = len(set(self.table.speakers)), len(set(self.table.labels))
        return "   ".join(
            [
                f"{len(self.table):,} clips",
                f"{n_speakers} speaker{'s' if n_speakers > 1 else ''}",
                f"{n_classes} emotions",
                divided,
                f"chance {100 / n_classes:.1f} %",
            ]
        )

    def reading(self) -> list[str]:
        """What the table says, in sentences that are true of it."""
        return [*_comparison(self), *self.notes]


def write_run(result: Result, folder: Path) -> None:
    """Write a run folder: all of it, or nothing.

    Parameters
    ----------
    result : Result
    folder : Path
        Must not exist, or be empty; `check_out` says so before the work.

    Raises
    ------
    OutputError
        The folder is in use or cannot be written.
    """
    check_out(folder)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as name:
        whole = Path(name) / folder.name
        whole.mkdir()
        (whole / "config.toml").write_text(result.config.to_toml(), "utf-8")
        (whole / "environment.json").write_text(json.dumps(environment(), indent=2), "utf-8")
        result.index.write_csv(whole / "index.csv")
        tables = {"folds": result.folds, "results": result.results}
        tables |= {"predictions": result.predictions, "skipped": _skipped_table(result.skipped)}
        for table_name, table in tables.items():
            table.to_csv(whole / f"{table_name}.csv", index=False, float_format="%.6g")
        if folder.exists():
            folder.rmdir()
        os.replace(whole, folder)


def check_out(folder: Path) -> None:
    """Refuse a run folder that is in use or cannot be written, before any work is done."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            f"--out {folder} exists and is not empty; expected a new folder: choose another name, "
            "or remove it (features and finished folds are kept elsewhere)"
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(tempfile.mkdtemp(dir=folder.parent))
    except OSError as error:
        raise OutputError(
            f"--out {folder} cannot be written ({error.strerror}); expected a folder that you may "
            "write to"
        ) from error


def environment() -> dict[str, object]:
    """What the numbers were computed with: versions and machine, nothing about the person."""
    versions = {}
    for package in ("affuse", *_PACKAGES):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "packages": versions,
    }


def _predictions(item: Evaluated, table: FeatureTable) -> pd.DataFrame:
    found = item.out_of_fold
    classes = table.classes
    told = pd.DataFrame(
        {
            "clip": table.clips[found.rows],
            "speaker": table.speakers[found.rows],
            "emotion": [classes[label] for label in table.labels[found.rows]],
            "fold": found.folds,
            "system": item.name,
            "predicted": [classes[label] for label in found.predicted],
        }
    )
    columns = [f"p_{name}" for name in classes]
    return told.join(pd.DataFrame(found.probabilities, columns=columns))


def _skipped_table(skipped: Sequence[Skipped]) -> pd.DataFrame:
    return pd.DataFrame([(s.name, s.reason) for s in skipped], columns=["name", "reason"])


def _comparison(result: Result) -> list[str]:
    """The best fused row against the best single modality, speakers kept apart."""
    honest = [item for item in result.evaluated if not item.protocol.leaky]
    fused = [item for item in honest if item.out_of_fold.system.fusion]
    single = [item for item in honest if not item.out_of_fold.system.fusion]
    if not fused or not single:
        return []
    better, other = fused[0], single[0]
    low, high = paired_interval(
        better.out_of_fold,
        other.out_of_fold,
        result.table,
        n_bootstrap=result.config.evaluation.n_bootstrap,
        seed=result.config.seed,
    )
    gain, low, high = (100 * x for x in (better.scores.uar - other.scores.uar, low, high))
    if gain < 0:
        gain, low, high = -gain, -high, -low
        said = f"No fused row beats {other.name}: the best ({better.name}) stays behind by"
    else:
        said = f"Fused ({better.name}) beats the better single modality ({other.name}) by"
    unsure = "" if low > 0 else ", a difference these speakers cannot tell from none"
    return [
        f"{said} {gain:.1f} points [{low:.1f}, {high:.1f}]{unsure}.",
        "Both rows were picked after seeing the table, which flatters them a little.",
    ]
