"""
1. Clips and their names
========================

A corpus is a folder of recordings of which somebody says who speaks and what emotion is shown. Where
none is at hand, one is made on the spot: six drawn people, four emotions, two takes of each.
"""

# %%
# Drawn people, or the lecture's corpus
# -------------------------------------
# What is drawn are real files: H.264 and AAC in mp4, 1280 x 720, 30 frames a second. ``difficulty``
# is how weakly these people express what they mean, from 0 to 1, and how much else with it, face and
# voice apart. At 0, models make too few errors to tell them apart; all pages of the lecture take 0.5.

import os

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import affuse

EMOTIONS = ["calm", "happy", "sad", "angry"]
folder = os.environ.get("AFFUSE_LECTURE_DATA", "clips")
if folder == "clips":
    affuse.synthesise(folder, speakers=6, emotions=EMOTIONS, takes=2, difficulty=0.5)
index = affuse.read(folder).filter(speakers=range(1, 7), emotions=EMOTIONS)
index

# %%
# What a file name says
# ---------------------
# RAVDESS writes all it knows of a clip into seven fields of its name; the embedded corpus has the
# same names. A reader turns them into words.

clip = index[0]
print(clip.audio.name)
pd.Series({"emotion": clip.emotion, "speaker": clip.speaker, **clip.attributes}, name=clip.id)

# %%
# How many clips there are of each emotion and speaker decides what a figure can mean: a guess is
# right in one clip of four where all are as many, and six people are few.

pd.crosstab(
    pd.Series([c.speaker for c in index], name="speaker"),
    pd.Series([c.emotion for c in index], name="emotion"),
)

# %%
# One clip, seen and heard
# ------------------------
# A file is decoded into numbers: a signal between -1 and 1 for the sound, and pictures of
# 128 x 227 pixels in three colours. Time stamps of the file are believed, so that both begin at
# one moment.

sound = affuse.read_audio(clip.audio, sample_rate=8000, duration_s=4)
frames = np.stack(list(affuse.read_frames(clip.video, height=128, duration_s=4)))
print(f"{len(sound.signal):,} samples at {sound.sample_rate:,} Hz: {sound.duration_s:.2f} s")
print(f"{frames.shape[0]} frames of {frames.shape[1]} x {frames.shape[2]} pixels, RGB")

# %%
figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 3.6), layout="constrained")
affuse.plot.face_strip(frames[::30], [f"{s} s" for s in range(len(frames[::30]))], axes=top)
affuse.plot.waveform(sound, axes=bottom)

# %%
# The four emotions of one person
# -------------------------------

chosen = {clip.emotion: clip for clip in index if clip.speaker == index.speakers[1]}
middles = []
for emotion in EMOTIONS:
    own = list(affuse.read_frames(chosen[emotion].video, height=128, duration_s=2.5))
    middles.append(own[len(own) * 2 // 3])
affuse.plot.face_strip(middles, EMOTIONS)
