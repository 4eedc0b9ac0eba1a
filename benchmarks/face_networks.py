"""Face networks side by side: right on FER2013's public test part, right on film, what they cost.

usage: python benchmarks/face_networks.py FER2013.zip GRAPH.onnx [GRAPH.onnx ...]
       [--clips TABLE.csv]

One line a graph: MB, CPU ms a face alone and in batches of eight (one thread), share right of the
test faces with one look and with the mirror image averaged in, and of the labelled clips of the
table (path,emotion,speaker) in which a face is found: right, and mean log probability of the true
emotion. A clip's answer is the mean log probability of its frames, as it is and with what is
frequent in FER2013 divided out to the power of 0.33, as the shipped bundle has it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from affuse.corpora.fer2013 import FaceSet, read_fer2013
from affuse.corpora.table import read_table
from affuse.media.faces import face_crop, largest
from affuse.media.tracking import FaceTracker
from affuse.media.video import read_frames
from affuse.pretraining.face_figures import face_prior, graph_probabilities
from affuse.pretraining.shipped import STANDS_FOR
from affuse.records import FER2013_EMOTIONS, Clip
from affuse.storage.onnx_sessions import open_session

Images = NDArray[np.uint8]

FPS, STEP = 30.0, 5
PRIOR_POWER = 0.33
CALLS = 60
NAMES = [STANDS_FOR.get(name, (name,))[0] for name in FER2013_EMOTIONS]


def main() -> None:
    """Measure each graph, print a line of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("faces", type=Path)
    parser.add_argument("graphs", type=Path, nargs="+")
    parser.add_argument("--clips", type=Path)
    asked = parser.parse_args()
    tested = read_fer2013(asked.faces, "val")
    prior = face_prior(read_fer2013(asked.faces, "train").labels)
    clips = (
        [clip for clip in read_table(asked.clips) if clip.emotion in NAMES] if asked.clips else []
    )
    films = [(clip.emotion, crops) for clip in clips if len(crops := faces_of(clip))]
    for graph in asked.graphs:
        print(f"{graph}  {graph.stat().st_size / 1e6:.1f} MB  {cost(graph, tested.images)}")
        print(f"  FER2013, {len(tested):,} faces: {on_faces(graph, tested)}")
        if films:
            print(f"  {len(films)} clips: {on_films(graph, films, prior)}")


def faces_of(clip: Clip) -> Images:
    """The largest face of six frames a second, (n, 48, 48)."""
    assert clip.video is not None
    tracker, crops = FaceTracker(), []
    frames = read_frames(clip.video, height=360, fps=FPS, frame_step=STEP)
    for number, image in enumerate(frames):
        seen = [each for each in tracker.update(number * STEP / FPS, image) if each.found]
        face = largest(seen)
        if face is not None:
            crops.append(face_crop(image, face.box, roll_deg=face.roll_deg))
    return np.stack(crops) if crops else np.zeros((0, 48, 48), np.uint8)


def cost(graph: Path, images: Images) -> str:
    """CPU ms a face, one by one and in batches of eight."""
    session, found = open_session(graph), []
    for size in (1, 8):
        given = {"faces": images[:size, None].astype(np.float32)}
        times = []
        for _ in range(CALLS):
            before = time.process_time()
            session.run(None, given)
            times.append(1000 * (time.process_time() - before) / size)
        found.append(f"{np.median(times):.2f} ms by {size}")
    return ", ".join(found)


def on_faces(graph: Path, tested: FaceSet) -> str:
    """Share right with one look, and with the mirror image averaged in."""
    one = graph_probabilities(graph, tested.images)
    two = one + graph_probabilities(graph, np.ascontiguousarray(tested.images[:, :, ::-1]))
    right = [100 * float((each.argmax(1) == tested.labels).mean()) for each in (one, two)]
    return f"{right[0]:.2f} % right, {right[1]:.2f} % with the mirror image"


def on_films(graph: Path, films: Sequence[tuple[str, Images]], prior: NDArray[np.float64]) -> str:
    """Clips right and log probability of the truth, as it is and with the prior divided out."""
    found = []
    for power in (0.0, PRIOR_POWER):
        right, logs = 0, []
        for emotion, crops in films:
            rows = np.log(np.maximum(graph_probabilities(graph, crops), 1e-7))
            pooled = log_softmax((rows - power * np.log(prior)).mean(0))
            right += NAMES[int(pooled.argmax())] == emotion
            logs.append(pooled[NAMES.index(emotion)])
        found.append(f"{right} right, log probability {np.mean(logs):.3f}")
    return "; prior divided out: ".join(found)


if __name__ == "__main__":
    main()
