"""
3. Pictures, layer by layer
===========================

A network that was trained to tell millions of pictures apart has learned what is worth seeing in
one. The lecture takes the convolutions of such a network, VGG16, as they are, and learns no more than
one small layer on top of them.
"""

import os
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

import affuse

EMOTIONS = ["calm", "happy", "sad", "angry"]
folder = os.environ.get("AFFUSE_LECTURE_DATA", "clips")
if folder == "clips":
    affuse.synthesise(folder, speakers=6, emotions=EMOTIONS, takes=2, difficulty=0.5)
index = affuse.read(folder).filter(speakers=range(1, 7), emotions=EMOTIONS)

# %%
# Frames
# ------
# 1280 x 720 pixels at 30 frames a second, brought to 227 x 128: four seconds are 120 of them.

frames = np.stack(list(affuse.read_frames(index[0].video, height=128, duration_s=4)))
print(frames.shape, frames.dtype)

# %%
# Through the convolutions
# ------------------------
# Thirteen convolutions in five blocks; after each block a maximum of two by two halves the picture,
# while the number of channels grows. The weights here are random, which costs no download:
# ``weights="vgg-face"`` fetches those of the lecture.

activations = affuse.vgg16_activations(frames[:1])
for name, array in activations.items():
    print(f"{name:9} {array.shape[1]:4} x {array.shape[2]:3} x {array.shape[3]:3}")

# %%
# How many weights there are follows from these shapes. The dense layers, which the lecture leaves
# out, are nearly nine tenths of VGG16: they read 7 x 7 x 512, of a picture of 224 x 224.

channels = [array.shape[3] for name, array in activations.items() if name.startswith("conv")]
convolutions = sum((9 * a + 1) * b for a, b in pairwise([3, *channels]))
dense = [7 * 7 * 512, 4096, 4096, 1000]
whole = convolutions + sum((a + 1) * b for a, b in pairwise(dense))
print(f"{len(channels)} convolutions: {convolutions:,} weights, of {whole:,} in all of VGG16")

# %%
# Even random filters keep edges and shapes at first; the deeper, the coarser the place and the more
# kinds of things are told apart.

figure, rows = plt.subplots(3, 4, figsize=(8, 3.6), layout="constrained")
for row, name in zip(rows, ("conv1_2", "conv3_3", "conv5_3"), strict=True):
    for channel, axes in enumerate(row):
        axes.imshow(activations[name][0, :, :, channel], cmap="magma")
        axes.set(xticks=[], yticks=[])
    row[0].set_ylabel(name)

# %%
# The trunk as an extractor
# -------------------------
# What comes out for each frame is 4 x 7 x 512. It never saw an emotion, so it can be computed once
# for all clips, before any division into training and test. To be quick, one frame a second is
# taken here; the lecture took all 120, as ``AFFUSE_LECTURE_STEP=1`` in the environment does.

step = int(os.environ.get("AFFUSE_LECTURE_STEP", 30))  # 1: every frame
trunk = affuse.extractor("vgg_face", frame_step=step)
print("all frames:", affuse.extractor("vgg_face").shape)
print("here:      ", trunk.shape)
table = affuse.extract(index, video=trunk)
table

# %%
# A layer of 21 neurons
# ---------------------
# Now something is learned: a dense layer of 21 neurons, trained with a softmax on top to name the
# emotion of each frame. The softmax is thrown away, the 21 numbers are the features of a frame.
# Since it has seen labels,
# **it may be fitted on training clips alone**: the next page shows what happens otherwise.

fold = affuse.speaker_folds(table.speakers, n_folds=3)[0]
layer = affuse.FeatureLayer(n_features=21, epochs=20, batch_size=16, random_state=0)
layer.fit(table.take(fold.train).arrays["video"], table.labels[list(fold.train)])
print(layer.transform(table.arrays["video"]).shape)
layer.network_

# %%
# With every frame, one clip is 120 x 21, which is as many numbers as its sound has.

every = affuse.extract(affuse.Index((index[0],)), video="vgg_face")
features = layer.transform(every.arrays["video"])
print(features.shape, f"{features[0].size:,}")
learned = sum(part.numel() for part in layer.network_.parameters())
print(f"{learned:,} parameters of this layer and what it was learned with")

# %%
figure, axes = plt.subplots(figsize=(6, 2.6), layout="constrained")
axes.plot(range(1, len(layer.losses_) + 1), layer.losses_, marker="o")
axes.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
