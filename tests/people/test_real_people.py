"""People of real clips, told apart over cuts; skipped where the clips are not there."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from affuse.media.tracking import FaceTracker
from affuse.media.video import sample_frames
from affuse.people.face_embedding import crop_for, face_embedder
from affuse.people.identity import people_of
from affuse.people.records import FaceLook
from affuse.people.shots import ShotDetector

ORDER = (0, 1, 0, 2, 1, 0)
NAMES = ("MEAD_M030_front_{}_level3_001", "stranger_3", "MEAD_W009_front_{}_level3_001")
EXPRESSIONS = ("happy", "angry", "fear")
N_PICTURES = 8


def pictures(folder: Path) -> Iterator[np.ndarray]:
    """1.6 s of each person in turn, another expression and another side each time."""
    for number, who in enumerate(ORDER):
        path = folder / f"{NAMES[who].format(EXPRESSIONS[number % 3])}.mp4"
        for at, frame in enumerate(sample_frames(path, per_s=5.0, short_side=360)):
            if at == N_PICTURES:
                break
            image = frame.image[:, ::-1] if number % 2 else frame.image
            side = image.shape[0]
            left = (image.shape[1] - side) // 2
            picture = np.full((360, 640, 3), 128, np.uint8)
            picture[:, 140:500] = cv2.resize(image[:, left : left + side], (360, 360))
            yield picture


def test_real_people_are_told_apart_over_cuts(shared_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "three.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", Fraction(5), options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for picture in pictures(shared_data / "film"):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    embedder, tracker, shots, faces = face_embedder(), FaceTracker(), ShotDetector(), []
    for frame in sample_frames(path, per_s=5.0, short_side=360):
        shots.see(frame.time_s, frame.image)
        for face in tracker.update(frame.time_s, frame.image):
            crop = crop_for(embedder, frame.image, face.box, face.roll_deg)
            row = embedder.embed([crop])[0]
            faces.append(FaceLook(frame.time_s, face.number, face.box, row))
    truth = np.array([ORDER[round(5 * face.time_s) // N_PICTURES] + 1 for face in faces])
    numbers = people_of(faces, shots.cuts_s, threshold=embedder.threshold)
    assert len(faces) >= 0.9 * N_PICTURES * len(ORDER)
    assert (numbers == truth).mean() >= 0.95
    # The cut between two people before the same green wall is found by their faces alone.
    assert [round(5 * cut) for cut in shots.cuts_s] == [8, 16, 32, 40]
