"""The lecture's system as tutorials build it: moviepy, librosa, imageio, TensorFlow, scikit-learn.

usage: python way.py CLIPS WORK --epochs N --out FILE.json      (environment: requirements.txt)

CLIPS is a folder of RAVDESS-named clips, WORK receives the cut files. Every stage is timed as CPU
seconds of this process and of those that it starts. The trunk sits inside the network whose last
layers are trained, so it is run over every frame in every epoch, and once more for the features:
that is the tutorial's way. `--epochs` shortens that one stage; nothing else is left out.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS, RATE, N_MFCC = 4.0, 8000, 40
FPS, HEIGHT, WIDTH = 30, 128, 227
N_FEATURES, BATCH = 21, 128
BGR_MEANS = (93.5940, 104.7624, 129.1863)


def cpu_s() -> float:
    """Of this process and of those that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


class Stages:
    """What each stage took."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, float]] = {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Everything within belongs to this stage."""
        before, began = cpu_s(), time.perf_counter()
        yield
        spent = {"cpu_s": cpu_s() - before, "wall_s": time.perf_counter() - began}
        self.found[name] = spent
        print(f"{name:<28}{spent['cpu_s']:>10.1f} CPU s{spent['wall_s']:>10.1f} s", flush=True)


def cut(clips, work):
    """Each clip as a file of its sound and one of its pictures, encoded anew."""
    from moviepy import VideoFileClip

    pairs = []
    for path in clips:
        sound, picture = work / f"{path.stem}.wav", work / f"{path.stem}-picture.mp4"
        with VideoFileClip(str(path)) as clip:
            clip.audio.write_audiofile(str(sound), logger=None)
            clip.without_audio().write_videofile(str(picture), logger=None)
        pairs.append((sound, picture))
    return pairs


def sound_features(paths):
    """MFCC, padded to four seconds: (n_clips, n_features)."""
    import librosa
    import numpy as np

    rows = []
    for path in paths:
        signal, _ = librosa.load(path, sr=RATE, duration=SECONDS)
        signal = librosa.util.fix_length(signal, size=int(SECONDS * RATE))
        rows.append(librosa.feature.mfcc(y=signal, sr=RATE, n_mfcc=N_MFCC).ravel())
    return np.stack(rows)


def pictures(paths):
    """All frames of all clips: (n_clips, 120, 128, 227, 3) float32."""
    import imageio.v3 as iio
    import numpy as np
    import tensorflow as tf

    n_frames = int(SECONDS * FPS)
    clips = []
    for path in paths:
        frames = [
            tf.image.resize(frame, (HEIGHT, WIDTH)).numpy()
            for frame, _ in zip(iio.imiter(path, plugin="FFMPEG"), range(n_frames), strict=False)
        ]
        frames += [frames[-1]] * (n_frames - len(frames))
        clips.append(np.stack(frames)[..., ::-1] - np.array(BGR_MEANS, np.float32))
    return np.stack(clips)


def frame_network(n_classes):
    """VGG16, frozen, and the layers that learn on top of it."""
    from tensorflow import keras

    trunk = keras.applications.VGG16(
        include_top=False, weights=None, input_shape=(HEIGHT, WIDTH, 3)
    )
    trunk.trainable = False
    inputs = keras.Input((HEIGHT, WIDTH, 3))
    value = keras.layers.Flatten()(trunk(inputs, training=False))
    value = keras.layers.BatchNormalization()(value)
    value = keras.layers.Dense(N_FEATURES, activation="relu", name="features")(value)
    outputs = keras.layers.Dense(n_classes, activation="softmax")(value)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy")
    return model, keras.Model(inputs, model.get_layer("features").output)


def cnn(n_features, n_classes):
    """The 1D CNN."""
    from tensorflow import keras

    model = keras.Sequential(
        [
            keras.Input((n_features, 1)),
            keras.layers.Conv1D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling1D(2),
            keras.layers.Conv1D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling1D(2),
            keras.layers.Flatten(),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def classifiers(tables, labels):
    """Four classical models and the 1D CNN on sound, pictures and both, fourfold."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.model_selection import StratifiedKFold
    from sklearn.naive_bayes import GaussianNB
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    models = [GaussianNB(), LinearDiscriminantAnalysis(), SVC(kernel="linear"), SVC()]
    n_classes = len(set(labels.tolist()))
    folds = StratifiedKFold(min(4, min((labels == c).sum() for c in set(labels.tolist()))))
    for table in tables:
        for train, test in folds.split(table, labels):
            for model in models:
                fitted = make_pipeline(StandardScaler(), model).fit(table[train], labels[train])
                fitted.predict(table[test])
            scaler = StandardScaler().fit(table[train])
            network = cnn(table.shape[1], n_classes)
            rows = scaler.transform(table[train])[..., None]
            network.fit(rows, labels[train], batch_size=8, epochs=10, verbose=0)
            network.predict(scaler.transform(table[test])[..., None], verbose=0)


def main() -> None:
    """All stages, one after the other."""
    parser = argparse.ArgumentParser(description="The tutorial's way.")
    parser.add_argument("clips", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    clips, stages = sorted(asked.clips.rglob("*.mp4")), Stages()
    with stages.timed("imports"):
        import librosa  # noqa: F401
        import moviepy  # noqa: F401
        import numpy as np
        import tensorflow as tf

    emotions = [path.stem.split("-")[2] for path in clips]
    labels = np.unique(emotions, return_inverse=True)[1]
    with stages.timed("cut"):
        pairs = cut(clips, asked.work)
    with stages.timed("sound features"):
        sound = sound_features([pair[0] for pair in pairs])
    with stages.timed("frames"):
        frames = pictures([pair[1] for pair in pairs])
    rows = frames.reshape(-1, *frames.shape[2:])
    learner, extractor = frame_network(len(set(emotions)))
    with stages.timed("training, each epoch"):
        # Batches come one by one: the whole array would be copied otherwise.
        every = tf.data.Dataset.from_generator(
            lambda: zip(rows, np.repeat(labels, frames.shape[1]), strict=True),
            output_signature=(
                tf.TensorSpec(rows.shape[1:], tf.float32),
                tf.TensorSpec((), tf.int64),
            ),
        )
        learner.fit(every.batch(BATCH), epochs=asked.epochs, verbose=0)
    spent = stages.found["training, each epoch"]
    stages.found["training, each epoch"] = {k: v / asked.epochs for k, v in spent.items()}
    with stages.timed("features of frames"):
        parts = [
            extractor.predict_on_batch(rows[start : start + BATCH])
            for start in range(0, len(rows), BATCH)
        ]
    seen = np.concatenate(parts).reshape(len(clips), -1)
    with stages.timed("classifiers"):
        classifiers([sound, seen, np.hstack([sound, seen])], labels)
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {
        "clips": len(clips),
        "frames": len(rows),
        "epochs_run": asked.epochs,
        "stages": stages.found,
        "peak_mb": used.ru_maxrss * 1024 / 1e6,
    }
    asked.out.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
