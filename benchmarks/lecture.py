"""The lecture's own experiment over several draws: 32 clips of one person, calm against angry.

usage: python benchmarks/lecture.py FOLDER [--seeds 10] [--first 0] [--difficulty 0.5]
       [--frame-step 8]

Each seed draws another person and divides the clips anew. Prints the shapes and parameter counts,
then the table: mean and standard deviation over seeds of each system's accuracy, in the lecture's
protocol (leaky) and in folds whose feature layer learns from training clips alone; last, which
differences the spread allows to speak of: paired t tests over seeds, corrected by Holm for all that
are made in one protocol. FOLDER/lecture.csv gets the rows of each seed as soon as
they are known; a second call goes on where the first was stopped.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

import affuse
from affuse import load_config
from affuse.config import Config
from affuse.evaluation.systems import System
from affuse.experiment import extractors, systems
from affuse.features.table import FeatureTable
from affuse.models.cnn1d import cnn_network
from affuse.models.feature_layer import FeatureLayer, Frames, feature_layer
from affuse.models.fit_cache import FitCache
from affuse.models.training import parameter_counts
from affuse.splits.divide import divided_by
from affuse.splits.protocols import Protocol
from affuse.tasks.significance import SIGNIFICANT, holm

N_FOLDS = 4
LEAST_SEEDS = 3
SYSTEM = ["protocol", "system", "modality", "fusion", "model"]


def main() -> None:
    """Run the seeds that are missing, print everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--difficulty", type=float, default=0.5)
    parser.add_argument("--frame-step", type=int, default=8)
    asked = parser.parse_args()
    print_sizes(load_config("lecture"))
    found = [
        rows_of(asked.folder, seed, asked.difficulty, asked.frame_step)
        for seed in range(asked.first, asked.first + asked.seeds)
    ]
    print_table(pd.concat(found))


def print_sizes(config: Config) -> None:
    """Shapes and parameter counts of the lecture, every frame being taken."""
    audio, video = (source.shape for source in extractors(config).values())
    n_neurons = config.features.layer.n_features
    n_audio, n_video = audio[0] * audio[1], video[0] * n_neurons
    trunk = " x ".join(map(str, video))
    print(f"audio   {audio[0]} x {audio[1]} = {n_audio:,}")
    print(f"video   {video[0]} x {n_neurons} = {n_video:,}   (trunk: {trunk})")
    print(f"early   {n_audio} + {n_video} = {n_audio + n_video:,}")
    for n_features in (n_audio, n_audio + n_video):
        total, trainable = parameter_counts(cnn_network(n_features, 2))
        print(f"1D CNN on {n_features:,} inputs   {total:,} parameters, {trainable:,} trainable")


def rows_of(folder: Path, seed: int, difficulty: float, frame_step: int) -> pd.DataFrame:
    """Accuracy of each system on one seed's person, from the file of an earlier call or anew."""
    target = folder / "lecture.csv"
    drawn = {"seed": seed, "difficulty": difficulty, "frame_step": frame_step}
    if target.exists():
        known = pd.read_csv(target)
        same = known[(known[list(drawn)] == pd.Series(drawn)).all(axis=1)]
        if len(same):
            return same
    corpus = folder / f"seed_{seed}_{difficulty}"
    draw(corpus, seed, difficulty)
    rows = measured(corpus, seed, frame_step).assign(**drawn)
    rows.to_csv(target, mode="a", header=not target.exists(), index=False)
    best = rows.groupby("protocol")["accuracy"].max().round(3).to_dict()
    print(f"seed {seed}: {len(rows)} rows, best {best}", flush=True)
    return rows


def draw(corpus: Path, seed: int, difficulty: float) -> None:
    """The lecture's 32 clips of one person."""
    affuse.synthesise(
        corpus,
        speakers=1,
        emotions=("calm", "angry"),
        channels=("speech", "song"),
        seed=seed,
        difficulty=difficulty,
    )


def measured(corpus: Path, seed: int, frame_step: int) -> pd.DataFrame:
    """Accuracy of each system on the clips of one person."""
    changes = {
        "data.path": str(corpus),
        "seed": seed,
        "features.vgg_face.frame_step": frame_step,
        # As many steps of the feature layer as with every frame.
        "features.layer.batch_size": max(1, 128 // frame_step),
        "folds.n_folds": N_FOLDS,
        "evaluation.protocols": ["lecture", "random"],
    }
    config = load_config("lecture", overrides=changes)
    index = affuse.read(corpus)
    table = affuse.extract(index, **extractors(config))
    table = table.take(table.clips.argsort())
    rows = tuple(systems(config, table, dict.fromkeys(table.modalities, "")))
    clips = sorted(index, key=lambda clip: clip.id)
    divided = divided_by(config.evaluation.protocols, config, table, clips)
    return pd.DataFrame(
        [
            (protocol.name, named(one), one.modality, one.fusion, one.model, accuracy)
            for protocol in divided.protocols
            for one, accuracy in zip(rows, accuracies(config, table, rows, protocol), strict=True)
        ],
        columns=[*SYSTEM, "accuracy"],
    ).sort_values(SYSTEM)


def accuracies(
    config: Config, table: FeatureTable, rows: Sequence[System], protocol: Protocol
) -> list[float]:
    """Share of test clips in which each system is right.

    As a run finds them, in a fifth of the time: which emotion is the most probable one does not
    depend on calibration, so no layer is learned anew for that.
    """
    right: list[list[bool]] = [[] for _ in rows]
    for fold in protocol.folds:
        seed = partial(affuse.fold_seed, fold, protocol.name, seed=config.seed)
        layer = held_layer(config, seed("video"))
        seen = range(len(table)) if protocol.prepares_on_all else fold.train
        layer.fit(table.take(seen).arrays["video"], table.labels[list(seen)])
        own = table.with_arrays({"video": layer.transform(table.arrays["video"])})
        train, test, cache = own.take(fold.train), own.take(fold.test), FitCache()
        for system, answers in zip(rows, right, strict=True):
            fitted = cache.fitted(system.build(seed()), train.select(system.modalities))
            answers += (fitted.predict(test.select(system.modalities)) == test.labels).tolist()
    return [float(np.mean(answers)) for answers in right]


def named(system: System) -> str:
    """A row's name, with its modality where it has one alone."""
    return system.name if system.fusion else f"{system.modality}, {system.name}"


class HeldLayer(FeatureLayer):
    """A feature layer whose frames stand for those after them that were not taken.

    So that every model has as many features of a face as with every frame: with fewer, the
    network of the faces is smaller than that of the voices, and late fusion gets less of it.
    """

    def __init__(
        self,
        n_features: int = 21,
        epochs: int = 20,
        batch_size: int = 128,
        learning_rate: float = 1e-4,
        random_state: int | None = None,
        hold: int = 1,
    ) -> None:
        super().__init__(n_features, epochs, batch_size, learning_rate, random_state)
        self.hold = hold

    def transform(self, X: Frames) -> NDArray[np.float32]:
        """Outputs (n_clips, n_frames * hold, n_features)."""
        return np.repeat(super().transform(X), self.hold, axis=1)


def held_layer(config: Config, seed: int) -> HeldLayer:
    """An unfitted layer as a run makes it, that holds its frames."""
    made = feature_layer(config.features.layer, seed).get_params()
    return HeldLayer(**made, hold=config.features.vgg_face.frame_step)


def print_table(rows: pd.DataFrame) -> None:
    """Mean and spread over seeds, and the differences that can be spoken of."""
    n_seeds = rows["seed"].nunique()
    print(f"\naccuracy in %, mean (standard deviation) over {n_seeds} seeds")
    shares = rows.fillna({"fusion": ""}).sort_values(["fusion", "modality", "model"])
    shares = shares.assign(accuracy=100 * shares["accuracy"])
    order = list(dict.fromkeys(shares["system"]))
    groups = shares.groupby(["system", "protocol"])["accuracy"]
    text = groups.agg(lambda a: f"{a.mean():.1f} ({a.std():.1f})").unstack().loc[order]
    print(f"| system | {' | '.join(text.columns)} |\n|---|{'---|' * text.shape[1]}")
    for system, cells in text.iterrows():
        print(f"| {system} | {' | '.join(cells)} |")
    if n_seeds < LEAST_SEEDS:
        return
    for protocol, own in shares.groupby("protocol"):
        found = compared(own)
        print(f"\n{protocol}: differences in points [95 %], p after Holm over {len(found)}")
        for each in sorted(found, key=lambda one: one.p_holm):
            print(each)


@dataclass(frozen=True)
class Compared:
    """A fused system less one of a single modality, over the same seeds."""

    fused: str
    alone: str
    mean: float
    low: float
    high: float
    p_holm: float

    def __str__(self) -> str:
        word = "not told apart from"
        if self.p_holm < SIGNIFICANT:
            word = "better than" if self.mean > 0 else "worse than"
        interval = f"{self.mean:+5.1f} [{self.low:+5.1f}, {self.high:+5.1f}]"
        return f"{interval}  p = {self.p_holm:.3f}  {self.fused} {word} {self.alone}"


def compared(own: pd.DataFrame) -> list[Compared]:
    """Each fusion against the better modality with the same model, and late ones against the best.

    Which modality is the better one is chosen by the same seeds, in its favour.
    """
    by_seed = own.pivot_table(index="seed", columns="system", values="accuracy")
    pairs = list(dict.fromkeys(pairs_of(own, by_seed.mean())))
    tests = [stats.ttest_rel(by_seed[fused], by_seed[alone]) for fused, alone in pairs]
    # Where no seed differs there is nothing to divide by: no p value, and no difference.
    corrected = holm([1.0 if test.pvalue != test.pvalue else float(test.pvalue) for test in tests])
    intervals = [test.confidence_interval() for test in tests]
    return [
        Compared(*pair, (by_seed[pair[0]] - by_seed[pair[1]]).mean(), within.low, within.high, p)
        for pair, within, p in zip(pairs, intervals, corrected.tolist(), strict=True)
    ]


def pairs_of(own: pd.DataFrame, means: pd.Series) -> Iterator[tuple[str, str]]:
    """Names of the systems to compare: fused, of one modality."""
    systems = own.drop_duplicates("system").set_index("system")
    alone = systems[~systems["modality"].str.contains("+", regex=False)]
    for name, system in systems.drop(alone.index).iterrows():
        yield name, means[list(alone.index[alone["model"] == system["model"]])].idxmax()
        if system["fusion"].startswith("late"):
            yield name, means[list(alone.index)].idxmax()


if __name__ == "__main__":
    main()
