"""
11. Several people
==================

A recording seldom has one person alone. affuse tells people apart by their faces and voices, finds
out whose mouth moves with the voice, and gives each a timeline of their own.
"""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pandas as pd

import affuse

folder = os.environ.get("AFFUSE_LECTURE_DATA", "clips")
if folder == "clips":
    emotions = ["calm", "happy", "sad", "angry"]
    affuse.synthesise(folder, speakers=6, emotions=emotions, takes=2, difficulty=0.5)
index = affuse.read(folder).filter(emotions=["happy", "angry"])
first, second = index[0], next(clip for clip in index if clip.speaker != index[0].speaker)

# %%
# A conversation
# --------------
# Two clips side by side: the left one is played while the right one waits in its first picture, then the
# other way round. Written with PyAV, which affuse reads with.

FPS, RATE, HEIGHT = 25, 48_000, 360


def parts(clip):
    """Square pictures around the middle, and the sound as long as they are."""
    frames = list(affuse.read_frames(clip.video, height=HEIGHT, fps=FPS))
    left = (frames[0].shape[1] - HEIGHT) // 2
    sound = affuse.read_audio(clip.audio, sample_rate=RATE).signal
    n_samples = len(frames) * RATE // FPS
    return [frame[:, left : left + HEIGHT] for frame in frames], np.pad(sound, (0, n_samples))[
        :n_samples
    ]


(faces_a, voice_a), (faces_b, voice_b) = parts(first), parts(second)
pictures = [np.hstack([face, faces_b[0]]) for face in faces_a]
pictures += [np.hstack([faces_a[-1], face]) for face in faces_b]
sound = np.concatenate([voice_a, voice_b]).astype(np.float32)
with av.open("talk.mp4", "w") as film:
    picture = film.add_stream("libx264", rate=FPS)
    picture.width, picture.height, picture.pix_fmt = 2 * HEIGHT, HEIGHT, "yuv420p"
    voice = film.add_stream("aac", rate=RATE, layout="mono")
    for number, image in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        film.mux(picture.encode(frame))
    film.mux(picture.encode())
    samples = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
    samples.sample_rate, samples.pts = RATE, 0
    film.mux(voice.encode(samples))
    film.mux(voice.encode())

# %%
# Who is there, and who speaks
# ----------------------------
# ``people=True`` finds as many as there are, ``people=2`` says that there are two. Names are given by
# number: in the order in which people are first seen or first speak.

recogniser = affuse.load()
found = recogniser.predict("talk.mp4", people=True, names={1: "Ann"})
rows = [
    (person.title, person.seen_s, person.speaks_s, person.overall.emotion or "undecided")
    for person in found.people
]
pd.DataFrame(rows, columns=["person", "seen, s", "speaks, s", "emotion"]).round(1)

# %%
# Who speaks when is a list of turns; speech that cannot be given to anybody is kept apart, not guessed.

print({person.title: person.turns for person in found.people}, found.unattributed)

# %%
# A timeline for each
# -------------------
# Colours are emotions; the black line says when the person speaks, the grey one when the face is seen.

affuse.plot.people(found)

# %%
# One of them over time, as any recording.

affuse.plot.timeline(found, person=1)
Path("talk.mp4").unlink()

# %%
# In a terminal it is one line; tiers, voices of subtitles, speakers of a database and boxes in a video
# come from the same::
#
#     affuse predict talk.mp4 --people --name 1=Ann --out talk.eaf
