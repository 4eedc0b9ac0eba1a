"""The lecture's own experiment over several draws: 32 clips of one person, calm against angry.

usage: python benchmarks/lecture.py FOLDER [--seeds 10] [--difficulty 0.5] [--frame-step 8]

Each seed draws another person and divides the clips anew. Prints the shapes and parameter counts,
then the table: mean and standard deviation over seeds of each system's accuracy, in the lecture's
protocol (leaky) and in folds whose feature layer learns from training clips alone; last, which
differences the spread allows to speak of. FOLDER/lecture.csv gets the rows of each seed as soon as
they are known; a second call goes on where the first was stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from scipy import stats

from affuse import load_config
from affuse.config import Config
from affuse.experiment import extractors, run
from affuse.models.cnn1d import cnn_network
from affuse.models.training import parameter_counts
from affuse.synthetic.corpus import synthesise

N_FOLDS = 4
LEAST_SEEDS = 3
SYSTEM = ["protocol", "system", "modality", "fusion", "model"]


def main() -> None:
    """Run the seeds that are missing, print everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--difficulty", type=float, default=0.5)
    parser.add_argument("--frame-step", type=int, default=8)
    asked = parser.parse_args()
    print_sizes(load_config("lecture"))
    found = [
        rows_of(asked.folder, seed, asked.difficulty, asked.frame_step)
        for seed in range(asked.seeds)
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
    rows = measured(folder / f"seed_{seed}_{difficulty}", seed, difficulty, frame_step)
    rows = rows.assign(**drawn)
    rows.to_csv(target, mode="a", header=not target.exists(), index=False)
    best = rows.groupby("protocol")["accuracy"].max().round(3).to_dict()
    print(f"seed {seed}: {len(rows)} rows, best {best}", flush=True)
    return rows


def measured(corpus: Path, seed: int, difficulty: float, frame_step: int) -> pd.DataFrame:
    """Accuracy of each system on the 32 clips of one person."""
    synthesise(
        corpus,
        speakers=1,
        emotions=("calm", "angry"),
        channels=("speech", "song"),
        seed=seed,
        difficulty=difficulty,
    )
    changes = {
        "data.path": str(corpus),
        "seed": seed,
        "jobs": 1,
        "features.vgg_face.frame_step": frame_step,
        # As many steps of the feature layer as with every frame.
        "features.layer.batch_size": max(1, 128 // frame_step),
        "folds.n_folds": N_FOLDS,
        "evaluation.protocols": ["lecture", "random"],
        "evaluation.n_bootstrap": 100,
        "bundle.enabled": False,
    }
    found = run(load_config("lecture", overrides=changes)).results
    # Where there are several protocols, the name of a system ends in its own.
    names = [
        name.removesuffix(f" ({protocol})")
        for name, protocol in zip(found["system"], found["protocol"], strict=True)
    ]
    return found.assign(system=names)[[*SYSTEM, "accuracy"]].sort_values(SYSTEM)


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
        by_seed = own.pivot_table(index="seed", columns="system", values="accuracy")
        print(f"\n{protocol}: fused less the better of its modalities, in points [95 %], paired")
        for line in fused_lines(own, by_seed):
            print(line)


def fused_lines(own: pd.DataFrame, by_seed: pd.DataFrame) -> list[str]:
    """Each fusion against the better single modality of the same model, paired over seeds."""
    systems = own.drop_duplicates("system").set_index("system")
    alone = systems[~systems["modality"].str.contains("+", regex=False)]
    lines = []
    for name, system in systems.drop(alone.index).iterrows():
        rivals = alone.index[alone["model"] == system["model"]]
        best = by_seed[list(rivals)].mean().idxmax()
        mean, low, high = paired_difference(by_seed[name] - by_seed[best])
        word = "better" if low > 0 else "worse" if high < 0 else "not told apart"
        lines.append(f"{name:<34} {mean:+5.1f} [{low:+5.1f}, {high:+5.1f}]  {word} ({best})")
    return lines


def paired_difference(differences: pd.Series) -> tuple[float, float, float]:
    """Mean and its 95 % interval, after Student's t over seeds."""
    mean, error = float(differences.mean()), float(stats.sem(differences))
    half = float(stats.t.ppf(0.975, len(differences) - 1)) * error
    return mean, mean - half, mean + half


if __name__ == "__main__":
    main()
